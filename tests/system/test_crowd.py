"""64 clients of three tenants at once, with anything that the API takes, a quarter of which vanish: right answers, true bills, and nothing left.

GATEHOUSE_SOAK=1 makes it five minutes. What is bounded, and how: beside the tests of each."""

import http.client
import json
import os
import random
import socket
import struct
import threading
import time
import traceback
from pathlib import Path

import pytest
from crowd import CAPITALS, LONGEST_COUNT, PATHS, Wishes, check, counting, has_text, read_events, read_whole, sure_part
from house import House, eventually, events, run

pytestmark = pytest.mark.alone

SECONDS = 300 if os.environ.get("GATEHOUSE_SOAK") == "1" else 10
CROWD = {"demo": 40, "second": 16, "third": 8}
PATIENCE = 600  # seconds for an answer: seats are shared by tenant, so where the machine is busy the largest of them waits long
MIB = 2**20
COUNTS, SURE_LENGTH = 24, 8  # different ones that are asked for; characters that the model must be sure of
PREFIX_MEMORY = 32  # MiB: full early, so that what grows for as long as it may does not hide what grows for ever
# What the resident memory may gain in the second half of the time over the most of the first one.
FRONT_GAIN, ENGINE_GAIN = 8 * MIB, 64 * MIB
# What was made for somebody who hung up beyond what had been read: by the mean client, in tokens. The clients are threads of one busy interpreter.
LATE = 24


class Client(threading.Thread):
    """Asks for one wish after the other until the time is over, and for those that come first in any case."""

    def __init__(self, crowd, name, tenant, first=()):
        super().__init__(daemon=True)
        self.crowd, self.name, self.tenant = crowd, name, tenant
        self.chance = random.Random(f"{crowd.seed} {name}")
        self.wishes = Wishes(self.chance, crowd.countries, crowd.counts, first)
        self.told, self.left, self.failed = [], {}, []  # answers; by request id: events with text that were read before it hung up

    def run(self):
        number = 0
        while self.wishes.first or time.monotonic() < self.crowd.until:
            number += 1
            wish, request = self.wishes.draw(), f"{self.name}-{number}"
            try:
                if wish.hang_up is None:
                    self.told.append((request, wish, self.ask(wish, request)))
                else:
                    self.left[request] = wish, self.leave(wish, request)
            except Exception:  # whatever it is, the test says so with the seed
                self.failed.append((request, wish, traceback.format_exc()))

    def send(self, wish, request):
        """A connection on which it has been asked."""
        connection = http.client.HTTPConnection(self.crowd.house.public.host, self.crowd.house.public.port, timeout=PATIENCE)
        body = json.dumps({**wish.body, "stream": wish.stream}).encode()
        headers = {"Authorization": f"Bearer {self.crowd.keys[self.tenant]}", "Content-Type": "application/json", "X-Request-Id": request}
        if wish.hang_up is not None and wish.hang_up < 0:
            headers["Content-Length"] = str(len(body))
            body = body[: len(body) // 2]
        connection.request("POST", wish.path, body, headers)
        return connection

    def ask(self, wish, request):
        connection = self.send(wish, request)
        try:
            answer = connection.getresponse()
            if answer.status != 200 or not wish.stream:
                body = answer.read()
                assert answer.status == 200, (answer.status, body)
                told = read_whole(wish, json.loads(body))
            else:
                told = read_events(wish, list(events(answer)))
            check(wish, told)
            return told
        finally:
            connection.close()

    def leave(self, wish, request):
        """How many events with text were read before it hung up, in peace or not."""
        connection, read = self.send(wish, request), 0
        if wish.hang_up >= 0 and wish.stream:
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            if self.chance.random() < 0.5:
                reset(connection.sock or answer.fp.raw._sock)
            for _, data in zip(range(int(wish.hang_up)), events(answer)):
                read += has_text(data)
            answer.close()
        elif wish.hang_up >= 0:
            time.sleep(wish.hang_up)
        connection.close()
        return read


def reset(connection):
    """Makes its end a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Memory(threading.Thread):
    """Resident memory of front and engine, and of kept prefixes, as time goes by."""

    def __init__(self, house):
        super().__init__(daemon=True)
        self.house, self.samples, self.over = house, [], threading.Event()
        (self.engine,) = house.children()

    def run(self):
        while not self.over.wait(0.25):
            self.samples.append((resident(self.house.pid), resident(self.engine), self.house.gauge("gatehouse_prefix_bytes")))

    def gains(self):
        """Of front and engine: what the most in the second half is above the most in the first."""
        half = len(self.samples) // 2
        return [max(one[i] for one in self.samples[half:]) - max(one[i] for one in self.samples[:half]) for i in range(2)]


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def busy(state):
    return any(value for name, value in state.items() if not name.startswith("gatehouse_connections") and "_fds" not in name)


class Crowd:
    def __init__(self, folder):
        self.seed = int(os.environ.get("GATEHOUSE_CROWD_SEED", random.randrange(2**32)))
        print("seed", self.seed)  # shown when the test fails; the same in GATEHOUSE_CROWD_SEED draws the same wishes
        (folder / "g.toml").write_text(f"[engine.llama]\nprefix_memory = {PREFIX_MEMORY}\n")
        self.house = House(folder / "data", folder / "log")
        self.house.start("--config", str(folder / "g.toml"), variables={"GATEHOUSE_ENGINE_LLAMA_THREADS": "0"})  # nobody beside: as it is served
        self.keys = {"demo": self.house.key}
        for tenant in list(CROWD)[1:]:
            made = run("tenant", "register", tenant, "--data", self.house.data, "--json")
            self.keys[tenant] = json.loads(made.stdout)["api_key"]
        asked = {country: self.house.chat(f"What is the capital of {country}?", max_tokens=24).json() for country in CAPITALS}
        self.countries = [country for country, answer in asked.items() if CAPITALS[country] in answer["choices"][0]["message"]["content"]]
        assert len(self.countries) >= 6
        self.counts = self.known_counts(random.Random(self.seed))
        self.before = eventually(lambda: (lambda now: now if not busy(now) else None)(self.at_rest()), what="rest")
        eventually(lambda: self.used()["demo"][0] == len(CAPITALS) + COUNTS, what="the bill of what was asked first")
        self.used_before = self.used()

    def known_counts(self, chance):
        """Counts that the model continues rightly when it is asked alone, with what it is sure of."""
        found = []
        for text, right in (counting(chance) for _ in range(COUNTS)):
            [choice] = self.house.ask("POST", "/v1/completions", {"prompt": text, "temperature": 0, "max_tokens": LONGEST_COUNT, "logprobs": 2}).json()["choices"]
            if right.startswith(sure := sure_part(choice["text"], choice["logprobs"])) and len(sure) > SURE_LENGTH:
                found.append((text, sure))
        assert len(found) >= COUNTS // 3, found
        return found

    def at_rest(self):
        """What must be as it was when nobody is being answered; the connection that asks counts in both."""
        metrics = self.house.metrics()
        names = (
            "gatehouse_sequences", "gatehouse_jobs", "gatehouse_queue_depth", "gatehouse_saved_sequences", "gatehouse_saved_bytes", "gatehouse_streams",
            "gatehouse_connections", "process_open_fds", "gatehouse_engine_open_fds",
        )  # fmt: skip
        found = {name: value for name, value in metrics.items() if name.partition("{")[0] in names}
        return found | {name: value for name, value in metrics.items() if name.startswith("gatehouse_kv_cells") and 'state="used"' in name}

    def used(self):
        """By tenant: requests, tokens read and tokens made, as the tenant is told."""
        found = {}
        for tenant, key in self.keys.items():
            rows = self.house.ask("GET", "/api/usage", headers={"Authorization": f"Bearer {key}"}).json()["data"]
            found[tenant] = tuple(sum(row[name] for row in rows) for name in ("requests", "prompt_tokens", "completion_tokens"))
        return found

    def gather(self):
        self.until = time.monotonic() + SECONDS
        # However slow the machine is: each dialect, whole and streamed, is asked for to its end, and half of those who stream once hang up before.
        kinds = [[(path, stream, None)] for path in PATHS for stream in (False, True)]
        kinds += [[(path, stream, 3.0)] * stream + [(path, stream, None)] for path in PATHS for stream in (False, True)]
        self.clients = [Client(self, f"{tenant}-{i}", tenant, kinds[i % 16]) for tenant, count in CROWD.items() for i in range(count)]
        memory = Memory(self.house)
        for thread in (memory, *self.clients):
            thread.start()
        for client in self.clients:
            client.join(SECONDS + PATIENCE)
            assert not client.is_alive(), f"no end of an answer; seed {self.seed}"
        memory.over.set()
        memory.join()
        self.memory = memory
        self.settled = eventually(lambda: self.at_rest() == self.before, 30, f"rest as before: {self.before}")
        return self

    def told(self):
        return [(client.tenant, *one) for client in self.clients for one in client.told]

    def left(self):
        return [(client.tenant, request, *one) for client in self.clients for request, one in client.left.items()]

    def access(self):
        """The line of each request that a client made, by its id."""
        lines = [json.loads(line) for line in Path(self.house.log).read_text().splitlines()]
        ids = {request for _, request, *_ in (*self.told(), *self.left())}
        return {line["request_id"]: line for line in lines if line.get("request_id") in ids}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    made = Crowd(tmp_path_factory.mktemp("crowd"))
    try:
        yield made.gather()
        assert made.house.process.poll() is None and made.house.stop() == 0, made.house.tail()
    finally:
        made.house.kill()


def test_every_answer_that_came_is_right(crowd):
    failed = [one for client in crowd.clients for one in client.failed]
    told = crowd.told()
    assert not failed, f"seed {crowd.seed}, {len(failed)} of {len(told)}: " + "\n".join(map(str, failed[:3]))
    assert len(told) >= len(crowd.clients), "too few to say anything"
    assert len({(wish.path, wish.stream) for _, _, wish, _ in told}) == 8, "all dialects, whole and streamed"


def test_nothing_is_left(crowd):
    assert crowd.settled and crowd.house.gauge("gatehouse_engine_restarts_total") == 0


def test_the_bill_is_what_was_made(crowd):
    """To the token for all who were answered, as they were told; of those who hung up, what the log says: a token at least for each event with text that they read."""
    lines = eventually(lambda: (lambda found: found if len(found) >= len(crowd.told()) else None)(crowd.access()), what="the lines of all answers")
    expected = {tenant: list(used) for tenant, used in crowd.used_before.items()}
    late = []
    for tenant, request, _, told in crowd.told():
        line = lines[request]
        assert (line["prompt_tokens"], line["completion_tokens"]) == (told.prompt, told.completion), (crowd.seed, line, told)
        for at, value in enumerate((1, told.prompt, told.completion)):
            expected[tenant][at] += value
    for tenant, request, wish, read in crowd.left():
        line = lines.get(request, {})  # gone before it was a request
        made = line.get("completion_tokens", 0)
        if line.get("prompt_tokens"):
            for at, value in enumerate((1, line["prompt_tokens"], made)):
                expected[tenant][at] += value
        assert read <= made <= wish.choices * wish.allowed, (crowd.seed, read, wish, line)
        if wish.stream and wish.hang_up >= 0:
            late.append(made - read)
    eventually(lambda: crowd.used() == {tenant: tuple(sums) for tenant, sums in expected.items()}, what=f"the bill {expected}; seed {crowd.seed}, not {crowd.used()}")
    counted = [value for name, value in sorted(crowd.house.metrics().items()) if name.startswith("llm_token_count_total")]
    assert counted == [sum(sums[at] for sums in expected.values()) for at in (2, 1)], "completion, prompt"
    mean = sum(late) / len(late)
    print(f"{len(late)} hung up in a stream: {mean:.1f} tokens made for each beyond the events that it had read")
    assert mean <= LATE, crowd.seed


def test_memory_stays(crowd):
    front, engine = crowd.memory.gains()
    print(f"{len(crowd.told())} answers, {len(crowd.left())} hung up; gain of the second half: front {front / MIB:.1f} MiB, engine {engine / MIB:.1f} MiB")
    assert front <= FRONT_GAIN and engine <= ENGINE_GAIN, [[value // MIB for value in one] for one in crowd.memory.samples]
    assert max(one[2] for one in crowd.memory.samples) <= PREFIX_MEMORY * MIB
