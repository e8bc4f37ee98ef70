"""Trains the small UniNLU on what prepare.py made; a CPU or a CUDA device, the same script.

    python -m tools.uninlu.train --out tools/uninlu/runs/first --minutes 100            (two cores, all tasks)
    python -m tools.uninlu.train --out … --device cuda --minutes 8 --tokens 16384 --workers 14
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch

import measure
from batches import Encoder, Stream, load_world
from engine import Engine
from model import Network, Shape
from runner import TorchRunner
from sides import marks_of


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prepared", type=Path, default=HERE / ".data" / "prepared", help="what prepare.py made")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints and the log go")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--tokens", type=int, default=1536, help="text tokens of a step, padding counted")
    parser.add_argument("--rate", type=float, default=8e-4, help="peak learning rate")
    parser.add_argument("--dropout", type=float, default=0.15)
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--average", type=float, default=0.999, help="how slowly the averaged weights follow")
    parser.add_argument("--hide", type=float, default=0.07, help="share of hidden characters")
    parser.add_argument("--raw", type=float, default=0.1, help="share of texts without labels")
    parser.add_argument("--convolutions", type=int, default=3)
    parser.add_argument("--lower", type=int, default=1)
    parser.add_argument("--upper", type=int, default=2)
    parser.add_argument("--twice", action="store_true", help="read every text twice with other units dropped; the two readings have to agree")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that make batches")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--look", type=float, default=120, help="seconds between looks at the dev texts; 0: only at the end")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps")
    parser.add_argument("--plain", action="store_true", help="no captured CUDA graphs")
    return parser.parse_args()


class Dev:
    """A look at texts that training does not see."""

    def __init__(self, path, encoder, every):
        dev = load_world(path)
        rng = random.Random(11)
        self.encoder = encoder
        self.news, self.reviews, self.topics = dev.news[::every], dev.reviews[::every], rng.sample(dev.topics, min(len(dev.topics), 900 // every))

    def look(self, network, device):
        runner = TorchRunner(network, self.encoder.tokenizer, device)
        names = measure.ner(runner, self.news)
        found = {f"ner {key}": round(value, 2) for key, value in names.items()}
        found["sentiment"] = round(measure.choices(runner, measure.sentiment_rows(self.reviews)), 2)
        found["topic"] = round(measure.choices(runner, measure.topic_rows(self.topics)), 2)
        network.train()
        return found


def bar(done, text):
    """A progress bar on a terminal, nothing elsewhere."""
    if sys.stderr.isatty():
        filled = int(30 * min(1, done))
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {100 * done:5.1f} % {text} ")
        sys.stderr.flush()


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    encoder = Encoder(options.prepared / "vocab.txt")
    dilations = (1, 2, 4, 1, 2, 4)[: options.convolutions]
    shape = Shape(vocab=encoder.size, dropout=options.dropout, dilations=dilations, lower_layers=options.lower, upper_layers=options.upper, marks=marks_of(encoder.tokenizer.vocab))
    network = Network(shape).to(options.device).train()
    engine = Engine(network, options)
    log = open(options.out / "log.jsonl", "a", encoding="utf-8")
    if options.resume:
        engine.load(options.out / "checkpoint.pt")
    stream = Stream(options.prepared / "train.json.gz", options.prepared / "vocab.txt", options.tokens, options.seed + 7919 * engine.step, options.hide, options.raw)
    loader = torch.utils.data.DataLoader(stream, batch_size=None, num_workers=options.workers, pin_memory=options.device == "cuda", prefetch_factor=8 if options.workers else None)
    dev = Dev(options.prepared / "dev.json.gz", encoder, 1 if options.device == "cuda" else 3)
    print(json.dumps({"parameters": sum(p.numel() for p in network.parameters()), **{k: str(v) for k, v in vars(options).items()}}), file=log, flush=True)
    train(options, network, engine, loader, dev, log)


def train(options, network, engine, loader, dev, log):
    limit, last, looked, seen = 60 * options.minutes, time.monotonic(), engine.spent, 0
    for batch in loader:
        engine.one(batch, min(1.0, engine.spent / limit))
        now = time.monotonic()
        engine.spent += min(now - last, 20)  # a paused process does not spend
        last = now
        seen += int(batch["ids"].numel())
        over = engine.spent >= limit or engine.step == options.steps
        if engine.step % 50 == 0:
            bar(engine.spent / limit, f"step {engine.step}")
        if over or options.look and engine.spent - looked >= options.look:
            note = {"step": engine.step, "seconds": round(engine.spent), "tokens": seen, **engine.parts()}
            with engine.averaged():
                note |= dev.look(network, options.device)
            print(json.dumps(note, ensure_ascii=False), file=log, flush=True)
            print(json.dumps(note, ensure_ascii=False), flush=True)
            looked, last = engine.spent, time.monotonic()
            if over or options.device == "cpu":
                engine.save(options.out / "checkpoint.pt")
            engine.export(options.out / "weights.pt", options)
        if over:
            return


if __name__ == "__main__":
    main()
