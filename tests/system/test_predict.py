"""POST /predict: a tabular model behind identity, validation and limits (compat.md section 6, contract.md section 5)."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import onnx_file
import pytest
from house import House, children_of, command, engine_of, eventually

ROUTE = "/predict"
SETOSA, UNUSUAL, VIRGINICA = [5.1, 3.5, 1.4, 0.2], [1.5, 2.3, 0.5, 0.7], [6.5, 3.0, 5.5, 2.0]


def models_in(folder):
    file = onnx_file.flowers()
    onnx_file.put(folder, "flowers", file, onnx_file.manifest(file))
    onnx_file.put(folder, "other-shape", file, onnx_file.manifest(file, shape="[-1, 5]"))
    outside = onnx_file.model(onnx_file.text(5, onnx_file.number(1, 4) + onnx_file.number(2, 1) + onnx_file.number(14, 1)))
    onnx_file.put(folder, "outside", outside, onnx_file.manifest(outside))
    endless = onnx_file.endless()
    onnx_file.put(folder, "endless", endless, onnx_file.manifest(endless, labels=()))
    return str(folder)


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    """A house whose default tabular model is a tree of three leaves."""
    folder = tmp_path_factory.mktemp("garden")
    house = House(folder / "data", folder / "log")
    house.models = models_in(folder / "models")
    house.start("--models", house.models, variables={"GATEHOUSE_MODELS_DEFAULT_TABULAR": "flowers", "GATEHOUSE_ENGINE_ONNX_HANG_AFTER": "2s"})
    for name in ("flowers", "endless"):
        eventually(lambda name=name: state_of(house, name)["state"] == "ready", 60, "the model")
    yield house
    house.kill()


def state_of(house, name):
    return next(one for one in command(house, "model", "list") if one["name"] == name)


def predict(house, data, **more):
    return house.ask("POST", ROUTE, {"data": data, **more})


def details(answer):
    assert answer.status == 422, answer.body
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "type", "param", "request_id", "details"} and error["code"] == 422
    return {one["path"]: one for one in error["details"]}


def test_one_row(garden):
    answer = predict(garden, SETOSA)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.body == b'{"prediction":0,"label":"setosa","probabilities":[1,0,0]}'


def test_several_rows_are_lists(garden):
    assert predict(garden, [SETOSA, VIRGINICA]).json() == {
        "prediction": [0, 2],
        "label": ["setosa", "virginica"],
        "probabilities": [[1, 0, 0], [0, 0.25, 0.75]],
    }
    assert predict(garden, [SETOSA]).json() == {"prediction": [0], "label": ["setosa"], "probabilities": [[1, 0, 0]]}


def test_many_rows_go_to_the_engine_in_parts_and_come_back(garden):
    answer = predict(garden, [SETOSA, VIRGINICA] * 20_000)
    assert answer.status == 200 and answer.json()["prediction"] == [0, 2] * 20_000


def test_what_training_has_not_seen_is_answered_and_named(garden):
    assert predict(garden, UNUSUAL).json() == {
        "prediction": 0,
        "label": "setosa",
        "probabilities": [1, 0, 0],
        "outside_training_range": ["petal_length"],
    }
    assert predict(garden, [SETOSA, UNUSUAL]).json()["outside_training_range"] == [[], ["petal_length"]]


def test_bad_fields_are_all_named_at_once(garden):
    assert details(predict(garden, [5.1, 3.5, 1.4]))["/data"]["message"] == "has 3 values"
    bad = details(predict(garden, ["5.1", 31, True, None]))
    assert set(bad) == {"/data/0", "/data/1", "/data/2", "/data/3"}
    assert bad["/data/1"] == {"path": "/data/1", "message": "is out of range", "expected": "a number from 0 to 30 (sepal_width, cm)"}
    assert set(details(predict(garden, [[5.1, 3.5, 1.4, -0.2], SETOSA, [1]], modle="flowers"))) == {"/data/0/3", "/data/2", "/modle"}
    assert set(details(garden.ask("POST", ROUTE, {}))) == {"/data"}
    assert set(details(garden.ask("POST", ROUTE, []))) >= {""}
    for data in ([], [[]], {}, "text", 7, None, [SETOSA, 7]):
        details(predict(garden, data))


def test_what_is_not_json_is_400(garden):
    for body in (b'{"data":[NaN,3.5,1.4,0.2]}', b'{"data":[Infinity,3.5,1.4,0.2]}', b'{"data":[1e999,3.5,1.4,0.2]}', b"", b"{"):
        answer = garden.ask("POST", ROUTE, body)
        assert answer.status == 400 and "details" not in answer.json()["error"], (body, answer.body)


def test_who_may_not_is_refused(garden):
    assert garden.ask("POST", ROUTE, {"data": SETOSA}, headers={}).status == 401
    key = command(garden, "key", "create", "--tenant", "demo", "--name", "talks", "--scopes", "llm")
    answer = garden.ask("POST", ROUTE, {"data": SETOSA}, headers={"X-API-Key": key["key"]})
    assert answer.status == 403 and answer.json()["error"]["param"] == "predict"
    assert predict(garden, SETOSA, model="smollm2-135m-instruct").status == 404, "it is no table"
    narrow = command(garden, "key", "create", "--tenant", "demo", "--name", "narrow", "--models", "another-model")
    answer = garden.ask("POST", ROUTE, {"data": SETOSA}, headers={"X-API-Key": narrow["key"]})
    assert answer.status == 403 and answer.json()["error"]["type"] == "model_not_allowed"


def test_more_rows_than_an_answer_holds_are_refused(garden):
    answer = predict(garden, [[1, 1, 1, 1]] * 65_537)
    assert answer.status == 413, answer.body
    error = answer.json()["error"]
    assert error["type"] == "too_many_rows" and error["param"] == "data"
    assert error["message"] == "There are 65537 rows, and one answer of this model holds at most 65536"
    assert predict(garden, [[1, 1, 1, 1]] * 65_536).status == 200


def test_what_cannot_be_explained_says_why(garden):
    explain = ROUTE + "?explain="
    for model in ("flowers", "endless"):
        answer = garden.ask("POST", explain + "true", {"data": SETOSA, "model": model})
        assert answer.status == 400 and answer.json()["error"]["type"] == "explanation_unavailable"
        assert "not computed as trees" in answer.json()["error"]["message"]
    assert garden.ask("POST", explain + "false", {"data": SETOSA}).status == 200
    assert garden.ask("POST", explain + "perhaps", {"data": SETOSA}).json()["error"]["param"] == "explain"
    assert garden.ask("GET", ROUTE).status == 405


def test_models_that_break_their_word_are_failed_with_a_reason(garden):
    other = eventually(lambda: (one := state_of(garden, "other-shape"))["state"] == "failed" and one, 60, "its end")
    assert "has the shape [-1, 4] in the graph, and FP32 [-1, 5] in the manifest" in other["reason"]
    outside = eventually(lambda: (one := state_of(garden, "outside"))["state"] == "failed" and one, 60, "its end")
    assert "keeps its data in another file" in outside["reason"]
    assert predict(garden, [*SETOSA, 1], model="outside").status in (422, 503)
    assert predict(garden, SETOSA, model="outside").status == 503


def test_it_is_listed(garden):
    assert "flowers" in [one["id"] for one in garden.ask("GET", "/v1/models").json()["data"]]
    assert garden.ask("GET", "/v1/models/flowers").status == 200
    assert state_of(garden, "flowers") == {"name": "flowers", "version": "1", "kind": "trees", "state": "ready", "reason": "onnxruntime, CPU: not natively, TreeEnsembleClassifier: some classes may have no score"}


def test_a_call_counts_and_takes_no_tokens(new_house, tmp_path):
    house = new_house(started=False)
    (tmp_path / "gatehouse.toml").write_text('[models]\ndefault_tabular = "flowers"\n[prices.flowers]\ncall = 0.002\n[[limits.rules]]\nmodel = "flowers"\nrate = "4/60s"\n')
    house.start("--config", str(tmp_path / "gatehouse.toml"), "--models", models_in(tmp_path / "models"), variables={"GATEHOUSE_LIMITS_KEY_GENERATION": "1/60s"})
    eventually(lambda: state_of(house, "flowers")["state"] == "ready", 60, "the model")
    assert predict(house, [1]).status == 422
    for _ in range(4):  # the rate of language models is not asked
        answer = predict(house, SETOSA)
        assert answer.status == 200 and answer.headers["x-gatehouse-cost"] == "0.002", answer.body
    refused = predict(house, SETOSA)
    assert refused.status == 429 and refused.json()["error"]["type"] == "rate_limit_exceeded" and refused.headers["Retry-After"]
    row = eventually(lambda: (one := command(house, "usage", "--tenant", "demo")[0])["requests"] == 4 and one, 10, "its row")
    assert row["prompt_tokens"] == row["completion_tokens"] == 0
    record = next(one for one in house.ask("GET", "/api/audit?limit=50").json()["data"] if one["action_type"] == "predict")
    assert record["resource_id"] == "flowers"


def calls_counted(house):
    return command(house, "usage", "--tenant", "demo")[0]["requests"]


def restarts(house):
    return {name: value for name, value in house.metrics().items() if "gatehouse_engine_restarts_total" in name}


def test_a_call_that_takes_too_long_is_not_made_again_and_harms_nobody(garden):
    before, counted = restarts(garden), calls_counted(garden)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(predict, garden, SETOSA, model="endless") for _ in range(2)]
        others = [pool.submit(predict, garden, [SETOSA] * 20_000) for _ in range(2)]
        answers = [call.result() for call in calls]
        assert all(other.result().status == 200 for other in others)
    for answer in answers:
        assert answer.status == 504 and answer.json()["error"]["type"] == "call_too_long", answer.body
    assert restarts(garden) == before, "its engine has ended the calls, not itself"
    eventually(lambda: calls_counted(garden) == counted + 4, 10, "what they cost")


def test_a_failure_that_cost_something_is_told_again(garden):
    headers, body, counted = {**garden.bearer(), "Idempotency-Key": "too long"}, {"data": SETOSA, "model": "endless"}, calls_counted(garden)
    with ThreadPoolExecutor(2) as pool:  # whichever of the two comes first runs for as long as it may
        both = [pool.submit(garden.ask, "POST", "/predict", body, headers) for _ in range(2)]
        refused, first = sorted((one.result() for one in both), key=lambda answer: answer.status)
    assert refused.status == 409 and refused.json()["error"]["type"] == "idempotency_key_in_flight" and refused.headers["Retry-After"] == "1"
    again = garden.ask("POST", "/predict", body, headers)
    assert first.status == again.status == 504 and again.json()["error"]["type"] == "call_too_long"
    assert again.headers["Idempotency-Replayed"] == "true" and again.headers["x-should-retry"] == "false"
    eventually(lambda: calls_counted(garden) == counted + 1, 10, "what it cost")


def test_an_engine_that_is_killed_is_started_again(garden):
    engines = [child for child in children_of(garden.pid) if engine_of(child) == "onnx"]
    assert engines, "no engine of tensor models"
    for before in engines:
        os.kill(before, signal.SIGKILL)
    eventually(lambda: not set(engines) & set(children_of(garden.pid)), 10, "their end")
    answer = eventually(lambda: (one := predict(garden, SETOSA)).status == 200 and one, 30, "the next one")
    assert json.loads(answer.body)["prediction"] == 0
    assert any("gatehouse_engine_restarts_total" in name and "onnx:" in name and value > 0 for name, value in garden.metrics().items())
