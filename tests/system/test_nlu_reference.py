"""The shipped Chinese model through the plain Python reference of tools/uninlu: it loads, answers in the documented shapes, and its tokenizer is BERT's."""

import json
import random
import sys
from pathlib import Path

import pytest
import tokenizers

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "uninlu"))

from reference import FORMS, BadSchema, Pipeline, read_schema  # noqa: E402

MODEL = ROOT / "models" / "uninlu-small" / "1"
ROWS = json.loads((ROOT / "tests" / "quality" / "rows.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline(MODEL)


def leaves(schema, path=()):
    """Every way from the root to a leaf: what the types of a path may be."""
    for key, below in schema.items():
        if below is None:
            yield (*path, key)
        else:
            yield from leaves(below, (*path, key))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['task']}-{row['text'][:12]}")
def test_a_documented_row_gives_its_path_shape(pipeline, row):
    found = pipeline(row["text"], row["schema"])
    allowed = set(leaves(row["schema"]))
    for path in found:
        assert tuple(step["type"] for step in path) in allowed
        for step in path:
            if step["offset"] is not None:
                start, end = step["offset"]
                assert row["text"][start:end] == step["span"]
            assert 0 <= step["score"] <= 1
    types = {">".join(step["type"] for step in path) for path in found}
    assert set(row["paths"]) <= types, found
    assert not types & set(row.get("never", ()))
    assert set(row.get("spans", ())) <= {step["span"] for path in found for step in path}, found


def test_labels_that_were_not_sent_have_no_offset(pipeline):
    [[answer]] = pipeline("今天天气真好", {"情感分类": None})
    assert (answer["span"], answer["offset"]) == ("正向", None)


def test_every_form_of_output_holds_the_same_spans(pipeline):
    paths = pipeline("7月28日，天津泰达在德比战中以0-1负于天津天海。", {"胜负(事件触发词)": {"时间": None, "败者": None}})
    spans = {(step["type"], step["span"]) for path in paths for step in path}
    assert {(step["type"], step["span"]) for step in FORMS["flat"](paths)} == spans
    assert len(FORMS["tree"](paths)) == len({tuple(path[0]["offset"]) for path in paths})
    assert set(FORMS["grouped"](paths)) == {"胜负(事件触发词)"}


def test_a_long_text_gives_the_offsets_of_the_whole(pipeline):
    filler = "会议讨论了今后的工作。" * 60
    text = filler + "江泽民主席在北京会见了客人。" + filler
    found = pipeline(text, {"人物": None})
    assert ("江泽民", [len(filler), len(filler) + 3]) in [(step["span"], step["offset"]) for [step] in found]


@pytest.mark.parametrize("schema", ["[]", '["人物"]', "{", {}, {"": None}, {"人物": 3}, {"人物": {"职务": [1]}}])
def test_a_schema_that_breaks_the_rules_is_refused(schema):
    with pytest.raises(BadSchema):
        read_schema(schema)


def test_the_tokenizer_equals_hugging_face(pipeline):
    theirs = tokenizers.BertWordPieceTokenizer(str(MODEL / "vocab.txt"), lowercase=True)
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    stretches = [(0x20, 0x7F), (0x4E00, 0x9FA5), (0x3000, 0x3029), (0xFF00, 0xFFEF), (0xC0, 0x250), (0x2000, 0x206F), (0x1F600, 0x1F64F), (0xAC00, 0xAC40), (0x300, 0x320), (0x400, 0x450), (0x9, 0xE)]
    for _ in range(3000):
        text = "".join(chr(rng.randint(*rng.choice(stretches))) for _ in range(rng.randint(0, 40)))
        ids, places = pipeline.tokenizer.encode(text)
        wanted = theirs.encode(text)
        assert ids == wanted.ids and places[1:-1] == wanted.offsets[1:-1], (seed, text)
