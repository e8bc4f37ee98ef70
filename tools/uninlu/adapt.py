"""Second stage, minutes on one CPU core: with everything else fixed, teaches the choice between labels to compare two texts (sides.Contrast).

    python -m tools.uninlu.adapt tools/uninlu/runs/first/weights.pt tools/uninlu/runs/second/weights.pt
"""

import argparse
import random
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch
from torch.nn import functional

import packages
import task_label
import task_pair
import task_qa
from batches import LABELS, Encoder, load_world
from export import load
from invent import Inventor
from model import Network, Shape
from runner import padded
from sides import SIDES, marks_of

SHARES = [(task_pair.match, 50), (task_pair.nli, 14), (task_pair.reply, 4), (task_pair.coreference, 2), (task_label.sentiment, 10), (task_label.topic, 12),
          (task_label.short_sentiment, 3), (task_label.emotion, 2), (task_qa.choice, 3)]
MOST = 192


def coded(world, inventor, encoder):
    """(ids, prompt ids, [(first, last token) of each label], gold) of one choice that fits."""
    while True:
        builder = inventor.rng.choices([b for b, _ in SHARES], [w for _, w in SHARES])[0]
        sample = builder(world, inventor)
        if not sample.labels or sample.gold < 0 or len(sample.labels) > LABELS:
            continue
        ids, starts, ends = encoder.text(sample, MOST)
        where = encoder.spans(sample.labels, starts, ends)
        if len(where) == len(sample.labels):
            return ids, encoder.hint(sample.queries[0][0])[:40], where, sample.gold


def remember(network, some):
    """What the fixed part says about a batch: states, prompt, the labels' own vectors and scores."""
    ids = torch.from_numpy(padded([s[0] for s in some]))
    hints = torch.from_numpy(padded([s[1] for s in some]))
    mask, hint_mask = (ids != 0).long(), (hints != 0).long()
    hidden = network.shape.hidden
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        text = network.lower(ids, mask, ids * 0, torch.arange(ids.shape[1]).expand(ids.shape))
        hint = network.lower(hints, hint_mask, hints * 0 + 1, 384 + torch.arange(hints.shape[1]).expand(hints.shape))
        head, tail = network.upper(text, mask, torch.arange(len(some)), hint, hint_mask)
        below = network.upper.below(text[..., :hidden]).float()
    found = []
    for at, (one, _, where, gold) in enumerate(some):
        label = torch.stack([below[at, a, :hidden] + below[at, b, hidden:] for a, b in where])
        score = torch.stack([head[at, a] + tail[at, b] for a, b in where])
        prompt = hint[at, : len(some[at][1]), :hidden].float().mean(0)
        found.append((text[at, : len(one)].half(), prompt.half(), label.half(), score.float(), gold))
    return found


def together(some):
    length, labels = max(len(s[0]) for s in some), max(len(s[2]) for s in some)
    text = torch.zeros(len(some), length, some[0][0].shape[1])
    vectors, scores = torch.zeros(len(some), labels, some[0][2].shape[1]), torch.full((len(some), labels), -1e4)
    for at, (states, _, label, score, _) in enumerate(some):
        text[at, : len(states)], vectors[at, : len(label)], scores[at, : len(score)] = states.float(), label.float(), score
    return text, torch.stack([s[1].float() for s in some]), vectors, scores, torch.tensor([s[4] for s in some])


def right(contrast, hidden, some):
    text, prompt, vectors, scores, gold = together(some)
    query = contrast(text[..., :hidden], text[..., hidden : hidden + SIDES], prompt)
    return scores + (vectors * query[:, None]).sum(-1) / hidden**0.5, gold


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--samples", type=int, default=24000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    prepared = packages.DATA / "prepared"
    encoder, world, rng = Encoder(prepared / "vocab.txt"), load_world(prepared / "train.json.gz"), random.Random(options.seed)
    inventor = Inventor(world.words, rng)
    old, made = load(options.weights)
    network = Network(Shape(**{**old.shape.as_dict(), "marks": marks_of(encoder.tokenizer.vocab)})).eval()
    network.load_state_dict({name: value for name, value in old.state_dict().items() if "contrast" not in name}, strict=False)
    begun = time.monotonic()
    samples = sorted((coded(world, inventor, encoder) for _ in range(options.samples)), key=lambda s: len(s[0]))
    kept = []
    for begin in range(0, len(samples), 64):
        kept += remember(network, samples[begin : begin + 64])
    rng.shuffle(kept)
    dev, train = kept[:1000], kept[1000:]
    contrast, hidden = network.upper.contrast.train(), network.shape.hidden
    optimizer = torch.optim.AdamW(contrast.parameters(), lr=options.rate, weight_decay=0.02)
    steps, step = options.epochs * (len(train) // 128), 0
    print(f"{len(train)} samples after {time.monotonic() - begun:.0f} s", flush=True)
    for epoch in range(options.epochs):
        rng.shuffle(train)
        for begin in range(0, len(train) - 127, 128):
            optimizer.param_groups[0]["lr"] = options.rate * (1 - step / steps) + 1e-5
            scores, gold = right(contrast, hidden, train[begin : begin + 128])
            loss = functional.cross_entropy(scores, gold)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
        with torch.no_grad():
            hits = [float((scores.argmax(1) == gold).float().mean()) for scores, gold in (right(contrast, hidden, dev[i : i + 250]) for i in range(0, len(dev), 250))]
        print(f"epoch {epoch}: loss {loss.item():.3f}, dev {100 * sum(hits) / len(hits):.1f} %, {time.monotonic() - begun:.0f} s", flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().half() for name, value in network.state_dict().items() if not name.startswith("helper.guess")}
    made["second stage"] = f"{options.samples} choices, {options.epochs} epochs, seed {options.seed}, {time.monotonic() - begun:.0f} s on one CPU core"
    torch.save({"shape": network.shape.as_dict(), "weights": weights, "made": made}, options.out)


if __name__ == "__main__":
    main()
