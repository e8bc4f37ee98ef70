"""A regression over 20 features, for tests and measurements: python tools/tabular/train_regression20.py [FOLDER], else into bench/models.

The data is made up (Friedman's function of five features; fifteen that say nothing), so nobody's licence is upon it. The same packages make the
same bytes.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from export import exported, feature_table, sha256
from sklearn.datasets import make_friedman1
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

ROOT = Path(__file__).resolve().parents[2]
SEED = 20
FEATURES, ROWS = 20, 4000


def manifest(data, digest, score):
    head = f"""# A regression over 20 features: Friedman's function of the first five, with noise. Made by tools/tabular/train_regression20.py
# (seed {SEED}). R² {score:.3f} on rows that it had not seen.
kind = "trees"
licence = "Apache-2.0 as part of Gatehouse; the data is made up"
source = "trained by tools/tabular/train_regression20.py"

[[files]]
path = "model.onnx"
sha256 = "{digest}"

[[inputs]]
name = "X"
datatype = "FP32"
shape = [-1, {FEATURES}]

[[outputs]]
name = "variable"
datatype = "FP32"
shape = [-1, 1]

"""
    trained = zip(data.min(axis=0), data.max(axis=0))
    return head + "\n".join(feature_table(f"x{i}", "", (0, 1), one, 0.5) for i, one in enumerate(trained))


def main():
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "bench" / "models" / "regression20" / "1"
    data, values = make_friedman1(n_samples=ROWS, n_features=FEATURES, noise=0.5, random_state=SEED)
    data = data.astype(np.float32)
    seen, unseen, seen_values, unseen_values = train_test_split(data, values, test_size=0.25, random_state=SEED)
    model = GradientBoostingRegressor(n_estimators=200, max_depth=3, learning_rate=0.1, random_state=SEED).fit(seen, seen_values)
    score = r2_score(unseen_values, model.predict(unseen))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    path.write_bytes(exported(model, data[:1], forest=model))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    if abs(session.run(None, {"X": unseen})[0][:, 0] - model.predict(unseen)).max() > 1e-4:
        sys.exit("ONNX Runtime does not answer as scikit-learn does")
    (folder / "model.toml").write_text(manifest(seen, sha256(path), score))
    print(f"{folder}: R² {score:.3f}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
