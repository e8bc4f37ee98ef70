"""ONNX files written by hand: protobuf's encoding, and one decision tree in it."""

import hashlib
import struct


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    value = value if isinstance(value, bytes) else value.encode()
    return varint(field << 3 | 2) + varint(len(value)) + value


FLOAT, INT64 = 1, 7  # element types


def value_info(name, element, extents):
    shape = b"".join(text(1, text(2, one) if isinstance(one, str) else number(1, one)) for one in extents)
    return text(1, name) + text(2, text(1, number(1, element) + text(2, shape)))


def attribute(name, value):
    """Of what it holds: a text, or a list of floats, integers or texts."""
    if isinstance(value, str):
        return text(5, text(1, name) + text(4, value) + number(20, 3))
    if isinstance(value[0], float):
        return text(5, text(1, name) + text(7, struct.pack(f"<{len(value)}f", *value)) + number(20, 6))
    if isinstance(value[0], int):
        return text(5, text(1, name) + text(8, b"".join(varint(one) for one in value)) + number(20, 7))
    return text(5, text(1, name) + b"".join(text(9, one) for one in value) + number(20, 8))


def model(graph):
    return number(1, 8) + text(7, graph) + text(8, text(1, "") + number(2, 17)) + text(8, text(1, "ai.onnx.ml") + number(2, 3))


# Petals up to 2.5 cm long are of a setosa; wider ones than 1.75 cm of a virginica, three times in four.
TREE = {
    "nodes_treeids": [0, 0, 0, 0, 0],
    "nodes_nodeids": [0, 1, 2, 3, 4],
    "nodes_featureids": [2, 0, 3, 0, 0],
    "nodes_modes": ["BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"],
    "nodes_values": [2.5, 0.0, 1.75, 0.0, 0.0],
    "nodes_truenodeids": [1, 0, 3, 0, 0],
    "nodes_falsenodeids": [2, 0, 4, 0, 0],
    "class_treeids": [0, 0, 0, 0],
    "class_nodeids": [1, 3, 4, 4],
    "class_ids": [0, 1, 1, 2],
    "class_weights": [1.0, 1.0, 0.25, 0.75],
    "classlabels_int64s": [0, 1, 2],
    "post_transform": "NONE",
}


def flowers():
    node = text(1, "X") + text(2, "label") + text(2, "probabilities") + text(4, "TreeEnsembleClassifier") + text(7, "ai.onnx.ml")
    node += b"".join(attribute(name, value) for name, value in TREE.items())
    outputs = text(12, value_info("label", INT64, ["N"])) + text(12, value_info("probabilities", FLOAT, ["N", 3]))
    return model(text(1, node) + text(2, "flowers") + text(11, value_info("X", FLOAT, ["N", 4])) + outputs)


def tensor(name, element, field, value):
    """A single value, listed in that field."""
    return number(2, element) + text(8, name) + number(field, value)


def endless():
    """Takes absolute values again and again: a loop whose body is a graph of its own."""
    bool_type, body_type = 9, 5
    step = text(1, text(1, "x") + text(2, "y") + text(4, "Abs")) + text(1, text(1, "go") + text(2, "gone") + text(4, "Identity"))
    body = step + text(2, "body") + text(11, value_info("i", INT64, [])) + text(11, value_info("go", bool_type, [])) + text(11, value_info("x", FLOAT, ["N", 4]))
    body += text(12, value_info("gone", bool_type, [])) + text(12, value_info("y", FLOAT, ["N", 4]))
    loop = text(1, "trips") + text(1, "on") + text(1, "X") + text(2, "Y") + text(4, "Loop") + text(5, text(1, "body") + text(6, body) + number(20, body_type))
    given = text(5, tensor("trips", INT64, 7, 2**63 - 1)) + text(5, tensor("on", bool_type, 5, 1))
    return model(text(1, loop) + text(2, "endless") + given + text(11, value_info("X", FLOAT, ["N", 4])) + text(12, value_info("Y", FLOAT, ["N", 4])))


def manifest(file, labels=("setosa", "versicolor", "virginica"), shape="[-1, 4]"):
    """What stands in model.toml: physical limits of 0 to 30 cm, and training between 1 and 8."""
    lines = ['kind = "trees"', f"labels = [{', '.join(repr(one) for one in labels)}]"]
    lines += ["[[files]]", 'path = "model.onnx"', f'sha256 = "{hashlib.sha256(file).hexdigest()}"']
    lines += ["[[inputs]]", 'name = "X"', 'datatype = "FP32"', f"shape = {shape}"]
    for name in ("sepal_length", "sepal_width", "petal_length", "petal_width"):
        low = 0 if name == "petal_width" else 1
        lines += ["[[features]]", f'name = "{name}"', 'unit = "cm"', "min = 0", "max = 30", f"trained_min = {low}", "trained_max = 8"]
    return "\n".join(lines) + "\n"


def put(folder, name, file, said, version=1):
    """A model of a repository."""
    home = folder / name / str(version)
    home.mkdir(parents=True)
    (home / "model.onnx").write_bytes(file)
    (home / "model.toml").write_text(said)


def constant(value, products=0):
    """A graph that answers each row of two with that value, whatever is in it, and its manifest. It is no forest: an engine computes it.

    Products of nothing but constants are taken once, when it is loaded: with some hundred of them that takes a while."""
    from onnx import TensorProto, helper

    nodes = [helper.make_node("ReduceSum", ["X", "axes"], ["sum"], keepdims=1), helper.make_node("Mul", ["sum", "none"], ["nothing"]), helper.make_node("Add", ["nothing", "value"], ["Y"])]
    given = [helper.make_tensor("axes", TensorProto.INT64, [1], [1]), helper.make_tensor("none", TensorProto.FLOAT, [1], [0.0]), helper.make_tensor("value", TensorProto.FLOAT, [1], [float(value)])]
    if products:
        given[1] = helper.make_tensor("product0", TensorProto.FLOAT, [512, 512], bytes(4 * 512 * 512), raw=True)
        nodes[:0] = [helper.make_node("MatMul", [f"product{i}", "product0"], [f"product{i + 1}"]) for i in range(products)] + [helper.make_node("ReduceMax", [f"product{products}"], ["none"], keepdims=0)]
    sides = [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", 2])], [helper.make_tensor_value_info("Y", TensorProto.FLOAT, ["n", 1])]
    graph = helper.make_graph(nodes, "constant", *sides, given)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    said = manifest(file).split("[[inputs]]")[0].replace('kind = "trees"', 'kind = "tensor"')
    return file, "\n".join(line for line in said.splitlines() if not line.startswith("labels"))


def mirror(types):
    """A graph that gives back what it takes, of these element types (the first of each pair) by name, and its manifest."""
    from onnx import helper  # not everybody who writes files by hand has it

    made = {name: element for name, (element, _) in types.items()}
    nodes = [helper.make_node("Identity", [f"in_{name}"], [f"out_{name}"]) for name in made]
    sides = [[helper.make_tensor_value_info(f"{side}_{name}", element, ["n"]) for name, element in made.items()] for side in ("in", "out")]
    graph = helper.make_graph(nodes, "mirror", *sides)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    said = manifest(file).split("[[inputs]]")[0].replace('kind = "trees"', 'kind = "tensor"')
    return file, "\n".join(line for line in said.splitlines() if not line.startswith("labels"))
