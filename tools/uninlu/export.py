"""Trained weights -> lower.onnx and upper.onnx (fp32), checked against torch, then int8 with the tables too, then drawn anew with fewer nodes (lean.py).

    python -m tools.uninlu.export tools/uninlu/runs/first/weights.pt models/uninlu-small/1
"""

import hashlib
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from lean import draw
from model import Network, Shape

TOLERANCE = 1e-3
LOWER = (["input_ids", "attention_mask", "token_type_ids", "position_ids"], ["hidden"])
UPPER = (["text_hidden", "text_mask", "text_index", "hint_hidden", "hint_mask"], ["head_logits", "tail_logits"])
AXES = {
    "input_ids": "UN", "attention_mask": "UN", "token_type_ids": "UN", "position_ids": "UN", "hidden": "UN", "text_hidden": "UL", "text_mask": "UL", "text_index": "B",
    "hint_hidden": "BP", "hint_mask": "BP", "head_logits": "BL", "tail_logits": "BL",
}


def load(path):
    """(network with the trained weights, how they were made)."""
    found = torch.load(path, map_location="cpu", weights_only=True)
    shape = Shape(**{**found["shape"], "dilations": tuple(found["shape"]["dilations"]), "marks": tuple(found["shape"].get("marks", ())), "dropout": 0.0})
    network = Network(shape)
    missing, strange = network.load_state_dict({name: value.float() for name, value in found["weights"].items()}, strict=False)
    if strange or any(not name.startswith("helper") for name in missing):
        raise SystemExit(f"{path} does not fit the model: {missing} {strange}")
    return network.eval(), found["made"]


def examples(vocab, hidden, seed=1):
    """Inputs of several sizes: [(lower's, upper's but the states)]."""
    draw = numpy.random.default_rng(seed)
    found = []
    for texts, length, rows, prompt in ((1, 9, 1, 5), (2, 33, 4, 7), (3, 128, 5, 12), (1, 384, 2, 40), (4, 20, 4, 3)):
        def some(count, width, base, kind):
            mask = numpy.ones((count, width), numpy.int64)
            if count > 1:
                mask[0, width - width // 3 :] = 0
            ids = draw.integers(5, vocab, (count, width)) * mask
            return [ids, mask, numpy.full_like(ids, kind), numpy.tile(numpy.arange(base, base + width), (count, 1))]

        found.append((some(texts, length, 0, 0), some(rows, prompt, 384, 1), draw.integers(0, texts, rows)))
    return found


def write(half, path, names, given):
    warnings.filterwarnings("ignore")
    dynamic = {name: dict(enumerate(AXES[name])) for name in names[0] + names[1]}
    with torch.no_grad():
        torch.onnx.export(half, tuple(given), str(path), input_names=names[0], output_names=names[1], dynamic_axes=dynamic, opset_version=17, dynamo=False)
    onnx.checker.check_model(str(path))


def tensors(arrays):
    return [torch.from_numpy(numpy.ascontiguousarray(array)) for array in arrays]


def export(network, folder, vocab):
    """Both graphs; returns the largest difference to torch over all examples."""
    folder.mkdir(parents=True, exist_ok=True)
    text, prompt, index = examples(vocab, network.lower.shape.hidden)[1]
    with torch.no_grad():
        states, hints = network.lower(*tensors(text)), network.lower(*tensors(prompt))
    write(network.lower, folder / "lower.onnx", LOWER, tensors(text))
    write(network.upper, folder / "upper.onnx", UPPER, [states, *tensors([text[1], index]), hints, *tensors([prompt[1]])])
    return difference(network, folder, vocab)


def difference(network, folder, vocab):
    run = [onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), providers=["CPUExecutionProvider"]) for name in ("lower", "upper")]
    most = 0.0
    for text, prompt, index in examples(vocab, network.lower.shape.hidden, seed=2):
        with torch.no_grad():
            states, hints = network.lower(*tensors(text)), network.lower(*tensors(prompt))
            wanted = network.upper(states, *tensors([text[1], index]), hints, *tensors([prompt[1]]))
        got = [run[0].run(None, dict(zip(LOWER[0], given)))[0] for given in (text, prompt)]
        logits = run[1].run(None, dict(zip(UPPER[0], [got[0], text[1], index, got[1], prompt[1]])))
        most = max(most, *(float(abs(a - b.numpy()).max()) for a, b in zip(got + list(logits), (states, hints, *wanted))))
    return most


def shrink(source, target):
    """int8: weights of products and the tables; activations are quantised as they come."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("lower", "upper"):
        quantize_dynamic(str(source / f"{name}.onnx"), str(target / f"{name}.onnx"), weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=["MatMul", "Gemm"] + (["Gather"] if name == "lower" else []))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main():
    weights, folder = Path(sys.argv[1]), Path(sys.argv[2])
    network, made = load(weights)
    whole, shrunk = weights.parent / "fp32", weights.parent / "int8"
    most = export(network, whole, network.lower.shape.vocab)
    print(f"largest difference to torch {most:.2e}")
    if most > TOLERANCE:
        raise SystemExit("the exported graphs differ from torch")
    shrink(whole, shrunk)
    draw(shrunk, folder, network.lower.shape.marks)
    for name in ("lower", "upper"):
        print(name, (whole / f"{name}.onnx").stat().st_size, "->", (folder / f"{name}.onnx").stat().st_size, sha256(folder / f"{name}.onnx"))


if __name__ == "__main__":
    main()
