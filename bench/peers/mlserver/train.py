"""Makes the model folder of MLServer: train.py FOLDER. The forest is the one of bench/peers/tabular."""

import json
import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

folder = Path(sys.argv[1])
flowers = load_iris()
joblib.dump(RandomForestClassifier(100, max_depth=4, random_state=7, n_jobs=1).fit(flowers.data, flowers.target), folder / "model.joblib")
settings = {"name": "iris", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": "./model.joblib"}}
(folder / "model-settings.json").write_text(json.dumps(settings))
