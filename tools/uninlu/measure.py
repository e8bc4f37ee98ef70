"""Figures by task: exact spans for names, label scoring for choices, recall on names that training never saw."""

from collections import Counter

from decode import label_scores, spans
from sample import hint

NER_KEYS = {"PER": "人物", "LOC": "地理位置", "NT": "机构简称", "TIME": "时间", "ORG": "组织机构"}
GATED = ("PER", "LOC", "NT", "TIME")


def f1(hit, said, true):
    return 200.0 * hit / max(1, said + true)


def ner(runner, records, seen_forms=None, threshold=0.0):
    """{"PER": f1, …, "micro": PER+LOC+NT+TIME, "micro_org": with ORG for NT, "unseen": {kind: (recall, count)}}."""
    kinds = list(NER_KEYS)
    answers = runner.logits([(one["text"], [hint([], NER_KEYS[kind]) for kind in kinds]) for one in records])
    hit, said, true, unseen = Counter(), Counter(), Counter(), Counter()
    for one, (places, logits) in zip(records, answers):
        for kind, (head, tail) in zip(kinds, logits):
            found = {(a, b) for a, b, _ in spans(head, tail, places, threshold)}
            wanted = {(a, b) for a, b, k in one["spans"] if k == kind}
            hit[kind] += len(found & wanted)
            said[kind] += len(found)
            true[kind] += len(wanted)
            for a, b in wanted if seen_forms else ():
                if one["text"][a:b] not in seen_forms[kind]:
                    unseen[kind, "all"] += 1
                    unseen[kind, "hit"] += (a, b) in found
    figures = {kind: f1(hit[kind], said[kind], true[kind]) for kind in kinds}
    for name, group in (("micro", GATED), ("micro_org", ("PER", "LOC", "ORG", "TIME"))):
        figures[name] = f1(*(sum(c[k] for k in group) for c in (hit, said, true)))
    if seen_forms:
        figures["unseen"] = {k: (100.0 * unseen[k, "hit"] / max(1, unseen[k, "all"]), unseen[k, "all"]) for k in kinds}
    return figures


def choices(runner, rows):
    """Accuracy in percent of rows {"text", "labels": [(start, end)], "key", "gold"}."""
    answers = runner.logits([(row["text"], [hint([], row["key"])]) for row in rows])
    right = 0
    for row, (places, [(head, tail)]) in zip(rows, answers):
        scores = label_scores(head, tail, places, row["labels"])
        right += max(range(len(scores)), key=lambda n: scores[n]) == row["gold"]
    return 100.0 * right / max(1, len(rows))


def choice_row(labels, gold, body, key):
    places, at = [], 0
    for label in labels:
        places.append([at, at + len(label)])
        at += len(label) + 1
    return {"text": ",".join(labels) + "|" + body, "labels": places, "key": key, "gold": labels.index(gold)}


def sentiment_rows(reviews):
    return [choice_row(["正向", "负向"], "正向" if good else "负向", text[:240], "情感分类") for text, good in reviews]


def topic_rows(topics):
    return [choice_row(["图书", "酒店", "数码", "新闻"], name, text, "分类") for text, name in topics]


def match_rows(pairs):
    return [choice_row(["相似", "不相似"], "相似" if same else "不相似", f"{first}&{second}", "文本匹配") for first, second, same in pairs]


def forms(records):
    """The surface forms of each kind in these records."""
    found = {kind: set() for kind in NER_KEYS}
    for one in records:
        for a, b, kind in one["spans"]:
            if kind in found:
                found[kind].add(one["text"][a:b])
    return found
