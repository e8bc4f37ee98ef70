"""Texts of all tasks with the reference's answers, one JSON object a line: what another implementation is compared with.

    python -m tools.uninlu.answers models/uninlu-small/1 answers.jsonl --count 2000

Needs what prepare.py made. Long texts (several windows) and nested schemas are among them; the file holds corpus text and stays out of git.
"""

import argparse
import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import packages
from batches import load_world
from invent import Inventor
from mixture import draw
from reference import Pipeline

NESTED = [
    {"人物": {"职务": None, "国籍(国籍)": None, "出生地(地理位置)": None}, "组织机构": None}, {"属性词": {"情感词": None}}, {"属性词": {"正向情感(情感词)": None, "负向情感(情感词)": None}},
    {"胜负(事件触发词)": {"时间": None, "胜者": None, "败者": None}}, {"收购(事件触发词)": {"收购方": None, "被收购方": None, "时间": None}}, {"公司": {"产品(产品)": {"价格": None}}},
]


def asked(sample, rng):
    """A schema that goes with a sample: its own root keys, or now and then a nested one."""
    if sample.labels or rng.random() < 0.6:
        keys = [hint.removesuffix(": ") for hint, _ in sample.queries if ", " not in hint]
        if keys:
            return dict.fromkeys(keys)
    return rng.choice(NESTED)


def texts(count, seed):
    rng = random.Random(seed)
    world = load_world(packages.DATA / "prepared" / "train.json.gz")
    inventor = Inventor(world.words, rng)
    for number in range(count):
        sample = draw(world, inventor, raw_share=0)
        text = sample.text
        if number % 20 == 0 and not sample.labels:
            while len(text) < 500:
                text += draw(world, inventor, raw_share=1).text
        yield text, asked(sample, rng), "compat" if number % 10 == 3 else "native"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pipeline = Pipeline(options.model)
    with open(options.out, "w", encoding="utf-8") as file:
        for text, schema, mode in texts(options.count, options.seed):
            answer = pipeline(text, schema, mode=mode)
            print(json.dumps({"text": text, "schema": schema, "mode": mode, "output": answer}, ensure_ascii=False), file=file)


if __name__ == "__main__":
    main()
