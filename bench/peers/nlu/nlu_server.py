"""The peer of ./run bench nlu: Chinese by schema as the original's pipeline does it, behind Flask. PyJWT checks the token, Hugging Face's tokenizer cuts the
text, PyTorch computes in fp32: at each node of the schema the text once more, and one batch of the node's prompts with it.

    gunicorn -w 2 nlu_server:app, with NLU_SECRET and NLU_MODEL (a model's folder)
"""

import os
import sys
import tomllib
from pathlib import Path

import jwt
import torch
from flask import Flask, abort, jsonify, request
from tokenizers import BertWordPieceTokenizer
from weights import network

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools" / "uninlu"))

from reference import Pipeline
from runner import TorchRunner

SECRET, FOLDER = os.environ["NLU_SECRET"], Path(os.environ["NLU_MODEL"])


class Tokens:
    """Hugging Face's tokenizer with the face of tools/uninlu's."""

    def __init__(self, path, lower_case):
        self._tokenizer = BertWordPieceTokenizer(str(path), lowercase=lower_case)

    def encode(self, text, most=None):
        found = self._tokenizer.encode(text)
        ids, places = found.ids, found.offsets
        return (ids, places) if most is None or len(ids) <= most else (ids[: most - 1] + ids[-1:], places[: most - 1] + places[-1:])


class Original(Pipeline):
    def __init__(self, folder):
        self.manifest = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
        nlu = self.manifest["nlu"]
        vocabulary = {token: number for number, token in enumerate((folder / "vocab.txt").read_text(encoding="utf-8").splitlines())}
        self.threshold = nlu["threshold"]
        self.tokenizer = Tokens(folder / "vocab.txt", nlu["lower_case"])
        self.runner = TorchRunner(network(folder, vocabulary), self.tokenizer, "cpu")


torch.set_num_threads(1)
app = Flask(__name__)
app.json.ensure_ascii = False
pipeline = Original(FOLDER)


def check_token():
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="nlu", options={"require": ["exp", "sub"]})
    except jwt.PyJWTError:
        abort(401)
    if kind != "Bearer" or "nlu" not in claims.get("scope", "").split():
        abort(403)


@app.post("/api/predict")
def predict():
    check_token()
    asked = request.get_json()
    found = pipeline(asked["text"], asked["schema"])
    return jsonify(output=[[{name: step[name] for name in ("type", "span", "offset")} for step in path] for path in found])
