"""An ONNX graph drawn node by node, and the int8 products of a graph that torch exported and ONNX Runtime shrank."""

from dataclasses import dataclass

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]


@dataclass
class Product:
    """x @ (values * scale) + bias: values int8, a scale for each column."""

    name: str
    values: numpy.ndarray
    scale: numpy.ndarray
    bias: numpy.ndarray

    def beside(self, other):
        """Both at once, for the same x: nothing else is rounded than by each alone."""
        joined = (numpy.concatenate([a, b], -1) for a, b in ((self.values, other.values), (self.scale, other.scale), (self.bias, other.bias)))
        return Product(f"{self.name}+{other.name}", *joined)


class Shrunk:
    """What the weights of a shrunk graph are, by the names of the modules that they were."""

    def __init__(self, path):
        self.graph = onnx.load(str(path)).graph
        self.arrays = {one.name: numpy_helper.to_array(one) for one in self.graph.initializer}
        self.makers = {name: node for node in self.graph.node for name in node.output}

    def product(self, module):
        """Its bias is added to what came of the product, which was whole numbers before."""
        node = next(node for node in self.graph.node if node.op_type == "Add" and f"{module}.bias" in node.input)
        while node.op_type != "MatMulInteger":
            node = next(self.makers[name] for name in node.input if name in self.makers and not name.endswith("_scales_mul:0"))
        values, zero = self.arrays[node.input[1]], self.arrays[node.input[3]]
        if values.dtype != numpy.int8 or zero.any():
            raise SystemExit(f"{module} has other weights than signed bytes around 0")
        return Product(module, values, self.arrays[node.input[1].removesuffix("_quantized") + "_scale"], self.arrays[f"{module}.bias"])

    def table(self, module):
        """{name: array}: int8 rows, their scale, their zero point."""
        return {name: self.arrays[name] for name in (f"{module}.weight_{part}" for part in ("quantized", "scale", "zero_point"))}

    def norm(self, module):
        """({name: array}: weight and bias, epsilon)."""
        node = next(node for node in self.graph.node if node.op_type == "LayerNormalization" and node.input[1] == f"{module}.weight")
        return {name: self.arrays[name] for name in node.input[1:]}, helper.get_node_attr_value(node, "epsilon")


class Drawing:
    """Nodes and constants of a graph, or of a branch within one, which sees the names of the graph around it."""

    def __init__(self, around=None):
        self.nodes, self.constants, self.initializers = [], {}, []
        self.root = around.root if around else self
        self.made = 0

    def fresh(self, what):
        """A name that nothing else has, in no branch either."""
        self.root.made += 1
        return f"{what}_{self.root.made}"

    def constant(self, value):
        """The name of a constant; equal ones are one."""
        array = numpy.array(value, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = self.weights({self.fresh("constant"): array})[0]
        return self.constants[key]

    def weights(self, arrays):
        """Their names, under which whoever wants the weights finds them. Nobody else's: ONNX Runtime replaces what a product has by its name."""
        known = {one.name for one in self.initializers}
        self.initializers += [numpy_helper.from_array(array, name) for name, array in arrays.items() if name not in known]
        return list(arrays)

    def node(self, op, *inputs, outputs=1, domain="", **attributes):
        """Its outputs' names: one, or a list. What is an array among the inputs becomes a constant."""
        names = [self.fresh(op.lower()) for _ in range(outputs)]
        given = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        self.nodes.append(helper.make_node(op, given, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def fused(self, op, *inputs, **attributes):
        return self.node(op, *inputs, domain=MICROSOFT, **attributes)

    def product(self, x, product):
        name, zero = f"{product.name}.weight", numpy.zeros(len(product.scale), numpy.int8)
        given = {f"{name}_quantized": product.values, f"{name}_scale": product.scale, f"{name}_zero_point": zero, f"{product.name}.bias": product.bias}
        return self.fused("DynamicQuantizeMatMul", x, *self.weights(given))

    def rows(self, table, numbers):
        """Of a table by their numbers, as floats."""
        quantized, scale, zero = self.weights(table)
        return self.node("DequantizeLinear", self.node("Gather", quantized, numbers), scale, zero)

    def normed(self, x, more, norm):
        """The norm of x + more."""
        arrays, epsilon = norm
        return self.fused("SkipLayerNormalization", x, more, *self.weights(arrays), epsilon=epsilon)

    def floats(self, x):
        return self.node("Cast", x, to=TensorProto.FLOAT)

    def either(self, condition, then, otherwise):
        """then(drawing) where the condition (a number that is not 0) holds, else otherwise(drawing): each draws its branch and gives its name."""
        branches = []
        for draw in (then, otherwise):
            branch = Drawing(self)
            name = draw(branch)
            branches.append(helper.make_graph(branch.nodes, draw.__name__, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)], branch.initializers))
        met = self.node("Cast", condition, to=TensorProto.BOOL)
        return self.node("If", met, then_branch=branches[0], else_branch=branches[1])

    def model(self, name, inputs, outputs):
        """inputs and outputs: [(name, type, shape)]; a node must have made what is named as an output."""
        given, made = ([helper.make_tensor_value_info(*one) for one in some] for some in (inputs, outputs))
        graph = helper.make_graph(self.nodes, name, given, made, self.initializers)
        return helper.make_model(graph, opset_imports=OPSETS, ir_version=8, producer_name="gatehouse/tools/uninlu")

    def named(self, name, x):
        """x as an output of the graph."""
        self.nodes.append(helper.make_node("Identity", [x], [name]))
