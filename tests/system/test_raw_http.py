"""HTTP/1.1 as no client library would send it (security.md, section 5A): a clear answer each, and a process that does not notice."""

import json
import re

import pytest
from house import eventually, run
from http1_cases import ACCEPTED, HOST, JSON, KEY, REFUSED, get, post
from raw import Raw

ENOUGH = 4 * 1024 * 1024  # bytes that memory may move by


@pytest.fixture
def unmoved(house):
    """Around a test: the same processes, no memory that stays."""
    with Raw(house.public) as raw:
        raw.send(get())
        assert raw.answer().status == 200
    before = house.pid, house.children(), house.resident_bytes()
    yield before[2]
    assert (house.process.poll(), house.pid, house.children()) == (None, before[0], before[1])
    eventually(lambda: house.resident_bytes() < before[2] + ENOUGH, what=f"memory as before ({before[2]} bytes)")


def keyed(house, data):
    return data.replace(KEY, house.key.encode())


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_refused(house, unmoved, row):
    for data, status in REFUSED[row]:
        with Raw(house.public) as raw:
            raw.send(keyed(house, data))
            answer = raw.answer()
            assert answer.status == status, (data[:300], answer.body)
            assert answer.headers["connection"] == "close" and json.loads(answer.body)["error"]["message"], data[:300]
            assert raw.ended(), data[:300]


@pytest.mark.parametrize("row", ACCEPTED)
def test_what_is_accepted(house, unmoved, row):
    for data, status in ACCEPTED[row]:
        with Raw(house.public) as raw:
            raw.send(keyed(house, data) + get())
            answer = raw.answer()
            assert (answer.status, "connection" in answer.headers) == (status, False), (data[:300], answer.body)
            assert b"malformed" not in answer.body, data[:300]
            assert raw.answer().status == 200, data[:300]


@pytest.mark.parametrize("row", REFUSED)
def test_a_refusal_ends_the_pipeline(house, row):
    """What stands behind a malformed request is never answered, and what stands before it is."""
    for data, status in REFUSED[row][:: max(1, len(REFUSED[row]) // 8)]:
        with Raw(house.public) as raw:
            raw.send(get() + keyed(house, data) + b"\r\n\r\n" + get() * 2)
            assert [raw.answer().status for _ in range(2)] == [200, status], data[:300]
            assert raw.ended(), data[:300]


@pytest.mark.parametrize("row", dict.fromkeys([*REFUSED, *ACCEPTED]))
def test_the_dump_agrees(row):
    """`debug http1-dump` says the same as the wire, a byte at a time and at once."""
    for data, status in REFUSED.get(row, []):
        whole, bytewise = (run("debug", "http1-dump", "--chunk", chunk, stdin=data) for chunk in (0, 1))
        assert (whole.returncode, whole.stdout) == (bytewise.returncode, bytewise.stdout) and whole.returncode == 1, data[:300]
        wanted = 431 if row == "A9 trailers" else status
        assert json.loads(whole.stdout.splitlines()[-1])["status"] == wanted, data[:300]
    for data, _ in ACCEPTED.get(row, []):
        whole, bytewise = (run("debug", "http1-dump", "--chunk", chunk, stdin=data * 2) for chunk in (0, 1))
        assert (whole.returncode, whole.stdout) == (bytewise.returncode, bytewise.stdout) and whole.returncode == 0, data[:300]
        first, second = whole.stdout.splitlines()
        assert first == second and {"method", "target", "version", "fields", "body_sha256", "body_bytes"} == set(json.loads(first))


def stripped(answer):
    """Without what differs between two answers to one request: times, and ids that were made up."""
    made_up = re.compile(rb"[0-9a-f]{32}")
    headers = {name: made_up.sub(b"", value.encode()) for name, value in answer.headers.items() if name not in ("date", "x-process-time")}
    return answer.status, headers, made_up.sub(b"", answer.body)


def test_byte_by_byte_is_as_at_once(house):
    named = b"X-Request-Id: one\r\n"
    key = b"X-API-Key: " + KEY + b"\r\n"
    requests = [
        get(named),
        get(named, line=b"HEAD /version HTTP/1.1"),
        get(named, line=b"GET http://a/healthz HTTP/1.1"),
        get(named, line=b"GET /healthz HTTP/1.0"),
        get(named + b"Connection: close\r\n"),
        get(named, line=b"DELETE /version HTTP/1.1"),
        get(named, line=b"GET /nothing?x=1 HTTP/1.1"),
        get(named + key, line=b"GET /v1/models HTTP/1.1"),
        get(named, line=b"GET /v1/models HTTP/1.1"),
        post(named + b"Content-Length: 15\r\n", JSON),
        post(named + b"Transfer-Encoding: chunked\r\n", b"8;a=b\r\n" + JSON[:8] + b"\r\n7\r\n" + JSON[8:] + b"\r\n0\r\nX: y\r\n\r\n"),
        post(named + b"Transfer-Encoding: chunked\r\n", b"g\r\n"),
        get(named + b"X : y\r\n"),
        get(named + HOST),
    ]
    for data in requests:
        answers = []
        for send in (Raw.send, Raw.send_bytewise):
            with Raw(house.public) as raw:
                send(raw, keyed(house, data))
                answers.append(stripped(raw.answer(head_only=data.startswith(b"HEAD"))))
        assert answers[0] == answers[1], data


def test_a_pipeline_is_answered_in_order(house):
    def request(number):
        path = [b"/version", b"/v1/models", b"/healthz", b"/nothing", b"/openapi.json"][number % 5]
        method = b"HEAD" if number % 3 == 0 else b"GET"
        return get(b"X-Request-Id: n%d\r\n" % number + b"X-API-Key: " + KEY + b"\r\n", line=method + b" " + path + b" HTTP/1.1")

    count = 100
    with Raw(house.public) as raw:
        raw.send(keyed(house, b"".join(request(number) for number in range(count))))
        for number in range(count):
            answer = raw.answer(head_only=number % 3 == 0)
            assert (answer.headers["x-request-id"], answer.status) == (f"n{number}", 404 if number % 5 == 3 else 200)
        raw.send(get(b"Connection: close\r\n") + get())
        assert raw.answer().headers["connection"] == "close" and raw.ended()


def test_http_1_0_without_host_is_for_probes(house):
    for path, status in ((b"/healthz", 200), (b"/readyz", 200), (b"/version", 400), (b"/v1/models", 400), (b"/v1/chat/completions", 400)):
        with Raw(house.public) as raw:
            raw.send(b"GET " + path + b" HTTP/1.0\r\n\r\n")
            assert raw.answer().status == status and raw.ended(), path
    with Raw(house.public) as raw:
        raw.send(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
        assert [raw.answer().headers["connection"] for _ in range(2)] == ["keep-alive"] * 2


def test_methods(house):
    """A method that HTTP knows is the route's 405 with Allow; TRACE gives nothing back; HEAD is GET without the body."""
    secret = b"X-Secret: do-not-echo\r\n"
    for method in (b"TRACE", b"OPTIONS", b"PUT", b"QUERY"):
        for path, allow in ((b"/version", {"GET", "HEAD"}), (b"/v1/chat/completions", {"POST"})):
            with Raw(house.public) as raw:
                raw.send(get(secret, line=method + b" " + path + b" HTTP/1.1"))
                answer = raw.answer()
                assert answer.status == 405 and set(re.split(r",\s*", answer.headers["allow"])) == allow, (method, path)
                assert b"do-not-echo" not in answer.body
    for path in (b"/version", b"/openapi.json", b"/nothing", b"/v1/models"):
        with Raw(house.public) as raw:
            raw.send(get(line=b"HEAD " + path + b" HTTP/1.1") + get(line=b"GET " + path + b" HTTP/1.1"))
            head, full = raw.answer(head_only=True), raw.answer()
            assert head.status == full.status and set(head.headers) == set(full.headers), path
            assert path == b"/nothing" or head.headers["content-length"] == full.headers["content-length"]
    with Raw(house.public) as raw:
        raw.send(b"HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert raw.answer(head_only=True).status == 400 and raw.ended()


def test_continue_is_sent_when_the_body_is_wanted(house):
    waits = b"Expect: 100-continue\r\nContent-Length: 15\r\n"
    with Raw(house.public) as raw:
        raw.send(keyed(house, post(waits)))
        assert raw.answer().status == 100
        raw.send(JSON)
        assert raw.answer().status == 400
        raw.send(keyed(house, post(waits, JSON)))  # did not wait: nothing to say
        assert raw.answer().status == 400
    for head, status in ((post(waits).replace(KEY, b"nonsense"), 401), (get(waits, line=b"POST /nothing HTTP/1.1"), 404), (get(waits, line=b"POST /version HTTP/1.1"), 405)):
        with Raw(house.public) as raw:
            raw.send(head)
            assert raw.answer().status == status and raw.ended(), head


def test_a_body_has_the_limit_of_its_route(house, unmoved):
    head = b"POST /api/llm/generate HTTP/1.1\r\n" + HOST + b"X-API-Key: " + KEY + b"\r\n"
    size = 1024 * 1024
    with Raw(house.public) as raw:
        raw.send(keyed(house, head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (size + 1)))
        assert raw.answer().status == 413 and raw.ended()
    with Raw(house.public) as raw:
        raw.send(keyed(house, head + b"Content-Length: %d\r\n\r\n" % 9999999999999999999))
        assert raw.answer().status == 413 and raw.ended()
    with Raw(house.public) as raw:
        raw.send(keyed(house, head + b"Transfer-Encoding: chunked\r\n\r\n"))
        raw.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        for _ in range(size // 65536):
            raw.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        assert raw.answer().status == 413 and raw.ended()
    with Raw(house.public) as raw:
        raw.send(keyed(house, head + b"Content-Length: %d\r\n\r\n" % size) + b" " * size)
        assert raw.answer().status == 400


def test_a_refusal_carries_what_every_answer_carries(house):
    with Raw(house.public) as connection:
        connection.send(b"GET / HTTP/9.9\r\nHost: x\r\n\r\n")
        answer = connection.answer()
    assert answer.status == 505
    for name in ("x-request-id", "x-process-time", "x-content-type-options", "content-security-policy", "server", "date"):
        assert answer.headers[name], name
    assert answer.headers["cache-control"] == "no-store" and answer.headers["connection"] == "close"
