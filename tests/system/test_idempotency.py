"""Requests with an Idempotency-Key on a real server: made once, charged once, answered again, through kills of the server too."""

import json
import os
import signal
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import anthropic
import pytest
from house import MODEL, command, eventually, run

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
CHAT = "/v1/chat/completions"


def fresh():
    return f"key-{uuid.uuid4()}"


def body(text="What is the capital of France?", **fields):
    return {"messages": [{"role": "user", "content": text}], "temperature": 0, **fields}


def once(house, key, path=CHAT, content=None, headers=None):
    return house.ask("POST", path, content or body(max_tokens=20), {**(headers or house.bearer()), "Idempotency-Key": key})


def replayed(answer):
    return answer.headers["Idempotency-Replayed"] == "true"


def code(answer):
    return answer.json()["error"]["code"]


def used(house):
    """What is settled of today's calls of demo: (requests, prompt tokens, completion tokens)."""
    rows = command(house, "usage", "--tenant", "demo")
    return tuple(sum(row[name] for row in rows) for name in ("requests", "prompt_tokens", "completion_tokens"))


def settled(house, requests):
    return eventually(lambda: (found := used(house))[0] >= requests and found, what=f"the settlement of {requests} requests")


def test_the_first_answer_is_told_again(house):
    key = fresh()
    first = once(house, key)
    assert first.status == 200 and not replayed(first), first.body
    again = once(house, key)
    assert again.status == 200 and replayed(again) and again.body == first.body
    assert again.headers["Content-Type"] == first.headers["Content-Type"] and again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert once(house, key, "/v1/completions", {"prompt": "Once", "max_tokens": 3}).status == 200, "another route has keys of its own"
    other = once(house, key, content=body("What is the capital of Spain?"))
    assert other.status == 422 and code(other) == "idempotency_key_reused"
    assert house.ask("POST", CHAT, body(), {**house.bearer(), "Idempotency-Key": "x" * 256}).status == 400


def test_a_stream_is_told_again_as_it_was(house):
    key, asked = fresh(), body(max_tokens=30, stream=True, stream_options={"include_usage": True})
    first, again = once(house, key, content=asked), once(house, key, content=asked)
    assert first.body.endswith(b"data: [DONE]\n\n") and again.body == first.body
    assert replayed(again) and not replayed(first) and again.headers["Content-Type"].startswith("text/event-stream")


def test_a_row_is_predicted_and_charged_once(new_house):
    house, key, row = new_house(), fresh(), {"data": [5.1, 3.5, 1.4, 0.2]}
    wrong = once(house, key, "/predict", {"data": [5.1]})
    assert wrong.status == 422, "what was refused before it cost anything leaves no trace"
    first = eventually(lambda: (one := once(house, key, "/predict", row)).status == 200 and one, 60, "the model")
    assert not replayed(first) and first.json()["prediction"] == 0
    again = once(house, key, "/predict", row)
    assert again.status == 200 and replayed(again) and again.body == first.body
    for path, asked in (("/predict", {"data": [6.3, 3.3, 6.0, 2.5]}), ("/predict?explain=true", row)):
        other = once(house, key, path, asked)
        assert other.status == 422 and other.json()["error"]["type"] == "idempotency_key_reused", other.body
    assert once(house, "x" * 256, "/predict", row).status == 400
    explained = once(house, fresh(), "/predict?explain=true", row)
    assert explained.status == 200 and explained.json()["explanation"]
    assert settled(house, 2)[0] == 2, "the first one, and the one that was explained"


def test_of_many_at_once_one_is_made(new_house):
    house = new_house()
    key = fresh()
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: once(house, key, content=body("Tell me a story.", max_tokens=40)), range(100)))
    assert {answer.status for answer in answers} <= {200, 409}, [answer.body for answer in answers if answer.status not in (200, 409)]
    told = [answer for answer in answers if answer.status == 200]
    assert len({answer.body for answer in told}) == 1 and sum(not replayed(answer) for answer in told) == 1
    for refused in (answer for answer in answers if answer.status == 409):
        assert code(refused) == "idempotency_key_in_flight" and refused.headers["Retry-After"] == "1"
    usage = told[0].json()["usage"]
    assert settled(house, 1) == (1, usage["prompt_tokens"], usage["completion_tokens"])


def test_tenants_do_not_meet(house):
    made = command(house, "tenant", "register", f"t-{uuid.uuid4().hex[:8]}")
    theirs = {"Authorization": f"Bearer {made['api_key']}"}
    key = fresh()
    assert once(house, key).status == 200
    other = once(house, key, content=body("What is the capital of Spain?", max_tokens=5), headers=theirs)
    assert other.status == 200 and not replayed(other)
    assert replayed(once(house, key)) and replayed(once(house, key, content=body("What is the capital of Spain?", max_tokens=5), headers=theirs))
    command(house, "tenant", "delete", made["tenant_id"])


def test_the_official_clients(house, client):
    key = fresh()
    asked = {"model": MODEL, "messages": FRANCE, "max_tokens": 20, "temperature": 0, "extra_headers": {"Idempotency-Key": key}}
    first, again = (client.chat.completions.with_raw_response.create(**asked) for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true" and again.parse() == first.parse()
    with pytest.raises(Exception, match="another request needs another key") as refused:
        client.chat.completions.create(**{**asked, "max_tokens": 21})
    assert refused.value.status_code == 422
    streamed = [list(client.chat.completions.create(**{**asked, "stream": True, "extra_headers": {"Idempotency-Key": key + "s"}})) for _ in range(2)]
    assert streamed[0] == streamed[1] and streamed[0][-1].choices[0].finish_reason
    with anthropic.Anthropic(base_url=house.public.url, api_key=house.key, max_retries=0, timeout=120) as claude:
        asked = {"model": MODEL, "messages": FRANCE, "max_tokens": 20, "extra_headers": {"Idempotency-Key": key}}
        first, again = (claude.messages.with_raw_response.create(**asked) for _ in range(2))
        assert again.headers["idempotency-replayed"] == "true" and again.parse() == first.parse()
        with pytest.raises(anthropic.UnprocessableEntityError):
            claude.messages.create(**{**asked, "max_tokens": 21})


def test_a_client_that_waits_no_longer_finds_its_answer(new_house):
    house = new_house()
    key, asked = fresh(), body("Tell me a long story.", max_tokens=150)
    with pytest.raises(TimeoutError):
        house.ask("POST", CHAT, asked, {**house.bearer(), "Idempotency-Key": key}, timeout=0.3)
    eventually(lambda: (answer := once(house, key, content=asked)).status == 200 and replayed(answer), seconds=60, what="the answer")
    usage = once(house, key, content=asked).json()["usage"]
    assert settled(house, 1) == (1, usage["prompt_tokens"], usage["completion_tokens"])


def test_a_client_that_waits_no_longer_for_the_engine_finds_its_answer(new_house):
    house = new_house()
    key, asked = fresh(), body(max_tokens=20)
    (engine,) = house.children()
    os.kill(engine, signal.SIGSTOP)  # the prompt is not even counted
    try:
        with pytest.raises(TimeoutError):
            house.ask("POST", CHAT, asked, {**house.bearer(), "Idempotency-Key": key}, timeout=0.3)
    finally:
        os.kill(engine, signal.SIGCONT)
    answer = eventually(lambda: (answer := once(house, key, content=asked)).status == 200 and answer, seconds=60, what="the answer")
    assert replayed(answer), "it was made for who had gone"
    usage = answer.json()["usage"]
    assert settled(house, 1) == (1, usage["prompt_tokens"], usage["completion_tokens"])


def test_a_stream_that_its_client_leaves_is_charged_once_and_not_made_again(new_house):
    house = new_house()
    key, asked = fresh(), body("Tell me a long story.", max_tokens=2000)
    with house.stream(CHAT, asked, headers={**house.bearer(), "Idempotency-Key": key}) as answer:
        assert answer.status == 200 and answer.readline()
    charged = settled(house, 1)
    again = once(house, key, content={**asked, "stream": True})
    assert again.status == 409 and code(again) == "idempotent_call_broken_off" and again.headers["x-should-retry"] == "false"
    assert once(house, fresh(), content=body(max_tokens=3)).status == 200
    assert settled(house, 2)[0] == 2 and charged[0] == 1


def test_what_is_answered_is_known_after_a_kill(new_house):
    house = new_house()
    key = fresh()
    first = once(house, key)
    house.kill()
    house.start()
    again = once(house, key)
    assert replayed(again) and again.body == first.body
    usage = first.json()["usage"]
    assert used(house) == (1, usage["prompt_tokens"], usage["completion_tokens"])


@pytest.mark.parametrize("tokens", [1, 12])
def test_a_kill_in_the_middle_charges_once(new_house, tokens):
    """What was produced is settled, and the key is spent: nobody can have it made, and charged, a second time."""
    house = new_house()
    key, asked = fresh(), body("Tell me a long story.", max_tokens=2000)
    with house.stream(CHAT, asked, headers={**house.bearer(), "Idempotency-Key": key}) as answer:
        for _ in range(2 * (1 + tokens)):  # the first event holds the role alone, and each has an empty line behind it
            assert answer.readline()
        house.kill()
    house.start()
    charged = used(house)
    assert charged[0] == 1 and charged[1] > 0 and charged[2] >= tokens, charged
    for _ in range(3):
        again = once(house, key, content={**asked, "stream": True})
        assert again.status == 409 and code(again) == "idempotent_call_broken_off", again.body
    house.kill()
    house.start()
    assert once(house, key, content={**asked, "stream": True}).status == 409, "after another kill, too"
    assert used(house) == charged


def code_or_none(answer):
    return code(answer) if answer.status != 200 else None


def test_a_kill_before_anything_was_charged_leaves_the_key_as_it_was(new_house):
    house = new_house()
    key = fresh()
    engine = house.children()[0]
    os.kill(engine, signal.SIGSTOP)
    waits = threading.Thread(target=lambda: pytest.raises(Exception, once, house, key))
    waits.start()
    eventually(lambda: house.gauge("gatehouse_reservations_outstanding") == 1, what="the request")
    eventually(lambda: code_or_none(once(house, key)) == "idempotency_key_in_flight", what="the key")
    house.kill()
    waits.join(30)
    house.start()
    first = once(house, key)
    assert first.status == 200 and not replayed(first), first.body
    usage = first.json()["usage"]
    assert settled(house, 1) == (1, usage["prompt_tokens"], usage["completion_tokens"])


def test_budgets_are_spent_once_and_repeats_told_beyond_them(new_house):
    house = new_house()
    budget = command(house, "budget", "set", "--tenant", "demo", "--tokens", "60", "--period", "total")
    key, asked = fresh(), body("Tell me a long story.", max_tokens=500)
    first = once(house, key, content=asked)
    assert first.status == 200 and first.json()["choices"][0]["stop_reason"] == "budget", first.body
    for _ in range(3):
        again = once(house, key, content=asked)
        assert replayed(again) and again.body == first.body
    assert once(house, fresh(), content=asked).status == 429
    assert command(house, "budget", "show", budget["budget_id"])["spent"] == 60


def test_repeats_are_told_apart_in_the_log_and_the_audit_trail(new_house):
    house = new_house()
    key = fresh()
    first, again = once(house, key), once(house, key)
    wanted = {first.headers["X-Request-Id"]: first.json()["choices"][0]["finish_reason"], again.headers["X-Request-Id"]: "replayed"}
    house.stop()
    lines = [json.loads(line) for line in house.log.read_text().splitlines() if '"status_code"' in line]
    assert {line["request_id"]: line["finish"] for line in lines if line["request_id"] in wanted} == wanted
    rows = {row["request_id"]: row for row in command(house, "audit", "list", "--tenant", "demo")}
    assert {name: rows[name]["details"]["finish"] for name in wanted} == wanted
    assert rows[again.headers["X-Request-Id"]]["outcome"] == "ok" and rows[again.headers["X-Request-Id"]]["tokens"] == 0
    assert run("audit", "verify", "--data", house.data).returncode == 0
