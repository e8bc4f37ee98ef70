"""Logs in files: what is in them, who may read them, and what becomes of them (compat.md, section 9)."""

import gzip
import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from house import eventually, run
from raw import Raw

# As log analysers have it: host, ident, user, time, request, status, size, referer, agent.
COMBINED = re.compile(r'^(\S+) (\S+) (\S+) \[(\d{2}/\w{3}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\] "([^"]*)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"$')
TEXT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:debug|info|warn|error) \[\w+\] .+$")
PROMPT = "A very private sentence about turquoise elephants."
EVIL = 'x" 200 1 "-" "-\x1b[2J\\'
A_DAY = 24 * 60 * 60


class Files:
    def __init__(self, folder, access_format):
        self.folder = folder
        self.text, self.json, self.access = folder / "g.log", folder / "g.json", folder / "access.log"
        self.config = folder / "g.toml"
        self.config.write_text(
            f'[log]\nlevel = "debug"\nfile = "{self.text}"\njson_file = "{self.json}"\n[access_log]\nformat = "{access_format}"\nfile = "{self.access}"\n'
        )

    def all(self):
        return (self.text, self.json, self.access)


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    return Files(folder, "combined")


def lines_of(path):
    text = path.read_bytes().decode()  # strictly UTF-8
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), "nothing that a terminal obeys"
    return text.splitlines()


def ask_for_trouble(house):
    """Requests whose every part is somebody's secret or somebody's attack."""
    assert house.chat(PROMPT, max_tokens=2).status == 200
    house.ask("GET", "/nothing?token=abcdef-secret", headers={"User-Agent": EVIL.replace("\x1b", "\t"), "Referer": "http://x/\u00e9"})
    house.ask("GET", "/v1/models", headers={"Authorization": "Bearer gh_wrongwrongwrong"})
    with Raw(house.public) as raw:
        raw.send(b"GET /%0d%0aforged?token=abcdef-secret HTTP/1.1\r\nHost: a\r\nUser-Agent: " + EVIL.encode() + b"\r\n\r\n")
        assert raw.answer().status == 400, "a control byte in a value"


def test_each_file_can_be_read_by_what_it_is_for_and_holds_no_secret(new_house, files):
    house = new_house("--config", str(files.config))
    ask_for_trouble(house)
    assert house.stop() == 0
    assert all(TEXT.match(line) for line in lines_of(files.text)), files.text.read_text()
    said = [json.loads(line) for line in lines_of(files.json)]
    assert [line["message"] for line in said][-1] == "stopped", "what is said at the end is there"
    assert len(said) == len(lines_of(files.text))
    assert [json.loads(line) for line in Path(house.log).read_text().splitlines()] == said, "standard error has the same"
    access = [COMBINED.match(line) for line in lines_of(files.access)]
    assert all(access), files.access.read_text()
    by_request = {(found[5], found[6]): found for found in access}
    chat = by_request["POST /v1/chat/completions HTTP/1.1", "200"]
    assert (chat[1], chat[3]) == ("127.0.0.1", "demo") and int(chat[7]) > 0
    assert by_request["GET /nothing HTTP/1.1", "404"][9].startswith("x\\x22 200 1 \\x22-\\x22")
    assert by_request["GET /v1/models HTTP/1.1", "401"][3] == "-"
    for path in (*files.all(), Path(house.log)):
        text = path.read_text()
        for secret in (house.key, house.key[8:], PROMPT, "turquoise", "abcdef-secret", "gh_wrongwrongwrong"):
            assert secret not in text, (path.name, secret)
        assert path.stat().st_mode & 0o007 == 0 or path == Path(house.log), f"{path.name} is open to all"


def test_what_is_refused_before_it_is_a_request_has_a_line_and_counts(new_house, tmp_path):
    files = Files(tmp_path, "json")
    files.config.write_text(files.config.read_text() + '[server.limits]\nhead_deadline = "1s"\nfields = 8\n')
    house = new_house("--config", str(files.config))
    with Raw(house.public) as slow:
        slow.send(b"GET /never HTTP/1.1\r\nHost:")
        for sent, status in ((b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 9 + b"\r\n", 431)):
            with Raw(house.public) as raw:
                raw.send(sent)
                assert raw.answer().status == status
        assert slow.answer().status == 408
    counted = {
        status: sum(value for name, value in house.metrics().items() if name.startswith("llm_api_request_count_total{") and f'status_code="{status}"' in name)
        for status in (400, 408, 431)
    }
    assert counted == {400: 1, 408: 1, 431: 1}
    assert house.gauge("gatehouse_log_lines_dropped_total") == 0
    assert house.stop() == 0
    lines = [json.loads(line) for line in files.access.read_text().splitlines()]
    refused = {line["status_code"]: line for line in lines}
    assert {400, 408, 431} <= set(refused)
    for line in (refused[400], refused[408], refused[431]):
        assert line["client_ip"] == "127.0.0.1" and line["error"] and len(line["request_id"]) == 32 and line["tenant_id"] is None
    assert refused[408]["error"] == "request_timeout" and refused[408]["method"] is None


def test_a_reload_opens_files_anew_that_were_moved_away(new_house, files):
    house = new_house("--config", str(files.config))
    house.ask("GET", "/before")
    eventually(lambda: "/before" in files.access.read_text(), 10, "a line of the access log")
    for path in files.all():
        path.rename(f"{path}.1")
    house.signal(signal.SIGHUP)
    eventually(lambda: all(path.exists() for path in files.all()), 10, "new files")
    house.ask("GET", "/after")
    eventually(lambda: "/after" in files.access.read_text(), 10, "a line in the new file")
    eventually(lambda: "reloaded" in files.json.read_text() + Path(f"{files.json}.1").read_text(), 10, "the reload's own line")
    assert house.stop() == 0
    assert "/after" not in Path(f"{files.access}.1").read_text() and "/before" not in files.access.read_text()
    assert "stopped" in files.text.read_text() and "stopped" in files.json.read_text()


def day(ago):
    return time.strftime("%Y-%m-%d", time.localtime(time.time() - ago * A_DAY))


def test_yesterdays_lines_are_packed_kept_and_forgotten_though_processes_were_killed(new_house, files):
    """What a process that was killed at it left behind is finished by the next one."""
    for path in files.all():
        path.write_text(f"yesterday in {path.name}\n")
        os.utime(path, (time.time() - A_DAY,) * 2)
        Path(f"{path}.{day(2)}").write_text("not packed yet\n")
        Path(f"{path}.{day(2)}.gz.part").write_bytes(b"\x1f\x8b half")
        Path(f"{path}.{day(31)}.gz").write_bytes(b"old")
        Path(f"{path}.{day(8)}.gz").write_bytes(b"a week old")
    house = new_house("--config", str(files.config))
    house.ask("GET", "/today")
    packed = [Path(f"{path}.{day(ago)}.gz") for path in files.all() for ago in (1, 2)]
    eventually(lambda: all(path.exists() for path in packed), 20, "packed files")
    house.kill()
    for path in files.all():
        assert gzip.decompress(Path(f"{path}.{day(1)}.gz").read_bytes()).decode() == f"yesterday in {path.name}\n"
        assert gzip.decompress(Path(f"{path}.{day(2)}.gz").read_bytes()) == b"not packed yet\n"
    house.start("--config", str(files.config))
    assert house.stop() == 0
    left = {entry.name for entry in files.folder.iterdir()}
    kept = {"g.log": (1, 2), "g.json": (1, 2, 8), "access.log": (1, 2, 8)}
    assert left == {"g.toml", *kept} | {f"{name}.{day(ago)}.gz" for name, days in kept.items() for ago in days}


def test_a_file_that_cannot_be_written_ends_the_start_and_is_named(tmp_path):
    missing = tmp_path / "none" / "g.log"
    for text in (f'log.file = "{missing}"', f'log.json_file = "{missing}"', f'access_log.file = "{missing}"'):
        (tmp_path / "g.toml").write_text(text)
        ended = run("serve", "--config", tmp_path / "g.toml", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
        assert ended.returncode == 1 and f"cannot write the log file {missing}: No such file or directory" in ended.stderr.decode()
