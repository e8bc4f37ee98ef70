"""Streams from outside: what stands on the wire, clients that read slowly or leave, several at once on one connection's manners."""

import contextlib
import json
import re
import socket
import time

from house import MODEL, eventually, events, read_stream, text_of

STORY = {"messages": [{"role": "user", "content": "Tell me a long story about a lighthouse."}], "temperature": 0}


def raw_stream(house, body, receive_buffer=None):
    """A socket on which a streamed chat has been asked for."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(60)
    connection.connect((house.public.host, house.public.port))
    payload = json.dumps({**body, "stream": True}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {house.key}\r\nContent-Length: {len(payload)}\r\n\r\n"
    connection.sendall(head.encode() + payload)
    return connection


def read_all(connection, until):
    got = b""
    while until not in got:
        piece = connection.recv(65536)
        if not piece:
            break
        got += piece
    return got


def test_the_bytes_of_a_stream(house):
    with contextlib.closing(raw_stream(house, {**STORY, "max_tokens": 3})) as connection:
        got = read_all(connection, b"0\r\n\r\n").decode()
    head, _, rest = got.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n") and "Content-Length" not in head
    for field in ("Content-Type: text/event-stream; charset=utf-8", "Cache-Control: no-cache", "X-Accel-Buffering: no", "Transfer-Encoding: chunked"):
        assert field in head, field
    body = "".join(re.findall(r"[0-9a-f]+\r\n(.*?)\r\n(?=[0-9a-f]+\r\n)", rest, re.S))
    lines = [line for line in body.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines) and lines[-1] == "data: [DONE]"
    chunks = [json.loads(line[len("data: ") :]) for line in lines[:-1]]
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert {(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks} == {
        (chunks[0]["id"], chunks[0]["created"], MODEL, "chat.completion.chunk")
    }
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(chunks) - 1) + ["length"]
    assert "usage" not in chunks[-1]


def test_a_stream_leaves_the_connection_usable(house):
    with contextlib.closing(raw_stream(house, {**STORY, "max_tokens": 2})) as connection:
        read_all(connection, b"0\r\n\r\n")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_all(connection, b"}").startswith(b"HTTP/1.1 200")


def test_a_stream_to_http_1_0_ends_with_the_connection(house):
    payload = json.dumps({**STORY, "stream": True, "max_tokens": 2}).encode()
    with contextlib.closing(socket.create_connection((house.public.host, house.public.port), timeout=60)) as connection:
        head = f"POST /v1/chat/completions HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {house.key}\r\nContent-Length: {len(payload)}\r\n\r\n"
        connection.sendall(head.encode() + payload)
        got = read_all(connection, b"never")
    assert b"Transfer-Encoding" not in got and b"Connection: close" in got and got.endswith(b"data: [DONE]\n\n")


def test_what_is_streamed_is_what_is_answered_whole(house):
    whole = house.ask("POST", "/v1/chat/completions", {**STORY, "max_tokens": 40}).json()
    with house.stream("/v1/chat/completions", {**STORY, "max_tokens": 40, "stream_options": {"include_usage": True}}) as answer:
        chunks, done = read_stream(answer)
    assert done and text_of(chunks) == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["usage"] == whole["usage"] and all(chunk["usage"] is None for chunk in chunks[:-1])


def test_every_chunk_holds_whole_characters(house):
    body = {"messages": [{"role": "user", "content": "Repeat exactly: 你好，世界！ 😀 naïve café"}], "temperature": 0, "max_tokens": 40}
    with house.stream("/v1/chat/completions", body) as answer:
        for data in events(answer):
            assert "\ufffd" not in data


def test_a_client_that_leaves_is_noticed_within_a_moment(house):
    """By the front: the gauge of streams falls at once; the promise is 100 ms, the machine that tests may be busy."""
    took = []
    for _ in range(5):
        connection = raw_stream(house, {**STORY, "max_tokens": 500})
        connection.recv(1)
        eventually(lambda: house.gauge("gatehouse_streams") == 1, what="a stream")
        left = time.monotonic()
        connection.close()
        eventually(lambda: house.gauge("gatehouse_streams") == 0, 5, "an end of the stream")
        took.append(time.monotonic() - left)
    assert min(took) < 0.2, took


def test_a_reader_that_does_not_read_holds_nobody_up(house):
    """Its job parks; another client is answered meanwhile, and the front's memory stays."""
    house.chat("Hi", max_tokens=1)
    memory = house.resident_bytes()
    with contextlib.closing(raw_stream(house, {**STORY, "max_tokens": 1000}, receive_buffer=2048)):
        eventually(lambda: house.gauge("gatehouse_streams") == 1, what="a stream")
        answer = house.chat("What is the capital of France?", max_tokens=24)
        assert "Paris" in answer.json()["choices"][0]["message"]["content"]
        assert house.resident_bytes() < memory + 4 * 1024 * 1024
    eventually(lambda: house.gauge("gatehouse_streams") == 0, what="an end of the stream")
    eventually(lambda: house.gauge("gatehouse_jobs") == 0, what="an end of the job")
