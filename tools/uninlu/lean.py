"""The two shrunk graphs -> the same network in a fifth of the nodes: the same int8 weights, and what they are multiplied with is shrunk as before.

    python -m tools.uninlu.lean FOLDER_OF_SHRUNK_GRAPHS models/uninlu-small/1

What ids alone decide comes out of tables, an attention, a product with its bias and a norm with its sum are one node each, and what is 0 for a text
without labels, or for a prompt that holds no span, is not computed. What the graphs take and give is as export.py has it, but for the states' last
columns (EXTRAS below), which only the upper graph reads.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy
import onnx
from onnx import TensorProto, numpy_helper

from drawing import Drawing, Shrunk

MARKS = ("|", "｜", "&", "2", "子", "落", "；", "回", ":", ",")  # of sides.py
HEADS, DILATIONS, PAIRS = 4, (1, 2, 4), 32768
SIDES, EXTRAS = 5, 7  # of each token: sides.py's five, whether it is the prompt's last span, its id
MANY = 2048  # more than a prompt has tokens
REACHES, FARTHEST = (3.0, 15.0), 511
AROUND = (1, 3, 4, 5, 7)  # of what stands 4 in front to 4 behind
FLOAT, WHOLE = TensorProto.FLOAT, TensorProto.INT64


def at(*numbers):
    return numpy.array(numbers, numpy.int64)


def real(value):
    return numpy.array(value, numpy.float32)


# ---- Parts that both graphs have ----


def attention(d, query, key, value, mask):
    return d.fused("MultiHeadAttention", query, key, value, "", mask, num_heads=HEADS)


def behind_attention(d, weights, layer, x, found):
    """What a layer does with what its attention found, for the rows x."""
    x = d.normed(x, d.product(found, weights.product(f"{layer}.attention.out")), weights.norm(f"{layer}.norm1"))
    wide = d.fused("Gelu", d.product(x, weights.product(f"{layer}.first")))
    return d.normed(x, d.product(wide, weights.product(f"{layer}.second")), weights.norm(f"{layer}.norm2"))


def full_layer(d, weights, layer, x, mask):
    all_three = weights.product(f"{layer}.attention.query").beside(weights.product(f"{layer}.attention.both"))
    query, key, value = d.node("Split", d.product(x, all_three), outputs=3, axis=-1)
    return behind_attention(d, weights, layer, x, attention(d, query, key, value, mask))


# ---- The lower graph ----


def moved(d, x, by):
    """Ids, or what was made of them, one token on (0 comes in)."""
    return d.node("Pad", x, at(0, 1, 0, -1) if by > 0 else at(0, -1, 0, 1))


def pairs_of(d, ids):
    numbers = d.node("Add", d.node("Mul", moved(d, ids, 1), at(31337)), d.node("Mul", ids, at(7919)))
    return d.node("Mod", numbers, at(PAIRS))


def embedded(d, weights, ids, pairs, kinds, positions):
    parts = [d.rows(weights.table("word"), ids), *(d.rows(weights.table("pair"), numbers) for numbers in (pairs, moved(d, pairs, -1)))]
    x = d.product(d.node("Concat", *parts, axis=-1), weights.product("mix"))
    return d.normed(d.node("Add", x, d.rows(weights.table("kind"), kinds)), d.rows(weights.table("position"), positions), weights.norm("norm"))


def convolved(d, weights, number, x, seen):
    by = DILATIONS[number]
    wide = d.node("Pad", d.node("Mul", x, seen), at(0, by, 0, 0, by, 0))
    ends = numpy.iinfo(numpy.int64).max
    parts = [d.node("Slice", wide, at(begin), at(end), at(1)) for begin, end in ((0, -2 * by), (by, -by), (2 * by, ends))]
    value, gate = d.node("Split", d.product(d.node("Concat", *parts, axis=-1), weights.product(f"convolutions.{number}.conv")), outputs=2, axis=-1)
    return d.normed(x, d.node("Mul", value, d.node("Sigmoid", gate)), weights.norm(f"convolutions.{number}.norm"))


def shared(d, left, right, first, second):
    """1 for a token of one text that the other has too."""
    same = d.floats(d.node("Equal", d.node("Unsqueeze", left, at(2)), d.node("Unsqueeze", right, at(1))))
    same = d.node("Mul", d.node("Mul", same, d.node("Unsqueeze", first, at(2))), d.node("Unsqueeze", second, at(1)))
    return d.node("Add", d.node("ReduceMax", same, axes=[2], keepdims=0), d.node("ReduceMax", same, axes=[1], keepdims=0))


def sides(d, marks, ids, pairs, seen, none):
    """As sides.py, of texts that hold a bar. none: as many numbers as ids, each 0."""
    bar, wide, both, two, sentence, paragraph, stop, reply = marks[:8]

    def is_one_of(x, *which):
        met = [d.node("Equal", x, at(one)) for one in which]
        return met[0] if len(met) == 1 else d.node("Or", *met)

    def within(x, low):
        return d.floats(d.node("Greater", x, real(low)))

    ends = d.node("Or", is_one_of(ids, 2), is_one_of(ids, 3))
    inside = d.node("Mul", seen, d.floats(d.node("Not", ends)))
    bars = d.floats(is_one_of(ids, bar, wide))
    count = d.node("CumSum", bars, numpy.array(1, numpy.int64))
    some = within(d.node("ReduceMax", count, axes=[1], keepdims=1), 0)
    labels = d.node("Mul", d.node("Mul", inside, some), d.floats(d.node("Equal", count, real(0))))
    body = d.node("Mul", inside, within(d.node("Sub", count, bars), 0))
    numbered = d.node("And", is_one_of(ids, two), is_one_of(moved(d, ids, 1), sentence, paragraph))
    answered = d.node("And", is_one_of(ids, stop), is_one_of(moved(d, ids, -1), reply))
    edges = d.node("Mul", d.floats(d.node("Or", d.node("Or", is_one_of(ids, both), numbered), answered)), body)
    past = d.node("CumSum", edges, numpy.array(1, numpy.int64))
    first = d.node("Mul", body, d.floats(d.node("Equal", past, real(0))))
    second = d.node("Mul", body, within(d.node("Sub", past, edges), 0))

    def told(d):
        following = moved(d, pairs, -1)
        pair = d.node("Max", shared(d, pairs, pairs, first, second), shared(d, following, following, first, second))
        return stacked(d, [shared(d, ids, ids, first, second), pair])

    def not_told(d):
        return stacked(d, [none, none])

    def stacked(d, columns):
        return d.node("Concat", *(d.node("Unsqueeze", column, at(2)) for column in columns), axis=-1)

    both_have = d.either(d.node("ReduceMax", second, keepdims=0), told, not_told)
    return d.node("Concat", stacked(d, [labels, first, second]), both_have, axis=-1)


def extras(d, marks, vocab, ids, pairs, seen):
    """sides, whether a token is the prompt's last span (focus.py: one comma and one colon follow it), and its id as a number."""
    bars, ends = numpy.zeros(vocab, numpy.float32), numpy.zeros(vocab, numpy.float32)
    bars[list(marks[:2])], ends[marks[-2]], ends[marks[-1]] = 1, 1, MANY
    ending = d.node("Mul", d.node("Gather", ends, ids), seen)
    behind = d.node("CumSum", ending, numpy.array(1, numpy.int64), exclusive=1, reverse=1)
    last = d.floats(d.node("And", d.node("Equal", behind, real(MANY + 1)), d.node("Equal", ending, real(0))))
    none = d.node("Mul", seen, real(0))

    def labelled(d):
        return sides(d, marks, ids, pairs, seen, none)

    def plain(d):
        return d.node("Mul", d.node("Unsqueeze", seen, at(2)), numpy.zeros(SIDES, numpy.float32))

    known = d.either(d.node("ReduceMax", d.node("Gather", bars, ids), keepdims=0), labelled, plain)
    columns = [d.node("Unsqueeze", column, at(2)) for column in (d.node("Mul", last, seen), d.floats(ids))]
    return [known, *columns]


def lower(weights, marks):
    d = Drawing()
    ids = "input_ids"
    seen, pairs = d.floats("attention_mask"), pairs_of(d, ids)
    x, column = embedded(d, weights, ids, pairs, "token_type_ids", "position_ids"), d.node("Unsqueeze", seen, at(2))
    for number in range(len(DILATIONS)):
        x = convolved(d, weights, number, x, column)
    mask = d.node("Cast", "attention_mask", to=TensorProto.INT32)
    x = full_layer(d, weights, "layers.0", x, mask)
    d.named("hidden", d.node("Concat", x, *extras(d, marks, weights.arrays["word.weight_quantized"].shape[0], ids, pairs, seen), axis=-1))
    shape = ["U", "N"]
    inputs = [(name, WHOLE, shape) for name in ("input_ids", "attention_mask", "token_type_ids", "position_ids")]
    return d.model("lower", inputs, [("hidden", FLOAT, [*shape, weights.arrays["norm.bias"].size + EXTRAS])])


# ---- The upper graph ----


def mean(d, rows, weight):
    """Of the rows that weigh 1: rows [B, N, H], weight [B, N, 1]."""
    whole = d.node("ReduceSum", d.node("Mul", rows, weight), at(1), keepdims=0)
    return d.node("Div", whole, d.node("Max", d.node("ReduceSum", weight, at(1), keepdims=0), real(1)))


def contrast(d, weights, text, known, prompt):
    """As sides.py: a query for the labels."""
    _, first, second, char, pair = d.node("Split", known, outputs=SIDES, axis=-1)
    token = d.fused("Gelu", d.product(d.node("Concat", text, char, pair, axis=-1), weights.product("contrast.token")))

    def size(weight):
        return d.node("ReduceSum", weight, at(1), keepdims=0)

    def share(part, whole):
        return d.node("Div", size(part), d.node("Max", whole, real(1)))

    def without(weight, what):
        return d.node("Mul", weight, d.node("Sub", real(1), what))

    alone, lengths = [without(first, char), without(second, char)], [size(first), size(second)]
    left, right = (mean(d, token, weight) for weight in alone)
    most = [d.node("ReduceMax", d.node("Mul", token, weight), axes=[1], keepdims=0) for weight in alone]
    shares = [share(weight, whole) for weight, whole in zip(alone, lengths)] + [share(without(weight, pair), whole) for weight, whole in zip((first, second), lengths)]
    numbers = [d.node("Div", length, real(50)) for length in lengths] + shares + [d.floats(d.node("Greater", lengths[1], real(0)))]
    apart = [d.node("Abs", d.node("Sub", left, right)), d.node("Mul", left, right)]
    wide = d.node("Concat", mean(d, token, first), mean(d, token, second), left, right, *apart, *most, *numbers, prompt, axis=-1)
    return d.product(d.fused("Gelu", d.product(wide, weights.product("contrast.first"))), weights.product("contrast.second"))


def mentions(d, text_id, hint_id, span, seen):
    """As focus.py, where ids are equal: two tokens in a row, or the only one. [B, L, 1]."""
    same = d.floats(d.node("Equal", text_id, d.node("Transpose", hint_id, perm=[0, 2, 1])))
    across = d.node("Transpose", span, perm=[0, 2, 1])
    same = d.node("Mul", d.node("Mul", same, across), seen)
    wide = d.node("Pad", same, at(0, 1, 1, 0, 1, 1))
    ends = numpy.iinfo(numpy.int64).max
    before = d.node("Slice", wide, at(0, 0), at(-2, -2), at(1, 2))
    after = d.node("Slice", wide, at(2, 2), at(ends, ends), at(1, 2))
    single = d.floats(d.node("Equal", d.node("ReduceSum", span, at(1), keepdims=1), real(1)))
    return d.node("ReduceMax", d.node("Mul", same, d.node("Max", before, after, single)), axes=[2], keepdims=1)


def closeness():
    """By how far behind (in front, below the middle): how near that is, on either side at either reach."""
    far = numpy.arange(-FARTHEST, FARTHEST + 1, dtype=numpy.float32)
    return numpy.stack([numpy.exp(-numpy.maximum(side, 0) / numpy.float32(reach)) * (side >= 0) for reach in REACHES for side in (far, -far)], -1).astype(numpy.float32)


def focus(d, weights, text, fused, prompt, said, span, seen, length):
    """As focus.py: more for the heads and the tails of prompts that hold a span. [B, L, 2]."""
    order = d.node("Range", numpy.array(0, numpy.int64), d.node("Squeeze", length, at(0)), numpy.array(1, numpy.int64))
    apart = d.node("Add", d.node("Sub", d.node("Unsqueeze", order, at(1)), order), at(FARTHEST))
    near = d.node("Mul", d.node("Unsqueeze", said, at(1)), d.node("Gather", closeness(), apart))
    near = d.node("ReduceMax", near, axes=[2], keepdims=0)
    anywhere = d.node("Max", said, d.node("ReduceMax", said, axes=[1], keepdims=1))
    token = d.product(d.node("Concat", text, fused, said, anywhere, near, axis=-1), weights.product("focus.token"))
    token = d.fused("Gelu", d.node("Add", token, d.node("Unsqueeze", d.product(prompt, weights.product("focus.prompt")), at(1))))
    wide = d.node("Pad", d.node("Mul", token, seen), at(0, 4, 0, 0, 4, 0))
    parts = [d.node("Slice", wide, at(by), at(by - 8), at(1)) for by in AROUND]
    found = d.product(d.fused("Gelu", d.product(d.node("Concat", *parts, axis=-1), weights.product("focus.near"))), weights.product("focus.out"))
    return d.node("Mul", found, d.node("ReduceMax", span, axes=[1], keepdims=1))


def upper(weights):
    d, hidden = Drawing(), weights.arrays["layers.0.norm1.bias"].size
    text, known, _, text_id = d.node("Split", d.node("Gather", "text_hidden", "text_index"), at(hidden, SIDES, 1, 1), outputs=4, axis=-1)
    hint, _, span, hint_id = d.node("Split", "hint_hidden", at(hidden, SIDES, 1, 1), outputs=4, axis=-1)
    text_mask = d.node("Gather", "text_mask", "text_index")
    mask = d.node("Cast", d.node("Concat", text_mask, "hint_mask", axis=-1), to=TensorProto.INT32)
    seen, asked = (d.node("Unsqueeze", d.floats(one), at(2)) for one in (text_mask, "hint_mask"))
    hide = d.node("Mul", d.node("Sub", seen, real(1)), real(10000))
    length = d.node("Shape", text_mask, start=1, end=2)

    x = full_layer(d, weights, "layers.0", d.node("Concat", text, hint, axis=1), mask)
    rows = d.node("Slice", x, at(0), length, at(1))
    key, value = d.node("Split", d.product(x, weights.product("layers.1.attention.both")), outputs=2, axis=-1)
    found = attention(d, d.product(rows, weights.product("layers.1.attention.query")), key, value, mask)
    fused = behind_attention(d, weights, "layers.1", rows, found)

    prompt, most = mean(d, hint, asked), d.node("ReduceMax", d.node("Add", text, hide), axes=[1], keepdims=0)
    query_below, query_above = d.node("Split", d.product(prompt, weights.product("asked")), outputs=2, axis=-1)
    about = d.fused("Gelu", d.product(d.node("Concat", prompt, mean(d, text, seen), most, axis=-1), weights.product("about.0")))
    query_below = d.node("Add", query_below, d.product(about, weights.product("about.2")))

    def both_ends(states):
        """A row for each token's head and its tail."""
        return d.node("Reshape", states, at(0, -1, hidden))

    def matched(d, rows, query):
        return d.node("Reshape", d.node("MatMul", rows, d.node("Unsqueeze", query, at(2))), at(0, -1, 2))

    below, above = both_ends(d.product(text, weights.product("below"))), both_ends(d.product(fused, weights.product("above")))
    own = d.product(fused, weights.product("out"))
    labels, _ = d.node("Split", known, at(1, SIDES - 1), outputs=2, axis=-1)

    def labelled(d):
        return d.node("Mul", matched(d, below, contrast(d, weights, text, known, prompt)), labels)

    def nested(d):
        return focus(d, weights, text, fused, prompt, mentions(d, text_id, hint_id, span, seen), span, seen, length)

    def nothing(d):
        return d.node("Constant", value=numpy_helper.from_array(numpy.zeros((1, 1, 1), numpy.float32)))

    chosen = d.either(d.node("ReduceMax", labels, keepdims=0), labelled, nothing)
    alike = d.node("Mul", d.node("Sum", matched(d, below, query_below), matched(d, above, query_above), chosen), real(hidden**-0.5))
    logits = d.node("Sum", own, alike, hide, d.either(d.node("ReduceMax", span, keepdims=0), nested, nothing))
    for side, name in enumerate(("head_logits", "tail_logits")):
        d.named(name, d.node("Gather", logits, numpy.array(side, numpy.int64), axis=2))
    inputs = [("text_hidden", FLOAT, ["U", "L", hidden + EXTRAS]), ("text_mask", WHOLE, ["U", "L"]), ("text_index", WHOLE, ["B"])]
    inputs += [("hint_hidden", FLOAT, ["B", "P", hidden + EXTRAS]), ("hint_mask", WHOLE, ["B", "P"])]
    return d.model("upper", inputs, [(name, FLOAT, ["B", "L"]) for name in ("head_logits", "tail_logits")])


def draw(source, target, marks):
    """Both graphs, from those in one folder into another."""
    target.mkdir(parents=True, exist_ok=True)
    for name, model in (("lower", lower(Shrunk(source / "lower.onnx"), marks)), ("upper", upper(Shrunk(source / "upper.onnx")))):
        onnx.checker.check_model(model)
        onnx.save(model, str(target / f"{name}.onnx"))


def main():
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    vocab = (target / "vocab.txt").read_text(encoding="utf-8").splitlines()
    draw(source, target, tuple(map(vocab.index, MARKS)))


if __name__ == "__main__":
    main()
