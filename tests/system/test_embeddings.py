"""Vectors of texts over HTTP: /v1/embeddings on the model minilm, as OpenAI's client asks for them, beside what sentence-transformers makes of the same texts."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import openai
import pytest
from house import House, command, eventually
from tokenizers import BertWordPieceTokenizer

MODEL, WIDTH, LONGEST, VOCABULARY = "minilm", 384, 256, 30_522
HERE = Path(__file__).resolve().parent
SENTENCES = json.loads((HERE / "minilm" / "sentences.json").read_text(encoding="utf-8"))
VOCABULARY_FILE = HERE.parents[1] / "models" / MODEL / "1" / "vocab.txt"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embeddings")
    house = House(folder / "data", folder / "log").start()
    command(house, "tenant", "set", "demo", "--quota-per-day", "1000000")
    yield house
    house.kill()


@pytest.fixture(scope="module")
def client(desk):
    with openai.OpenAI(base_url=desk.public.url + "/v1", api_key=desk.key, max_retries=0, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def tokenizer():
    """Hugging Face's, as sentence-transformers uses it."""
    tokenizer = BertWordPieceTokenizer(str(VOCABULARY_FILE), lowercase=True)
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


@pytest.fixture(scope="module")
def reference():
    """What sentence-transformers made (tools/minilm/reference.py), rounded to 1/32767."""
    vectors = numpy.frombuffer((HERE / "minilm" / "vectors.i2").read_bytes(), "<i2").reshape(-1, WIDTH) / 32767
    assert len(vectors) == len(SENTENCES) >= 500
    return vectors


def embed(house, text, headers=None, **more):
    return house.ask("POST", "/v1/embeddings", {"input": text, **more}, headers=headers)


def vectors_of(answer):
    assert answer.status == 200, answer.body
    return numpy.array([one["embedding"] for one in answer.json()["data"]])


def refused(answer, status, code, param):
    assert answer.status == status, answer.body
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and (error["code"], error["param"]) == (code, param), error
    return error


# -- what comes back ---------------------------------------------------------------------------------------------------


def test_one_text_becomes_one_vector(desk, tokenizer):
    answer = embed(desk, "The capital of France is Paris.", model=MODEL)
    body = answer.json()
    assert answer.status == 200 and set(body) == {"object", "data", "model", "usage"} and (body["object"], body["model"]) == ("list", MODEL)
    [one] = body["data"]
    assert set(one) == {"object", "index", "embedding"} and (one["object"], one["index"]) == ("embedding", 0)
    assert len(one["embedding"]) == WIDTH and abs(numpy.linalg.norm(one["embedding"]) - 1) < 1e-5
    count = len(tokenizer.encode("The capital of France is Paris.").ids)
    assert body["usage"] == {"prompt_tokens": count, "total_tokens": count}
    assert (vectors_of(embed(desk, "The capital of France is Paris.")) == numpy.array([one["embedding"]])).all(), "without model it is the default"


def test_vectors_are_those_of_sentence_transformers(client, reference):
    """To 1e-4, of which the reference's own rounding takes 1.6e-5."""
    made = client.embeddings.create(model=MODEL, input=SENTENCES)
    assert [one.index for one in made.data] == list(range(len(SENTENCES)))
    away = numpy.abs(numpy.array([one.embedding for one in made.data]) - reference).max(axis=1)
    assert away.max() < 1e-4 - 1 / 65534, [(SENTENCES[i], away[i]) for i in away.argsort()[-5:]]


def test_alike_means_alike(client):
    texts = ["How do I reset my password?", "I forgot my login and need a new one.", "The recipe needs two eggs and some flour."]
    first, second, third = (numpy.array(one.embedding) for one in client.embeddings.create(model=MODEL, input=texts).data)
    assert first @ second > 0.4 > first @ third


def test_a_vector_depends_on_its_text_alone(desk):
    alone = [vectors_of(embed(desk, text))[0] for text in SENTENCES[:40:5]]
    together = vectors_of(embed(desk, SENTENCES))[:40:5]
    assert numpy.abs(numpy.array(alone) - together).max() < 1e-5
    with ThreadPoolExecutor(8) as pool:
        beside = list(pool.map(lambda text: vectors_of(embed(desk, text))[0], SENTENCES[:40:5] * 4))
    assert numpy.abs(numpy.array(alone * 4) - numpy.array(beside)).max() < 1e-5


def test_tokens_are_counted_as_hugging_face_counts_them(client, tokenizer):
    for part in (SENTENCES[:100], SENTENCES[-60:]):
        made = client.embeddings.create(model=MODEL, input=part)
        assert made.usage.prompt_tokens == made.usage.total_tokens == sum(len(one.ids) for one in tokenizer.encode_batch(part))


# -- how it may be asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ("float", "base64"))
def test_both_forms_hold_the_same_numbers(desk, form):
    numbers = vectors_of(embed(desk, SENTENCES[:3]))
    answer = embed(desk, SENTENCES[:3], encoding_format=form).json()
    if form == "float":
        assert [one["embedding"] for one in answer["data"]] == numbers.tolist()
    else:
        made = [numpy.frombuffer(base64.b64decode(one["embedding"], validate=True), "<f4") for one in answer["data"]]
        assert (numpy.array(made) == numbers.astype("<f4")).all()


def test_the_client_asks_for_either(client):
    default = client.embeddings.create(model=MODEL, input="A form nobody named.").data[0].embedding
    numbers = client.embeddings.create(model=MODEL, input="A form nobody named.", encoding_format="float").data[0].embedding
    assert numpy.abs(numpy.array(default) - numpy.array(numbers)).max() < 1e-7
    text = client.embeddings.create(model=MODEL, input="A form nobody named.", encoding_format="base64").data[0].embedding
    assert isinstance(text, str) and len(base64.b64decode(text)) == WIDTH * 4


@pytest.mark.parametrize("dimensions", (1, 64, WIDTH))
def test_dimensions_cut_and_make_as_long_as_one_again(client, dimensions):
    whole, cut = (numpy.array(client.embeddings.create(model=MODEL, input="To be cut.", **more).data[0].embedding) for more in ({}, {"dimensions": dimensions}))
    assert len(cut) == dimensions and numpy.abs(cut - whole[:dimensions] / numpy.linalg.norm(whole[:dimensions])).max() < 1e-6


def test_lists_of_tokens_are_the_text_that_they_were_made_of(client, tokenizer):
    texts = [SENTENCES[0], SENTENCES[40], "word " * 400]
    wanted = [one.embedding for one in client.embeddings.create(model=MODEL, input=texts).data]
    for special in (True, False):
        ids = [tokenizer.encode(text, add_special_tokens=special).ids for text in texts]
        made = client.embeddings.create(model=MODEL, input=ids)
        assert numpy.abs(numpy.array([one.embedding for one in made.data]) - wanted).max() < 1e-6
        single = client.embeddings.create(model=MODEL, input=ids[0]).data
        assert len(single) == 1 and numpy.abs(numpy.array(single[0].embedding) - wanted[0]).max() < 1e-6


def test_as_many_texts_as_may_be_asked_at_once(desk):
    texts = [f"{SENTENCES[i % 80]} {i}" for i in range(2048)]
    answer = embed(desk, texts, encoding_format="base64")
    assert answer.status == 200 and [one["index"] for one in answer.json()["data"]] == list(range(2048))
    some = vectors_of(embed(desk, [texts[i] for i in (0, 999, 2047)]))
    made = [numpy.frombuffer(base64.b64decode(answer.json()["data"][i]["embedding"]), "<f4") for i in (0, 999, 2047)]
    assert numpy.abs(numpy.array(made) - some).max() < 1e-5
    assert refused(embed(desk, [*texts, "one more"]), 400, "invalid_value", "input")["type"] == "invalid_request_error"


def test_a_text_of_any_length_is_cut(desk):
    for text, tokens in (("a" * 2_000_000, 3), (" " * 2_000_000 + "a", 3), ("a " * 1_000_000, LONGEST)):
        answer = embed(desk, [text, "short"])
        assert answer.status == 200 and answer.json()["usage"]["prompt_tokens"] == tokens + 3


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, param",
    (
        ({}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": [[]]}, "input[0]"),
        ({"input": [1, "a"]}, "input[1]"),
        ({"input": {"text": "a"}}, "input"),
        ({"input": "a", "dimensions": 0}, "dimensions"),
        ({"input": "a", "dimensions": WIDTH + 1}, "dimensions"),
        ({"input": "a", "encoding_format": "int8"}, "encoding_format"),
    ),
)
def test_what_breaks_a_rule_is_named(desk, body, param):
    refused(desk.ask("POST", "/v1/embeddings", {"model": MODEL, **body}), 400, "invalid_value", param)


def test_a_token_that_is_none_and_a_field_that_is_none_are_named(desk):
    assert str(VOCABULARY) in refused(embed(desk, [101, VOCABULARY, 102]), 400, "token_unknown", "input")["message"]
    refused(embed(desk, "a", dimension=3), 400, "unsupported_parameter", "dimension")


def test_a_model_of_another_kind_does_not_exist_here(desk, client):
    for name in ("nobody", "iris", "smollm2-135m-instruct", "uninlu-small"):
        refused(embed(desk, "a", model=name), 404, "model_not_found", "model")
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model=name, input="a")
    refused(desk.ask("POST", "/v1/chat/completions", {"model": MODEL, "messages": [{"role": "user", "content": "a"}]}), 404, "model_not_found", "model")
    assert desk.ask("POST", f"/v2/models/{MODEL}/infer", {"inputs": []}).status == 404


def test_the_scope_is_its_own(desk):
    for scopes, status in (("embeddings", 200), ("llm,predict,nlu,rerank", 403)):
        key = command(desk, "key", "create", "--tenant", "demo", "--name", scopes, "--scopes", scopes)["key"]
        answer = embed(desk, "a", headers={"Authorization": f"Bearer {key}"})
        if status == 200:
            assert answer.status == 200, answer.body
        else:
            refused(answer, 403, "scope_missing", "embeddings")


# -- what is counted ---------------------------------------------------------------------------------------------------


def test_what_it_takes_is_counted_and_on_record(new_house, tmp_path):
    house = new_house(started=False)
    (tmp_path / "gatehouse.toml").write_text(
        f'[prices.{MODEL}]\nprompt = 20\ncall = 0.001\n[[limits.rules]]\nmodel = "{MODEL}"\ntokens_per_minute = 60\n[audit]\ncontent = true\n'
    )
    house.start("--config", str(tmp_path / "gatehouse.toml"))
    answer = embed(house, ["What is this, 4711 0800 1234567?", "a"])
    tokens = answer.json()["usage"]["prompt_tokens"]
    assert answer.status == 200 and answer.json()["usage"]["cost"] == pytest.approx(0.001 + tokens * 20e-6)
    assert float(answer.headers["x-gatehouse-cost"]) == pytest.approx(0.001 + tokens * 20e-6)
    assert int(answer.headers["x-ratelimit-remaining-tokens"]) == 60 - tokens
    over = embed(house, "word " * 50)
    assert over.status == 429 and over.json()["error"]["type"] == "rate_limit_error" and "Retry-After" in over.headers
    [row] = eventually(lambda: [row for row in command(house, "usage", "--tenant", "demo") if row["requests"] == 1], what="the usage")
    assert row["prompt_tokens"] == tokens and row["completion_tokens"] == 0
    [record] = eventually(lambda: [one for one in command(house, "audit", "list", "--tenant", "demo") if one["action_type"] == "embeddings" and one["success"]], what="the record")
    assert (record["task"], record["model"], record["tokens"]) == ("embeddings", MODEL, tokens)
    scraped = house.ask("GET", "/metrics", admin=True).body.decode()
    assert f'llm_token_count_total{{model="{MODEL}",type="prompt"}} {tokens}' in scraped
    assert 'llm_api_request_count_total{endpoint="/v1/embeddings",method="POST",status_code="200"} 1' in scraped


def test_a_budget_of_tokens_holds(new_house):
    house = new_house()
    command(house, "budget", "set", "--tenant", "demo", "--tokens", "40", "--period", "day")
    assert embed(house, "a few words and no more").status == 200
    answer = embed(house, "word " * 200)
    assert answer.status == 429 and answer.json()["error"]["type"] == "insufficient_quota"
    assert embed(house, "a few words").status == 200


def test_it_is_loaded_by_whoever_first_asks(new_house):
    """Nobody else needs its memory."""
    house = new_house()
    state = lambda: next(one for one in command(house, "model", "list") if one["name"] == MODEL)  # noqa: E731
    assert (state()["kind"], state()["state"]) == ("embeddings", "declared")
    assert embed(house, "a").status == 200
    assert state()["state"] == "ready"
