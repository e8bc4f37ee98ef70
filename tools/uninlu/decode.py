"""From logits to spans and labels: pure functions over lists of numbers, as the specification has them."""

import math

WINDOW, STRIDE = 384, 352


def windows(ids):
    """Stretches of a long text; the first has [CLS], the last [SEP], neighbours share 32 tokens."""
    count = 1 if len(ids) <= WINDOW else math.ceil((len(ids) - WINDOW) / STRIDE) + 1
    return [ids[STRIDE * number : STRIDE * number + WINDOW] for number in range(count)]


def merged(parts, length):
    """Logits of all tokens from those of the windows; where two meet, their mean."""
    whole = [None] * length
    for number, part in enumerate(parts):
        for at, value in enumerate(part, STRIDE * number):
            if at < length:
                whole[at] = value if whole[at] is None else (whole[at] + value) / 2
    return whole


def sigmoid(logit):
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def spans(head, tail, places, threshold):
    """[(start, end, score)]: each head with the nearest tail at or after it. [CLS] and [SEP], whose places are empty, never count."""
    found, following, nearest = [], [None] * len(tail), None
    for at in range(len(tail) - 1, -1, -1):
        if tail[at] > threshold and places[at][1] > places[at][0]:
            nearest = at
        following[at] = nearest
    for at, value in enumerate(head):
        end = following[at]
        if value > threshold and places[at][1] > places[at][0] and end is not None:
            found.append((places[at][0], places[end][1], sigmoid(value) * sigmoid(tail[end])))
    return sorted(found)


def label_spans(text):
    """[(start, end)] of the labels in front of `|` or `｜`, and where the body begins; ([], 0) where there are none."""
    bar = next((at for at, char in enumerate(text) if char in "|｜"), -1)
    if bar < 1 or "," not in text[:bar] and "，" not in text[:bar] or "\n" in text[:bar]:
        return [], 0
    found, start = [], 0
    for at in range(bar + 1):
        if at == bar or text[at] in ",，":
            found.append((start, at))
            start = at + 1
    return ([], 0) if any(a == b for a, b in found) else (found, bar + 1)


def label_ends(head, tail, places, labels):
    """For each label the logits of its first token as head and of its last token as tail; None for a label without tokens."""
    found = []
    for start, end in labels:
        inside = [at for at, (a, b) in enumerate(places) if a < b and start <= a and b <= end]
        found.append((head[inside[0]], tail[inside[-1]]) if inside else None)
    return found


def label_scores(head, tail, places, labels):
    """One number a label: both of its label_ends() together."""
    return [ends and sum(ends) for ends in label_ends(head, tail, places, labels)]


def softmax(scores):
    most = max(scores)
    parts = [math.exp(score - most) for score in scores]
    return [part / sum(parts) for part in parts]
