"""Tenants beside one another on the real model: what one of them asks for does not keep another waiting."""

import contextlib
import json
import selectors
import socket
import time

import pytest

from house import command, eventually

pytestmark = pytest.mark.alone

SEATS, QUEUED = 16, 160
SETTLED = 400  # tokens of a tenant
# Together some 380 tokens, which the model goes on with for as long as it may.
SENTENCES = (
    "The lighthouse stood on a rock in the north.",
    "Its keeper counted the ships that passed at night.",
    "In winter the sea froze at the foot of the stairs.",
    "Every spring a boat brought oil, flour and letters.",
)
SHORT = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "temperature": 0, "max_tokens": 8, "stream": True}


def asked(house, path, key, body):
    """A connection on which the request has been sent; it does not block."""
    payload = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(payload)}\r\n\r\n"
    connection = socket.create_connection((house.public.host, house.public.port), timeout=60)
    connection.sendall(head.encode() + payload)
    connection.setblocking(False)
    return connection


class Crowd:
    """Many requests of one tenant on connections of their own, read as they are answered."""

    def __init__(self, house, key=None):
        self.house, self.key, self.sockets, self.tokens, self.over = house, key or house.key, [], [], []
        self.selector = selectors.DefaultSelector()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self.sockets:
            connection.close()
        self.selector.close()

    def ask(self):
        number = len(self.sockets)
        text = f"Chapter {number}. " + " ".join(SENTENCES[(number + i) % 4] for i in range(34))
        body = {"prompt": text, "temperature": 0, "max_tokens": 256, "stream": True}
        connection = asked(self.house, "/v1/completions", self.key, body)
        self.selector.register(connection, selectors.EVENT_READ, number)
        self.sockets.append(connection)
        self.tokens.append(0)
        self.over.append(False)

    def read(self, seconds=0.0):
        """Takes what has come: an event with text is a token."""
        for key, _ in self.selector.select(seconds):
            got = key.fileobj.recv(1 << 20)
            assert got, "a stream of the crowd was closed"
            self.tokens[key.data] += got.count(b'"text":"')
            if b"[DONE]" in got:
                self.over[key.data] = True
                self.selector.unregister(key.fileobj)  # the server may close it when nothing more is asked there

    def running(self):
        return [i for i, tokens in enumerate(self.tokens) if tokens > 0 and not self.over[i]]

    def run_until(self, holds, seconds):
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, f"{len(self.running())} running, tokens {self.tokens[:SEATS]}"
            self.read(0.05)


def answer_of(crowd, connection, until):
    """What has come on the connection by the time that it holds the mark, while the crowd goes on."""
    got, give_up = b"", time.monotonic() + 120
    while until not in got:
        assert time.monotonic() < give_up, f"{until} does not come: {got}"
        crowd.read(0.002)
        with contextlib.suppress(BlockingIOError):
            got += connection.recv(65536)
    return got


def test_a_short_job_is_answered_beside_a_tenant_with_many_long_ones(new_house):
    """Counted in tokens that a running stream gets meanwhile, that is in steps: a seat, at most a chunk of others, its own prompt."""
    house = new_house()
    key = command(house, "tenant", "register", "small")["api_key"]
    with Crowd(house) as crowd:
        for _ in range(SEATS + QUEUED):
            crowd.ask()
        crowd.run_until(lambda: len(crowd.running()) == SEATS, 240)
        for _ in range(3):
            crowd.read()
            before, over, began = list(crowd.tokens), sum(crowd.over), time.monotonic()
            with contextlib.closing(asked(house, "/v1/chat/completions", key, SHORT)) as connection:
                first = answer_of(crowd, connection, b'"delta":{"content":')
                steps = max(now - then for now, then in zip(crowd.tokens, before))
                print(f"first token after {time.monotonic() - began:.3f} s and {steps} steps")
                assert first.startswith(b"HTTP/1.1 200")
                assert steps <= 6, "the short job waited for the long ones"
                assert sum(crowd.over) == over, "a long one had to end first"
                if b"[DONE]" not in first:
                    answer_of(crowd, connection, b"[DONE]")
        eventually(lambda: house.gauge("gatehouse_seats_given_back_total") >= 3, what="seats that were given back")
        crowd.run_until(lambda: house.gauge("gatehouse_saved_sequences") == 0, 60)
    eventually(lambda: house.gauge("gatehouse_jobs") == 0, 30, "an end of all jobs")
    eventually(lambda: house.gauge("gatehouse_saved_bytes") == 0, what="nothing is kept")


def test_tenants_share_a_model_by_their_weights(new_house):
    """Both want more than there is all the time; what either gets is counted once both run."""
    house = new_house()
    key = command(house, "tenant", "register", "heavy", "--weight", "3")["api_key"]
    assert command(house, "tenant", "show", "heavy")["weight"] == 3
    with Crowd(house) as light, Crowd(house, key) as heavy:
        for _ in range(3 * SEATS):
            light.ask(), heavy.ask()

        def read_until(holds):
            until = time.monotonic() + 400
            while not holds():
                assert time.monotonic() < until, (light.tokens, heavy.tokens)
                light.read(0.02), heavy.read(0.02)

        # Prompts are work, too: whoever is seated first is ahead by them until both have been answered for a while.
        read_until(lambda: sum(light.tokens) >= SETTLED and sum(heavy.tokens) >= SETTLED)
        before = sum(light.tokens), sum(heavy.tokens)
        # Over several times what one may be ahead of the other (1,024 tokens of work), and while both have jobs left.
        read_until(lambda: sum(light.tokens) + sum(heavy.tokens) >= sum(before) + 6000)
        got = sum(light.tokens) - before[0], sum(heavy.tokens) - before[1]
        print(f"weights of 1 and 3 gave {got}")
        assert 2 <= got[1] / got[0] <= 4.5, got
    eventually(lambda: house.gauge("gatehouse_jobs") == 0, 30, "an end of all jobs")
