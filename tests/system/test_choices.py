"""Several answers to one prompt (n), through the real model: by the official client, by /api/llm/generate, and on the wire."""

import json

import openai
import pytest
from house import MODEL, eventually, read_stream

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
STORY = [{"role": "user", "content": "Tell me something surprising about the sea."}]
SEATS = 16


def ask(client, **fields):
    return client.chat.completions.create(**{"model": MODEL, "messages": FRANCE, "temperature": 0, **fields})


def texts(answer):
    return [choice.message.content for choice in answer.choices]


def test_three_greedy_answers_are_the_one_answer(client):
    one, three = ask(client), ask(client, n=3)
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert texts(three) == texts(one) * 3
    assert [choice.finish_reason for choice in three.choices] == ["stop"] * 3
    assert three.usage.prompt_tokens == one.usage.prompt_tokens, "the prompt counts once"
    assert three.usage.completion_tokens == 3 * one.usage.completion_tokens


def test_a_seed_repeats_all_of_them_and_each_is_its_own(client):
    fields = {"messages": STORY, "temperature": 1.2, "seed": 11, "max_tokens": 20}
    first, again = texts(ask(client, n=4, **fields)), texts(ask(client, n=4, **fields))
    assert first == again and len(set(first)) > 1
    assert first[0] == texts(ask(client, **fields))[0], "the first draws as if it were alone"
    assert first[2] == texts(ask(client, **{**fields, "seed": 13}))[0], "the others by the seeds behind it"


def test_a_stream_numbers_its_chunks_and_is_done_once(client):
    whole = ask(client, n=3, messages=STORY, temperature=1, seed=5, max_tokens=24)
    stream = ask(client, n=3, messages=STORY, temperature=1, seed=5, max_tokens=24, stream=True, stream_options={"include_usage": True})
    chunks, said, ends = list(stream), ["", "", ""], {}
    for chunk in chunks:
        for choice in chunk.choices:
            assert choice.index not in ends, "nothing comes behind the end of a choice"
            said[choice.index] += choice.delta.content or ""
            if choice.finish_reason:
                ends[choice.index] = choice.finish_reason
    assert said == texts(whole)
    assert ends == {choice.index: choice.finish_reason for choice in whole.choices}
    assert sorted(chunk.choices[0].index for chunk in chunks[:3]) == [0, 1, 2] and all(chunk.choices[0].delta.role == "assistant" for chunk in chunks[:3])
    assert chunks[-1].choices == [] and chunks[-1].usage.model_dump() == whole.usage.model_dump()


def test_max_tokens_is_each_choices_own(client):
    answer = ask(client, n=5, messages=STORY, temperature=1, seed=1, max_tokens=7)
    assert [choice.finish_reason for choice in answer.choices] == ["length"] * 5
    assert answer.usage.completion_tokens == 35


def test_stops_and_logprobs_are_each_choices_own(client):
    answer = ask(client, n=3, messages=STORY, temperature=1, seed=3, max_tokens=30, stop=["."], logprobs=True)
    counted = 0
    for choice in answer.choices:
        assert "." not in choice.message.content
        assert choice.message.content.startswith("".join(one.token for one in choice.logprobs.content)[: len(choice.message.content)])
        counted += len(choice.logprobs.content)
    assert 0 < counted <= answer.usage.completion_tokens


def test_a_schema_holds_for_each(client):
    schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}}, "required": ["city"], "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}
    answer = ask(client, n=3, temperature=1.1, seed=2, max_tokens=60, response_format=wanted)
    for choice in answer.choices:
        assert set(json.loads(choice.message.content)) == {"city"}
        assert choice.finish_reason == "stop"


def test_completions_too(client):
    fields = {"model": MODEL, "prompt": "The capital of France is", "temperature": 0, "max_tokens": 8}
    one, three = client.completions.create(**fields), client.completions.create(**fields, n=3, best_of=3)
    assert [(choice.index, choice.text) for choice in three.choices] == [(i, one.choices[0].text) for i in range(3)]
    assert three.usage.completion_tokens == 3 * one.usage.completion_tokens
    streamed = {}
    for chunk in client.completions.create(**fields, n=3, stream=True):
        for choice in chunk.choices:
            streamed[choice.index] = streamed.get(choice.index, "") + choice.text
    assert streamed == {i: one.choices[0].text for i in range(3)}


def test_more_than_the_model_has_seats_for(client, house):
    assert len(ask(client, n=SEATS, max_tokens=2).choices) == SEATS
    with pytest.raises(openai.BadRequestError) as raised:
        ask(client, n=SEATS + 1)
    assert raised.value.param == "n" and f"at most {SEATS}" in raised.value.message


def test_the_other_dialect(house):
    body = {"prompt": "The capital of France is", "temperature": 0, "max_tokens": 12}
    one, five = (house.ask("POST", "/api/llm/generate", {**body, **more}).json() for more in ({}, {"n": 5}))
    assert [choice["index"] for choice in five["choices"]] == list(range(5))
    assert [choice["text"] for choice in five["choices"]] == [one["choices"][0]["text"]] * 5
    assert five["usage"]["completion_tokens"] == 5 * one["usage"]["completion_tokens"]
    assert five["usage"]["prompt_tokens"] == one["usage"]["prompt_tokens"]
    with house.stream("/api/llm/generate", {**body, "n": 2}) as answer:
        chunks, done = read_stream(answer)
    assert done and [bool(chunk.get("usage")) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    ends = [choice["index"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]
    assert sorted(ends) == [0, 1]


def test_who_goes_away_frees_all_seats(client, house):
    endless = {"0": -100, "2": -100}  # none of them comes to its end before all have been seen
    stream = ask(client, n=6, messages=STORY, temperature=1, max_tokens=400, logit_bias=endless, stream=True)
    next(iter(stream))
    eventually(lambda: house.gauge("gatehouse_sequences") >= 6, what="six seats taken")
    stream.close()
    eventually(lambda: house.gauge("gatehouse_sequences") == 0 and house.gauge("gatehouse_jobs") == 0, what="all seats free")
