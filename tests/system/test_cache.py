"""The cache of answers on a real server and model: what is told again, to whom, and what is computed once."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import anthropic
import pytest
from house import MODEL, House, command, eventually
from openai import OpenAI

CHAT = "/v1/chat/completions"
CACHE = {"GATEHOUSE_CACHE_ENABLED": "true"}


def story(about=None, **fields):
    """A question that nobody has asked before."""
    text = f"Tell me of {about or uuid.uuid4()}."
    return {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 24, **fields}


def ask(house, body, path=CHAT, **headers):
    return house.ask("POST", path, body, {**house.bearer(), **{name.replace("_", "-"): value for name, value in headers.items()}})


def said(answer):
    assert answer.status == 200, answer.body
    return answer.headers["x-gatehouse-cache"]


def computed(house):
    """All of it: an engine tells twice a second how far it has come, so that what does not change for a second is the end."""

    def counts():
        return house.gauge("gatehouse_prompt_tokens_computed_total"), house.gauge("llm_token_count_total")

    def at_rest():
        found = counts()
        time.sleep(1.1)  # engines report twice a second: what is the same for longer is the end, and nobody says so
        return found if found == counts() else None

    return eventually(at_rest, 30, "an end of what is computed")


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    file = folder / "g.toml"
    file.write_text(f'[cache]\nenabled = true\n[prices."{MODEL}"]\nprompt = 1000.0\ncompletion = 2000.0\ncall = 0.001\n')
    house = House(folder / "data", folder / "log").start("--config", str(file))
    yield house
    house.kill()


def test_it_is_off_by_default(house):
    body = story()
    assert [said(ask(house, body)) for _ in range(2)] == [None, None]


@pytest.mark.parametrize(
    "path, more",
    [
        (CHAT, {}),
        (CHAT, {"stream": True, "stream_options": {"include_usage": True}}),
        (CHAT, {"n": 2, "logprobs": True}),
        ("/v1/messages", {}),
        ("/v1/messages", {"stream": True}),
        ("/v1/completions", {}),
        ("/v1/completions", {"stream": True}),
        ("/api/llm/generate", {}),
        ("/api/llm/generate", {"stream": True}),
    ],
)
def test_a_hit_is_the_miss_byte_for_byte_but_for_its_price(cached, path, more):
    body = story(**more)
    if path in ("/v1/completions", "/api/llm/generate"):
        body["prompt"] = body.pop("messages")[0]["content"]
    first = ask(cached, body, path)
    before = computed(cached)
    again = ask(cached, body, path)
    assert (said(first), said(again)) == ("miss", "hit")
    assert computed(cached) == before, "nothing was computed"
    assert again.headers["x-gatehouse-cost"] == "0.001" and again.headers["Content-Type"] == first.headers["Content-Type"]
    if b'"cost":' in first.body:
        cost = first.body.rpartition(b'"cost":')[2].partition(b"}")[0].partition(b",")[0]
        assert first.body.count(b'"cost":' + cost) == 1 and float(cost) > 0.01
        assert again.body == first.body.replace(b'"cost":' + cost, b'"cost":0.001')
    else:
        assert again.body == first.body
    assert said(ask(cached, {**body, "max_tokens": 23}, path)) == "miss"


def test_what_is_drawn_and_what_the_client_does_not_want_is_made_anew(cached):
    assert [said(ask(cached, story("chance", temperature=0.7))) for _ in range(2)] == ["bypass", "bypass"]
    body = story()
    assert said(ask(cached, body, Cache_Control="no-store")) == "bypass" and said(ask(cached, body)) == "miss"
    assert said(ask(cached, body, Cache_Control="no-cache")) == "refresh" and said(ask(cached, body)) == "hit"
    assert said(ask(cached, body, Idempotency_Key=str(uuid.uuid4()))) == "bypass"


def test_a_tenant_is_never_told_what_another_one_asked(cached):
    made = command(cached, "tenant", "register", f"t-{uuid.uuid4().hex[:8]}")
    body = story()
    theirs = {"Authorization": f"Bearer {made['api_key']}"}
    assert said(ask(cached, body)) == "miss"
    assert said(cached.ask("POST", CHAT, body, theirs)) == "miss" and said(cached.ask("POST", CHAT, body, theirs)) == "hit"
    kept = cached.gauge("gatehouse_cache_answers")
    command(cached, "tenant", "delete", made["tenant_id"])
    eventually(lambda: cached.gauge("gatehouse_cache_answers") == kept - 1, what="the end of what a deleted tenant had there")
    assert cached.ask("POST", CHAT, body, theirs).status == 401


def test_a_key_that_is_revoked_or_may_not_is_told_nothing(cached):
    body = story()
    assert said(ask(cached, body)) == "miss"
    key = command(cached, "key", "create", "--tenant", "demo", "--name", "short")
    theirs = {"Authorization": f"Bearer {key['key']}"}
    assert said(cached.ask("POST", CHAT, body, theirs)) == "hit"
    command(cached, "key", "revoke", key["id"])
    eventually(lambda: cached.ask("POST", CHAT, body, theirs).status == 401, 2, "the end of a revoked key")
    narrow = command(cached, "key", "create", "--tenant", "demo", "--name", "narrow", "--models", "another")
    assert cached.ask("POST", CHAT, body, {"Authorization": f"Bearer {narrow['key']}"}).status == 403
    blind = command(cached, "key", "create", "--tenant", "demo", "--name", "blind", "--scopes", "usage:read")
    assert cached.ask("POST", CHAT, body, {"Authorization": f"Bearer {blind['key']}"}).status == 403


@pytest.mark.parametrize("stream", [False, True])
def test_of_equal_ones_at_once_one_is_computed(cached, stream):
    body = story(stream=stream, max_tokens=60)
    misses, shared, before = (cached.gauge(f"gatehouse_cache_{name}_total") for name in ("misses", "shared", "hits"))
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: ask(cached, body), range(40)))
    assert sorted(said(answer) for answer in answers) == ["hit"] * 39 + ["miss"]
    assert len({answer.body for answer in answers if said(answer) == "hit"}) == 1
    assert cached.gauge("gatehouse_cache_misses_total") == misses + 1 and cached.gauge("gatehouse_cache_hits_total") == before + 39
    assert cached.gauge("gatehouse_cache_shared_total") > shared
    assert cached.gauge("gatehouse_reservations_outstanding") == 0


def test_where_the_first_client_goes_the_others_are_answered(cached):
    body = story(f"every number from 1 to 1000, one by one, {uuid.uuid4()}", max_tokens=300)
    with ThreadPoolExecutor(8) as pool:
        with cached.stream(CHAT, body) as answer:
            answer.read(1)
            others = [pool.submit(ask, cached, {**body, "stream": True}) for _ in range(8)]
            eventually(lambda: cached.gauge("gatehouse_reservations_outstanding") == 9, what="nine requests")
        answers = [other.result() for other in others]
    assert sorted(said(answer) for answer in answers) == ["hit"] * 7 + ["miss"]
    assert all(answer.body.endswith(b"data: [DONE]\n\n") for answer in answers)


def test_usage_has_a_call_and_no_tokens(cached):
    made = command(cached, "tenant", "register", f"t-{uuid.uuid4().hex[:8]}", "--quota-per-day", "3")
    tenant, theirs = made["tenant_id"], {"Authorization": f"Bearer {made['api_key']}"}
    command(cached, "budget", "set", "--tenant", tenant, "--tokens", "1000", "--period", "total")
    body = story()
    first, *hits = (cached.ask("POST", CHAT, body, theirs) for _ in range(3))
    tokens = first.json()["usage"]["total_tokens"]
    assert [said(hit) for hit in hits] == ["hit", "hit"]
    assert [hit.headers["x-gatehouse-budget-remaining"].partition(";")[0] for hit in hits] == [str(1000 - tokens)] * 2
    assert cached.ask("POST", CHAT, body, theirs).status == 429, "the quota of three calls"
    [budget] = command(cached, "budget", "list", "--tenant", tenant)
    assert (budget["spent"], budget["reserved"]) == (tokens, 0)

    def used():
        [row] = command(cached, "usage", "--tenant", tenant, "--cost")
        return row["requests"] == 3 and row

    row = eventually(used, what="three calls, written down")
    assert row["prompt_tokens"] + row["completion_tokens"] == tokens
    assert row["cost"] == pytest.approx(first.json()["usage"]["cost"] + 2 * 0.001)
    command(cached, "tenant", "delete", tenant)


def test_an_answer_is_told_for_its_time_and_all_together_take_their_room(new_house):
    house = new_house(started=False).start(variables={**CACHE, "GATEHOUSE_CACHE_TTL": "2s", "GATEHOUSE_CACHE_SIZE": "1MiB"})
    body = story()
    began = time.monotonic()
    assert said(ask(house, body)) == "miss"
    if said(ask(house, body)) == "miss":  # a machine that stood still for so long
        assert time.monotonic() - began > 2
    eventually(lambda: said(ask(house, body)) == "miss", what="the end of an answer's time")
    house.stop()
    house.start(variables={**CACHE, "GATEHOUSE_CACHE_SIZE": "1MiB"})
    prompts = [story(number, max_tokens=1, logprobs=True, top_logprobs=20, n=16) for number in range(120)]
    for prompt in prompts:
        assert said(ask(house, prompt)) == "miss"
        assert house.gauge("gatehouse_cache_bytes") <= 1 << 20
    assert house.metrics()['gatehouse_cache_evictions_total{reason="room"}'] > 0
    assert said(ask(house, prompts[-1])) == "hit" and said(ask(house, prompts[0])) == "miss"


def test_a_model_that_is_unloaded_answers_nobody(new_house):
    house = new_house(started=False).start(variables=CACHE)
    operator = {"Authorization": "Bearer " + command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]}
    body = story()
    assert said(ask(house, body)) == "miss"
    assert house.ask("POST", f"/api/admin/models/{MODEL}/unload", headers=operator).status < 300
    eventually(lambda: house.gauge("gatehouse_cache_answers") == 0, what="the end of its answers")
    assert ask(house, body).status == 503
    assert house.ask("POST", f"/api/admin/models/{MODEL}/load", headers=operator).status < 300
    eventually(lambda: ask(house, body).status == 200, 60, "the model, loaded again")
    assert said(ask(house, body)) == "hit"


def test_the_official_clients_see_the_same_answer(cached):
    about = f"Tell me of {uuid.uuid4()}."
    with OpenAI(base_url=cached.public.url + "/v1", api_key=cached.key, max_retries=0, timeout=120) as client:
        asked = {"model": MODEL, "messages": [{"role": "user", "content": about}], "max_tokens": 20, "temperature": 0}
        first, again = (client.chat.completions.with_raw_response.create(**asked) for _ in range(2))
        assert again.headers["x-gatehouse-cache"] == "hit" and again.parse().choices == first.parse().choices
        streams = [[chunk.choices[0].delta.content for chunk in client.chat.completions.create(**asked, stream=True)] for _ in range(2)]
        assert streams[0] == streams[1] and len(streams[0]) > 2
    with anthropic.Anthropic(base_url=cached.public.url, api_key=cached.key, max_retries=0, timeout=120) as claude:
        del asked["temperature"]  # this client knows it no more
        first, again = (claude.messages.with_raw_response.create(**asked, extra_body={"temperature": 0}) for _ in range(2))
        assert again.headers["x-gatehouse-cache"] == "hit" and again.parse().content == first.parse().content


def test_the_audit_trail_and_the_log_have_each_hit(new_house):
    house = new_house(started=False).start(variables={**CACHE, "GATEHOUSE_AUDIT_CONTENT": "true"})
    body = story()
    assert [said(ask(house, body)) for _ in range(2)] == ["miss", "hit"]

    def lines():
        found = [line for line in house.log.read_text().splitlines(keepends=True) if '"finish":"' in line and line.endswith("\n")]
        return len(found) == 2 and [json.loads(line) for line in found]

    first, hit = eventually(lines, what="a line of each")
    assert (first["finish"], hit["finish"], hit["completion_tokens"]) == ("length", "cached", 0)

    def calls():
        records = house.ask("GET", "/api/audit?limit=100").json()["data"]
        found = [record["details"] for record in records if record["task"] == "llm"]
        return len(found) == 2 and found

    records = eventually(calls, what="a record of each")
    assert {record["finish"] for record in records} == {"length", "cached"}, records
