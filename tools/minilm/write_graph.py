"""The weights of a sentence-transformers model as one ONNX graph, with pooling and normalisation inside.

    python3 tools/minilm/write_graph.py MODEL_FOLDER OUT_FILE

MODEL_FOLDER holds config.json and model.safetensors. Needs Python alone, and writes the same bytes everywhere: tools/run/fetch.sh pins their hash.
"""

import json
import struct
import sys
from array import array
from pathlib import Path

from bert_graph import OPSET, Bert
from onnx_writer import FLOAT


def read_weights(path):
    """All float32 tensors of a safetensors file: a length, a header in JSON, and bytes."""
    bytes_ = path.read_bytes()
    (length,) = struct.unpack_from("<Q", bytes_)
    header, start = json.loads(bytes_[8 : 8 + length]), 8 + length
    weights = {}
    for name, one in header.items():
        if name != "__metadata__" and one["dtype"] == "F32":
            begin, end = one["data_offsets"]
            weights[name] = array("f", bytes_[start + begin : start + end])
    return weights


def shape_of(config):
    names = {"layers": "num_hidden_layers", "heads": "num_attention_heads", "hidden": "hidden_size", "intermediate": "intermediate_size"}
    if config["model_type"] != "bert" or config["hidden_act"] != "gelu" or config["layer_norm_eps"] != 1e-12:
        raise SystemExit("this is no BERT as bert_graph.py knows it")
    return {ours: config[theirs] for ours, theirs in names.items()}


def write_embedder(path, weights, shape):
    bert = Bert(weights, shape, kinds=False)
    bert.graph.output(bert.pooled(bert.states()), FLOAT, ["batch", shape["hidden"]])
    write(path, bert)


def write_cross_encoder(path, weights, shape):
    bert = Bert(weights, shape, kinds=True)
    bert.graph.output(bert.scored(bert.states()), FLOAT, ["batch", 1])
    write(path, bert)


def write(path, bert):
    with open(path, "wb") as out:
        for piece in bert.graph.file("gatehouse tools/minilm", OPSET):
            out.write(piece)


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    write_embedder(sys.argv[2], read_weights(folder / "model.safetensors"), shape_of(json.loads((folder / "config.json").read_text())))


if __name__ == "__main__":
    main()
