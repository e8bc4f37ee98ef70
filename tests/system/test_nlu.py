"""Chinese by schema over HTTP: /api/predict, /v1/nlu/extract and /v1/decisions on the shipped model, behind identity, tasks and limits."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import onnxruntime
import pytest
from house import NLU, House, children_of, command, engine_of, eventually
from nlu_asked import GU, NAMES, QUESTIONS, extract, output, predict, ready
from nlu_pipe import FORMS, ROOT, UNITS, reference, requests, seeded

ROWS = json.loads((ROOT / "tests" / "quality" / "rows.json").read_text(encoding="utf-8"))
COUNT = 2000 if os.environ.get("GATEHOUSE_SOAK") else 300


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nlu")
    house = House(folder / "data", folder / "log").start()
    command(house, "tenant", "set", "demo", "--quota-per-day", "1000000")
    yield ready(house)
    house.kill()


@pytest.fixture(scope="module")
def python():
    import reference as forms

    pipeline = reference()
    pipeline.forms = forms.FORMS
    return pipeline


def close(one, other):
    """The same but for the last digits of scores. Both sides compute with the same version of ONNX Runtime (test_python_computes_with_the_servers_library):
    a state that another one rounds otherwise may fall to the next step of int8, which moves a score by hundredths."""
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(close, one, other))
    return one == other if not isinstance(one, float) else abs(one - other) < 1e-3


def leaves(schema, path=()):
    for key, below in schema.items():
        yield from leaves(below, (*path, key)) if below else [(*path, key)]


# -- what is found -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['task']}-{row['text'][:12]}")
def test_a_documented_row_gives_its_path_shape(desk, row):
    answer = predict(desk, row["text"], json.dumps(row["schema"], ensure_ascii=False))
    assert answer.headers["Content-Type"] == "application/json" and set(answer.json()) == {"output"}
    found = output(answer)
    assert {tuple(step["type"] for step in path) for path in found} <= set(leaves(row["schema"]))
    for step in (step for path in found for step in path):
        assert set(step) == {"type", "span", "offset"}
        assert step["offset"] is None or row["text"][slice(*step["offset"])] == step["span"]
    types = {">".join(step["type"] for step in path) for path in found}
    assert set(row["paths"]) <= types and not types & set(row.get("never", ())), found
    assert set(row.get("spans", ())) <= {step["span"] for path in found for step in path}, found


def test_what_users_of_the_old_service_ask(desk):
    assert [[{"type": "人物", "span": "谷爱凌", "offset": [0, 3]}]] == output(predict(desk, GU, {"人物": None}))
    assert output(predict(desk, "今天天气真好", '{"情感分类": null}')) == [[{"type": "情感分类", "span": "正向", "offset": None}]]
    found = output(predict(desk, "苹果公司昨天发布了新款iPhone 15。", {"公司": None, "产品": None}, format="grouped"))
    assert set(found) == {"公司", "产品"} and found["公司"][0]["text"] == "苹果公司"
    sent = desk.ask("POST", "/api/v1/predict", {"text": GU, "schema": NAMES})
    assert sent.status == 200, "another name of the same route"


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_hold_the_same(desk, python, form):
    row = next(row for row in ROWS if row["task"] == "event")
    wanted = python.forms[form](python(row["text"], row["schema"]))
    answer = extract(desk, row["text"], row["schema"], format=form)
    assert close(output(answer), wanted)
    body = answer.json()
    assert set(body) == {"model", "task", "output", "usage"} and (body["model"], body["task"]) == (NLU, "event")
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] > len(row["text"]) and body["usage"]["completion_tokens"] == 0
    bare = output(extract(desk, row["text"], row["schema"], format=form, scores=False))
    assert "score" not in json.dumps(bare) and "probability" not in json.dumps(bare)


@pytest.mark.parametrize("unit", UNITS)
def test_offsets_count_what_the_caller_counts(desk, unit):
    text = "😀𠮷" + GU
    cut = {"codepoint": lambda a, b: text[a:b], "byte": lambda a, b: text.encode()[a:b].decode(), "utf16": lambda a, b: text.encode("utf-16-le")[2 * a : 2 * b].decode("utf-16-le")}
    found = output(extract(desk, text, NAMES, offset_unit=unit))
    assert len(found) >= 2 and all(cut[unit](*step["offset"]) == step["span"] for [step] in found)


def test_labels_come_with_the_request_or_stand_in_the_text(desk):
    [[said]] = output(extract(desk, "房间很干净，服务也好", {"情感分类": None}, labels=["好评", "差评"]))
    assert said["span"] == "好评" and said["offset"] is None and 0.5 < said["score"] <= 1
    [[stood]] = output(extract(desk, "好评,差评|房间很干净，服务也好", {"情感分类": None}))
    assert stood["span"] == "好评" and stood["offset"] == [0, 2]
    both = [output(extract(desk, "好评,差评|房间很干净，服务也好", {"情感分类": None}, mode=mode)) for mode in ("native", "compat")]
    assert all(isinstance(found, list) for found in both) and both[0][0][0]["span"] == "好评"


def test_labels_as_other_pipelines_write_them_are_the_requests_own(desk):
    text, labels = "房间很干净，服务也好", ["好评", "差评"]
    for sent, schema, key in ((text, {"情感分类[好评，差评]": None}, "情感分类"), ("[CLASSIFY]" + text, dict.fromkeys(labels), "分类")):
        for path in ("/v1/nlu/extract", "/api/predict"):
            answer = desk.ask("POST", path, {"text": sent, "schema": schema})
            [[step]] = output(answer)
            assert (step["type"], step["span"], step["offset"]) == (key, "好评", None), answer.body
    refused = desk.ask("POST", "/v1/nlu/extract", {"text": "[CLASSIFY]" + text, "schema": {"好评": {"程度": None}, "差评": None}})
    assert refused.status == 400 and refused.json()["error"]["param"] == "schema" and "[CLASSIFY]" in refused.json()["error"]["message"]


def test_python_computes_with_the_servers_library():
    pinned = (ROOT / "tools" / "engines" / "requirements.txt").read_text()
    assert f"onnxruntime=={onnxruntime.__version__} " in pinned


def test_texts_of_all_kinds_have_the_references_answer(desk, python):
    seed, rng = seeded()
    asked, found_some = list(requests(COUNT, rng)), 0
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: extract(desk, one[0], one[1], **one[2]), asked))
    for (text, schema, options), answer in zip(asked, answers):
        wanted = python(text, schema, **options)
        assert close(output(answer), wanted), (seed, text, schema, options, answer.body.decode(), wanted)
        found_some += bool(wanted)
    assert found_some > COUNT / 3


def test_a_long_text_has_the_offsets_of_the_whole(desk):
    filler = "会议讨论了今后的工作。" * 300
    text = filler + "江泽民主席在北京会见了客人。" + filler
    assert ["江泽民", [len(filler), len(filler) + 3]] in [[step["span"], step["offset"]] for [step] in output(predict(desk, text, {"人物": None}))]


def test_what_was_read_once_is_not_read_again(desk):
    """An answer depends on nothing but what was asked, whoever asks beside it."""
    row = next(row for row in ROWS if row["task"] == "re")
    bodies = {extract(desk, row["text"], row["schema"]).body for _ in range(3)}
    with ThreadPoolExecutor(4) as pool:
        bodies |= {one.body for one in pool.map(lambda _: extract(desk, row["text"], row["schema"]), range(8))}
    assert len(bodies) == 1


def test_a_cache_is_off_by_default(desk):
    assert [extract(desk, GU, NAMES).headers["x-gatehouse-cache"] for _ in range(2)] == [None, None]


# -- what cannot be ----------------------------------------------------------------------------------------------------


def nested(levels):
    return '{"a":' * levels + "null" + "}" * levels


BAD = [
    ("empty text", {"text": "", "schema": NAMES}, 422), ("no text", {"schema": NAMES}, 422), ("no schema", {"text": GU}, 422),
    ("not JSON", b'{"text":"a","schema":{', 400), ("a schema that is not JSON", {"text": GU, "schema": "{"}, 422), ("a list", {"text": GU, "schema": []}, 422),
    ("a string that holds a list", {"text": GU, "schema": "[]"}, 422), ("no keys", {"text": GU, "schema": {}}, 422), ("a number", {"text": GU, "schema": 7}, 422),
    ("65 levels in a string", {"text": GU, "schema": nested(65)}, 422), ("65 levels", f'{{"text":"a","schema":{nested(65)}}}'.encode(), 400),
    ("61 levels", f'{{"text":"a","schema":{nested(61)}}}'.encode(), 422), ("1,000 keys", {"text": GU, "schema": {f"k{n}": None for n in range(1000)}}, 422),
    ("control characters", {"text": GU, "schema": {"a\u0007": None}}, 422), ("20,001 characters", {"text": "谷" * 20_001, "schema": NAMES}, 413),
    ("1 MB of text", {"text": "谷" * 350_000, "schema": NAMES}, 413), ("labels that fill the model", {"text": ",".join(f"标签{n}" for n in range(200)) + "|a", "schema": {"分类": None}}, 413),
    ("an unknown form", {"text": GU, "schema": NAMES, "format": "list"}, 422), ("an unknown member", {"text": GU, "schema": NAMES, "labels": ["a", "b"]}, 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_bodies_are_refused_with_what_is_wrong(desk, body, status):
    answer = desk.ask("POST", "/api/predict", body)
    assert answer.status == status, (answer.status, answer.body[:500])
    error = answer.json()["error"]
    assert error["code"] == status and error["message"] and ("details" in error) == (status == 422), error
    if not isinstance(body, bytes) or status == 422:
        there = desk.ask("POST", "/v1/nlu/extract", body if isinstance(body, bytes) else {key: value for key, value in body.items() if key != "labels"})
        assert there.status in ({400, 413} if "labels" not in (body if isinstance(body, dict) else {}) else {200}), there.body[:500]


def test_what_a_schema_asks_may_be_said(desk):
    assert extract(desk, GU, {"人物": None}, task="qa").json()["task"] == "qa"
    refused = extract(desk, GU, {"人物": None}, task="event")
    assert refused.status == 400 and refused.json()["error"]["param"] == "task", refused.body
    assert extract(desk, GU, {"人物": ["职务"], "地理位置": None, "谁？": None}).json()["task"] == "ner,re,qa"


# -- who may -----------------------------------------------------------------------------------------------------------


def test_a_schema_needs_the_scopes_of_its_tasks(desk):
    ner = command(desk, "key", "create", "--tenant", "demo", "--name", "ner", "--scopes", "ner")["key"]
    headers = {"X-API-Key": ner}
    assert extract(desk, GU, NAMES, headers=headers).status == 200
    for schema, text, missing in (({"人物": ["职务"]}, GU, "re"), ({"情感分类": None}, GU, "sentiment"), ({"胜负(事件触发词)": ["时间"]}, GU, "event"), ({"属性词": ["情感词"]}, GU, "absa"),
                                  ({"谁赢了？": None}, GU, "qa"), ({"分类": None}, "体育,财经|" + GU, "classification"), ({"文本匹配": None}, "相似,不相似|a&b", "match"),
                                  ({"段落2和段落1的关系是：": None}, "蕴含,矛盾|段落1：a；段落2：b", "nli"), ({"人物": None, "公司": ["产品"]}, GU, "re")):  # fmt: skip
        refused = desk.ask("POST", "/api/predict", {"text": text, "schema": schema}, headers=headers)
        assert refused.status == 403 and refused.json()["error"]["param"] == missing, (schema, refused.body)
        assert refused.json()["error"]["message"] == "Not enough permissions"
    said = extract(desk, GU, {"公司": ["产品"]}, headers=headers, task="ner")
    assert said.status == 400, "no task is got by another's name"
    llm = command(desk, "key", "create", "--tenant", "demo", "--name", "talks", "--scopes", "llm")["key"]
    refused = extract(desk, GU, NAMES, headers={"X-API-Key": llm})
    assert refused.status == 403 and refused.json()["error"]["param"] == "nlu"
    assert extract(desk, GU, NAMES, headers={}).status == 401


def test_a_tenant_has_the_tasks_that_it_was_given(new_house):
    house = ready(new_house())
    made = command(house, "tenant", "register", "small", "--tasks", "ner,sentiment")
    headers = {"X-API-Key": made["api_key"]}
    assert extract(house, GU, NAMES, headers=headers).status == 200
    refused = extract(house, GU, {"人物": ["职务"]}, headers=headers)
    assert refused.status == 403 and refused.json()["error"]["param"] == "re"


def test_models_of_another_kind_are_not_asked(desk):
    assert predict(desk, GU, NAMES, model="iris").status == predict(desk, GU, NAMES, model="smollm2-135m-instruct").status == 404
    assert desk.ask("POST", "/predict", {"data": [5.1, 3.5, 1.4, 0.2], "model": NLU}).status == 404
    assert NLU in [one["id"] for one in desk.ask("GET", "/v1/models").json()["data"]]


def test_calls_count_by_task_and_run_out(new_house, tmp_path):
    house = new_house(started=False)
    (tmp_path / "gatehouse.toml").write_text(f"[prices.{NLU}]\ncall = 0.001\n")
    house.start("--config", str(tmp_path / "gatehouse.toml"), variables={"GATEHOUSE_LIMITS_KEY_GENERATION": "1/60s"})
    ready(house)
    command(house, "tenant", "set", "demo", "--quota-per-day", "4")
    assert predict(house, "", NAMES).status == 422, "what is wrong does not count"
    for schema in ({"人物": None}, {"人物": ["职务"]}, {"人物": None}, {"人物": None, "公司": ["产品"]}):
        answer = predict(house, GU, schema)
        assert answer.status == 200 and answer.headers["x-gatehouse-cost"] == "0.001", answer.body
    refused = predict(house, GU, NAMES)
    assert refused.status == 429 and refused.json()["error"]["message"] == "Daily quota exceeded" and refused.headers["x-should-retry"] == "false"
    used = lambda: command(house, "tenant", "export", "demo")["usage"]  # noqa: E731
    eventually(lambda: sum(one["requests"] for one in used()) == 4, 10, "its rows")
    rows = used()
    assert {one["task"]: one["requests"] for one in rows} == {"ner": 2, "re": 1, "ner,re": 1}
    assert all(one["model"] == NLU and one["prompt_tokens"] > 0 and one["completion_tokens"] == 0 for one in rows)
    metrics = house.metrics()
    assert metrics[f'gatehouse_nlu_requests_total{{model="{NLU}",task="ner"}}'] == 3 and metrics[f'gatehouse_nlu_requests_total{{model="{NLU}",task="re"}}'] == 2
    records = [one for one in house.ask("GET", "/api/audit?limit=50").json()["data"] if one["action_type"] == "nlu_predict" and one["outcome"] == "ok"]
    assert {one["task"] for one in records} == {"ner", "re", "ner,re"} and all(one["resource_id"] == NLU for one in records)


# -- names that a tenant knows -----------------------------------------------------------------------------------------


def test_a_tenant_has_names_of_its_own(new_house, tmp_path):
    house = ready(new_house())
    names = tmp_path / "names.tsv"
    names.write_text("# ours\n飞鱼三号\t产品\n谷爱凌\t人物\n")
    text = "谷爱凌买了一台飞鱼三号。"
    asked = {"产品": None, "人物": None}
    before = output(extract(house, text, asked))
    assert not any("source" in step for [step] in before)
    made = command(house, "tenant", "lexicon", "demo", names)
    assert (made["tenant_id"], made["names"], made["bytes"]) == ("demo", 2, names.stat().st_size) and made["changed_at"]
    found = output(extract(house, text, asked))
    assert {"type": "产品", "span": "飞鱼三号", "offset": [7, 11], "score": 1, "source": "lexicon"} in [step for [step] in found]
    assert sum(step["span"] == "谷爱凌" for [step] in found) == 1, "what the model finds, too, is found once"
    other = command(house, "tenant", "register", "other")["api_key"]
    assert output(extract(house, text, asked, headers={"X-API-Key": other})) == before, "they are the tenant's own"
    assert command(house, "tenant", "lexicon", "demo")["lexicon"] == names.read_text()
    house.stop()
    house.start()
    ready(house)
    assert output(extract(house, text, asked)) == found, "they are there after a restart"
    command(house, "tenant", "lexicon", "demo", "--clear")
    assert output(extract(house, text, asked)) == before
    assert command(house, "tenant", "lexicon", "demo")["names"] == 0
    names.write_text("no tab\n")
    assert command(house, "tenant", "lexicon", "demo", names, code=1) is None
    assert command(house, "tenant", "lexicon", "nobody", "--clear", code=1) is None
    export = command(house, "tenant", "export", "demo")
    assert export["lexicon"] is None


# -- decisions ---------------------------------------------------------------------------------------------------------


def test_decisions(desk):
    answer = desk.ask("POST", "/v1/decisions", {"input": "房间很干净，服务也好，下次还来", "questions": QUESTIONS})
    assert answer.status == 200, answer.body
    body = answer.json()
    feeling, liked, tone = body["answers"]
    assert feeling["choice"] == "good" and feeling["confidence"] == max(one["probability"] for one in feeling["probabilities"]) > 0.5
    assert abs(sum(one["probability"] for one in feeling["probabilities"]) - 1) < 1e-6 and feeling["name"] == "feeling"
    assert liked["type"] == "predicate" and liked["name"] is None and 0 <= liked["probability"] <= 1
    assert tone["score"] > 0.5 and [one["label"] for one in tone["probabilities"]] == ["差评", "好评"]
    assert body["model"] == NLU and body["usage"]["total_tokens"] == body["usage"]["input_tokens"] > 0 == body["usage"]["output_tokens"]
    messages = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "太差了，再也不来"}]}]
    [again] = desk.ask("POST", "/v1/decisions", {"input": messages, "questions": QUESTIONS[:1]}).json()["answers"]
    assert again["choice"] == "bad"


def test_decisions_that_cannot_be_made(desk):
    def refused(questions, text="a"):
        answer = desk.ask("POST", "/v1/decisions", {"input": text, "questions": questions})
        assert answer.status == 400, answer.body
        return answer.json()["error"]["param"]

    assert refused([{"type": "choice", "instructions": "x", "choices": [{"value": "a,b"}, {"value": "c"}]}]) == "questions"
    assert refused([]) and refused([{"type": "rank", "instructions": "x"}]) and refused(QUESTIONS, text="")
    ner = command(desk, "key", "create", "--tenant", "demo", "--name", "ner-2", "--scopes", "ner")["key"]
    answer = desk.ask("POST", "/v1/decisions", {"input": "a", "questions": QUESTIONS}, headers={"X-API-Key": ner})
    assert answer.status == 403 and answer.json()["error"]["param"] == "sentiment"


# -- what may break ----------------------------------------------------------------------------------------------------


def test_an_engine_that_is_killed_is_started_again(new_house):
    house = ready(new_house())
    before = extract(house, GU, NAMES).body
    for child in [child for child in children_of(house.pid) if engine_of(child) == "onnx"]:
        os.kill(child, signal.SIGKILL)
    answer = eventually(lambda: (one := extract(house, GU, NAMES)).status == 200 and one, 30, "the next one")
    assert answer.body == before


def test_a_model_whose_files_changed_is_not_served(tmp_path):
    folder = tmp_path / "models" / "other" / "1"
    folder.mkdir(parents=True)
    for file in (ROOT / "models" / NLU / "1").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "upper.onnx").open("ab") as upper:
        upper.write(b"x")
    house = House(tmp_path / "data", tmp_path / "log")
    try:
        house.start("--models", str(tmp_path / "models"))
        state = eventually(lambda: next((one for one in command(house, "model", "list") if one["name"] == "other" and one["state"] == "failed"), None), 30, "its end")
        assert "is not the file that its model.toml names" in state["reason"]
        assert predict(house, GU, NAMES, model="other").status == 503
    finally:
        house.kill()
