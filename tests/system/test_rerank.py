"""Texts held against a query over HTTP: /v1/rerank, with a cross-encoder that is made here (cross_encoder.py)."""

import math
import random

import numpy
import onnxruntime
import pytest
from cross_encoder import LONGEST, NAME, WORDS, make_cross_encoder
from house import House, command
from tokenizers import BertWordPieceTokenizer

DOCUMENTS = ["Paris is the capital of France.", "A river runs through it", "cheese, wine and cheese", "Berlin is a city"]
QUERY = "what is the capital of france?"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """A folder of models with the cross-encoder in it."""
    models = tmp_path_factory.mktemp("models")
    make_cross_encoder(models)
    return models


@pytest.fixture(scope="module")
def desk(tmp_path_factory, encoder):
    folder = tmp_path_factory.mktemp("rerank")
    house = House(folder / "data", folder / "log").start("--models", str(encoder))
    yield house
    house.kill()


@pytest.fixture(scope="module")
def score(encoder):
    """The graph by itself, with Hugging Face's tokenizer in front: each pair alone."""
    folder = encoder / NAME / "1"
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    tokenizer.enable_truncation(LONGEST, strategy="longest_first")

    def score(query, document):
        row = tokenizer.encode(query, document)
        feeds = {"input_ids": row.ids, "attention_mask": row.attention_mask, "token_type_ids": row.type_ids}
        [[[value]]] = session.run(None, {name: numpy.array([values], numpy.int64) for name, values in feeds.items()})
        return 1 / (1 + math.exp(-value)), len(row.ids)

    return score


def rerank(house, documents, headers=None, query=QUERY, **more):
    return house.ask("POST", "/v1/rerank", {"query": query, "documents": documents, **more}, headers=headers)


def results(answer):
    assert answer.status == 200, answer.body
    return answer.json()["results"]


def refused(answer, status, code, param):
    assert answer.status == status, answer.body
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == (code, param), error
    return error


def test_the_best_comes_first_with_the_encoders_own_scores(desk, score):
    answer = rerank(desk, DOCUMENTS, model=NAME)
    wanted = [score(QUERY, one) for one in DOCUMENTS]
    found = results(answer)
    assert [one["index"] for one in found] == sorted(range(len(DOCUMENTS)), key=lambda i: -wanted[i][0])
    for one in found:
        assert set(one) == {"index", "relevance_score"} and one["relevance_score"] == pytest.approx(wanted[one["index"]][0], abs=1e-4)
    tokens = sum(count for _, count in wanted)
    assert answer.json()["model"] == NAME and answer.json()["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}
    assert max(one for one, _ in wanted) - min(one for one, _ in wanted) > 1e-3, "weights that tell nothing apart would show nothing"


def test_what_is_too_long_is_cut_as_cross_encoders_cut_it(desk, score):
    documents = ["wine " * 100, "a river runs " * 9, "paris"]
    for query in (QUERY, "the city of cheese " * 12, "what"):
        for one in results(rerank(desk, documents, query=query)):
            assert one["relevance_score"] == pytest.approx(score(query, documents[one["index"]])[0], abs=1e-4), query


def test_so_many_as_are_wanted_and_their_texts(desk):
    everything = results(rerank(desk, DOCUMENTS))
    some = results(rerank(desk, [{"text": one, "title": "t"} for one in DOCUMENTS], top_n=2, return_documents=True))
    assert [one["index"] for one in some] == [one["index"] for one in everything[:2]]
    assert [one["document"] for one in some] == [{"text": DOCUMENTS[one["index"]]} for one in some]
    assert len(results(rerank(desk, DOCUMENTS, top_n=100))) == len(DOCUMENTS)


def test_many_documents_are_each_held_against_the_query_alone(desk, score):
    rng = random.Random(3)
    documents = [" ".join(rng.choices(WORDS, k=rng.randint(1, 40))) for _ in range(1000)]
    found = results(rerank(desk, documents))
    assert sorted(one["index"] for one in found) == list(range(1000))
    scores = [one["relevance_score"] for one in found]
    assert scores == sorted(scores, reverse=True)
    for one in found[::50]:
        assert one["relevance_score"] == pytest.approx(score(QUERY, documents[one["index"]])[0], abs=1e-4)


@pytest.mark.parametrize(
    "body, param",
    (
        ({"documents": ["a"]}, "query"),
        ({"query": "", "documents": ["a"]}, "query"),
        ({"query": "q"}, "documents"),
        ({"query": "q", "documents": []}, "documents"),
        ({"query": "q", "documents": ["a", ""]}, "documents[1]"),
        ({"query": "q", "documents": ["a"] * 2049}, "documents"),
        ({"query": "q", "documents": ["a"], "top_n": 0}, "top_n"),
    ),
)
def test_what_breaks_a_rule_is_named(desk, body, param):
    refused(desk.ask("POST", "/v1/rerank", body), 400, "invalid_value", param)


def test_a_model_of_another_kind_ranks_nothing(desk):
    for name in ("minilm", "iris", "nobody"):
        refused(rerank(desk, DOCUMENTS, model=name), 404, "model_not_found", "model")
    refused(desk.ask("POST", "/v1/embeddings", {"input": "a", "model": NAME}), 404, "model_not_found", "model")


def test_the_scope_is_its_own(desk):
    key = command(desk, "key", "create", "--tenant", "demo", "--name", "e", "--scopes", "embeddings,llm")["key"]
    refused(rerank(desk, DOCUMENTS, headers={"X-API-Key": key}), 403, "scope_missing", "rerank")


def test_where_there_is_no_cross_encoder_it_says_so(house):
    assert "rerank" in refused(rerank(house, DOCUMENTS), 404, "model_not_found", "model")["message"]


def test_a_folder_that_is_not_right_is_named(encoder, tmp_path, desk):
    found = {one["name"]: one for one in command(desk, "model", "list")}
    assert found[NAME]["kind"] == "rerank" and found[NAME]["state"] == "ready"
    command(desk, "model", "check", str(encoder / NAME))
