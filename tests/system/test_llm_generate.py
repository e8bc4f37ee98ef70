"""POST /api/llm/generate, letter by letter (contract.md section 5, compat.md section 3)."""

import re
import uuid

import pytest
from house import MODEL, read_stream

ROUTE = "/api/llm/generate"


def generate(house, **fields):
    return house.ask("POST", ROUTE, {"prompt": "The capital of France is", "temperature": 0, "max_tokens": 12, **fields})


def refused(answer):
    """The details of a 422, by path."""
    assert answer.status == 422, answer.body
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "type", "param", "request_id", "details"} and error["code"] == 422
    assert error["request_id"] == answer.headers["X-Request-Id"]
    for detail in error["details"]:
        assert set(detail) == {"path", "message", "expected"}
    return {detail["path"]: detail for detail in error["details"]}


def test_the_answer_has_exactly_these_members(house):
    answer = generate(house)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()
    assert list(body) == ["id", "object", "created", "model", "choices", "usage"]
    assert str(uuid.UUID(body["id"])) == body["id"] and body["object"] == "text_completion" and body["model"] == MODEL
    assert isinstance(body["created"], int) and body["created"] > 1_700_000_000
    (choice,) = body["choices"]
    assert list(choice) == ["text", "index", "logprobs", "finish_reason"]
    assert choice["index"] == 0 and choice["logprobs"] is None and choice["finish_reason"] in ("stop", "length")
    usage = body["usage"]
    assert list(usage) == ["prompt_tokens", "completion_tokens", "total_tokens"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] and 0 < usage["completion_tokens"] <= 12


def test_the_prompt_is_continued_raw_and_not_repeated(house):
    answer = generate(house).json()
    assert "Paris" in answer["choices"][0]["text"] and "The capital of France is" not in answer["choices"][0]["text"]
    assert answer["usage"]["prompt_tokens"] < 10  # no chat template around it


def test_the_default_is_a_hundred_tokens(house):
    answer = house.ask("POST", ROUTE, {"prompt": "1, 2, 3, 4, 5, 6,"}).json()
    assert answer["usage"]["completion_tokens"] <= 100


def test_a_stream_says_the_same(house):
    whole = generate(house).json()
    with house.stream(ROUTE, {"prompt": "The capital of France is", "temperature": 0, "max_tokens": 12}) as answer:
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/event-stream")
        chunks, done = read_stream(answer)
    assert done
    assert "".join(choice["text"] for chunk in chunks for choice in chunk["choices"]) == whole["choices"][0]["text"]
    assert chunks[-1]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert chunks[-1]["usage"] == whole["usage"] and len({chunk["id"] for chunk in chunks}) == 1


def test_stop_is_a_string_or_a_list_of_up_to_four(house):
    whole = generate(house).json()["choices"][0]["text"]
    word = re.findall(r"\w+", whole)[1]
    for stop in (word, [word], ["zzzz", word, "yyyy", "xxxx"]):
        choice = generate(house, stop=stop).json()["choices"][0]
        assert choice["text"] == whole[: whole.index(word)] and choice["finish_reason"] == "stop"
    assert "/stop" in refused(generate(house, stop=["a", "b", "c", "d", "e"]))


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("prompt", ["", "x" * 10_001, 5, None]),
        ("model", ["", "m" * 51, 5, None]),
        ("max_tokens", [0, 4097, -1, 1.5, "5", True, None]),
        ("temperature", [-0.1, 2.1, "1", True]),
        ("top_p", [-0.1, 1.1, "1", False]),
        ("n", [0, 6, 1.5, "1"]),
        ("stop", [5, {}, [5], ["a"] * 5]),
        ("stream", [0, "true", 1]),
    ],
)
def test_bounds(house, field, bad):
    for value in bad:
        fields = {"temperature": 1, field: value}
        details = refused(generate(house, **fields))
        assert list(details) in ([f"/{field}"], [f"/{field}/0"]), value


def test_bounds_that_just_hold(house):
    for fields in ({"prompt": "北" * 3}, {"max_tokens": 1}, {"temperature": 2, "max_tokens": 1}, {"top_p": 0, "temperature": 1, "max_tokens": 1}, {"n": 1}, {"stop": []}, {"model": MODEL}):
        assert generate(house, **fields).status == 200, fields


def test_lengths_are_code_points(house):
    answer = generate(house, prompt="é" * 10_000, max_tokens=1)  # 20 000 bytes, but 10 000 characters; tokens are another matter
    assert answer.status == 200 or answer.json()["error"]["type"] == "context_length_exceeded", answer.body
    assert "10000" in refused(generate(house, prompt="é" * 10_001))["/prompt"]["expected"]


def test_every_bad_field_is_named_at_once(house):
    details = refused(generate(house, prompt="", max_tokens=0, temperature=9, top_p=9, n=9, stop=7, nonsense=1))
    assert set(details) == {"/prompt", "/max_tokens", "/temperature", "/top_p", "/n", "/stop", "/nonsense"}
    assert "1" in details["/max_tokens"]["expected"] and "4096" in details["/max_tokens"]["expected"]


def test_temperature_and_top_p_not_both_below_one(house):
    details = refused(house.ask("POST", ROUTE, {"prompt": "x", "top_p": 0.9}))  # temperature stays at 0.7
    assert "/top_p" in details and "temperature" in details["/top_p"]["message"] and '"temperature": 1' in details["/top_p"]["message"]
    assert generate(house, temperature=1, top_p=0.9, max_tokens=1).status == 200
    assert generate(house, temperature=0.5, max_tokens=1).status == 200


@pytest.mark.parametrize(("name", "near"), [("user_id", None), ("api_key_id", None), ("max_token", "max_tokens"), ("temprature", "temperature")])
def test_unknown_fields_and_the_nearest_right_one(house, name, near):
    detail = refused(generate(house, **{name: 1}))[f"/{name}"]
    assert near is None or near in detail["expected"]


def test_more_answers_than_it_may_be(house):
    assert "/n" in refused(generate(house, n=6))


def test_an_unknown_model(house):
    answer = generate(house, model="gpt-17")
    assert answer.status == 404 and answer.json()["error"]["type"] == "model_not_found"


def test_more_than_a_seat_holds_names_both(house):
    answer = generate(house, prompt="word " * 1500, max_tokens=4096)
    error = answer.json()["error"]
    assert answer.status == 422 and "4096" in error["message"].replace(" ", "").replace(",", "")
    assert re.search(r"\b1[45]\d\d\b", error["message"]), "how long the prompt is"


def test_what_is_no_json_is_400(house):
    for body in (b"", b"{", b'{"prompt":"x"', b"prompt=x", b'{"prompt":"\xff"}', b"[]x"):
        assert house.ask("POST", ROUTE, body).status == 400, body
    assert house.ask("POST", ROUTE, b"[]").status == 422


def test_the_second_route_takes_an_api_key(house):
    for headers in (house.bearer(), {"X-API-Key": house.key}, {"api-key": house.key}):
        assert house.ask("POST", ROUTE + "/api-key", {"prompt": "x", "max_tokens": 1}, headers=headers).status == 200
    nobody = house.ask("POST", ROUTE + "/api-key", {"prompt": "x"}, headers={})
    assert nobody.status == 401 and nobody.json()["error"]["message"] == "API key required"


def test_the_long_name_of_the_route(house):
    assert house.ask("POST", "/api/v1/llm/generate", {"prompt": "x", "max_tokens": 1}).status == 200
