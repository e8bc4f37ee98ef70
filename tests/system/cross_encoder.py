"""A cross-encoder for tests, as none comes in a package: BERT's shape, two layers, weights drawn from a seed."""

import hashlib
import random
import sys
from array import array

from house import ROOT

sys.path.insert(0, str(ROOT / "tools" / "minilm"))
import write_graph  # noqa: E402

NAME, LONGEST = "tiny-cross-encoder", 32
SHAPE = {"layers": 2, "heads": 2, "hidden": 16, "intermediate": 32}
WORDS = "what is the capital of france paris berlin city a river runs through it and cheese wine long not ? . ,".split()


def weights(seed, pieces):
    rng, hidden, made = random.Random(seed), SHAPE["hidden"], {}

    def add(name, count, mean=0.0, spread=0.5):
        made[name] = array("f", (rng.gauss(mean, spread) for _ in range(count)))

    def linear(name, outputs, inputs):
        add(f"{name}.weight", outputs * inputs), add(f"{name}.bias", outputs)

    def norm(name):
        add(f"{name}.weight", hidden, 1.0, 0.1), add(f"{name}.bias", hidden, 0.0, 0.1)

    for name, rows in (("word", pieces), ("position", LONGEST), ("token_type", 2)):
        add(f"embeddings.{name}_embeddings.weight", rows * hidden)
    norm("embeddings.LayerNorm")
    for layer in range(SHAPE["layers"]):
        of = f"encoder.layer.{layer}."
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            linear(of + name, hidden, hidden)
        linear(f"{of}intermediate.dense", SHAPE["intermediate"], hidden), linear(f"{of}output.dense", hidden, SHAPE["intermediate"])
        norm(f"{of}attention.output.LayerNorm"), norm(f"{of}output.LayerNorm")
    linear("pooler.dense", hidden, hidden), linear("classifier", 1, hidden)
    return made


def make_cross_encoder(models):
    """NAME/1 in that folder of models."""
    folder = models / NAME / "1"
    folder.mkdir(parents=True)
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *(one for one in letters if one not in WORDS), *(f"##{one}" for one in letters)]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n")
    write_graph.write_cross_encoder(folder / "model.onnx", weights(7, len(pieces)), SHAPE)
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.onnx", "vocab.txt")}
    files = "".join(f'[[files]]\npath = "{name}"\nsha256 = "{one}"\n' for name, one in sums.items())
    (folder / "model.toml").write_text(f'kind = "rerank"\n{files}[limits]\ncontext = {LONGEST}\n[texts]\nlower_case = true\n')
    return folder
