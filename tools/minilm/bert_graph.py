"""BERT as a graph, from weights by the names that Hugging Face gives them: what both kinds of models of texts are made of.

Every linear layer is a MatMul with its weights turned round, so that rows of tokens stand on the left; the three projections of a layer's attention are
one product, whose query part is scaled beforehand. Padding is masked by a number that no score comes near, so that what stands beside a text changes nothing.
"""

from array import array

from onnx_writer import FLOAT, INT64, Graph

EPSILON = 1e-12
FAR_BELOW = -1e30
OPSET = 20  # Gelu is one operator from there on


def turned(weights, columns):
    """Of a matrix, row after row, the columns one after the other."""
    out = array("f")
    for column in range(columns):
        out.extend(weights[column::columns])
    return out


def side_by_side(parts, columns):
    out = array("f")
    for at in range(0, len(parts[0]), columns):
        for part in parts:
            out.extend(part[at : at + columns])
    return out


class Bert:
    """shape: layers, heads, hidden, intermediate. weights: name -> array of float32. kinds: whether token_type_ids are an input; else all are 0."""

    def __init__(self, weights, shape, kinds):
        self.weights, self.shape, self.graph = weights, shape, Graph("texts")
        g, hidden, heads = self.graph, shape["hidden"], shape["heads"]
        g.integers("axis_tokens", [1]), g.integers("axis_last", [-1]), g.integers("first", [0]), g.integers("axes_of_heads", [1, 2])
        g.integers("apart", [0, 0, 3, heads, hidden // heads]), g.integers("together", [0, 0, hidden])
        self.parts = [g.integer(f"part_{which}", which) for which in range(3)]
        self.ids, self.mask = (g.input(name, INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask"))
        self.kinds = g.input("token_type_ids", INT64, ["batch", "tokens"]) if kinds else None
        self.present = g.add("Cast", self.mask, to=FLOAT)  # 1 where there is a token

    def states(self):
        """What the last layer makes of each token: [batch, tokens, hidden]."""
        g = self.graph
        states = self.embedded()
        absent = g.add("Sub", g.float("one", 1.0), self.present)
        away = g.add("Unsqueeze", g.add("Mul", absent, g.float("far_below", FAR_BELOW)), "axes_of_heads")
        for number in range(self.shape["layers"]):
            states = self.layer(f"encoder.layer.{number}.", states, away)
        return states

    def pooled(self, states):
        """The mean over a text's tokens, of length one: what sentence-transformers calls pooling and normalisation."""
        g = self.graph
        present = g.add("Unsqueeze", self.present, "axis_last")
        summed = g.add("ReduceSum", g.add("Mul", states, present), "axis_tokens", keepdims=0)
        counted = g.add("Max", g.add("ReduceSum", present, "axis_tokens", keepdims=0), g.float("least_count", 1e-9))
        mean = g.add("Div", summed, counted)
        length = g.add("Max", g.add("ReduceL2", mean, "axis_last", keepdims=1), g.float("least_length", EPSILON))
        return g.add("Div", mean, length, made="vectors")

    def scored(self, states):
        """One number a pair of texts, from the state of its first token: what a cross-encoder has on top."""
        g = self.graph
        head = g.add("Gather", states, g.integer("first_token", 0), axis=1)
        pooled = g.add("Tanh", self.linear("pooler.dense", head, self.shape["hidden"]))
        return self.linear("classifier", pooled, self.shape["hidden"], made="scores")

    # -- parts -------------------------------------------------------------------------------------------------------------

    def table(self, name, columns):
        values = self.weights[name]
        return self.graph.floats(name, [len(values) // columns, columns], values.tobytes())

    def bias(self, name, values=None):
        values = self.weights[name] if values is None else values
        return self.graph.floats(name, [len(values)], values.tobytes())

    def linear(self, name, states, inputs, made=None):
        weights = self.weights[f"{name}.weight"]
        turned_round = self.graph.floats(f"{name}.weight", [inputs, len(weights) // inputs], turned(weights, inputs).tobytes())
        return self.graph.add("Add", self.graph.add("MatMul", states, turned_round), self.bias(f"{name}.bias"), made=made)

    def normalised(self, name, states):
        scale, shift = self.bias(f"{name}.weight"), self.bias(f"{name}.bias")
        return self.graph.add("LayerNormalization", states, scale, shift, axis=-1, epsilon=EPSILON)

    def embedded(self):
        g, hidden, of = self.graph, self.shape["hidden"], "embeddings."
        words = g.add("Gather", self.table(f"{of}word_embeddings.weight", hidden), self.ids)
        width = g.add("Slice", g.add("Shape", self.ids), "axis_tokens", g.integers("second", [2]))
        places = self.weights[f"{of}position_embeddings.weight"]
        if self.kinds is None:
            kind = self.weights[f"{of}token_type_embeddings.weight"][:hidden]
            places = array("f", (one + kind[at % hidden] for at, one in enumerate(places)))
        table = g.floats(f"{of}position_embeddings.weight", [len(places) // hidden, hidden], places.tobytes())
        summed = g.add("Add", words, g.add("Slice", table, "first", width))
        if self.kinds is not None:
            summed = g.add("Add", summed, g.add("Gather", self.table(f"{of}token_type_embeddings.weight", hidden), self.kinds))
        return self.normalised(f"{of}LayerNorm", summed)

    def layer(self, of, states, away):
        g, hidden = self.graph, self.shape["hidden"]
        heard = self.linear(f"{of}attention.output.dense", self.attended(of, states, away), hidden)
        states = self.normalised(f"{of}attention.output.LayerNorm", g.add("Add", heard, states))
        wide = g.add("Gelu", self.linear(f"{of}intermediate.dense", states, hidden))
        narrow = self.linear(f"{of}output.dense", wide, self.shape["intermediate"])
        return self.normalised(f"{of}output.LayerNorm", g.add("Add", narrow, states))

    def attended(self, of, states, away):
        g, hidden = self.graph, self.shape["hidden"]
        scale = (hidden // self.shape["heads"]) ** -0.5
        matrices, biases = [], array("f")
        for name in ("query", "key", "value"):
            by = scale if name == "query" else 1.0
            weights, bias = (self.weights[f"{of}attention.self.{name}.{kind}"] for kind in ("weight", "bias"))
            matrices.append(array("f", (one * by for one in turned(weights, hidden))))
            biases.extend(one * by for one in bias)
        merged = g.floats(f"{of}attention.self.weight", [hidden, 3 * hidden], side_by_side(matrices, hidden).tobytes())
        projected = g.add("Add", g.add("MatMul", states, merged), self.bias(f"{of}attention.self.bias", biases))
        apart = g.add("Transpose", g.add("Reshape", projected, "apart"), perm=[2, 0, 3, 1, 4])  # [3, batch, heads, tokens, of a head]
        query, key, value = (g.add("Gather", apart, part, axis=0) for part in self.parts)
        scores = g.add("Add", g.add("MatMul", query, g.add("Transpose", key, perm=[0, 1, 3, 2])), away)
        heard = g.add("MatMul", g.add("Softmax", scores, axis=-1), value)
        return g.add("Reshape", g.add("Transpose", heard, perm=[0, 2, 1, 3]), "together")
