"""Figures of a model folder on the frozen test splits (tests/quality/splits.py makes them), with the gates.

    python -m tools.uninlu.evaluate models/uninlu-small/1 [--fp32 tools/uninlu/runs/first/fp32] [--out figures.json]
"""

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import measure
import packages
from baseline import rows
from batches import load_world
from runner import OnnxRunner
from tokenizer import Tokenizer

GATES = {"ner micro": 88, "ner PER": 85, "ner LOC": 88, "ner TIME": 90, "ner ORG": 78, "sentiment_random": 81}
OVER_BASELINE = {"topic": 3, "match": 3}
MOST_LOST_BY_INT8 = 0.5


def figures(folder, vocab, threshold, every=1, seen=None):
    runner = OnnxRunner(folder, Tokenizer(vocab))
    begun = time.monotonic()
    names = measure.ner(runner, rows("ner")[::every], seen, threshold)
    found = {f"ner {kind}": round(value, 2) for kind, value in names.items() if kind != "unseen"}
    for kind, (recall, count) in names.get("unseen", {}).items():
        found[f"unseen {kind}"] = round(recall, 1)
        found[f"unseen {kind} of"] = count
    for name in ("sentiment_random", "sentiment_block", "topic", "match"):
        found[name] = round(measure.choices(runner, rows(name)[::every]), 2)
    found["seconds"] = round(time.monotonic() - begun)
    return found


def judged(found, baseline):
    """[(what, figure, at least)] of every gate."""
    wanted = [(name, found[name], least) for name, least in GATES.items()]
    return wanted + [(name, found[name], round(baseline[name] + more, 2)) for name, more in OVER_BASELINE.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fp32", type=Path, help="the graphs before int8, to see what int8 costs")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threshold", type=float, default=0.0)
    parser.add_argument("--every", type=int, default=1, help="only every n-th row")
    options = parser.parse_args()
    seen = measure.forms(load_world(packages.DATA / "prepared" / "train.json.gz").news)
    vocab = options.folder / "vocab.txt"
    found = figures(options.folder, vocab, options.threshold, options.every, seen)
    baseline = json.loads((packages.DATA / "baseline.json").read_text())
    result = {"int8": found, "baseline": baseline}
    if options.fp32:
        result["fp32"] = figures(options.fp32, vocab, options.threshold, options.every)
        lost = result["fp32"]["ner micro"] - found["ner micro"]
        print(f"int8 costs {lost:.2f} F1")
    print(json.dumps(result, ensure_ascii=False, indent=1))
    failed = [gate for gate in judged(found, baseline) if gate[1] < gate[2]]
    for what, figure, least in judged(found, baseline):
        print(f"{'ok    ' if figure >= least else 'FAILED'} {what}: {figure} (at least {least})")
    if options.out:
        options.out.write_text(json.dumps(result, ensure_ascii=False, indent=1))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
