"""Third stage, minutes on one CPU core: with everything else fixed, teaches nested prompts to look near the span that they hold (focus.Focus).

    python -m tools.uninlu.adapt_spans tools/uninlu/runs/second/weights.pt tools/uninlu/runs/third/weights.pt
"""

import argparse
import random
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch

import packages
import task_absa
import task_structure
from batches import Encoder, load_world
from export import load
from invent import Inventor
from losses import circle
from model import EXTRAS, Network, Shape
from runner import padded
from sides import SIDES, marks_of

SHARES = [(task_structure.relation, 32), (task_structure.event, 43), (task_absa.absa, 25)]
MOST = 160


def coded(world, inventor, encoder):
    """(text ids, [(prompt ids, token spans)]) of nested prompts."""
    while True:
        sample = inventor.rng.choices([b for b, _ in SHARES], [w for _, w in SHARES])[0](world, inventor)
        nested = [(hint, spans) for hint, spans in sample.queries if ", " in hint]
        if nested and len(sample.text) < MOST:
            ids, starts, ends = encoder.text(sample, MOST)
            return ids, [(encoder.hint(hint)[:40], encoder.spans(spans, starts, ends)) for hint, spans in nested]


def remember(network, some):
    """What the fixed part says: states, fused states, prompt, codes, logits; one entry a prompt."""
    hidden, kept = network.shape.hidden, {}
    focus, network.upper.focus = network.upper.focus, None
    handle = network.upper.layers[-1].register_forward_hook(lambda _, __, out: kept.update(fused=out))
    ids = torch.from_numpy(padded([ids for ids, _ in some]))
    owner = [at for at, (_, prompts) in enumerate(some) for _ in prompts]
    asked = [prompt for _, prompts in some for prompt in prompts]
    hints = torch.from_numpy(padded([prompt for prompt, _ in asked]))
    mask, hint_mask = (ids != 0).long(), (hints != 0).long()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        text = network.lower(ids, mask, ids * 0, torch.arange(ids.shape[1]).expand(ids.shape))
        hint = network.lower(hints, hint_mask, hints * 0 + 1, 384 + torch.arange(hints.shape[1]).expand(hints.shape))
        head, tail = network.upper(text, mask, torch.tensor(owner), hint, hint_mask)
    handle.remove()
    network.upper.focus = focus
    found = []
    for row, (at, (prompt, spans)) in enumerate(zip(owner, asked)):
        n, p = len(some[at][0]), len(prompt)
        states = torch.cat([text[at, :n, :hidden].half(), kept["fused"][row, :n].half()], -1)
        logits = torch.stack([head[row, :n], tail[row, :n]], -1).float()
        found.append((states, hint[row, :p, :hidden].float().mean(0).half(), text[at, :n, hidden + SIDES :].half(), hint[row, :p, hidden + SIDES :].half(), logits, spans))
    return found


def together(some):
    length, prompt = max(len(s[0]) for s in some), max(len(s[3]) for s in some)
    count = len(some)
    states, codes = torch.zeros(count, length, some[0][0].shape[1]), torch.zeros(count, length, EXTRAS - SIDES)
    hints, logits, marks, seen = torch.zeros(count, prompt, EXTRAS - SIDES), torch.zeros(count, length, 2), torch.zeros(count, length, 2), torch.zeros(count, length)
    for at, (one, _, code, hint, logit, spans) in enumerate(some):
        n = len(one)
        states[at, :n], codes[at, :n], hints[at, : len(hint)], logits[at, :n], seen[at, :n] = one.float(), code.float(), hint.float(), logit, 1
        for a, b in spans:
            marks[at, a, 0] = marks[at, b, 1] = 1
    return states, torch.stack([s[1].float() for s in some]), codes, hints, logits, marks, seen


def scored(focus, hidden, some):
    states, prompt, codes, hints, logits, marks, seen = together(some)
    logits = logits + focus(states[..., :hidden], states[..., hidden:], prompt, codes, hints, seen) - 1e4 * (1 - seen[..., None])
    loss = circle(logits[..., 0], marks[..., 0], seen) + circle(logits[..., 1], marks[..., 1], seen)
    exact = ((logits > 0).float() == marks).flatten(1).all(1)
    return loss.mean(), exact.float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=int, default=8000)
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
    network.load_state_dict(old.state_dict(), strict=False)
    begun = time.monotonic()
    texts = sorted((coded(world, inventor, encoder) for _ in range(options.texts)), key=lambda s: len(s[0]))
    kept = [entry for begin in range(0, len(texts), 32) for entry in remember(network, texts[begin : begin + 32])]
    rng.shuffle(kept)
    dev, train = kept[:800], kept[800:]
    focus, hidden = network.upper.focus.train(), network.shape.hidden
    with torch.no_grad():
        before = sum(scored(focus, hidden, dev[i : i + 200])[1] for i in range(0, len(dev), 200)) / (len(dev) / 200)
    print(f"{len(train)} prompts after {time.monotonic() - begun:.0f} s, exact before {100 * before:.1f} %", flush=True)
    optimizer = torch.optim.AdamW(focus.parameters(), lr=options.rate, weight_decay=0.02)
    steps, step = options.epochs * (len(train) // 64), 0
    for epoch in range(options.epochs):
        rng.shuffle(train)
        for begin in range(0, len(train) - 63, 64):
            optimizer.param_groups[0]["lr"] = options.rate * (1 - step / steps) + 1e-5
            loss, _ = scored(focus, hidden, train[begin : begin + 64])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(focus.parameters(), 1.0)
            optimizer.step()
            step += 1
        with torch.no_grad():
            exact = sum(scored(focus, hidden, dev[i : i + 200])[1] for i in range(0, len(dev), 200)) / (len(dev) / 200)
        print(f"epoch {epoch}: loss {loss.item():.3f}, dev exact {100 * exact:.1f} %, {time.monotonic() - begun:.0f} s", flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().half() for name, value in network.state_dict().items() if not name.startswith("helper.guess")}
    made["third stage"] = f"{len(train)} nested prompts, {options.epochs} epochs, seed {options.seed}, {time.monotonic() - begun:.0f} s on one CPU core"
    torch.save({"shape": network.shape.as_dict(), "weights": weights, "made": made}, options.out)


if __name__ == "__main__":
    main()
