"""/v2/models/M/generate and generate_stream: texts of language models in the words of Triton's protocol."""

import json

from house import MODEL, command, events
from oip import refused

CAPITAL = {"text_input": "The capital of France is", "parameters": {"max_tokens": 5, "temperature": 0, "stop": ["\n"]}}


def test_a_text_is_continued_whole_and_by_pieces(house):
    path = f"/v2/models/{MODEL}/generate"
    whole = house.ask("POST", path, {"id": "7", **CAPITAL})
    assert whole.status == 200, whole.body
    said = whole.json()
    assert set(said) == {"id", "model_name", "model_version", "text_output"}
    assert (said["id"], said["model_name"], said["model_version"]) == ("7", MODEL, "1") and "Paris" in said["text_output"]
    answer = house.ask("POST", path + "_stream", {"id": "7", **CAPITAL})
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/event-stream")
    pieces = [json.loads(data) for data in events(answer.body.splitlines())]
    assert all({**one, "text_output": ""} == {**said, "text_output": ""} for one in pieces)
    assert "".join(one["text_output"] for one in pieces) == said["text_output"]


def test_details_say_why_it_ended_and_what_it_took(house):
    asked = {"text_input": "One two three", "parameters": {"max_tokens": 3, "temperature": 0, "details": True, "stream": False}}
    said = house.ask("POST", f"/v2/models/{MODEL}/versions/1/generate", asked).json()
    assert said["id"] and said["details"]["finish_reason"] == "length" and said["details"]["completion_tokens"] == 3
    answer = house.ask("POST", f"/v2/models/{MODEL}/generate_stream", asked)
    pieces = [json.loads(data) for data in events(answer.body.splitlines())]
    assert pieces[-1]["details"] == said["details"] and pieces[-1]["text_output"] == ""


def test_what_is_wrong_with_a_text_is_said_in_the_protocols_words(house):
    path = f"/v2/models/{MODEL}/generate"
    said = refused(house.ask("POST", path, {"text_input": 7, "parameters": {"temperature": 9, "max_token": 1}, "text": "x"}))
    for part in ("text_input is a number", "parameters.temperature is too large", "parameters.max_token is not a known field", "text is not a known field"):
        assert part in said, said
    assert "generate_stream" in refused(house.ask("POST", path, {**CAPITAL, "parameters": {"stream": True}}))
    refused(house.ask("POST", "/v2/models/iris/generate", CAPITAL), 404)
    refused(house.ask("POST", f"/v2/models/{MODEL}/versions/2/generate", CAPITAL), 404)
    tables = command(house, "key", "create", "--tenant", "demo", "--name", "tables", "--scopes", "predict")["key"]
    refused(house.ask("POST", path, CAPITAL, headers={"X-API-Key": tables}), 403)


def test_a_call_that_is_made_once_is_of_its_model(house):
    headers = {**house.bearer(), "Idempotency-Key": "once of one model"}
    first = house.ask("POST", f"/v2/models/{MODEL}/generate", CAPITAL, headers=headers)
    again = house.ask("POST", f"/v2/models/{MODEL}/generate", CAPITAL, headers=headers)
    assert first.status == 200 and again.body == first.body and again.headers["Idempotency-Replayed"] == "true"
    assert house.ask("POST", "/v2/models/none/generate", CAPITAL, headers=headers).status == 404
