"""The whole way from text and schema to an answer in plain Python: what Gatehouse's C++ is compared with.

    python -m tools.uninlu.reference models/uninlu-small/1 '{"人物": null}' '谷爱凌在北京夺冠'
"""

import json
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from decode import STRIDE, WINDOW, label_ends, label_spans, sigmoid, softmax, spans
from runner import HINT_MOST, OnnxRunner, padded
from sample import hint
from tokenizer import Tokenizer

SENTIMENT, SENTIMENT_LABELS = "情感分类", ["正向", "负向"]
OVERLAP = WINDOW - STRIDE


class BadSchema(ValueError):
    """`pointer` names the place in the schema (a JSON pointer)."""

    def __init__(self, pointer, message):
        super().__init__(f"{pointer or '/'}: {message}")
        self.pointer = pointer


def read_schema(schema, pointer=""):
    """{key: None or the same again} of what callers send: a JSON object or a string that holds one; "", [], {} are leaves, lists below the root are keys."""
    if pointer == "" and isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except json.JSONDecodeError as error:
            raise BadSchema("", "is not JSON") from error
    if pointer and (schema is None or schema in ("", [], {})):
        return None
    if pointer and isinstance(schema, list):
        if not all(isinstance(key, str) and key for key in schema):
            raise BadSchema(pointer, "a list holds names of keys")
        return dict.fromkeys(schema)
    if not isinstance(schema, dict):
        raise BadSchema(pointer, "an object is needed")
    if not schema:
        raise BadSchema(pointer, "holds no key")
    found = {}
    for key, value in schema.items():
        if not key.strip():
            raise BadSchema(pointer + "/" + key, "a key needs a name")
        found[key] = read_schema(value, pointer + "/" + key.replace("~", "~0").replace("/", "~1"))
    return found


class Pipeline:
    def __init__(self, folder, threads=1):
        folder = Path(folder)
        self.manifest = tomllib.loads((folder / "model.toml").read_text())
        nlu = self.manifest["nlu"]
        self.threshold = nlu["threshold"]
        self.tokenizer = Tokenizer(folder / "vocab.txt", nlu["lower_case"])
        self.runner = OnnxRunner(folder, self.tokenizer, nlu["hint_position_base"], threads)

    def __call__(self, text, schema, labels=None, mode="native", all_prefixes=False):
        """[[{"type", "span", "offset", "score"}, …]]: paths from the root to the leaves, depth first in the order of the schema."""
        schema = read_schema(schema)
        found = []
        given, _ = label_spans(text)
        for key, below in schema.items():
            wanted = labels or (SENTIMENT_LABELS if key == SENTIMENT and not given else None)
            if below is None and wanted:
                found += self._choose(",".join(wanted) + "|" + text, key, mode, len(",".join(wanted)) + 1)
            elif below is None and given and mode != "compat":
                found += self._choose(text, key, mode, 0)
            else:
                found += self._walk(text, [], {key: below}, all_prefixes)
        return found

    def _walk(self, text, path, schema, all_prefixes):
        prompts = [hint([(step["type"], step["span"]) for step in path], key) for key in schema]
        [(places, logits)] = self.runner.logits([(text, prompts)])
        found = []
        for (key, below), (head, tail) in zip(schema.items(), logits):
            for start, end, score in spans(head, tail, places, self.threshold):
                here = path + [{"type": key, "span": text[start:end], "offset": [start, end], "score": score}]
                if below is None or all_prefixes:
                    found.append(here)
                if below is not None:
                    found += self._walk(text, here, below, all_prefixes)
        return found

    def _choose(self, text, key, mode, added):
        """One label of those in front of the text, or each that fits (mode "multi"). `added` characters of it were not submitted: offsets in them are None."""
        labels, body = label_spans(text)
        places, windows = self._windows(text, body)
        parts = self._label_logits(windows, hint([], key))
        if mode == "compat":
            head, tail = parts[0]
            found = [(a, b, score) for a, b, score in spans(head, tail, places, self.threshold) if not a < added < b]
        else:
            each = [label_ends(head, tail, places[: len(head)], labels) for head, tail in parts]
            means = [[sum(ends[n][side] for ends in each) / len(each) for side in (0, 1)] if each[0][n] else [-5e8, -5e8] for n in range(len(labels))]
            best = max(range(len(labels)), key=lambda n: sum(means[n]))
            if mode == "multi":
                fit = [n for n in range(len(labels)) if min(means[n]) > self.threshold] or [best]
                found = [(*labels[n], sigmoid(means[n][0]) * sigmoid(means[n][1])) for n in fit]
            else:
                found = [(*labels[best], softmax(list(map(sum, means)))[best])]
        return [[{"type": key, "span": text[a:b], "offset": [a - added, b - added] if a >= added else None, "score": score}] for a, b, score in found]

    def _windows(self, text, body):
        """(places of the first window's tokens, windows that all begin with the labels)."""
        ids, places = self.tokenizer.encode(text)
        first = sum(1 for a, b in places[1:-1] if b <= body) + 1
        room = WINDOW - first - 1
        if room <= OVERLAP:
            raise BadSchema("", "the labels are too long")
        rest, windows, at = ids[first:-1], [], 0
        while True:
            windows.append(ids[:first] + rest[at : at + room] + ids[-1:])
            if at + room >= len(rest):
                return places[: len(windows[0]) - 1] + [(0, 0)], windows
            at += room - OVERLAP

    def _label_logits(self, windows, prompt):
        ids = padded(windows)
        mask = (ids != 0).astype(ids.dtype)
        steps = padded([range(ids.shape[1])] * len(windows))
        states = self.runner.lower(ids, mask, ids * 0, steps)
        hints = padded([self.tokenizer.encode(prompt, HINT_MOST)[0]])
        base = self.runner.base if isinstance(self.runner.base, int) else ids.shape[1]
        hint_states = self.runner.lower(hints, hints * 0 + 1, hints * 0 + 1, base + padded([range(hints.shape[1])]))
        found = []
        for at, window in enumerate(windows):
            index = padded([[at]])[0]
            head, tail = self.runner.upper(states, mask, index, hint_states, hints * 0 + 1)
            found.append((list(map(float, head[0][: len(window)])), list(map(float, tail[0][: len(window)]))))
        return found


def grouped(paths):
    """{key: [{"text", "start", "end", "probability", "relations"?}]}: nested by key."""
    found = {}
    for path in paths:
        level = found
        for step in path:
            start, end = step["offset"] or (None, None)
            group = level.setdefault(step["type"], [])
            same = next((item for item in group if (item["text"], item["start"], item["end"]) == (step["span"], start, end)), None)
            if same is None:
                same = {"text": step["span"], "start": start, "end": end, "probability": step["score"]}
                group.append(same)
            if step is not path[-1]:
                level = same.setdefault("relations", {})
    return found


def tree(paths):
    """[{"type", "span", "offset", "score", "children"}]: what was found once, with what hangs on it."""
    found = []
    for path in paths:
        level = found
        for step in path:
            same = next((item for item in level if (item["type"], item["span"], item["offset"]) == (step["type"], step["span"], step["offset"])), None)
            if same is None:
                same = {**step, "children": []}
                level.append(same)
            level = same["children"]
    return found


def flat(paths):
    """[{"type", "span", "offset", "score"}]: every step of every path, each once, in order."""
    found = []
    for step in (step for path in paths for step in path):
        if step not in found:
            found.append(step)
    return found


FORMS = {"paths": list, "grouped": grouped, "tree": tree, "flat": flat}


if __name__ == "__main__":
    _, model, asked, *texts = sys.argv
    pipeline = Pipeline(model)
    for one in texts:
        print(json.dumps(pipeline(one, asked), ensure_ascii=False))
