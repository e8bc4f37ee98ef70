"""The shipped model's weights for PyTorch, in fp32: its int8 weights times their scales, put back into the network that they were made from."""

import sys
from pathlib import Path

import onnx
import torch
from onnx.numpy_helper import to_array

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools" / "uninlu"))

from model import Network, Shape
from sides import marks_of


def whole(values, name):
    """A quantised tensor as it was, but for what was lost."""
    found = values[name + "_quantized"].astype("float32") - values[name + "_zero_point"].astype("float32")
    return torch.from_numpy(found * values[name + "_scale"])


def constants_of(graph):
    """{name: array} of a graph and of the branches in it."""
    found = {value.name: to_array(value) for value in graph.initializer}
    for branch in (attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")):
        found |= constants_of(branch)
    return found


def state_of(path, sizes):
    """{name: tensor} of one half, as PyTorch calls them. Products of the same states are one in the file, side by side; sizes: rows of each weight."""
    values = constants_of(onnx.load(str(path)).graph)
    found = {name: torch.from_numpy(value.copy()) for name, value in values.items() if name.endswith(("norm.weight", "norm.bias")) or ".norm" in name}
    for joined in [name.removesuffix(".weight_quantized") for name in values if name.endswith(".weight_quantized")]:
        weight, bias = whole(values, joined + ".weight"), values.get(joined + ".bias")
        if bias is None:
            found[joined + ".weight"] = weight
            continue
        modules = joined.split("+")
        counts = [sizes[module + ".weight"] for module in modules]
        for module, rows, part in zip(modules, weight.T.split(counts), torch.from_numpy(bias.copy()).split(counts)):
            found[module + ".weight"], found[module + ".bias"] = rows.contiguous(), part
    return found


def network(folder, vocabulary):
    """vocabulary: {token: id}."""
    shape = Shape(vocab=len(vocabulary), dropout=0.0, marks=marks_of(vocabulary))
    found = Network(shape)
    for half, name in ((found.lower, "lower"), (found.upper, "upper")):
        sizes = {key: len(value) for key, value in half.state_dict().items()}
        half.load_state_dict(state_of(folder / f"{name}.onnx", sizes))
    return found.eval()
