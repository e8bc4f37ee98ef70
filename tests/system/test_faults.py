"""Processes that die, and clients that go away, while others are being answered."""

import contextlib
import json
import os
import random
import shutil
import signal
import threading
import time

import pytest
from house import MODEL, ROOT, alive, eventually, events, read_stream, run, text_of

pytestmark = pytest.mark.alone

SOAK = os.environ.get("GATEHOUSE_SOAK") == "1"
CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Germany": "Berlin", "Spain": "Madrid", "Japan": "Tokyo", "Russia": "Moscow", "Egypt": "Cairo",
    "China": "Beijing", "England": "London", "Austria": "Vienna", "Portugal": "Lisbon", "Greece": "Athens",
}  # fmt: skip


def question(country):
    return f"What is the capital of {country}?"


@pytest.fixture(scope="module")
def known(house):
    """The countries whose capital this small model names when it is asked alone."""
    found = [country for country, city in CAPITALS.items() if city in house.chat(question(country), max_tokens=24).json()["choices"][0]["message"]["content"]]
    assert "France" in found and len(found) >= 6, found
    return found


def rest(house):
    """What must be as it was when nobody is being answered."""
    metrics = house.metrics()
    names = ("gatehouse_sequences", "gatehouse_jobs", "gatehouse_queue_depth", "gatehouse_streams", "process_open_fds", "gatehouse_engine_open_fds", "gatehouse_connections")
    return {name: value for name, value in metrics.items() if name.partition("{")[0] in names}


class Streamer(threading.Thread):
    """One client: reads its answer to the end, or hangs up after so many events."""

    def __init__(self, house, text, tokens, hang_up_after=None, gate=None):
        super().__init__(daemon=True)
        self.house, self.text, self.tokens, self.hang_up_after, self.gate = house, text, tokens, hang_up_after, gate
        self.status, self.chunks, self.done, self.headers, self.failed = None, [], False, {}, None

    def run(self):
        body = {"messages": [{"role": "user", "content": self.text}], "temperature": 0, "max_tokens": self.tokens, "stream_options": {"include_usage": True}}
        if self.gate:
            self.gate.wait()
        try:
            with self.house.stream("/v1/chat/completions", body) as answer:
                self.status, self.headers = answer.status, answer.headers
                if answer.status != 200:
                    self.chunks = [json.loads(answer.read())]
                elif self.hang_up_after is None:
                    self.chunks, self.done = read_stream(answer)
                else:
                    for _, _ in zip(range(self.hang_up_after), events(answer)):
                        pass
        except OSError as error:
            self.failed = error


def ended_well(one):
    """A stream that was answered as the dialect says, from the role to [DONE]."""
    assert one.failed is None and one.status == 200 and one.done, (one.failed, one.status, one.chunks[-1:])
    assert one.chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert [chunk["choices"][0]["finish_reason"] for chunk in one.chunks if chunk["choices"]][-1] in ("stop", "length")
    assert 0 < one.chunks[-1]["usage"]["completion_tokens"] <= one.tokens


def test_a_third_of_sixteen_clients_hang_up(house, known):
    seed = random.randrange(2**32)
    print("seed", seed)  # shown when the test fails
    chance = random.Random(seed)
    house.chat(question("France"))
    before = eventually(lambda: (lambda now: now if not now_busy(now) else None)(rest(house)), what="rest")
    for _ in range(20 if SOAK else 2):
        gate = threading.Barrier(16)
        streamers = []
        for number in range(16):
            if number % 3 == 2:
                streamers.append(Streamer(house, "Tell me a long story about a lighthouse.", 400, chance.randrange(0, 25), gate))
            else:
                country = known[number % len(known)]
                streamers.append(Streamer(house, question(country), 48, None, gate))
                streamers[-1].country = country
        chance.shuffle(streamers)
        for one in streamers:
            one.start()
        for one in streamers:
            one.join(180)
            assert not one.is_alive(), f"no end of an answer; seed {seed}"
        for one in streamers:
            if one.hang_up_after is None:
                ended_well(one)
                told = text_of(one.chunks)
                assert CAPITALS[one.country] in told, (one.country, told, seed)
                assert not [city for country, city in CAPITALS.items() if city in told and country != one.country], (one.country, told, seed)
    eventually(lambda: rest(house) == before, what=f"rest as before ({before}), instead of {rest(house)}; seed {seed}")


def now_busy(state):
    return any(value for name, value in state.items() if "_fds" not in name and not name.startswith("gatehouse_connections"))


def test_a_client_that_hangs_up_frees_its_sequence_at_once(house):
    house.chat(question("France"), max_tokens=1)
    with house.stream("/v1/chat/completions", {"messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 1000}) as answer:
        next(events(answer))
        eventually(lambda: house.gauge("gatehouse_sequences") == 1, what="a sequence")
    left = time.monotonic()
    eventually(lambda: house.gauge("gatehouse_sequences") == 0, 2, "a free seat")
    assert time.monotonic() - left < 1


def test_a_whole_answer_that_nobody_waits_for_is_stopped(house):
    import http.client

    connection = http.client.HTTPConnection(house.public.host, house.public.port)
    body = {"messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 1000, "temperature": 0}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), house.bearer())
    eventually(lambda: house.gauge("gatehouse_sequences") == 1, what="a sequence")
    connection.close()
    eventually(lambda: house.gauge("gatehouse_sequences") == 0, 2, "a free seat")


def check_lost(one):
    """A stream during which the engine died: told so in its dialect, never cut off without a word, never called done."""
    if one.status == 200 and one.done:
        return ended_well(one)
    assert one.failed is None, one.failed
    error = one.chunks[-1]["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["type"] == "server_error", error
    if one.status != 200:
        assert one.status == 503 and int(one.headers["Retry-After"]) >= 0
    return None


def test_kill_of_the_child_under_load(new_house):
    house = new_house()
    (child,) = house.children()
    for round_number in range(20 if SOAK else 2):
        streamers = [Streamer(house, "Tell me a long story about a lighthouse.", 300) for _ in range(8)]
        for one in streamers:
            one.start()
        eventually(lambda: house.gauge("gatehouse_sequences") >= 4, what="load")
        os.kill(child, signal.SIGKILL)
        died = time.monotonic()
        late = Streamer(house, question("France"), 24)  # asks while the child is away
        late.start()
        eventually(lambda: house.ask("GET", "/readyz", headers={}).status == 503, 2, "word of the loss")
        eventually(lambda: house.ask("GET", "/readyz", headers={}).status == 200, 20, "a new child")
        took = time.monotonic() - died
        # Back is: ready for requests. How long an answer takes then is up to those that are answered beside it.
        if round_number == 0:  # the next ones wait longer: back-off
            assert took < 2.0, f"service was back after {took:.2f} s"
        answer = house.chat(question("France"))
        assert answer.status == 200 and "Paris" in answer.json()["choices"][0]["message"]["content"]
        streamers.append(late)
        for one in streamers:
            one.join(60)
            assert not one.is_alive()
            check_lost(one)
        assert house.process.poll() is None and house.ask("GET", "/healthz").status == 200
        (new_child,) = eventually(house.children, what="a child")
        assert new_child != child
        child = new_child
        eventually(lambda: house.gauge("gatehouse_sequences") == 0, what="an end of all sequences")
    assert house.gauge("gatehouse_engine_restarts_total") >= 1
    assert house.stop() == 0


def test_a_child_that_hangs_under_load(new_house, tmp_path):
    """Stopped, not dead: it holds its sockets and answers nothing. It is treated as one that died."""
    (tmp_path / "g.toml").write_text('[engine.llama]\nhang_after = "2s"\n')
    house = new_house("--config", tmp_path / "g.toml")
    (child,) = house.children()
    streamers = [Streamer(house, "Tell me a long story about a lighthouse.", 300) for _ in range(8)]
    for one in streamers:
        one.start()
    eventually(lambda: house.gauge("gatehouse_sequences") >= 4, what="load")
    os.kill(child, signal.SIGSTOP)
    stopped = time.monotonic()
    late = Streamer(house, question("France"), 24)  # not begun when the child goes: tried again on the next one
    late.start()
    eventually(lambda: not alive(child), 6, "the end of the child that hangs")
    eventually(lambda: house.ask("GET", "/readyz", headers={}).status == 200 and house.children() not in ([child], []), 6, "a new child")
    took = time.monotonic() - stopped
    assert took < 8, f"service was back after {took:.2f} s"
    late.join(60)
    ended_well(late)
    assert "Paris" in text_of(late.chunks)
    for one in streamers:
        one.join(60)
        assert not one.is_alive()
        check_lost(one)
    metrics = house.metrics()
    assert sum(value for name, value in metrics.items() if name.startswith("gatehouse_engine_restarts_total") and 'reason="hung"' in name) == 1
    assert "it hangs" in house.log.read_text()
    assert house.stop() == 0


def model_of_its_own(folder, name):
    """A copy of the shipped model under another name, and its file."""
    made = folder / name / "1"
    made.mkdir(parents=True)
    for file in (ROOT / "models" / MODEL / "1").iterdir():
        shutil.copy(file, made)
    (weights,) = made.glob("*.gguf")
    return weights


def test_a_model_file_that_changes_is_kept_while_it_runs_and_not_loaded_again(new_house, tmp_path):
    weights = model_of_its_own(tmp_path / "models", "mine")
    (tmp_path / "g.toml").write_text('models.default_llm = "mine"\nengine.llama.context = 512\nengine.llama.sequences = 2\n')
    house = new_house("--models", tmp_path / "models", "--config", tmp_path / "g.toml")

    def listed():
        return {model["name"]: model for model in json.loads(run("model", "list", "--data", house.data, "--json").stdout)}["mine"]

    assert listed()["state"] == "ready"
    with open(weights, "r+b") as file:
        file.seek(50_000_000)
        file.write(b"other weights")
    assert "Paris" in house.chat(question("France"), max_tokens=24).json()["choices"][0]["message"]["content"], "what runs has read its file"
    assert house.ask("GET", "/readyz", headers={}).status == 200
    for child in house.children():
        os.kill(child, signal.SIGKILL)
    eventually(lambda: listed()["state"] == "failed", what="the refusal")
    assert "is not the file that its model.toml names" in listed()["reason"] and str(weights) in listed()["reason"]
    ready = house.ask("GET", "/readyz", headers={})
    assert ready.status == 503 and ready.json() == {"status": "model failed"}
    refused = house.chat(question("France"))
    assert refused.status == 503 and refused.json()["error"]["code"] == "engine_unavailable" and str(weights) not in refused.body.decode()
    assert "is not the file that its model.toml names" in house.log.read_text()
    assert house.stop() == 0


def test_recycling_fails_no_request(new_house, tmp_path):
    """Every few calls another child takes over, with eight clients asking all the while."""
    (tmp_path / "g.toml").write_text("[engine.llama]\nrecycle_calls = 6\ncontext = 512\nsequences = 4\n")
    house = new_house("--config", tmp_path / "g.toml")
    (first,) = house.children()
    until = time.monotonic() + (120 if SOAK else 12)
    told = []

    def ask_on(number):
        while time.monotonic() < until:
            if number % 2:
                one = Streamer(house, question("France"), 16)
                one.run()
                told.append((one.failed, one.status, one.done))
            else:
                told.append((None, house.chat(question("France"), max_tokens=16).status, True))

    clients = [threading.Thread(target=ask_on, args=(number,)) for number in range(8)]
    for one in clients:
        one.start()
    for one in clients:
        one.join(240)
        assert not one.is_alive()
    assert len(told) >= 16 and not [one for one in told if one != (None, 200, True)], (len(told), [one for one in told if one != (None, 200, True)][:5])
    counted = {name.partition('reason="')[2].partition('"')[0]: value for name, value in house.metrics().items() if name.startswith("gatehouse_engine_restarts_total") and MODEL in name}
    assert counted["recycled"] >= 2 and counted["ended"] == counted["hung"] == 0, counted
    eventually(lambda: len(house.children()) == 1 and house.children() != [first], 20, "the end of those that are worn")
    assert house.stop() == 0


def test_readiness_says_no_while_the_child_is_away(new_house):
    house = new_house()
    (child,) = house.children()
    os.kill(child, signal.SIGSTOP)  # so that its death is seen, and nothing before
    os.kill(child, signal.SIGKILL)
    states = set()
    until = time.monotonic() + 10
    while time.monotonic() < until and states != {200, 503}:
        states.add(house.ask("GET", "/readyz", headers={}).status)
        assert house.ask("GET", "/healthz", headers={}).status == 200
    eventually(lambda: house.ask("GET", "/readyz", headers={}).status == 200, what="readiness")
    assert 503 in states
    assert house.stop() == 0


def test_kill_of_the_front_ends_the_child(new_house):
    house = new_house()
    (child,) = house.children()
    streamer = Streamer(house, "Tell me a long story.", 500)
    streamer.start()
    eventually(lambda: house.gauge("gatehouse_sequences") == 1, what="load")
    house.signal(signal.SIGKILL)
    house.process.wait(10)
    eventually(lambda: not alive(child), 3, "the end of the child")
    streamer.join(10)


def test_a_new_start_after_a_kill(new_house):
    house = new_house()
    house.signal(signal.SIGKILL)
    house.process.wait(10)
    house.start(ready_within=15)
    assert "Paris" in house.chat(question("France")).json()["choices"][0]["message"]["content"]
    assert house.stop() == 0


def test_the_child_holds_no_secret(house):
    """Its environment and what of its memory can be read hold neither the API key nor the master key."""
    (child,) = house.children()
    with open(f"/proc/{child}/environ", "rb") as file:
        environment = file.read()
    assert house.key.encode() not in environment
    secrets = [house.key.encode()]
    secrets += [path.read_bytes().strip() for path in (house.data / "keys").glob("*") if path.is_file()] if (house.data / "keys").is_dir() else []
    with open(f"/proc/{child}/maps") as maps, open(f"/proc/{child}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw") or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            with contextlib.suppress(OSError, ValueError):
                memory.seek(start)
                held = memory.read(min(end - start, 64 * 1024 * 1024))
                assert not [1 for secret in secrets if len(secret) >= 16 and secret in held], line
