"""The frozen test splits of the Chinese NLU model, made from the packages; only their seeds and hashes stand in the repository.

    tools/uninlu/.venv/bin/python tests/quality/splits.py            makes them and compares their hashes with splits.toml
    tools/uninlu/.venv/bin/python tests/quality/splits.py --freeze   writes splits.toml anew

They are written to tools/uninlu/.data/tests, out of git: the corpora are not ours to hand on. No line of them is trained on or chosen by:
training takes the first nine tenths of the news (less a part for choosing) and the reviews that neither test holds.
"""

import hashlib
import json
import random
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "uninlu"))

import measure
import news
import packages
import reviews
import task_pair
from invent import Inventor
from lexicons import build as word_lists
from sample import World

FROZEN = Path(__file__).resolve().parent / "splits.toml"
TESTS = packages.DATA / "tests"
SEED = 20261126
PAIRS = 1500
TOPIC_LENGTH = 60


def topic_test(rows, papers):
    """Reviews without the words that decide their topic, and as much news as of the largest of the others; the first 60 characters."""
    found = []
    for text, _ in rows:
        name = reviews.topic(text)
        bare = reviews.without_topic_words(text)[:TOPIC_LENGTH]
        if name and len(bare) > 8:
            found.append([bare, name])
    most = max(sum(name == one for _, name in found) for one in ("图书", "酒店", "数码"))
    lines = [one["text"][:TOPIC_LENGTH] for one in papers if len(one["text"]) > 8]
    return found + [[text, "新闻"] for text in random.Random(SEED).sample(lines, most // 3)]


def build():
    _, _, papers = news.split()
    _, _, drawn, block = reviews.split()
    world = World(news=papers, reviews=[list(row) for row in drawn + block])
    inventor = Inventor(word_lists(), random.Random(SEED))
    pairs = [task_pair.make_pair(world, inventor) for _ in range(PAIRS)]
    return {
        "ner": [{"text": one["text"], "spans": one["spans"]} for one in papers],
        "sentiment_random": measure.sentiment_rows(drawn), "sentiment_block": measure.sentiment_rows(block),
        "topic": measure.topic_rows(topic_test(drawn + block, papers)), "match": measure.match_rows(pairs),
    }


def main():
    TESTS.mkdir(parents=True, exist_ok=True)
    frozen = tomllib.loads(FROZEN.read_text()) if FROZEN.exists() else {}
    lines, wrong = [f"# Made by splits.py --freeze: what the test splits must be.\nseed = {SEED}\n"], 0
    for name, rows in build().items():
        text = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
        (TESTS / f"{name}.jsonl").write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        lines.append(f'\n[{name}]\nrows = {len(rows)}\nsha256 = "{digest}"\n')
        same = frozen.get(name, {}).get("sha256") == digest
        wrong += not same
        print(f"{name}: {len(rows)} rows, {'as frozen' if same else 'NOT as frozen'}")
    if "--freeze" in sys.argv:
        FROZEN.write_text("".join(lines))
    elif wrong:
        sys.exit(f"{wrong} splits differ from {FROZEN.name}")


if __name__ == "__main__":
    main()
