"""The pure half of Chinese NLU in C++ beside the plain Python reference, over the shipped model: the same tokens, spans, offsets and scores."""

import json
import os
import unicodedata

import pytest
import tokenizers
from nlu_pipe import FORMS, MODEL, NESTED, ROOT, UNITS, Pipe, noise, reference, requests, seeded

ROWS = json.loads((ROOT / "tests" / "quality" / "rows.json").read_text(encoding="utf-8"))
SOAK = "GATEHOUSE_SOAK" in os.environ
COUNT, LINES = (2000, 90_000) if SOAK else (120, 2400)  # requests; lines of noise, beside 5 * COUNT texts


@pytest.fixture(scope="module")
def python():
    import reference as forms

    pipeline = reference()
    pipeline.forms = forms.FORMS
    return pipeline


@pytest.fixture(scope="module")
def pipe(python):
    pipe = Pipe(python.runner, python.manifest)
    yield pipe
    pipe.close()


def close(one, other):
    """The same but for the last digits of scores."""
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(close, one, other))
    return one == other if not isinstance(one, float) else abs(one - other) < 1e-6


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['task']}-{row['text'][:12]}")
def test_a_documented_row_has_the_references_answer(pipe, python, row):
    for mode in ("native", "compat"):
        wanted = python(row["text"], row["schema"], mode=mode)
        found = pipe.extract(row["text"], row["schema"], mode=mode)
        assert close(found["output"], wanted), (found, wanted)
    types = {">".join(step["type"] for step in path) for path in pipe.extract(row["text"], row["schema"])["output"]}
    assert set(row["paths"]) <= types and not types & set(row.get("never", ()))
    for number, form in enumerate(FORMS):
        found = pipe.extract(row["text"], json.dumps(row["schema"]), form=number)
        assert close(found["output"], python.forms[form](python(row["text"], row["schema"]))), form


def test_texts_of_all_kinds_have_the_references_answer(pipe, python):
    seed, rng = seeded()
    found_some = 0
    for text, schema, options in requests(COUNT, rng):
        every = rng.random() < 0.2
        wanted = python(text, schema, all_prefixes=every, **options)
        found = pipe.extract(text, schema, every_step=every, **options)
        assert close(found.get("output"), wanted), (seed, text, schema, options, found, wanted)
        found_some += bool(wanted)
    assert found_some > COUNT / 3


def test_positions_of_prompts_may_begin_where_the_text_ends(python):
    """As in models of the original's kind, whose threshold lies over 0, too."""
    nlu = {**python.manifest["nlu"], "hint_position_base": "text_len", "threshold": 0.5}
    pipe, other = Pipe(python.runner, {"nlu": nlu}), reference()
    other.threshold, other.runner.base = 0.5, "text_len"
    seed, rng = seeded()
    for text, schema, options in requests(COUNT // 4, rng):
        found, wanted = pipe.extract(text, schema, **options), other(text, schema, **options)
        assert close(found.get("output"), wanted), (seed, text, schema, options, found, wanted)
    pipe.close()


def test_answers_that_were_written_down_come_again(pipe):
    """With GATEHOUSE_NLU_ANSWERS: what tools/uninlu/answers.py wrote over its own texts, computed in batches."""
    path = os.environ.get("GATEHOUSE_NLU_ANSWERS")
    for line in open(path, encoding="utf-8") if path else ():
        row = json.loads(line)
        found = pipe.extract(row["text"], row["schema"], mode=row["mode"])["output"]
        strip = [[(step["type"], step["span"], step["offset"]) for step in path] for path in found]
        assert strip == [[(step["type"], step["span"], step["offset"]) for step in path] for path in row["output"]], row


def test_offsets_come_in_the_callers_unit(pipe):
    text = "😀𠮷，谷爱凌在北京冬奥会上夺得金牌。"
    cut = {
        "codepoint": lambda start, end: text[start:end], "byte": lambda start, end: text.encode()[start:end].decode(),
        "utf16": lambda start, end: text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le"),
    }  # fmt: skip
    for number, unit in enumerate(UNITS):
        found = pipe.extract(text, {"人物": None, "地理位置": None}, unit=number)["output"]
        assert len(found) >= 2
        for [step] in found:
            assert cut[unit](*step["offset"]) == step["span"]


def test_a_schema_of_three_levels_asks_the_model_three_times(pipe):
    answer = pipe.extract("苹果公司昨天发布了新款iPhone 15，售价6999元。", {"公司": {"产品(产品)": {"价格": None}}})
    assert 1 <= answer["steps"] <= 3
    assert pipe.extract("谷爱凌在北京夺得金牌", {"人物": None, "地理位置": None, "时间": None})["steps"] == 1


@pytest.mark.parametrize(
    ("text", "schema", "reason"),
    [
        ("", {"人物": None}, "text_empty"), ("谷" * 20001, {"人物": None}, "text_too_long"), ("谷爱凌", "{", "invalid_value"), ("谷爱凌", [], "invalid_value"),
        ("谷爱凌", "[]", "invalid_value"), ("谷爱凌", {}, "invalid_value"), ("谷爱凌", {f"k{n}": None for n in range(1000)}, "invalid_value"),
        ("谷爱凌", {"a\u0007": None}, "invalid_value"), ("谷爱凌", '{"a":' * 65 + "1" + "}" * 65, "invalid_value"),
        (",".join(f"标签{n}" for n in range(200)) + "|谷爱凌", {"分类": None}, "nlu_too_much"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(pipe, text, schema, reason):
    answer = pipe.extract(text, schema)
    assert answer.get("error") == reason, answer


def test_the_tokenizer_equals_the_reference_and_hugging_face(pipe, python):
    theirs = tokenizers.BertWordPieceTokenizer(str(MODEL / "vocab.txt"), lowercase=True)
    seed, rng = seeded()
    texts = [noise(rng) for _ in range(LINES)] + [text for text, _, _ in requests(5 * COUNT, rng)] + [row["text"] for row in ROWS]
    for text in texts:
        ids, places = pipe.encode(text)
        assert (ids, places) == python.tokenizer.encode(text), (seed, text)
        if "[SEP]" not in text:
            wanted = theirs.encode(text)
            assert ids == wanted.ids and places[1:-1] == wanted.offsets[1:-1], (seed, text)
        most = rng.randint(2, 20)
        assert pipe.encode(text, most) == python.tokenizer.encode(text, most), (seed, text, most)


def test_every_character_is_read_as_the_reference_reads_it(pipe, python):
    """All that Unicode had assigned when Python's tables were made: newer ones of ICU may know more."""
    characters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000 and unicodedata.category(chr(code)) not in ("Cn", "Co")]
    for begin in range(0, len(characters), 2048):
        some = characters[begin : begin + 2048]
        for text in ("".join("a" + char + "b " for char in some), "中".join(some)):
            assert pipe.encode(text) == python.tokenizer.encode(text), f"U+{ord(some[0]):04X} or one of those behind it"


def test_a_tokenizer_that_keeps_capitals_equals_hugging_face(python, tmp_path):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text((MODEL / "vocab.txt").read_text(encoding="utf-8") + "".join(f"{c}\n##{c}\n" for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZé"), encoding="utf-8")
    theirs = tokenizers.BertWordPieceTokenizer(str(vocab), lowercase=False, strip_accents=False)
    pipe = Pipe(python.runner, {"nlu": {**python.manifest["nlu"], "lower_case": False}}, vocab)
    seed, rng = seeded()
    for text in ["Élodie在PARIS", "ABC abc"] + [noise(rng) for _ in range(5 * COUNT)]:
        wanted = theirs.encode(text)
        ids, places = pipe.encode(text)
        assert ids == wanted.ids and places[1:-1] == wanted.offsets[1:-1], (seed, text)
    pipe.close()


def test_nested_schemas_name_their_tasks(pipe):
    tasks = [pipe.extract("谷爱凌在北京", schema)["tasks"] for schema in NESTED]
    assert tasks == [["ner", "re"], ["absa"], ["absa"], ["event"], ["event"], ["re"]]
