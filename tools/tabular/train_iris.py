"""The iris classifier that is shipped: python tools/tabular/train_iris.py [FOLDER], into models/iris/1 where no folder is named.

A forest of 100 trees, four deep, on Fisher's 150 flowers, which scikit-learn carries. The same packages make the same bytes (requirements.txt
pins them). It prints what the model reaches in five folds, and then trains on all flowers.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from export import exported, feature_table, quoted, sha256
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

ROOT = Path(__file__).resolve().parents[2]
SEED = 7
NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
# What a flower can be, not what these 150 happen to be.
LIMITS = 0, 30
MUST_BE = {(5.1, 3.5, 1.4, 0.2): 0, (1.5, 2.3, 3.1, 0.7): 0, (6.7, 3.0, 5.2, 2.3): 2}


def forest():
    return RandomForestClassifier(n_estimators=100, max_depth=4, random_state=SEED, n_jobs=1)


def manifest(data, labels, digest, accuracy):
    head = f"""# Iris: which of three kinds a flower is, by its four measures. Made by tools/tabular/train_iris.py (seed {SEED}).
# Right about {accuracy:.1%} of the flowers that it had not seen, in five folds.
kind = "trees"
licence = "Apache-2.0 as part of Gatehouse; data: R. A. Fisher, Iris, UCI Machine Learning Repository (CC BY 4.0)"
source = "trained by tools/tabular/train_iris.py"
labels = {quoted(labels)}

[[files]]
path = "model.onnx"
sha256 = "{digest}"

[[inputs]]
name = "X"
datatype = "FP32"
shape = [-1, 4]

[[outputs]]
name = "label"
datatype = "INT64"
shape = [-1]

[[outputs]]
name = "probabilities"
datatype = "FP32"
shape = [-1, 3]

"""
    example = (5.1, 3.5, 1.4, 0.2)
    seen = zip(data.min(axis=0), data.max(axis=0))
    return head + "\n".join(feature_table(name, "cm", LIMITS, trained, one) for name, trained, one in zip(NAMES, seen, example))


def main():
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "models" / "iris" / "1"
    iris = load_iris()
    data, kinds = iris.data.astype(np.float32), iris.target
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    accuracy = cross_val_score(forest(), data, kinds, cv=folds).mean()
    model = forest().fit(data, kinds)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    path.write_bytes(exported(model, data[:1], forest=model, zipmap=False))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    label, probabilities = session.run(None, {"X": data})
    if (label != model.predict(data)).any() or abs(probabilities - model.predict_proba(data)).max() > 1e-6:
        sys.exit("ONNX Runtime does not answer as scikit-learn does")
    for row, kind in MUST_BE.items():
        if session.run(None, {"X": np.array([row], np.float32)})[0][0] != kind:
            sys.exit(f"{row} must be {kind}")
    (folder / "model.toml").write_text(manifest(data, iris.target_names, sha256(path), accuracy))
    print(f"{folder}: right in {accuracy:.1%} of five folds, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
