"""Real scikit-learn models as Gatehouse computes them natively: from the exported ONNX file, through the bytes that an engine child sends, to
labels and scores equal to scikit-learn's and ONNX Runtime's, and explanations equal to those of the package shap."""

import functools
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx_file
import onnxruntime
import pandas
import pytest
import shap
from house import House, command, eventually
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._gb import BaseGradientBoosting
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import BaseDecisionTree, DecisionTreeClassifier

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "tabular"))

from export import exported  # noqa: E402

PROGRAM = Path(os.environ.get("GATEHOUSE_BINARY", ROOT / "build" / "release" / "gatehouse")).parent / "bench" / "trees_bench"
SEED = 11
FLOATS = [("X", FloatTensorType([None, 4]))]


def iris():
    data = load_iris()
    return data.data.astype(np.float32), data.target


# Where columns are scaled before a forest, values are no grid: a forest's thresholds lie halfway between values that a tree has seen, so that on
# a grid other values lie on them, and which side those fall to is then decided by the last digit of the scaled value, which ONNX has in FP32.
def with_gaps():
    data, kinds = make_classification(400, 4, n_informative=3, n_redundant=0, n_classes=3, n_clusters_per_class=1, random_state=SEED)
    data = data.astype(np.float32)
    data[::5, 1] = np.nan
    return data, kinds


def two_kinds():
    data, kinds = make_classification(400, 4, n_informative=3, n_redundant=0, random_state=SEED)
    return data.astype(np.float32), kinds


def words_for_kinds():
    data, kinds = iris()
    return data, np.array(["setosa", "versicolor", "virginica"])[kinds]


def counts():
    data, kinds = iris()
    return (data * 10).astype(np.int64), kinds


def amounts(targets=1):
    data, values = make_regression(400, 4, n_targets=targets, noise=3, random_state=SEED)
    return data.astype(np.float32), values


def people():
    dice = np.random.default_rng(SEED)
    table = pandas.DataFrame(
        {
            "age": dice.normal(40, 12, 600).astype(np.float32),
            "height": dice.normal(1.7, 0.1, 600).astype(np.float32),
            "children": dice.integers(0, 6, 600),
            "city": dice.choice(["Bern", "Köln", "上海"], 600),
            "answer": dice.choice(["yes", "no"], 600),
        }
    )
    likes = (table.age / 40 + (table.city == "上海") + table.children / 3 + dice.normal(0, 0.3, 600) > 2.2).astype(int)
    table.loc[::7, "height"] = np.nan
    return table, likes.to_numpy()


PEOPLE = [
    ("age", FloatTensorType([None, 1])),
    ("height", FloatTensorType([None, 1])),
    ("children", Int64TensorType([None, 1])),
    ("city", StringTensorType([None, 1])),
    ("answer", StringTensorType([None, 1])),
]


def prepared(count, categories):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer([("numbers", numbers, ["age", "height"]), ("count", count, ["children"]), ("words", categories, ["city", "answer"])])


MODELS = {
    "forest": (RandomForestClassifier(100, max_depth=4, random_state=SEED), iris, FLOATS),
    "forest_of_two": (RandomForestClassifier(30, max_depth=5, random_state=SEED), two_kinds, FLOATS),
    "forest_of_words": (RandomForestClassifier(20, random_state=SEED), words_for_kinds, FLOATS),
    "forest_of_counts": (RandomForestClassifier(25, max_depth=6, random_state=SEED), counts, [("X", Int64TensorType([None, 4]))]),
    "extra_trees": (ExtraTreesClassifier(30, max_depth=12, random_state=SEED), iris, FLOATS),
    "single_tree": (DecisionTreeClassifier(random_state=SEED), two_kinds, FLOATS),
    "forest_regression": (RandomForestRegressor(40, max_depth=9, random_state=SEED), amounts, FLOATS),
    "forest_regression_of_two": (RandomForestRegressor(20, max_depth=6, random_state=SEED), lambda: amounts(2), FLOATS),
    "boosting": (GradientBoostingClassifier(n_estimators=30, random_state=SEED), iris, FLOATS),
    "boosting_of_two": (GradientBoostingClassifier(n_estimators=40, random_state=SEED), two_kinds, FLOATS),
    "boosting_regression": (GradientBoostingRegressor(n_estimators=50, random_state=SEED), amounts, FLOATS),
    "logistic": (LogisticRegression(), iris, FLOATS),
    "linear": (LinearRegression(), amounts, FLOATS),
    "scaled": (make_pipeline(MinMaxScaler(), LogisticRegression()), two_kinds, FLOATS),
    "imputed": (make_pipeline(SimpleImputer(), StandardScaler(), RandomForestClassifier(30, max_depth=4, random_state=SEED)), with_gaps, FLOATS),
    "people": (make_pipeline(prepared("passthrough", OneHotEncoder(handle_unknown="ignore")), RandomForestClassifier(40, max_depth=6, random_state=SEED)), people, PEOPLE),
    "people_in_order": (make_pipeline(prepared(StandardScaler(), OrdinalEncoder()), GradientBoostingClassifier(n_estimators=20, random_state=SEED)), people, PEOPLE),
}  # fmt: skip


def forest_in(model):
    """The part of it that is made of trees."""
    last = model[-1] if hasattr(model, "steps") else model
    return last if isinstance(last, (BaseForest, BaseGradientBoosting, BaseDecisionTree)) else None


@functools.cache
def fitted(name):
    """The fitted model, its data, and what is exported of it."""
    model, data_of, inputs = MODELS[name]
    data, wanted = data_of()
    model.fit(data, wanted)
    options = {"zipmap": False} if hasattr(model, "predict_proba") else {}
    return model, data, exported(model, inputs, forest=forest_in(model), **options)


def made(name, folder):
    model, data, content = fitted(name)
    path = folder / f"{name}.onnx"
    path.write_bytes(content)
    return model, data, path


def cells(value):
    return value if isinstance(value, str) else repr(float(value)) if isinstance(value, (float, np.floating)) else str(int(value))


def run(mode, path, data):
    rows = data.to_numpy(dtype=object) if hasattr(data, "to_numpy") else data
    text = "".join("\t".join(cells(value) for value in row) + "\n" for row in rows)
    done = subprocess.run([PROGRAM, mode, path], input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_onnxruntime(path, data):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    if hasattr(data, "columns"):
        feed = {name: data[[name]].to_numpy() for name in names}
    else:
        feed = {names[0]: data}
    return dict(zip((one.name for one in session.get_outputs()), session.run(None, feed)))


@pytest.mark.parametrize("name", MODELS)
def test_labels_and_scores_are_those_of_scikit_learn_and_of_onnx_runtime(name, tmp_path):
    model, data, path = made(name, tmp_path)
    answers = run("answer", path, data)
    assert len(answers) == len(data)
    theirs = by_onnxruntime(path, data)
    for output, values in theirs.items():
        ours = np.array([answer[output] for answer in answers])
        values = np.asarray(values).reshape(ours.shape)
        if values.dtype.kind == "f":
            np.testing.assert_allclose(ours, values, atol=1e-6 * max(1.0, np.abs(values).max()))
        else:
            assert (ours == values).all()
    if hasattr(model, "predict_proba"):
        assert ([answer["label"][0] for answer in answers] == model.predict(data)).all()
        np.testing.assert_allclose([answer["probabilities"] for answer in answers], model.predict_proba(data), atol=1e-6)
    else:
        scale = np.abs(model.predict(data)).max()
        np.testing.assert_allclose(np.squeeze([answer["variable"] for answer in answers]), model.predict(data), atol=2e-6 * scale)


def by_shap(model, rows):
    """Of each row, a row a class and a column a feature; and the base values."""
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(rows, check_additivity=False))
    base = np.ravel(explainer.expected_value)
    return (values[:, :, None] if values.ndim == 2 else values).transpose(0, 2, 1), base


# What shap explains: no pipelines, and boosting of two classes alone.
BY_SHAP = [name for name, (model, _, _) in MODELS.items() if forest_in(model) is not None and not hasattr(model, "steps") and name != "boosting"]


@pytest.mark.parametrize("name", BY_SHAP)
def test_explanations_are_those_of_shap(name, tmp_path):
    model, data, path = made(name, tmp_path)
    rows = data[:: max(1, len(data) // 25)]
    values, base = by_shap(model, rows)
    found = run("explain", path, rows)
    scale = max(1.0, np.abs(values).max(), np.abs(base).max())
    for row, answer in enumerate(found):
        ours, our_base = np.array(answer["contributions"]), np.array(answer["base_values"])
        if values.shape[1] == 1 and len(ours) == 2:  # of two classes shap explains the second one's margin
            ours, our_base = ours[1:], our_base[1:]
        np.testing.assert_allclose(ours, values[row], atol=1e-6 * scale)
        np.testing.assert_allclose(our_base, base, atol=1e-6 * scale)


OVER_HTTP = ["forest", "forest_of_words", "extra_trees", "forest_regression", "forest_regression_of_two", "boosting_of_two"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A house that serves some of them."""
    folder = tmp_path_factory.mktemp("served")
    for name in [*OVER_HTTP, "logistic", "people"]:
        model, _, content = fitted(name)
        kinds = [str(one) for one in getattr(model, "classes_", [])]
        said = f'kind = "trees"\nlabels = {json.dumps(kinds)}\n[[files]]\npath = "model.onnx"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
        onnx_file.put(folder / "models", name, content, said)
    house = House(folder / "data", folder / "log")
    house.start("--models", str(folder / "models"))
    eventually(lambda: all(one["state"] != "loading" for one in command(house, "model", "list") if one["kind"] == "trees"), 120, "the models")
    yield house
    house.kill()


def explained(house, name, rows):
    answer = house.ask("POST", "/predict?explain=true", {"data": rows, "model": name})
    assert answer.status == 200, answer.body
    return answer.json()


@pytest.mark.parametrize("name", OVER_HTTP)
def test_explanations_over_http_are_those_of_shap(served, name):
    model, data, _ = fitted(name)
    rows = data[:: len(data) // 8]
    values, base = by_shap(model, rows)
    found = explained(served, name, rows.tolist())
    scale = max(1.0, np.abs(values).max(), np.abs(base).max())
    for row, one in enumerate(found["explanation"]):
        ours, our_base = np.array(one["contributions"]), np.array(one["base_values"])
        if values.shape[1] == 1 and len(ours) == 2:  # of two classes shap explains the second one's margin
            ours, our_base = ours[1:], our_base[1:]
        np.testing.assert_allclose(ours, values[row], atol=1e-6 * scale)
        np.testing.assert_allclose(our_base, base, atol=1e-6 * scale)
        sums = np.array(one["base_values"]) + np.array(one["contributions"]).sum(axis=1)
        if one["of"] == "probabilities":
            np.testing.assert_allclose(sums, found["probabilities"][row], atol=2e-6)
        elif one["of"] == "values" and len(sums) == 1:
            np.testing.assert_allclose(sums[0], found["prediction"][row], atol=2e-6 * scale)
    alone = explained(served, name, rows[0].tolist())
    assert alone["explanation"] == found["explanation"][0]


def test_models_are_computed_natively_and_say_so(served):
    reasons = {one["name"]: one["reason"] for one in command(served, "model", "list")}
    assert reasons["iris"].startswith("100 trees, computed natively; equal to onnxruntime on ")
    for name in [*OVER_HTTP, "logistic", "people"]:
        assert "computed natively; equal to onnxruntime on " in reasons[name], reasons


def test_iris_is_explained_as_promised(served):
    answer = explained(served, "iris", [5.1, 3.5, 1.4, 0.2])
    explanation = answer["explanation"]
    assert set(explanation) == {"of", "base_values", "contributions"} and explanation["of"] == "probabilities"
    assert [len(row) for row in explanation["contributions"]] == [4, 4, 4]
    sums = np.array(explanation["base_values"]) + np.array(explanation["contributions"]).sum(axis=1)
    np.testing.assert_allclose(sums, answer["probabilities"], atol=2e-6)
    linear = served.ask("POST", "/predict?explain=true", {"data": [5.1, 3.5, 1.4, 0.2], "model": "logistic"})
    assert linear.status == 400 and "this model is linear" in linear.json()["error"]["message"]


def test_words_and_whole_numbers_are_answered_natively(served):
    model, table, _ = fitted("people")
    rows = table.dropna()[:50]
    answer = served.ask("POST", "/predict", {"data": [[float(r.age), float(r.height), int(r.children), r.city, r.answer] for r in rows.itertuples()], "model": "people"})
    assert answer.status == 200, answer.body
    assert answer.json()["prediction"] == model.predict(rows).tolist()
    np.testing.assert_allclose(answer.json()["probabilities"], model.predict_proba(rows), atol=1e-6)


@pytest.mark.parametrize("name", [name for name, (model, _, _) in MODELS.items() if forest_in(model) is not None])
def test_explanations_add_up_to_the_answers(name, tmp_path):
    model, data, path = made(name, tmp_path)
    rows = data[:20]
    for answer, explained in zip(run("answer", path, rows), run("explain", path, rows)):
        sums = np.array(explained["base_values"]) + np.array(explained["contributions"]).sum(axis=1)
        scores = np.array(answer.get("probabilities", answer.get("variable")))
        if explained["of"] == "margins":
            sums = np.exp(sums) / np.exp(sums).sum() if len(sums) > 2 else 1 / (1 + np.exp(-sums))
        np.testing.assert_allclose(sums, scores, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["logistic", "linear", "scaled"])
def test_linear_models_are_explained_by_nobody(name, tmp_path):
    _, _, path = made(name, tmp_path)
    done = subprocess.run([PROGRAM, "explain", path], input="0\t0\t0\t0\n", capture_output=True, text=True)
    assert done.returncode == 1 and "explanation_unavailable" in done.stderr


@pytest.mark.parametrize("shipped", ["iris", "regression20"])
def test_the_shipped_models_are_computed_and_explained(shipped):
    path = ROOT / ("models" if shipped == "iris" else "bench/models") / shipped / "1" / "model.onnx"
    width = 4 if shipped == "iris" else 20
    rows = np.random.default_rng(SEED).uniform(0, 1 if width == 20 else 8, (200, width)).astype(np.float32)
    theirs = by_onnxruntime(path, rows)
    for output, values in theirs.items():
        ours = np.array([answer[output] for answer in run("answer", path, rows)])
        np.testing.assert_allclose(ours, np.asarray(values).reshape(ours.shape), rtol=1e-6, atol=1e-6)
    assert len(run("explain", path, rows[:3])[0]["contributions"][0]) == width


def test_iris_answers_what_is_promised():
    path = ROOT / "models" / "iris" / "1" / "model.onnx"
    assert [answer["label"] for answer in run("answer", path, np.array([[5.1, 3.5, 1.4, 0.2], [1.5, 2.3, 3.1, 0.7]], np.float32))] == [[0], [0]]
