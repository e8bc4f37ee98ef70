"""TF-IDF with a linear model on the same training data: what topic and matching are held against.

    python -m tools.uninlu.baseline
"""

import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import packages
import task_pair
from batches import load_world
from invent import Inventor

TESTS = packages.DATA / "tests"
PAIRS = 30000


def rows(name):
    with open(TESTS / f"{name}.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def label(row):
    a, b = row["labels"][row["gold"]]
    return row["text"][a:b]


def body(row):
    return row["text"].partition("|")[2]


def vectorizer():
    return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)


def classes(train, test):
    """Accuracy of the best of three strengths (chosen in its favour, on the test itself)."""
    words = vectorizer().fit([text for text, _ in train])
    given, wanted = words.transform([text for text, _ in train]), [name for _, name in train]
    asked = words.transform([body(row) for row in test])
    best = 0
    for strength in (1, 5, 20):
        model = LogisticRegression(C=strength, max_iter=300).fit(given, wanted)
        best = max(best, 100 * float(numpy.mean(model.predict(asked) == numpy.array([label(row) for row in test]))))
    return best


def pairs(world, test, seed=5):
    """For pairs: by their cosine alone, and by that, the difference and the product of their vectors as well."""
    inventor = Inventor(world.words, random.Random(seed))
    made = [task_pair.make_pair(world, inventor) for _ in range(PAIRS)]
    words = vectorizer().set_params(ngram_range=(1, 2), max_features=60000).fit([text for first, second, _ in made for text in (first, second)])

    def features(firsts, seconds):
        a, b = words.transform(firsts), words.transform(seconds)
        together = a.multiply(b)
        return hstack([together.sum(1), together, abs(a - b)]).tocsr()

    split = [body(row).rpartition("&") if body(row).count("&") == 1 else body(row).partition("&") for row in test]
    given = features([m[0] for m in made], [m[1] for m in made])
    asked = features([s[0] for s in split], [s[2] for s in split])
    wanted = numpy.array([label(row) == "相似" for row in test])
    best = 0
    for strength in (1, 5, 20):
        model = LogisticRegression(C=strength, max_iter=300).fit(given, [m[2] for m in made])
        best = max(best, 100 * float(numpy.mean(model.predict(asked) == wanted)))
    near = LogisticRegression().fit(given[:, :1].toarray(), [m[2] for m in made])
    return 100 * float(numpy.mean(near.predict(asked[:, :1].toarray()) == wanted)), best


def figures():
    world = load_world(packages.DATA / "prepared" / "train.json.gz")
    cut = [(text[:60], name) for text, name in world.topics] + [(text, name) for text, name in world.topics]
    sentiment = [(text, "正向" if good else "负向") for text, good in world.reviews]
    cosine, features = pairs(world, rows("match"))
    return {
        "topic": classes(cut, rows("topic")), "match": cosine, "match with features of pairs": features,
        "sentiment_random": classes(sentiment, rows("sentiment_random")), "sentiment_block": classes(sentiment, rows("sentiment_block")),
    }


if __name__ == "__main__":
    found = {name: round(value, 2) for name, value in figures().items()}
    (packages.DATA / "baseline.json").write_text(json.dumps(found))
    print(found)
