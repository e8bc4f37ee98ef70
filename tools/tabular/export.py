"""A scikit-learn model as an ONNX file that Gatehouse can compute and explain, and the manifest beside it.

What skl2onnx leaves out is how many samples each node of a tree has seen: it writes 1 for every node. Explanations need that, so it is
written here, into the attribute that ONNX has for it (nodes_hitrates), which no runtime computes with.
"""

import hashlib

import numpy as np
import onnx
from skl2onnx import to_onnx

FORESTS = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")


def trees_of(model):
    """The trees of a fitted model, in the order in which skl2onnx writes them."""
    estimators = getattr(model, "estimators_", None)
    if estimators is None:
        return [model.tree_]
    return [one.tree_ for one in np.ravel(np.asarray(estimators, dtype=object))]


def write_covers(graph, model):
    """The weighted samples of each node, into the only forest of the graph."""
    forest = next(node for node in graph.node if node.op_type in FORESTS)
    attributes = {one.name: one for one in forest.attribute}
    numbers = zip(attributes["nodes_treeids"].ints, attributes["nodes_nodeids"].ints)
    trees = trees_of(model)
    # skl2onnx numbers a tree's nodes as scikit-learn does; said here, because covers of other nodes would be wrong silently.
    modes, features = attributes["nodes_modes"].strings, attributes["nodes_featureids"].ints
    covers = []
    for (tree, node), mode, feature in zip(numbers, modes, features):
        leaf = trees[tree].children_left[node] == -1
        if leaf != (mode == b"LEAF") or (not leaf and trees[tree].feature[node] != feature):
            raise SystemExit("the nodes of the exported forest are not those of the model")
        covers.append(float(trees[tree].weighted_n_node_samples[node]))
    attributes["nodes_hitrates"].floats[:] = covers


def exported(model, sample, forest=None, **options):
    """The bytes of the ONNX file, the same for the same model. forest: the fitted forest within it, where it is to be explained."""
    made = to_onnx(model, sample, target_opset={"": 17, "ai.onnx.ml": 3}, options={id(model): options} if options else None)
    made.graph.name, made.doc_string, made.domain = "model", "", ""
    if forest is not None:
        write_covers(made.graph, forest)
    onnx.checker.check_model(made)
    return made.SerializeToString(deterministic=True)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def quoted(words):
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def feature_table(name, unit, limits, trained, example):
    """limits: what can be; trained: what the training has seen."""
    facts = {"name": f'"{name}"', "unit": unit and f'"{unit}"', "min": limits[0], "max": limits[1]}
    facts |= {"trained_min": f"{trained[0]:.4g}", "trained_max": f"{trained[1]:.4g}", "example": example}
    return "[[features]]\n" + "".join(f"{key} = {value}\n" for key, value in facts.items() if value != "")
