"""Endless heads, slow clients and too many of them (security.md, section 5A, A9 to A11): bounded memory, and others are served meanwhile."""

import contextlib
import itertools
import os
import resource
import select
import time

import pytest
from house import eventually
from http1_cases import CHUNKED, HOST, KEY, get, post
from raw import Raw

pytestmark = pytest.mark.alone

SOAK = os.environ.get("GATEHOUSE_SOAK") == "1"
MIB = 1024 * 1024
BLOCK = 64 * 1024
PER_ADDRESS = 256
SLOWEST = 0.1 if SOAK else 0.5  # seconds, of ninety-nine in a hundred answers to somebody who does no harm


def key_of(house, data):
    return data.replace(KEY, house.key.encode())


def endless(unit):
    return unit * (BLOCK // len(unit))


ENDLESS = {
    "request line": (b"GET /", endless(b"a"), 414),
    "field": (b"GET / HTTP/1.1\r\n" + HOST + b"X: ", endless(b"a"), 431),
    "fields": (b"GET / HTTP/1.1\r\n" + HOST, endless(b"X: y\r\n"), 431),
    "empty lines": (b"", endless(b"\r\n"), 400),
    "chunk extension": (post(CHUNKED, b"1;a="), endless(b"b"), 400),
    "chunk size": (post(CHUNKED), endless(b"0"), 400),
    "trailers": (post(CHUNKED, b"0\r\n"), endless(b"X: y\r\n"), 400),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_an_endless_head_costs_nothing(house, what):
    start, block, status = ENDLESS[what]
    amount = (1024 if SOAK else 256) * MIB
    with Raw(house.public) as raw:  # so that what serves a connection is there
        raw.send(get())
        assert raw.answer().status == 200
    before = house.resident_bytes()
    with Raw(house.public) as raw:
        began = time.monotonic()
        raw.send(key_of(house, start) + block)
        answer = raw.answer()
        assert answer.status == status and answer.headers["connection"] == "close", answer
        assert time.monotonic() - began < 1
        sent, most = 0, 0
        while sent < amount and raw.send(block):  # until it has enough of us
            sent += BLOCK
            if sent % (8 * MIB) == 0:
                most = max(most, house.resident_bytes())
        assert sent >= 8 * MIB and max(most, house.resident_bytes()) < before + 4 * MIB
        assert raw.gone()
    assert house.ask("GET", "/healthz", headers={}).status == 200


class Probe:
    """Somebody who asks all the time, and how long the answers took."""

    def __init__(self, house):
        self.raw, self.took = Raw(house.public, source="127.0.0.9"), []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.raw.socket.close()

    def ask(self):
        began = time.monotonic()
        self.raw.send(get(line=b"GET /healthz HTTP/1.1"))
        assert self.raw.answer().status == 200
        self.took.append(time.monotonic() - began)

    def p99(self):
        return sorted(self.took)[len(self.took) * 99 // 100]


@contextlib.contextmanager
def crowd(house, count, *first_words):
    """That many connections, not more than a hundred and fifty from one address; they say this or that in turn."""
    raise_limit_of_files()
    made = []
    try:
        for number in range(count):
            made.append(Raw(house.public, source=f"127.0.1.{1 + number // 150}"))
            made[-1].send(first_words[number % len(first_words)])
        yield made
    finally:
        for raw in made:
            raw.socket.close()


def drip(slow, words, probe, seconds):
    """Sends each a byte of its word, five times a second, until the server has had enough of it; what it was told."""
    waiting = {raw.socket.fileno(): (raw, itertools.cycle(words[at % len(words)])) for at, raw in enumerate(slow)}
    told, answers = [], select.poll()
    for number in waiting:
        answers.register(number, select.POLLIN)
    until = time.monotonic() + seconds
    while waiting:
        assert time.monotonic() < until, f"{len(waiting)} of {len(slow)} are still there"
        for raw, word in waiting.values():
            raw.send(bytes([next(word)]))
        for _ in range(20):
            probe.ask()
        for number, _ in answers.poll(200):
            answers.unregister(number)
            told.append(waiting.pop(number)[0].first_words())
    return told


def raise_limit_of_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))


SLOW = [
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"a"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n"),
    (post(b"Content-Length: 100000\r\n"), b" "),
    (post(CHUNKED), b"1\r\n \r\n"),
]


def test_slow_clients_are_sent_away_and_disturb_nobody(house):
    firsts = [key_of(house, first) for first, _ in SLOW]
    with Probe(house) as probe, crowd(house, 2000 if SOAK else 300, *firsts) as slow:
        told = drip(slow, [word for _, word in SLOW], probe, 60)
        assert {words[:13] for words in told} == {b"HTTP/1.1 408 "} and len(told) == len(slow)
        assert len(probe.took) >= 400 and probe.p99() < SLOWEST, probe.p99()


@pytest.mark.soak
def test_readers_that_do_not_read_are_sent_away(house):
    before = house.resident_bytes()
    with Probe(house) as probe, crowd(house, 300, get(line=b"GET /openapi.json HTTP/1.1") * 400):
        until = time.monotonic() + 90
        while house.gauge("gatehouse_connections") > 5:
            assert time.monotonic() < until
            probe.ask()
        assert probe.p99() < SLOWEST, probe.p99()
        assert house.resident_bytes() < before + 300 * MIB  # a mebibyte each
    eventually(lambda: house.resident_bytes() < before + 16 * MIB, what="memory as before")


def test_one_address_has_its_share_and_no_more(house):
    raise_limit_of_files()
    mine = []
    try:
        for _ in range(PER_ADDRESS):
            mine.append(Raw(house.public, source="127.0.2.1"))
            mine[-1].send(get())
        assert {raw.answer().status for raw in mine} == {200}
        with Raw(house.public, source="127.0.2.1") as one_more:
            answer = one_more.answer()
            assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1 and one_more.ended()
        with Raw(house.public, source="127.0.2.2") as other:
            other.send(get())
            assert other.answer().status == 200
        mine[0].send(get())
        assert mine[0].answer().status == 200
    finally:
        for raw in mine:
            raw.socket.close()

    def served():
        with Raw(house.public, source="127.0.2.1") as raw:
            raw.send(get())
            return raw.answer().status == 200

    eventually(served, 5, "a place for that address again")


def open_files(house):
    return len(os.listdir(f"/proc/{house.pid}/fd"))


def test_accepting_outlives_a_want_of_descriptors(new_house):
    house = new_house()
    _, hard = resource.prlimit(house.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(house.pid, resource.RLIMIT_NOFILE, (open_files(house) + 40, hard))
    taken = open_files(house) + 38
    with Raw(house.public) as inside:
        for _ in range(20 if SOAK else 1):
            with crowd(house, 1000 if SOAK else 400, get()):
                eventually(lambda: open_files(house) >= taken, what="that all descriptors are taken")
                for _ in range(20):
                    inside.send(get())
                    assert inside.answer().status == 200
            eventually(lambda: house.ask("GET", "/healthz", headers={}, timeout=5).status == 200, 5, "service")
    assert house.stop() == 0
