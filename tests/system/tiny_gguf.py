"""A language model of 100 KB that llama.cpp loads and computes, written by hand; and heads like its own with something wrong in them."""

import random
import struct

WIDTH, HEADS, INNER, LAYERS, CONTEXT = 32, 2, 64, 1, 512
U32, F32, STRING, ARRAY, I32 = 4, 6, 8, 9, 5
EXTREMES = [0, 1, 2, 0x7F, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]


class Gguf:
    """Bytes, and where in them numbers stand: (offset, size) of each."""

    def __init__(self):
        self.bytes, self.numbers = bytearray(), []

    def number(self, value, form="<I"):
        self.numbers.append((len(self.bytes), struct.calcsize(form)))
        self.bytes += struct.pack(form, value)

    def text(self, value):
        data = value if isinstance(value, bytes) else value.encode()
        self.number(len(data), "<Q")
        self.bytes += data

    def pair(self, key, kind, value):
        self.text(key)
        self.number(kind)
        if kind == STRING:
            self.text(value)
        else:
            self.number(value, {U32: "<I", I32: "<i", F32: "<f"}[kind])

    def list(self, key, kind, values):
        self.text(key)
        self.number(ARRAY)
        self.number(kind)
        self.number(len(values), "<Q")
        for value in values:
            self.text(value) if kind == STRING else self.number(value, {F32: "<f", I32: "<i"}[kind])


def vocabulary():
    """Words, scores and kinds, as SentencePiece has them: bytes first, so that every text has tokens."""
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *(chr(letter) for letter in range(97, 123))]
    return words, [-float(i) for i in range(len(words))], [2, 3, 3, *[6] * 256, *[1] * 27]


def tensors(words):
    """Name and extents of each, the fastest first."""
    layer = [
        ("attn_norm", [WIDTH]), ("attn_q", [WIDTH, WIDTH]), ("attn_k", [WIDTH, WIDTH]), ("attn_v", [WIDTH, WIDTH]), ("attn_output", [WIDTH, WIDTH]),
        ("ffn_norm", [WIDTH]), ("ffn_gate", [WIDTH, INNER]), ("ffn_up", [WIDTH, INNER]), ("ffn_down", [INNER, WIDTH]),
    ]  # fmt: skip
    blocks = [(f"blk.{i}.{name}.weight", extents) for i in range(LAYERS) for name, extents in layer]
    return [("token_embd.weight", [WIDTH, words]), ("output_norm.weight", [WIDTH]), *blocks]


def make():
    """The whole file, the length of its head, and where numbers stand in that."""
    words, scores, kinds = vocabulary()
    weights = tensors(len(words))
    file = Gguf()
    file.bytes += b"GGUF"
    file.number(3)
    file.number(len(weights), "<Q")
    file.number(16, "<Q")
    file.pair("general.architecture", STRING, "llama")
    file.pair("general.name", STRING, "tiny")
    numbers = {"block_count": LAYERS, "context_length": CONTEXT, "embedding_length": WIDTH, "feed_forward_length": INNER, "attention.head_count": HEADS, "attention.head_count_kv": HEADS, "rope.dimension_count": WIDTH // HEADS}
    for key, value in numbers.items():
        file.pair(f"llama.{key}", U32, value)
    file.pair("llama.attention.layer_norm_rms_epsilon", F32, 1e-5)
    file.pair("tokenizer.ggml.model", STRING, "llama")
    file.list("tokenizer.ggml.tokens", STRING, words)
    file.list("tokenizer.ggml.scores", F32, scores)
    file.list("tokenizer.ggml.token_type", I32, kinds)
    file.pair("tokenizer.ggml.bos_token_id", U32, 1)
    file.pair("tokenizer.ggml.eos_token_id", U32, 2)
    at = 0
    for name, extents in weights:
        file.text(name)
        file.number(len(extents))
        for extent in extents:
            file.number(extent, "<Q")
        file.number(0)
        file.number(at, "<Q")
        at += 4 * (extents[0] * (extents[1] if len(extents) > 1 else 1))
    head = len(file.bytes)
    file.bytes += bytes(-head % 32)
    values = random.Random(1)
    file.bytes += struct.pack(f"<{at // 4}f", *(values.uniform(-0.3, 0.3) for _ in range(at // 4)))
    return bytes(file.bytes), head, file.numbers


def mutated(chance, whole, head, numbers):
    """The file with something wrong in its head, or with an end that comes too early; and what that is, in words."""
    data = bytearray(whole)
    kind = chance.choice(["bytes", "number", "number", "number", "several numbers", "cut in the head", "cut in the data", "gap", "insertion", "exchange"])
    if kind == "bytes":
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(head)] = chance.randrange(256)
    elif "number" in kind:
        for _ in range(1 if kind == "number" else chance.randint(2, 5)):
            # Half of them among those that are not of the vocabulary's list.
            at, size = chance.choice(numbers[:60] + numbers[-70:]) if chance.random() < 0.7 else chance.choice(numbers)
            data[at : at + size] = (chance.choice(EXTREMES) % 2 ** (8 * size)).to_bytes(size, "little")
    elif kind == "cut in the head":
        del data[chance.randrange(head) :]
    elif kind == "cut in the data":
        del data[chance.randrange(head, len(data)) :]
    else:
        at, length = chance.randrange(head), chance.choice([1, 4, 8, 31, 400])
        if kind == "gap":
            del data[at : at + length]
        elif kind == "insertion":
            data[at:at] = bytes(chance.randrange(256) for _ in range(length))
        else:
            other = chance.randrange(head)
            data[at : at + length], data[other : other + length] = data[other : other + length], data[at : at + length]
    return bytes(data), kind
