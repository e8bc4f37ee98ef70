"""The cache of answers and Chinese by schema: what is told again, to whom, and what is computed once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from house import NLU, House, command, eventually
from nlu_asked import GU, NAMES, QUESTIONS, extract, ready


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nlu-cache")
    file = folder / "g.toml"
    file.write_text(f'[cache]\nenabled = true\n[prices.{NLU}]\ncall = 0.001\n')
    house = House(folder / "data", folder / "log").start("--config", str(file))
    command(house, "tenant", "set", "demo", "--quota-per-day", "1000000")
    yield ready(house)
    house.kill()


def told(answer):
    assert answer.status == 200, answer.body
    return answer.headers["x-gatehouse-cache"]


def computed(house):
    """How many answers were made."""
    return house.metrics().get(f'llm_model_inference_latency_seconds_count{{model_name="{NLU}"}}', 0)


def admitted(house):
    """How many tasks of requests were let through, whether their answer was made or told again."""
    return sum(value for name, value in house.metrics().items() if name.startswith("gatehouse_nlu_requests_total{"))


@pytest.mark.parametrize("path", ["/api/predict", "/v1/nlu/extract", "/v1/decisions"])
def test_an_equal_request_is_told_the_same_and_nothing_is_computed(cached, path):
    text = f"谷爱凌在北京见了{path}的客人，她很高兴。"
    body = {"input": text, "questions": QUESTIONS} if path == "/v1/decisions" else {"text": text, "schema": {"人物": ["国籍"], "情感分类": None}}
    before, let_in = computed(cached), admitted(cached)
    first = cached.ask("POST", path, body)
    eventually(lambda: (computed(cached), admitted(cached)) == (before + 1, let_in + 2), what="the first, of two tasks")
    again = cached.ask("POST", path, dict(reversed(body.items())))
    assert (told(first), told(again)) == ("miss", "hit") and again.body == first.body
    assert again.headers["x-gatehouse-cost"] == first.headers["x-gatehouse-cost"] == "0.001"
    assert told(cached.ask("POST", path, {**body, "model": NLU})) == "hit", "the default by its name"
    eventually(lambda: admitted(cached) == let_in + 6, what="those that were told it")
    assert computed(cached) == before + 1
    changed = {**body, "input": text + "。"} if path == "/v1/decisions" else {**body, "text": text + "。"}
    assert told(cached.ask("POST", path, changed)) == "miss"


def test_whatever_an_answer_depends_on_makes_another_one(cached):
    text = "谷爱凌😀在北京冬奥会上夺得了金牌。"
    asked = [{}, {"format": "tree"}, {"scores": False}, {"offset_unit": "byte"}, {"labels": ["是", "不是"]}, {"mode": "compat"}, {"task": "qa"}]
    answers = [extract(cached, text, {"人物": None}, **more) for more in asked]
    answers += [extract(cached, text, {"人物": None, "地理位置": None}), extract(cached, text, {"地理位置": None, "人物": None})]
    assert [told(answer) for answer in answers] == ["miss"] * len(answers)
    assert [told(extract(cached, text, {"人物": None}, **more)) for more in asked] == ["hit"] * len(asked)


def test_keys_that_look_like_a_price_are_told_as_they_were(cached):
    first, again = [extract(cached, "苹果公司今天发布了新的产品。", {"cost": None}, labels=["是的", "不是"], format="grouped") for _ in range(2)]
    assert (told(first), told(again)) == ("miss", "hit") and again.body == first.body and b'"cost":' in first.body


def test_clients_may_have_it_made_anew(cached):
    ask = lambda said: told(cached.ask("POST", "/api/predict", {"text": "陈立平在寿光。", "schema": NAMES}, {**cached.bearer(), "Cache-Control": said}))  # noqa: E731
    assert [ask("no-store"), ask("max-age=60"), ask("no-cache"), ask("max-age=60")] == ["bypass", "miss", "refresh", "hit"]


def test_what_a_tenant_was_told_is_its_own_and_goes_with_its_names(cached, tmp_path):
    text, schema = "吴晓燕买了一台飞鱼四号。", {"产品": None}
    theirs = {"X-API-Key": command(cached, "tenant", "register", "names")["api_key"]}
    assert [told(extract(cached, text, schema)), told(extract(cached, text, schema, headers=theirs))] == ["miss", "miss"]
    names = tmp_path / "names.tsv"
    names.write_text("飞鱼四号\t产品\n")
    command(cached, "tenant", "lexicon", "names", names)
    known = extract(cached, text, schema, headers=theirs)
    assert told(known) == "miss" and b'"source":"lexicon"' in known.body
    assert told(extract(cached, text, schema, headers=theirs)) == told(extract(cached, text, schema)) == "hit"
    command(cached, "tenant", "lexicon", "names", "--clear")
    assert told(extract(cached, text, schema, headers=theirs)) == "hit", "what was answered before it had names"
    narrow = command(cached, "key", "create", "--tenant", "names", "--name", "narrow", "--scopes", "re")["key"]
    assert extract(cached, text, schema, headers={"X-API-Key": narrow}).status == 403


def test_a_hit_is_a_call_of_the_days_quota(cached):
    made = command(cached, "tenant", "register", "few", "--quota-per-day", "3")
    answers = [extract(cached, GU, NAMES, headers={"X-API-Key": made["api_key"]}) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429] and [told(answer) for answer in answers[:3]] == ["miss", "hit", "hit"]
    eventually(lambda: sum(one["requests"] for one in command(cached, "tenant", "export", "few")["usage"]) == 3, 10, "its rows")
    assert {one["task"] for one in command(cached, "tenant", "export", "few")["usage"]} == {"ner"}


def test_of_equal_ones_at_once_one_is_computed(cached):
    text, before = "会议讨论了今后的工作。" * 200 + "江泽民主席在北京会见了客人。", computed(cached)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: extract(cached, text, {"人物": ["职务"], "地理位置": None}), range(8)))
    assert sorted(told(answer) for answer in answers) == ["hit"] * 7 + ["miss"] and len({answer.body for answer in answers}) == 1
    eventually(lambda: computed(cached) == before + 1, what="one request")


def test_who_waits_for_an_answer_that_cannot_be_made_is_refused_too(cached):
    text = ",".join(f"标签{n}" for n in range(200)) + "|谷爱凌"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: extract(cached, text, {"分类": None}), range(8)))
    assert {(answer.status, answer.json()["error"]["code"]) for answer in answers} == {(413, "nlu_too_much")}
    assert told(extract(cached, "谷爱凌在寿光。", {"分类": None}, labels=["是的", "不是"])) == "miss", "nobody is still waited for"


def test_a_refused_call_is_not_read(cached):
    """What is wrong with its text is found behind the limits."""
    key = {"X-API-Key": command(cached, "tenant", "register", "one", "--quota-per-day", "1")["api_key"]}
    too_much = ",".join(f"标签{n}" for n in range(200)) + "|谷爱凌"
    refused = extract(cached, too_much, {"分类": None}, headers=key)
    assert (refused.status, refused.json()["error"]["code"]) == (413, "nlu_too_much")
    assert extract(cached, GU, NAMES, headers=key).status == 200, "it cost nothing of the day"
    assert extract(cached, too_much, {"分类": None}, headers=key).status == 429
