"""What training makes small: pointers, choices between labels, tags, guesses of hidden characters."""

import torch
from torch.nn import functional

from batches import HINT_BASE, UNTAGGED

WEIGHTS = {"pointer": 1.0, "choice": 1.0, "tags": 0.5, "guess": 0.15, "agree": 0.5}


def circle(logits, marked, seen):
    """The multi-label loss whose border is logit 0: every marked place above it, every other below. [rows, places] -> [rows]."""
    wrong = (1 - 2 * marked) * logits
    nothing = torch.zeros_like(logits[:, :1])
    negative = wrong - 1e4 * marked - 1e4 * (1 - seen)
    positive = wrong - 1e4 * (1 - marked)
    return torch.cat([negative, nothing], 1).logsumexp(1) + torch.cat([positive, nothing], 1).logsumexp(1)


def encode(network, batch):
    """States of texts and of prompts, and the logits."""
    ids, hints = batch["ids"].long(), batch["hints"].long()
    mask, hint_mask = (ids != 0).long(), (hints != 0).long()
    steps = torch.arange(ids.shape[1], device=ids.device)[None] + batch["shift"][:, None]
    base = HINT_BASE + torch.arange(hints.shape[1], device=ids.device)[None]
    text = network.lower(ids, mask, torch.zeros_like(ids), steps.long())
    hint = network.lower(hints, hint_mask, torch.ones_like(hints), base.expand(hints.shape))
    head, tail = network.upper(text, mask, batch["owner"].long(), hint, hint_mask)
    return text, mask, head, tail


def doubled(batch):
    """Every text and prompt twice: dropout takes other units out of each."""
    texts, length = batch["ids"].shape
    further = {"owner": texts, "guess_at": texts * length}
    return {name: torch.cat([value, value + further.get(name, 0)]) for name, value in batch.items()}


def apart(p, q, shown_p, shown_q):
    """Half the symmetric divergence of two distributions, part by part: (p - q)(shown p - shown q), where shown is a logit or a logarithm."""
    return 0.5 * (p - q) * (shown_p - shown_q)


def agreement(head, tail, sure, extra, seen, used, chosen):
    """How far apart the two halves of a doubled batch are, in what they point at and in what they choose."""
    rows = used.sum().clamp(min=1) / 2
    pointers = 0.0
    for logits in (head, tail):
        first, second = logits.clamp(-20, 20).chunk(2)
        each = apart(first.sigmoid(), second.sigmoid(), first, second) * seen.chunk(2)[0]
        pointers = pointers + (each.sum(1) * used.chunk(2)[0]).sum() / rows
    first, second = sure.masked_fill(extra, -20).chunk(2)
    choices = apart(first.exp(), second.exp(), first, second).sum(1) * chosen.chunk(2)[0]
    return pointers + 2 * choices.sum() / (chosen.sum().clamp(min=1) / 2)


def losses(network, batch, smoothing=0.05, twice=False):
    """Each part of the loss; `twice`: every text is read twice, and the two readings have to agree."""
    batch = doubled(batch) if twice else batch
    text, mask, head, tail = encode(network, batch)
    text = text[..., : network.shape.hidden]
    used, marks = batch["used"], batch["marks"]
    rows = used.sum().clamp(min=1)
    seen = mask[batch["owner"].long()].float()
    pointer = circle(head, (marks & 1).float(), seen) + circle(tail, (marks >> 1 & 1).float(), seen)
    chosen = batch["gold"] >= 0
    places = batch["labels"].long()
    scores = head.gather(1, places[..., 0]) + tail.gather(1, places[..., 1])
    extra = torch.arange(places.shape[1], device=scores.device)[None] >= batch["count"][:, None]
    scores = scores.masked_fill(extra, -1e4)
    sure = functional.log_softmax(scores, 1)
    gold = -sure.gather(1, batch["gold"].clamp(min=0).long()[:, None])[:, 0]
    even = -(sure.masked_fill(extra, 0).sum(1) / batch["count"].clamp(min=1))
    choice = ((1 - smoothing) * gold + smoothing * even) * chosen
    parts = {
        "pointer": (pointer * used).sum() / rows, "choice": choice.sum() / chosen.sum().clamp(min=1),
        "tags": tag_loss(network, text, batch["tags"]), "guess": guess_loss(network, text, batch),
    }
    return {**parts, "agree": agreement(head, tail, sure, extra, seen, used, chosen)} if twice else parts


def tag_loss(network, text, tags):
    known = (tags != UNTAGGED).float()
    scores = network.helper.tags(text).float().unflatten(-1, (-1, 3))
    codes = torch.stack([tags.long() // 3**kind % 3 for kind in range(scores.shape[2])], -1)
    each = functional.cross_entropy(scores.flatten(0, 2), codes.flatten(), reduction="none").view(codes.shape).sum(-1)
    return (each * known).sum() / known.sum().clamp(min=1)


def guess_loss(network, text, batch):
    states = text.flatten(0, 1)[batch["guess_at"].long()]
    scores = network.helper.guess(states) @ network.lower.word.weight.T + network.helper.bias
    target = batch["guess_id"].long()
    each = functional.cross_entropy(scores.float(), target.clamp(min=0), reduction="none") * (target >= 0)
    return each.sum() / (target >= 0).sum().clamp(min=1)


def total(parts):
    return sum(WEIGHTS[name] * part for name, part in parts.items())
