"""The command line: exit codes, JSON, and one server a data folder (contract.md, section 11)."""

import json
import re
import signal
import stat
import threading
import time

import pytest
from house import MODEL, ROOT, eventually, events, initialise, read_stream, run


def contents_of(data):
    """What a data folder holds, but for the number of the process that had it last."""
    return {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and path.name != "lock"}


def test_init_makes_a_folder_once(tmp_path):
    data = tmp_path / "data"
    first = run("init", "--data", data, "--json")
    assert first.returncode == 0
    made = json.loads(first.stdout)
    assert made["tenant_id"] == "demo" and made["api_key"].startswith("gh_") and len(made["api_key"]) >= 43
    assert made["admin"]["username"] == "admin" and len(made["admin"]["password"]) >= 20
    before = contents_of(data)
    assert before and all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in before)
    for secret in made["api_key"], made["admin"]["password"]:
        assert not [path for path, content in before.items() if secret.encode() in content], "the secret itself is nowhere"
    second = run("init", "--data", data, "--json")
    assert second.returncode == 1 and second.stdout == b"" and second.stderr
    assert before == contents_of(data)


def test_init_for_people(tmp_path):
    made = run("init", "--data", tmp_path / "data")
    assert made.returncode == 0 and b"demo" in made.stdout and b"gh_" in made.stdout


def test_version():
    plain, structured = run("version"), run("version", "--json")
    found = json.loads(structured.stdout)
    assert plain.returncode == structured.returncode == 0 and set(found) == {"version", "build"}
    assert plain.stdout.decode().startswith(f"gatehouse {found['version']}")


def test_health(house):
    assert run("health", house.public.url + "/readyz").returncode == 0
    assert run("health", house.admin.url + "/healthz").returncode == 0
    missing = run("health", house.public.url + "/nothing")
    assert missing.returncode == 1 and b"404" in missing.stdout + missing.stderr
    assert run("health", "http://127.0.0.1:1/readyz").returncode == 1


def test_openapi_is_what_is_served(house):
    printed = run("openapi")
    assert printed.returncode == 0
    served, all_paths = house.ask("GET", "/openapi.json").json(), json.loads(printed.stdout)["paths"]
    # But for what the models take that are there.
    assert all(served["paths"][path] == what for path, what in all_paths.items() if path != "/predict")
    assert all(re.fullmatch(r"/v1/models/[^/{}]+:predict|/v2/models/[^/{}]+/infer", path) for path in set(served["paths"]) - set(all_paths))


@pytest.mark.parametrize("chunk", [0, 1, 7])
def test_http1_dump(chunk):
    wire = b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\nPOST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    dumped = run("debug", "http1-dump", "--chunk", chunk, stdin=wire)
    first, second = [json.loads(line) for line in dumped.stdout.splitlines()]
    assert dumped.returncode == 0
    assert (first["method"], first["target"], first["version"], first["body_bytes"]) == ("GET", "/a?b", "HTTP/1.1", 0)
    assert first["fields"] == [["Host", "x"]]
    assert second["body_bytes"] == 3 and second["body_sha256"].startswith("ba7816bf")


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431),
        (b"GET / HT", 400),
    ],
)
def test_http1_dump_of_what_is_wrong(wire, status):
    dumped = run("debug", "http1-dump", stdin=wire)
    last = json.loads(dumped.stdout.splitlines()[-1])
    assert dumped.returncode == 1 and last["status"] == status and last["error"]


def test_json_check():
    good = run("debug", "json-check", stdin=b'{"a":[1,2,{"b":null}]}')
    assert good.returncode == 0
    for wire, offset in ((b'{"a":1,}', None), (b"", None), (b"[" * 65 + b"]" * 65, 64), (b'"\xff"', 1)):
        bad = run("debug", "json-check", stdin=wire)
        found = json.loads(bad.stdout)
        assert bad.returncode == 1 and found["error"] and isinstance(found["offset"], int), wire
        assert offset is None or found["offset"] == offset, (wire, found)


def test_limiter_replay():
    calls = (
        (b"0 alice 1 1/1s 0", b"admit 0 1 0"),
        (b"0.25 alice 1 1/1s 0", b"refuse 0 0.75 0.75"),
        (b"0.25 alice 2 1/1s 0", b"refuse 0 0.75 -"),
        (b"0.5 alice 0 1/1s 0", b"admit 0 0.5 0"),
        (b"1 alice 1 1/1s 0", b"admit 0 1 0"),
        (b"1 bob 3 10/60s 4", b"admit 1 18 0"),
        (b"1 bob 2 10/60s 4", b"refuse 1 18 6"),
    )
    replayed = run("debug", "limiter-replay", stdin=b"".join(call + b"\n" for call, _ in calls))
    assert (replayed.returncode, replayed.stderr) == (0, b"")
    assert replayed.stdout.splitlines() == [answer for _, answer in calls]
    assert run("debug", "limiter-replay", stdin=calls[0][0] + b"\r\n" + calls[1][0]).stdout == run("debug", "limiter-replay", stdin=calls[0][0] + b"\n" + calls[1][0] + b"\n").stdout


@pytest.mark.parametrize("call", [b"", b"nonsense", b"0 k 1 1/1s", b"0 k 1 1/1s 0 0", b"x k 1 1/1s 0", b"-1 k 1 1/1s 0", b"0 k x 1/1s 0", b"0 k 1 1 0", b"0 k 1 1/1s x", b"\xff\x00"])
def test_limiter_replay_of_what_is_no_call(call):
    wrong = run("debug", "limiter-replay", stdin=b"0 k 1 2/1s 0\n" + call + b"\n0 k 1 2/1s 0\n")
    assert wrong.returncode == 2 and wrong.stdout == b"admit 1 1 0\n" and b"line 2: " in wrong.stderr


@pytest.mark.parametrize("command", [(), ("serve",), ("init",), ("version",), ("health",), ("openapi",), ("debug",), ("debug", "http1-dump"), ("debug", "json-check"), ("debug", "limiter-replay"), ("migrate",), ("backup",), ("restore",), ("doctor",)])
def test_help_is_everywhere_and_shows_an_example(command):
    helped = run(*command, "--help")
    assert helped.returncode == 0
    if command and command != ("debug",):
        assert "Example" in helped.stdout.decode()


@pytest.mark.parametrize("arguments", [("--nonsense",), ("serve", "--nonsense"), ("nonsense",), (), ("init", "--dato", "x"), ("serve", "--sequences", "none")])
def test_wrong_usage_is_exit_2(arguments):
    wrong = run(*arguments)
    assert wrong.returncode == 2 and wrong.stdout == b"" and wrong.stderr


def test_a_command_that_is_none_is_named_with_the_nearest():
    wrong = run("serv")
    assert wrong.returncode == 2 and b"'serv'" in wrong.stderr and b"'serve'" in wrong.stderr


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x"])
def test_an_address_that_is_none(tmp_path, address):
    assert run("serve", "--data", tmp_path / "data", "--listen", address).returncode == 2


def test_plain_http_stays_on_loopback(tmp_path):
    refused = run("serve", "--data", tmp_path / "data", "--listen", "0.0.0.0:0", "--admin-listen", "127.0.0.1:0")
    assert refused.returncode == 2 and b"--insecure-http" in refused.stderr


def test_one_server_a_data_folder(house):
    second = run("serve", "--data", house.data, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
    assert second.returncode == 1 and str(house.pid).encode() in second.stderr
    assert house.ask("GET", "/readyz").status == 200


def test_a_port_that_is_taken(house, tmp_path):
    taken = run("serve", "--data", tmp_path / "data", "--listen", f"127.0.0.1:{house.public.port}", "--admin-listen", "127.0.0.1:0")
    assert taken.returncode == 1 and str(house.public.port).encode() in taken.stderr


def test_the_curl_line_of_the_first_start_works_when_it_is_pasted(tmp_path):
    import subprocess

    from house import BINARY

    command = [BINARY, "serve", "--data", str(tmp_path / "data"), "--models", "models", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        said = []
        for line in server.stdout:
            said.append(line.strip())
            if line.startswith("gatehouse ready"):
                break
        (curl,) = [line for line in said if line.startswith("curl ")]
        pasted = subprocess.run(["sh", "-c", curl + " -sS"], capture_output=True, text=True, timeout=60)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert any("gh_" in line and "once" in line for line in said)
    assert "Paris" in json.loads(pasted.stdout)["choices"][0]["message"]["content"], pasted


@pytest.mark.alone
def test_a_second_start_is_ready_within_three_seconds(new_house):
    house = new_house()
    assert house.stop() == 0
    begun = time.monotonic()
    house.start(ready_within=3)
    assert time.monotonic() - begun < 3
    assert house.chat("What is the capital of France?").status == 200
    assert house.stop() == 0


def test_sigterm_lets_answers_finish(new_house):
    house = new_house()
    with house.stream("/v1/chat/completions", {"messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 150, "temperature": 0}) as answer:
        next(events(answer))
        house.signal(signal.SIGTERM)
        chunks, done = read_stream(answer)
    assert done and chunks[-1]["choices"][0]["finish_reason"] in ("stop", "length")
    assert house.process.wait(10) == 0
    assert not house.children()


def test_sigterm_takes_nothing_new(new_house):
    house = new_house()
    with house.stream("/v1/chat/completions", {"messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 800, "temperature": 0}) as answer:
        next(events(answer))
        house.signal(signal.SIGTERM)

        def refused():
            try:
                return house.ask("GET", "/healthz", headers={}, timeout=5).status >= 500
            except OSError:
                return True

        eventually(refused, 5, "a closed door")
        house.signal(signal.SIGTERM)  # a second one ends what is left
        ended = threading.Event()
        chunks, done = read_stream(answer)
        ended.set()
    assert not done and chunks[-1]["error"]["message"]
    assert house.process.wait(10) == 0


def test_sigint_is_sigterm(new_house):
    house = new_house()
    house.signal(signal.SIGINT)
    assert house.process.wait(10) == 0


def test_models_are_listed_with_a_server_and_without(house, tmp_path):
    def listed(data, *more):
        done = run("model", "list", "--data", data, "--json", *more)
        assert done.returncode == 0, done.stderr
        return {model["name"]: model for model in json.loads(done.stdout)}

    assert listed(house.data)[MODEL]["state"] == "ready"
    initialise(tmp_path / "data")
    broken = tmp_path / "models" / "broken" / "1"
    broken.mkdir(parents=True)
    (broken / "model.toml").write_text("kind = 7\n")
    config = tmp_path / "g.toml"
    config.write_text(f'models.dirs = ["{tmp_path / "models"}"]\n')
    stand_by = listed(tmp_path / "data", "--config", config)
    assert stand_by[MODEL]["state"] == "declared" and "no server" in stand_by[MODEL]["reason"]
    assert stand_by["broken"]["state"] == "failed" and "kind" in stand_by["broken"]["reason"]
