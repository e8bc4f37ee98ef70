"""Answers that keep to a schema, from the real model: what comes is what was asked for, whatever the model would have said."""

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor

import jsonschema_rs
import pytest
from house import MODEL, read_stream
from random_schemas import Schemas

ROUNDS = 300 if os.environ.get("GATEHOUSE_SOAK") == "1" else 40
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 0, "maximum": 150}, "likes": {"type": "array", "items": {"enum": ["tea", "coffee"]}, "maxItems": 3}},
    "required": ["name", "age", "likes"],
    "additionalProperties": False,
}


def format_of(schema):
    return {"type": "json_schema", "json_schema": {"name": "wanted", "strict": True, "schema": schema}}


@pytest.mark.parametrize("sampling", [{"temperature": 0}, {"temperature": 1.5, "seed": 7}, {"temperature": 1, "top_p": 0.5, "seed": 8}, {"temperature": 2, "top_k": 50, "seed": 9}])
def test_a_person(house, sampling):
    answer = house.chat("Describe a person.", response_format=format_of(PERSON), max_tokens=200, **sampling)
    assert answer.status == 200, answer.body
    (choice,) = answer.json()["choices"]
    assert choice["finish_reason"] == "stop"
    assert jsonschema_rs.validator_for(PERSON).is_valid(json.loads(choice["message"]["content"])), choice


def test_a_stream(house):
    body = {"messages": [{"role": "user", "content": "Describe a person."}], "stream": True, "temperature": 0, "response_format": format_of(PERSON), "max_tokens": 200}
    with house.stream("/v1/chat/completions", body) as answer:
        chunks, done = read_stream(answer)
    assert done
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"])
    assert jsonschema_rs.validator_for(PERSON).is_valid(json.loads(text))


def test_any_object(house):
    answer = house.chat("Say something as JSON.", response_format={"type": "json_object"}, max_tokens=400)
    (choice,) = answer.json()["choices"]
    if choice["finish_reason"] == "stop":
        assert isinstance(json.loads(choice["message"]["content"]), dict)
    else:
        assert choice["message"]["content"].lstrip().startswith("{")


def test_text_is_what_it_was(house):
    plain = house.chat("What is the capital of France?", max_tokens=12).json()["choices"]
    assert house.chat("What is the capital of France?", max_tokens=12, response_format={"type": "text"}).json()["choices"] == plain


@pytest.mark.parametrize(
    ("format_", "word"),
    [
        (format_of({"type": "string", "pattern": "^a"}), "pattern"),
        (format_of({"$ref": "#"}), "cannot be"),
        (format_of({"anyOf": [{"$ref": "#"}, {"type": "null"}]}), "cannot be"),
        (format_of({"type": "object", "properties": {str(i): {"anyOf": [{"const": f"{i} {k}"} for k in range(2000)]} for i in range(20)}}), "too large"),
        (format_of({"enum": []}), "no document"),
        ({"type": "json_schema"}, "json_schema"),
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": []}}, "schema"),
        ({"type": "yaml"}, "type"),
    ],
)
def test_what_cannot_be_kept_to_is_400(house, format_, word):
    refused = house.ask("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}], "response_format": format_, "max_tokens": 5})
    assert refused.status == 400 and word in json.dumps(refused.json()), refused.body
    assert house.chat("Say hello.", model=MODEL, max_tokens=2).status == 200, "and nothing else has changed"


def test_random_schemas(house):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    made = Schemas(chance)
    asked = [(made.document(), chance.choice([0, 1])) for _ in range(ROUNDS)]

    def ask(one):
        schema, temperature = one
        return house.chat("Give me an example.", response_format=format_of(schema), temperature=temperature, seed=1, max_tokens=150)

    kept = cut = refused = 0
    with ThreadPoolExecutor(8) as pool:
        for (schema, _), answer in zip(asked, pool.map(ask, asked), strict=True):
            if answer.status == 400:
                assert answer.json()["error"]["param"] == "response_format", (seed, schema, answer.body)
                refused += 1
                continue
            assert answer.status == 200, (seed, schema, answer.body)
            (choice,) = answer.json()["choices"]
            if choice["finish_reason"] == "length":
                cut += 1
                continue
            valid = jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(json.loads(choice["message"]["content"]))
            assert choice["finish_reason"] == "stop" and valid, (seed, schema, choice)
            kept += 1
    print("kept", kept, "cut at max_tokens", cut, "refused", refused)
    assert kept > ROUNDS / 2
