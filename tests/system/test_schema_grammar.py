"""Grammars of JSON Schemas: whatever they can write, the schema allows (a validator of others says so)."""

import json
import os
import random

import jsonschema_rs
import pytest
from gbnf import Grammar
from house import run
from random_schemas import Schemas

ROUNDS = 3000 if os.environ.get("GATEHOUSE_SOAK") == "1" else 300
TEXTS = 25


def grammar_of(schema):
    """The grammar, or None where it is refused, and what is said then."""
    done = run("debug", "schema-grammar", stdin=json.dumps(schema).encode())
    assert done.returncode in (0, 1)
    if done.returncode == 1:
        assert done.stdout == b"" and b"The schema cannot be kept to: at '/" in done.stderr, (schema, done.stderr)
        return None
    return Grammar(done.stdout.decode())


def test_what_random_schemas_write_is_what_they_allow():
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance, refused = random.Random(seed), 0
    schemas = Schemas(chance)
    for number in range(ROUNDS):
        schema = schemas.document()
        grammar = grammar_of(schema)
        if grammar is None:
            refused += 1
            continue
        validator = jsonschema_rs.validator_for(schema, validate_formats=True)
        for _ in range(TEXTS):
            text = grammar.write(chance)
            assert validator.is_valid(json.loads(text)), (seed, number, schema, text)
    assert refused < ROUNDS / 4, "most of what people write is kept to"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "maximum": 150}}, "required": ["name", "age"], "additionalProperties": False},
        {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["value", "next"]},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "array", "items": {"enum": ["red", "green"]}, "minItems": 2, "maxItems": 4},
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ],
)
def test_what_people_write(schema):
    grammar, validator, chance = grammar_of(schema), jsonschema_rs.validator_for(schema), random.Random(7)
    texts = {grammar.write(chance) for _ in range(300)}
    assert len(texts) > 10 and all(validator.is_valid(json.loads(text)) for text in texts)


def test_no_schema_that_is_refused_is_taken_for_another_reason():
    for schema, word in (({"type": "string", "pattern": "a"}, "pattern"), ({"not": {}}, "not"), ({"type": "object", "required": ["a"], "additionalProperties": False}, "no document")):
        done = run("debug", "schema-grammar", stdin=json.dumps(schema).encode())
        assert done.returncode == 1 and word in done.stderr.decode()
