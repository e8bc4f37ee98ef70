"""Configuration: what is wrong is said at once and with its place, what is set has an effect, and SIGHUP takes all of it or nothing."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tomllib

import pytest
from house import BINARY, MODEL, ROOT, eventually, events, read_stream

KEYS_OF_THE_CONTRACT = {
    "server.listen": ["127.0.0.1:8080"], "server.admin_listen": "127.0.0.1:8081", "server.insecure_http": False,
    "server.drain_deadline": "300s", "server.backlog": 2048, "server.limits.head": "32KiB", "server.limits.request_line": "8KiB",
    "server.limits.fields": 100, "server.limits.body_api": "1MiB", "server.limits.body_v1": "50MiB", "server.limits.head_deadline": "10s",
    "server.limits.idle": "60s", "models.dirs": ["./models"], "models.default_llm": MODEL, "models.required": [MODEL],
    "engine.llama.context": 4096, "engine.llama.sequences": 16, "engine.llama.prefill_chunk": 128,
}  # fmt: skip


def gatehouse(folder, *arguments, timeout=60, **environment):
    """One command, started in this folder, with nothing in the environment but this."""
    environment["PATH"] = os.environ["PATH"]
    return subprocess.run([BINARY, *map(str, arguments)], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)


def explained(folder, *arguments, **environment):
    """{key: what is explained of it}."""
    done = gatehouse(folder, "config", "explain", "--json", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return {one["key"]: one for one in json.loads(done.stdout)}


def write(path, text):
    path.write_text(text)
    return path


def generate(house, size):
    """The status of a generation whose body has this size."""
    body = json.dumps({"prompt": "Hello", "max_tokens": 1}).encode()
    return house.ask("POST", "/api/llm/generate", body.ljust(size)).status


# -- commands ------------------------------------------------------------------------------------------------------------


def test_every_fault_is_named_at_once_with_its_place(tmp_path):
    write(tmp_path / "g.toml", '[server]\nlisen = ["127.0.0.1:1"]\nbacklog = "many"\n\n[server.limits]\nidle = "5 minutes"\n[sever]\n')
    write(tmp_path / ".env", "\nGATEHOUSE_LOG_LEVEL=loud\n")
    done = gatehouse(tmp_path, "config", "check", "--config", "g.toml", "--json", GATEHOUSE_ENGINE_LLAMA_SEQUENCES="0")
    found = json.loads(done.stdout)
    assert done.returncode == 2 and found["ok"] is False
    places = {(fault["file"], fault["line"], fault["column"]) for fault in found["errors"]}
    assert places == {("g.toml", 2, 1), ("g.toml", 3, 11), ("g.toml", 6, 8), ("g.toml", 7, 2), (".env", 2, 1), (None, None, None)}
    messages = "\n".join(fault["message"] for fault in found["errors"])
    assert "did you mean server.listen?" in messages and "did you mean server?" in messages and "an integer from 1 to 65535" in messages
    plain = gatehouse(tmp_path, "config", "check", "--config", "g.toml", GATEHOUSE_ENGINE_LLAMA_SEQUENCES="0")
    assert plain.returncode == 2 and not plain.stdout and len(plain.stderr.splitlines()) == 6
    assert "g.toml:3:11: server.backlog must be" in plain.stderr and "environment GATEHOUSE_ENGINE_LLAMA_SEQUENCES" in plain.stderr


def test_what_is_right_is_exit_0(tmp_path):
    assert gatehouse(tmp_path, "config", "check").returncode == 0
    write(tmp_path / "g.toml", "[server.limits]\nidle = '5m'\n")
    for named in (("--config", "g.toml"), ()):
        done = gatehouse(tmp_path, "config", "check", "--json", *named, GATEHOUSE_CONFIG="g.toml")
        assert done.returncode == 0 and json.loads(done.stdout) == {"ok": True, "errors": [], "notes": []}
    assert gatehouse(tmp_path, "config", "check", "--config", "none.toml").returncode == 2


def test_a_file_that_nobody_named_is_not_read(tmp_path):
    write(tmp_path / "gatehouse.toml", "nonsense")
    assert gatehouse(tmp_path, "config", "check").returncode == 0


def test_explain_knows_every_key(tmp_path):
    found = explained(tmp_path)
    assert {key: found[key]["default"] for key in KEYS_OF_THE_CONTRACT} == KEYS_OF_THE_CONTRACT
    for key, one in found.items():
        assert {"key", "type", "default", "value", "source", "doc", "applies"} <= set(one) and one["applies"] in ("reload", "restart"), key
        assert one["value"] == one["default"] and one["source"] == "default" and one["doc"], key
    plain = gatehouse(tmp_path, "config", "explain", "server.listen")
    assert plain.returncode == 0 and "GATEHOUSE_SERVER_LISTEN" in plain.stdout and "restart" in plain.stdout
    wrong = gatehouse(tmp_path, "config", "explain", "server.lisen")
    assert wrong.returncode == 2 and "server.listen" in wrong.stderr


def test_sources_win_in_their_order(tmp_path):
    def level(**environment):
        one = explained(tmp_path, "log.level", **environment)["log.level"]
        return one["value"], one["source"]

    assert level() == ("info", "default")
    write(tmp_path / "g.toml", '[log]\nlevel = "error"\n')
    write(tmp_path / ".env", "GATEHOUSE_CONFIG=g.toml\n")
    assert level() == ("error", "g.toml:2:9")
    write(tmp_path / ".env", "GATEHOUSE_CONFIG=g.toml\nLOG_LEVEL=WARNING\n")
    assert level() == ("warn", ".env:2:1 LOG_LEVEL")
    write(tmp_path / ".env", "GATEHOUSE_CONFIG=g.toml\nGATEHOUSE_LOG_LEVEL=off\nLOG_LEVEL=WARNING\n")
    assert level() == ("off", ".env:2:1 GATEHOUSE_LOG_LEVEL")
    assert level(LOG_LEVEL="DEBUG") == ("debug", "environment LOG_LEVEL")
    assert level(LOG_LEVEL="DEBUG", GATEHOUSE_LOG_LEVEL="info") == ("info", "environment GATEHOUSE_LOG_LEVEL")


def test_print_is_toml_that_says_the_same(tmp_path):
    write(tmp_path / "g.toml", '[models]\naliases = { "gpt 4" = "a\\"b" }\n')
    printed = gatehouse(tmp_path, "config", "print", "--config", "g.toml")
    document = tomllib.loads(printed.stdout)
    for key, one in explained(tmp_path, "--config", "g.toml").items():
        value = document
        for word in key.split("."):
            value = value[word]
        assert value == one["value"], key
    write(tmp_path / "again.toml", printed.stdout)
    again = explained(tmp_path, "--config", "again.toml")
    assert again["models.aliases"]["value"] == {"gpt 4": 'a"b'} and again["models.aliases"]["source"].startswith("again.toml:")


def test_the_examples_in_the_repository_are_up_to_date():
    for options, file in (((), "docs/gatehouse.toml"), (("--env",), ".env.example")):
        assert gatehouse(ROOT, "config", "example", *options).stdout == (ROOT / file).read_text(), f"gatehouse config example {' '.join(options)} > {file}"


@pytest.mark.parametrize("command", ["check", "explain", "print", "example"])
def test_help_shows_an_example(tmp_path, command):
    helped = gatehouse(tmp_path, "config", command, "--help")
    assert helped.returncode == 0 and "Example" in helped.stdout


def test_serve_refuses_what_is_wrong_and_leaves_nothing_behind(tmp_path):
    write(tmp_path / "g.toml", '[server]\nlisten = ["0.0.0.0:0"]\nnonsense = 1\n')
    done = gatehouse(tmp_path, "serve", "--data", "data", "--config", "g.toml", "--sequences", "none", GATEHOUSE_SERVER_BACKLOG="0")
    assert done.returncode == 2 and not done.stdout and not (tmp_path / "data").exists()
    assert len(done.stderr.splitlines()) == 4 and "g.toml:3:1" in done.stderr and "--insecure-http" in done.stderr


# -- effects -------------------------------------------------------------------------------------------------------------


def test_what_is_set_has_an_effect(new_house, tmp_path):
    log = tmp_path / "access.log"
    file = write(
        tmp_path / "g.toml",
        f'[server.limits]\nhead = "4KiB"\nrequest_line = "1KiB"\nfields = 12\nbody_api = "2KiB"\nbody_v1 = "3KiB"\nconnections_per_address = 2\n'
        f'[models]\naliases = {{ "gpt-4o-mini" = "{MODEL}" }}\n[engine.llama]\nsequences = 3\ncontext = 256\n'
        f'[access_log]\nfile = "{log}"\n[log]\nformat = "text"\nlevel = "warn"\n',
    )
    house = new_house("--config", str(file))

    def alone(ask):
        """What is asked when those before it have left: two connections are as many as one address may have."""
        eventually(lambda: house.gauge("gatehouse_connections") == 0, 10, "the end of the connections before")
        return ask()

    assert alone(lambda: generate(house, 2048)) == 200 and alone(lambda: generate(house, 2049)) == 413
    chat = {"model": "gpt-4o-mini", "max_tokens": 2, "messages": [{"role": "user", "content": "Hi"}]}
    body = json.dumps(chat).encode()
    assert alone(lambda: house.ask("POST", "/v1/chat/completions", body.ljust(3 * 1024))).status == 200
    assert alone(lambda: house.ask("POST", "/v1/chat/completions", body.ljust(3 * 1024 + 1))).status == 413
    assert alone(lambda: house.ask("GET", "/v1/models/gpt-4o-mini")).json()["id"] == MODEL
    assert alone(lambda: house.ask("GET", "/?" + "a" * 1024)).status == 414
    assert alone(lambda: house.ask("GET", "/", headers={f"X-{n}": "a" for n in range(12)})).status == 431
    assert alone(lambda: house.ask("GET", "/", headers={"X": "a" * 4096})).status == 431
    refused = alone(lambda: house.ask("POST", "/v1/chat/completions", chat | {"max_tokens": 300}))
    assert refused.status == 400 and "256" in refused.json()["error"]["message"]
    assert house.gauge("gatehouse_kv_cells") >= 3 * 256
    eventually(lambda: house.gauge("gatehouse_connections") == 0, 10, "the end of those connections")  # one more would take a place below
    with contextlib.ExitStack() as open_connections:
        for _ in range(2):
            open_connections.enter_context(contextlib.closing(socket.create_connection((house.public.host, house.public.port))))
        # Reactors accept side by side: whoever is seated first has the place.
        eventually(lambda: house.gauge("gatehouse_connections") == 2, 10, "seats for both")
        eventually(lambda: house.ask("GET", "/healthz").status == 503, 10, "a door that is shut to the third")
    eventually(lambda: house.ask("GET", "/healthz").status == 200, 10, "an open door")
    eventually(lambda: '"path":"/v1/models/gpt-4o-mini"' in log.read_text(), 10, "a line of the access log")
    assert "/api/llm/generate" not in house.said() and not re.search(r"^\{|\binfo\b", house.said(), re.M), "warnings alone, and no JSON"


def test_addresses_may_come_from_the_environment(tmp_path):
    environment = {"PATH": os.environ["PATH"], "GATEHOUSE_SERVER_LISTEN": '["127.0.0.1:0"]', "GATEHOUSE_SERVER_ADMIN_LISTEN": "[::1]:0"}
    command = [BINARY, "serve", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        ready = next(line for line in server.stdout if line.startswith("gatehouse ready"))
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert re.search(r"http://127\.0\.0\.1:\d+ \(admin http://\[::1\]:\d+\)", ready) and ":8080" not in ready


def test_a_queue_that_is_full_answers_503(new_house, tmp_path):
    house = new_house("--config", str(write(tmp_path / "g.toml", "[engine.llama]\nsequences = 1\nqueue = 1\n")))
    ask = {"max_tokens": 400, "temperature": 0, "messages": [{"role": "user", "content": "Tell me a long story."}]}
    with house.stream("/v1/chat/completions", ask) as first:
        next(events(first))
        with contextlib.closing(http.client.HTTPConnection(house.public.host, house.public.port, timeout=60)) as second:
            second.request("POST", "/v1/chat/completions", json.dumps(ask), house.bearer() | {"Content-Type": "application/json"})
            eventually(lambda: house.gauge("gatehouse_queue_depth") == 1, 10, "a second one that waits")
            assert house.ask("POST", "/v1/chat/completions", ask).status == 503


def test_slow_and_idle_clients_are_sent_away_in_time(new_house, tmp_path):
    house = new_house("--config", str(write(tmp_path / "g.toml", '[server.limits]\nhead_deadline = "1s"\nidle = "1s"\n')))
    for sent, expected in ((b"GET / HT", b"HTTP/1.1 408"), (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200")):
        with contextlib.closing(socket.create_connection((house.public.host, house.public.port), timeout=30)) as connection:
            connection.sendall(sent)
            got = b"".join(iter(lambda c=connection: c.recv(65536), b""))  # until it closes
            assert got.startswith(expected), got


def test_a_model_may_run_on_a_thread(new_house, tmp_path):
    house = new_house("--config", str(write(tmp_path / "g.toml", '[engine.llama]\nisolation = "thread"\nsequences = 2\ncontext = 512\n')))
    assert house.children() == []
    answer = house.ask("POST", "/v1/chat/completions", {"temperature": 0, "messages": [{"role": "user", "content": "What is the capital of France?"}]})
    assert "Paris" in answer.json()["choices"][0]["message"]["content"]
    assert house.stop() == 0, house.tail()


@pytest.mark.parametrize("models", ['default_llm = "none"', 'required = ["none"]', 'aliases = { a = "none" }'])
def test_a_model_that_is_named_must_be_there(tmp_path, models):
    write(tmp_path / "g.toml", f"[models]\n{models}\ndirs = [{json.dumps(str(ROOT / 'models'))}]\n")
    done = gatehouse(tmp_path, "serve", "--data", "data", "--config", "g.toml", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
    assert done.returncode == 3 and "'none'" in done.stderr


def test_running_answers_have_the_drain_deadline(new_house, tmp_path):
    house = new_house("--config", str(write(tmp_path / "g.toml", '[server]\ndrain_deadline = "1s"\n')))
    with house.stream("/v1/chat/completions", {"messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 3000, "temperature": 0}) as answer:
        next(events(answer))
        house.signal(signal.SIGTERM)
        chunks, done = read_stream(answer)
    assert not done and chunks[-1]["error"]["message"]
    assert house.process.wait(20) == 0


# -- reload --------------------------------------------------------------------------------------------------------------


def test_sighup_takes_all_of_it_or_nothing(new_house, tmp_path):
    file = write(tmp_path / "g.toml", '[server.limits]\nbody_api = "2KiB"\n')
    house = new_house("--config", str(file))
    assert generate(house, 2048) == 200 and generate(house, 2049) == 413

    write(file, '[server.limits]\nbody_api = "4KiB"\nfields = 12\nhead_deadline = "1s"\n[log]\nlevel = "debug"\n')
    house.signal(signal.SIGHUP)
    eventually(lambda: generate(house, 4096) == 200, 10, "a larger body")
    assert generate(house, 4097) == 413
    assert house.ask("GET", "/", headers={f"X-{n}": "a" for n in range(12)}).status == 431
    eventually(lambda: '"level":"debug"' in (generate_malformed(house) or house.said()), 10, "a line of the new level")

    write(file, '[server.limits]\nbody_api = "8KiB"\nfields = "many"\n[engine]\nsequences = 1\n')
    house.signal(signal.SIGHUP)
    eventually(lambda: "is not reloaded" in house.said(), 10, "a refusal")
    assert f"{file}:3:10" in house.said() and f"{file}:5:1" in house.said()
    assert generate(house, 4096) == 200 and generate(house, 4097) == 413

    write(file, '[server.limits]\nbody_api = "8KiB"\n[server]\nbacklog = 5\n')
    house.signal(signal.SIGHUP)
    eventually(lambda: generate(house, 8192) == 200, 10, "a larger body still")
    eventually(lambda: '"key":"server.backlog"' in house.said(), 10, "a word about what must wait")
    assert house.stop() == 0


def generate_malformed(house):
    """Bytes that are no request: at level debug the log says so."""
    with contextlib.closing(socket.create_connection((house.public.host, house.public.port), timeout=30)) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        connection.recv(65536)


def test_many_sighups_end_in_the_last_configuration(new_house, tmp_path):
    file = tmp_path / "g.toml"
    write(file, "")
    house = new_house("--config", str(file))
    for kib in range(2, 30):
        write(file, f'[server.limits]\nbody_api = "{kib}KiB"\n')
        house.signal(signal.SIGHUP)
    # Those before it let less through.
    eventually(lambda: generate(house, 29 * 1024 + 1) == 413 and generate(house, 29 * 1024) == 200, 10, "the last limit")
    assert house.stop() == 0
