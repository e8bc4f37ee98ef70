"""The official Anthropic client against the real binary and the real model."""

import anthropic
import pytest
from house import MODEL, eventually

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture
def client(house):
    with anthropic.Anthropic(base_url=house.public.url, api_key=house.key, max_retries=0, timeout=120) as client:
        yield client


def request(extra_body=None, **fields):
    """This client knows no sampling fields, which are those of the dialect's older models: they go beside what it knows."""
    return {"model": MODEL, "max_tokens": 100, "messages": FRANCE, "extra_body": {"temperature": 0, **(extra_body or {})}, **fields}


def ask(client, **fields):
    return client.messages.create(**request(**fields))


def streamed(client, **fields):
    with client.messages.stream(**request(**fields)) as stream:
        return list(stream), stream.get_final_message()


def read_of(usage):
    """All tokens that were read; how many of them had been computed before is the machine's luck."""
    return usage.input_tokens + usage.cache_read_input_tokens


def test_the_capital_of_france_is_paris(client):
    answer = ask(client)
    assert "Paris" in answer.content[0].text and [block.type for block in answer.content] == ["text"]
    assert answer.type == "message" and answer.role == "assistant" and answer.model == MODEL and answer.id.startswith("msg_")
    assert answer.stop_reason == "end_turn" and answer.stop_sequence is None
    assert read_of(answer.usage) > 0 and answer.usage.output_tokens > 0
    assert answer._request_id


def test_it_says_what_chat_completions_say(house, client):
    chat = house.chat(FRANCE[0]["content"]).json()
    answer = ask(client)
    assert answer.content[0].text == chat["choices"][0]["message"]["content"]
    assert read_of(answer.usage) == chat["usage"]["prompt_tokens"]
    assert answer.usage.output_tokens == chat["usage"]["completion_tokens"]


def test_a_stream_says_what_the_whole_answer_says(client):
    whole = ask(client)
    seen, final = streamed(client)
    assert final.content[0].text == whole.content[0].text
    assert (read_of(final.usage), final.usage.output_tokens) == (read_of(whole.usage), whole.usage.output_tokens)
    assert (final.stop_reason, final.stop_sequence) == (whole.stop_reason, whole.stop_sequence)
    started = next(event for event in seen if event.type == "message_start")
    assert read_of(started.message.usage) == read_of(whole.usage) and started.message.content == []


def test_events_come_by_name_and_in_order(house):
    body = {"model": MODEL, "max_tokens": 8, "messages": FRANCE, "stream": True}
    with house.stream("/v1/messages", body, headers={"x-api-key": house.key, "anthropic-version": "2023-06-01"}) as answer:
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/event-stream") and answer.headers["request-id"]
        text = answer.read().decode()
    names = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    assert names[:3] == ["message_start", "content_block_start", "ping"]
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(names[3:-3]) == {"content_block_delta"} and "[DONE]" not in text


def test_counted_is_what_an_answer_takes(client):
    conversations = [
        {"messages": FRANCE},
        {"messages": FRANCE, "system": "You are a poet."},
        {"messages": [*FRANCE, {"role": "assistant", "content": "Paris."}, {"role": "user", "content": "And of Italy?"}]},
        {"messages": [*FRANCE, {"role": "assistant", "content": "The capital"}]},
    ]
    counts = []
    for conversation in conversations:
        counts.append(client.messages.count_tokens(model=MODEL, **conversation).input_tokens)
        usage = ask(client, max_tokens=1, **conversation).usage
        assert counts[-1] == read_of(usage)
    assert len(set(counts)) == len(counts)


def test_counting_takes_nothing(house, client):
    def tokens():
        return {name: value for name, value in house.metrics().items() if name.startswith("llm_token_count_total")}

    before = tokens()
    for _ in range(3):
        assert client.messages.count_tokens(model=MODEL, messages=FRANCE).input_tokens > 0
    assert tokens() == before
    eventually(lambda: house.gauge("gatehouse_jobs") == 0, what="an end of what was prepared")


def test_what_ends_an_answer(client):
    short = ask(client, max_tokens=3)
    assert short.stop_reason == "max_tokens" and short.usage.output_tokens == 3
    before, _, _ = ask(client).content[0].text.partition("Paris")
    stopped = ask(client, stop_sequences=["none of these", "Paris"])
    assert (stopped.content[0].text, stopped.stop_reason, stopped.stop_sequence) == (before, "stop_sequence", "Paris")
    _, final = streamed(client, stop_sequences=["Paris"])
    assert (final.content[0].text, final.stop_reason, final.stop_sequence) == (before, "stop_sequence", "Paris")


def test_the_system_prompt_and_blocks(client):
    blocks = [{"role": "user", "content": [{"type": "text", "text": FRANCE[0]["content"]}]}]
    assert ask(client, messages=blocks).content[0].text == ask(client).content[0].text
    system = "You are a poet who speaks at length of the sea and of nothing else, day and night."
    spoken = ask(client, system=system, max_tokens=1).usage
    again = ask(client, system=[{"type": "text", "text": system}], max_tokens=1).usage
    assert read_of(spoken) == read_of(again) and spoken.output_tokens == again.output_tokens
    assert read_of(spoken) != read_of(ask(client, max_tokens=1).usage)


def test_an_answer_that_has_begun_goes_on(client):
    begun = [*FRANCE, {"role": "assistant", "content": "The capital of France is"}]
    answer = ask(client, messages=begun, max_tokens=5).content[0].text
    assert "Paris" in answer and "capital" not in answer


def test_answers_may_be_sent_back_as_they_came(client):
    first = ask(client)
    again = [*FRANCE, {"role": "assistant", "content": first.content}, {"role": "user", "content": "Repeat the name of that city."}]
    assert read_of(ask(client, messages=again, max_tokens=32).usage) > read_of(first.usage)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"extra_body": {"temperature": 1.5}}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "nobody", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://x"}}]}]}, "'image'"),
        ({"extra_body": {"temprature": 1}}, "temprature"),
        ({"stop_sequences": [""]}, "stop_sequences[0]"),
        ({"tools": [{"name": "f", "input_schema": {"type": "object"}}]}, "tools cannot be used: the chat template"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking.type"),
        ({"messages": [{"role": "user", "content": "word " * 9000}]}, "tokens"),
    ],
)
def test_fields_that_are_wrong(client, fields, named):
    with pytest.raises(anthropic.BadRequestError) as raised:
        ask(client, **fields)
    error = raised.value.body["error"]
    assert raised.value.body["type"] == "error" and error["type"] == "invalid_request_error" and named in error["message"], error
    assert raised.value.body["request_id"] == raised.value.request_id


def test_all_wrong_fields_are_named_at_once(client):
    with pytest.raises(anthropic.BadRequestError) as raised:
        ask(client, extra_body={"temperature": 3, "top_p": 7, "temprature": 1})
    for name in ("temperature", "top_p", "temprature"):
        assert name in raised.value.message


def test_a_limit_must_be_given(house):
    answer = house.ask("POST", "/v1/messages", {"messages": FRANCE})
    assert answer.status == 400 and "max_tokens is missing" in answer.json()["error"]["message"]


def test_who_may_not(house, client):
    with pytest.raises(anthropic.AuthenticationError) as raised:
        ask(client.with_options(api_key="gh_wrong"))
    assert raised.value.body["error"]["type"] == "authentication_error" and raised.value.request_id
    with pytest.raises(anthropic.NotFoundError) as raised:
        ask(client, model="claude-17")
    assert raised.value.body["error"]["type"] == "not_found_error"
    bearer = anthropic.Anthropic(base_url=house.public.url, auth_token=house.key, api_key=None, max_retries=0)
    assert ask(bearer, max_tokens=1).stop_reason == "max_tokens"


def test_a_hang_up_leaves_the_client_usable(client):
    story = [{"role": "user", "content": "Tell me a long story."}]
    with client.messages.stream(model=MODEL, max_tokens=200, messages=story) as stream:
        next(iter(stream.text_stream))
    assert "Paris" in ask(client).content[0].text
