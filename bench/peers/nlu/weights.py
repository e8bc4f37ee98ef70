"""The shipped model's weights for PyTorch, in fp32: its int8 weights times their scales, put back into the network that they were made from."""

import sys
from pathlib import Path

import onnx
import torch
from onnx.numpy_helper import to_array

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools" / "uninlu"))

from model import Network, Shape
from sides import marks_of


def module_of(node):
    """"/about/about.0/Gemm_MatMul_quant" is about.0, "/layers.0/first/MatMul_quant" is layers.0.first."""
    parts = node.name.split("/")[1:-1]
    return ".".join(part for part, below in zip(parts, parts[1:] + [""]) if not below.startswith(part + "."))


def whole(values, name):
    """A quantised tensor as it was, but for what was lost."""
    found = values[name + "_quantized"].astype("float32") - values[name + "_zero_point"].astype("float32")
    return torch.from_numpy(found * values[name + "_scale"])


def state_of(path):
    """{name: tensor} of one half, as PyTorch calls them."""
    graph = onnx.load(str(path)).graph
    values = {value.name: to_array(value) for value in graph.initializer}
    found = {name: torch.from_numpy(value.copy()) for name, value in values.items() if name.endswith((".bias", "norm.weight", "norm1.weight", "norm2.weight"))}
    for name in [name.removesuffix("_quantized") for name in values if name.endswith(".weight_quantized")]:
        found[name] = whole(values, name)
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            found[module_of(node) + ".weight"] = whole(values, node.input[1].removesuffix("_quantized")).T.contiguous()
    return found


def network(folder, vocabulary):
    """vocabulary: {token: id}."""
    shape = Shape(vocab=len(vocabulary), dropout=0.0, marks=marks_of(vocabulary))
    found = Network(shape)
    for half, name in ((found.lower, "lower"), (found.upper, "upper")):
        half.load_state_dict(state_of(folder / f"{name}.onnx"))
    return found.eval()
