"""The official OpenAI client against the real binary and the real model."""

import openai
import pydantic
import pytest
from house import MODEL

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


def ask(client, **fields):
    return client.chat.completions.create(**{"model": MODEL, "messages": FRANCE, "temperature": 0, **fields})


def test_the_capital_of_france_is_paris(client):
    answer = ask(client)
    assert "Paris" in answer.choices[0].message.content
    assert answer.object == "chat.completion" and answer.model == MODEL and answer.id.startswith("chatcmpl-")
    assert answer.choices[0].message.role == "assistant" and answer.choices[0].finish_reason == "stop"
    usage = answer.usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_models_are_listed_and_found(client):
    listed = client.models.list().data
    assert MODEL in [model.id for model in listed]
    one = client.models.retrieve(MODEL)
    assert one.id == MODEL and one.object == "model" and one.created > 0


def test_a_model_that_is_not_there(client):
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("gpt-17")
    assert raised.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError) as raised:
        ask(client, model="gpt-17")
    assert raised.value.code == "model_not_found" and raised.value.param == "model"


def test_a_stream_says_what_the_whole_answer_says(client):
    whole = ask(client)
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert len({chunk.id for chunk in chunks}) == 1 and all(chunk.object == "chat.completion.chunk" for chunk in chunks)
    assert chunks[-1].choices == [] and chunks[-1].usage.model_dump() == whole.usage.model_dump()
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_a_stream_without_usage_when_it_is_not_asked_for(client):
    chunks = list(ask(client, stream=True, max_tokens=4))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_max_tokens_cuts_the_answer_and_says_so(client):
    for name in ("max_tokens", "max_completion_tokens"):
        answer = ask(client, **{name: 3})
        assert answer.choices[0].finish_reason == "length" and answer.usage.completion_tokens == 3


def test_a_stop_string_is_withheld(client):
    whole = ask(client).choices[0].message.content
    before, _, _ = whole.partition("Paris")
    for stop in ("Paris", ["none of these", "Paris"]):
        answer = ask(client, stop=stop)
        assert answer.choices[0].message.content == before and answer.choices[0].finish_reason == "stop"
    streamed = ask(client, stop="Paris", stream=True)
    assert "".join(choice.delta.content or "" for chunk in streamed for choice in chunk.choices) == before


def test_a_seed_makes_chance_repeatable(client):
    def told(seed):
        question = [{"role": "user", "content": "Tell me something surprising."}]
        return ask(client, messages=question, temperature=1.5, seed=seed, max_tokens=24).choices[0].message.content

    assert told(7) == told(7)
    assert len({told(seed) for seed in range(6)}) > 1


def test_biases_ban_and_demand_tokens(client):
    first_special, end_of_turn = "0", "2"  # as they stand in this model's vocabulary
    assert ask(client, logit_bias={end_of_turn: 100}).usage.completion_tokens == 0
    endless = ask(client, logit_bias={first_special: -100, end_of_turn: -100}, max_tokens=24)
    assert endless.choices[0].finish_reason == "length" and endless.usage.completion_tokens == 24
    once = ask(client, logit_bias={"1000": 100}, max_tokens=1).choices[0].message.content
    assert once and ask(client, logit_bias={"1000": 100}, max_tokens=3).choices[0].message.content == once * 3


def test_penalties_are_for_what_was_said(client):
    fields = {"model": MODEL, "prompt": "The cat sat. The cat sat. The cat sat. The cat sat. The cat sat.", "temperature": 0, "max_tokens": 12}
    plain = client.completions.create(**fields).choices[0].text
    assert plain.count("cat") == 3
    for penalty in ({"frequency_penalty": 2}, {"presence_penalty": 2, "frequency_penalty": 1.5}):
        answer = client.completions.create(**fields, **penalty)
        assert answer.choices[0].text.count("cat") < 3 and answer.usage.completion_tokens <= 12
    assert client.completions.create(**fields, frequency_penalty=-2, presence_penalty=-2).choices[0].text == plain


def test_a_conversation_goes_on(client):
    messages = [*FRANCE, {"role": "assistant", "content": "The capital of France is Paris."}, {"role": "user", "content": "Repeat the name of that city."}]
    answer = ask(client, messages=messages, max_tokens=32)
    assert "Paris" in answer.choices[0].message.content
    assert answer.usage.prompt_tokens > ask(client, max_tokens=1).usage.prompt_tokens


def test_text_parts_are_one_text_and_the_system_role_counts(client):
    plain = ask(client)
    parts = [{"role": "user", "content": [{"type": "text", "text": FRANCE[0]["content"]}]}]
    answer = ask(client, messages=parts)
    assert answer.choices[0].message.content == plain.choices[0].message.content and answer.usage == plain.usage
    two_parts = [{"type": "text", "text": "What is the capital"}, {"type": "text", "text": "of France?"}]
    joined = [{"role": "user", "content": "What is the capital\nof France?"}]
    assert ask(client, messages=[{"role": "user", "content": two_parts}], max_tokens=1).usage == ask(client, messages=joined, max_tokens=1).usage
    system = [{"role": "system", "content": "You are a poet who speaks at length of the sea and of nothing else, day and night."}, *FRANCE]
    assert ask(client, messages=system, max_tokens=1).usage.prompt_tokens > plain.usage.prompt_tokens


def test_completions_whole_and_streamed(client):
    fields = {"model": MODEL, "prompt": "The capital of France is", "temperature": 0, "max_tokens": 8}
    whole = client.completions.create(**fields)
    assert whole.object == "text_completion" and whole.choices[0].text and whole.usage.completion_tokens <= 8
    chunks = list(client.completions.create(**fields, stream=True, stream_options={"include_usage": True}))
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == whole.choices[0].text
    assert chunks[-1].usage.model_dump() == whole.usage.model_dump()


def test_an_echo_is_the_prompt_before_the_completion(client):
    fields = {"model": MODEL, "prompt": "The capital of France is", "temperature": 0, "max_tokens": 8}
    plain, echoed = client.completions.create(**fields), client.completions.create(**fields, echo=True)
    assert echoed.choices[0].text == fields["prompt"] + plain.choices[0].text and echoed.usage == plain.usage
    chunks = list(client.completions.create(**fields, echo=True, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == echoed.choices[0].text
    several = client.completions.create(**{**fields, "temperature": 1, "n": 2}, echo=True)
    assert all(choice.text.startswith(fields["prompt"]) for choice in several.choices)


@pytest.mark.parametrize(("fields", "param"), [({"echo": True, "logprobs": 0}, "echo"), ({"suffix": "."}, "suffix")])
def test_what_completions_do_not_do_is_refused_by_its_name(client, fields, param):
    with pytest.raises(openai.BadRequestError) as raised:
        client.completions.create(model=MODEL, prompt="x", **fields)
    assert raised.value.param == param and param in raised.value.message
    assert client.completions.create(model=MODEL, prompt="x", max_tokens=1, best_of=1, suffix="").choices


def test_a_template_without_tools_says_so(client):
    with pytest.raises(openai.BadRequestError) as raised:
        ask(client, tools=[{"type": "function", "function": {"name": "f"}}])
    assert raised.value.code == "unsupported_parameter" and "chat template" in raised.value.message
    tools = {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "none"}
    assert ask(client, **tools, max_tokens=1).usage.prompt_tokens == ask(client, max_tokens=1).usage.prompt_tokens


def test_completions_default_to_sixteen_tokens(client):
    answer = client.completions.create(model=MODEL, prompt="Once upon a time", temperature=0)
    assert answer.usage.completion_tokens <= 16


def test_a_key_that_is_none(house, client):
    with pytest.raises(openai.AuthenticationError) as raised:
        ask(client.with_options(api_key="gh_wrong"))
    assert raised.value.code == "invalid_api_key"
    assert raised.value.response.headers["www-authenticate"].startswith("Bearer")
    assert raised.value.response.headers["x-api-key-error"] == "invalid"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"temperature": "0.5"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"top_p": -0.1}, "top_p"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "nobody", "content": "x"}]}, "messages[0].role"),
        ({"extra_body": {"temprature": 1}}, "temprature"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"presence_penalty": 2.5}, "presence_penalty"),
        ({"logit_bias": {"the": 1}}, "logit_bias.the"),
        ({"logit_bias": {"7": 101}}, "logit_bias[7]"),
        ({"logit_bias": {"999999": 1}}, "logit_bias"),
        ({"top_logprobs": 1}, "top_logprobs"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"messages": [*FRANCE, {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]}, "messages[1].tool_calls"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    ],
)
def test_fields_that_are_wrong(client, fields, param):
    with pytest.raises(openai.BadRequestError) as raised:
        ask(client, **fields)
    assert raised.value.status_code == 400 and raised.value.param == param
    assert raised.value.type == "invalid_request_error" and raised.value.request_id


def test_all_wrong_fields_are_named_at_once(client):
    with pytest.raises(openai.BadRequestError) as raised:
        ask(client, temperature=3, top_p=7, extra_body={"temprature": 1})
    for name in ("temperature", "top_p", "temprature"):
        assert name in raised.value.message


@pytest.mark.parametrize(("fields", "param"), [({"best_of": 2}, "best_of"), ({"prompt": ["a", "b"]}, "prompt")])
def test_what_is_not_possible_yet_says_so(client, fields, param):
    with pytest.raises(openai.InternalServerError) as raised:
        client.completions.create(**{"model": MODEL, "prompt": "x", **fields})
    assert raised.value.status_code == 501 and raised.value.param == param and param in raised.value.message


def test_a_prompt_beyond_the_context(client):
    with pytest.raises(openai.BadRequestError) as raised:
        ask(client, messages=[{"role": "user", "content": "word " * 9000}])
    assert raised.value.code == "context_length_exceeded"


def test_fields_that_have_no_effect_are_taken(client):
    answer = ask(client, max_tokens=1, user="someone", metadata={"a": "b"}, store=False, service_tier="auto", parallel_tool_calls=True, seed=-1)
    assert answer.choices[0].finish_reason == "length"


def test_a_hang_up_leaves_the_client_usable(client):
    stream = ask(client, stream=True, messages=[{"role": "user", "content": "Tell me a long story."}], max_tokens=200)
    next(iter(stream))
    stream.close()
    assert "Paris" in ask(client).choices[0].message.content


def test_an_answer_that_keeps_to_a_schema(client):
    class City(pydantic.BaseModel):
        name: str = pydantic.Field(max_length=20)
        inhabitants: int = pydantic.Field(ge=0, le=50_000_000)

    answer = client.chat.completions.parse(
        model=MODEL, messages=FRANCE, temperature=0, max_tokens=100, response_format=City
    )
    assert isinstance(answer.choices[0].message.parsed, City) and answer.choices[0].finish_reason == "stop"
