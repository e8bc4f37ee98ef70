"""How likely tokens were, by the official OpenAI client, from the real model."""

import math

from house import MODEL

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


def ask(client, **fields):
    return client.chat.completions.create(**{"model": MODEL, "messages": FRANCE, "temperature": 0, "logprobs": True, **fields})


def text_of(content):
    return b"".join(bytes(token.bytes or []) for token in content).decode()


def streamed(chunks):
    """The text of all chunks, and all their tokens; each chunk with text says which tokens that is."""
    text, tokens = "", []
    for chunk in chunks:
        (choice,) = chunk.choices
        content = choice.logprobs.content if choice.logprobs else []
        assert choice.logprobs is not None or not choice.delta.content
        text += choice.delta.content or ""
        tokens += content
        assert text.startswith(text_of(tokens))
    return text, tokens


def test_a_chat_names_each_token_it_was_paid_for(client):
    answer = ask(client, top_logprobs=5)
    choice = answer.choices[0]
    content = choice.logprobs.content
    assert len(content) == answer.usage.completion_tokens and text_of(content) == choice.message.content
    assert "".join(token.token for token in content) == choice.message.content and choice.logprobs.refusal is None
    for token in content:
        figures = [other.logprob for other in token.top_logprobs]
        assert len(figures) == 5 and figures == sorted(figures, reverse=True) and sum(map(math.exp, figures)) < 1.0001
        assert (token.token, token.logprob) == (token.top_logprobs[0].token, figures[0])  # at temperature 0 the likeliest is taken
    assert all(token.top_logprobs == [] for token in ask(client).choices[0].logprobs.content)


def test_a_stream_names_the_same(client):
    whole = ask(client, top_logprobs=2).choices[0]
    text, tokens = streamed(ask(client, top_logprobs=2, stream=True))
    assert text == whole.message.content and tokens == whole.logprobs.content


def test_what_the_request_turns_changes_nothing_about_them(client):
    plain = ask(client, top_logprobs=4, max_tokens=1).choices[0].logprobs.content[0].top_logprobs
    for fields in ({"temperature": 2, "seed": 5}, {"logit_bias": {"1000": 100}}, {"top_p": 0.01, "temperature": 1}):
        (token,) = ask(client, top_logprobs=4, max_tokens=1, **fields).choices[0].logprobs.content
        assert [other.token for other in token.top_logprobs] == [other.token for other in plain]
        assert all(abs(one.logprob - other.logprob) < 1e-3 for one, other in zip(token.top_logprobs, plain, strict=True))
        assert token.logprob <= plain[0].logprob + 1e-3


def test_nothing_is_said_of_a_stop_string(client):
    whole = ask(client).choices[0].message.content
    before, _, _ = whole.partition("Paris")
    choice = ask(client, stop="Paris").choices[0]
    assert choice.message.content == before and before.startswith(text_of(choice.logprobs.content))
    assert not any("Paris" in token.token for token in choice.logprobs.content)
    text, tokens = streamed(ask(client, stop="Paris", stream=True))
    assert text == before and tokens == choice.logprobs.content


def test_characters_of_several_tokens(client):
    question = [{"role": "user", "content": "Repeat exactly: 😀 北京 ü 🙂🙃"}]
    choice = ask(client, messages=question, max_tokens=24).choices[0]
    joined = b"".join(bytes(token.bytes) for token in choice.logprobs.content)
    assert joined.decode(errors="ignore") == choice.message.content
    text, tokens = "", b""
    for chunk in ask(client, messages=question, max_tokens=24, stream=True):
        text += chunk.choices[0].delta.content or ""
        tokens += b"".join(bytes(token.bytes) for token in chunk.choices[0].logprobs.content) if chunk.choices[0].logprobs else b""
    assert (text, tokens) == (choice.message.content, joined)


def test_completions_whole_and_streamed(client):
    fields = {"model": MODEL, "prompt": "The capital of France is", "temperature": 0, "max_tokens": 8}
    whole = client.completions.create(**fields, logprobs=2)
    choice, told = whole.choices[0], whole.choices[0].logprobs
    assert "".join(told.tokens) == choice.text and len(told.tokens) == whole.usage.completion_tokens
    for at, (token, figure, likeliest, offset) in enumerate(zip(told.tokens, told.token_logprobs, told.top_logprobs, told.text_offset, strict=True)):
        assert likeliest[token] == figure == max(likeliest.values()) and len(likeliest) == 2
        assert offset == len("".join(told.tokens[:at]))
    parts = [chunk.choices[0].logprobs for chunk in client.completions.create(**fields, logprobs=2, stream=True) if chunk.choices[0].logprobs]
    for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset"):
        assert sum((getattr(part, name) for part in parts), []) == getattr(told, name)
    taken = client.completions.create(**fields, logprobs=0).choices[0].logprobs
    assert [list(likeliest) for likeliest in taken.top_logprobs] == [[token] for token in told.tokens]
    assert client.completions.create(**fields).choices[0].logprobs is None
