"""Samples as tensors: texts of like length together, in shapes that never change (a captured CUDA graph wants that)."""

import gzip
import json
import random

import numpy
import torch

from invent import Inventor
from mixture import draw
from sample import FOUR, World
from tokenizer import Tokenizer

HINT = 40  # tokens of a prompt
HINT_BASE = 384  # position of a prompt's first token
LABELS = 10  # labels of one choice
UNTAGGED = 255
SHAPES = (64, 128, 256)


def load_world(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return World(**json.load(file))


class Encoder:
    def __init__(self, vocab_path):
        self.tokenizer = Tokenizer(vocab_path)
        self.size = len(self.tokenizer.vocab)

    def text(self, sample, most):
        """(ids, first token at or after a character, last token at or before one), the text cut to `most` tokens."""
        ids, places = self.tokenizer.encode(sample.text, most)
        starts, ends = {}, {}
        for at, (a, b) in enumerate(places[1:-1], 1):
            starts.setdefault(a, at)
            ends[b] = at
        return ids, starts, ends

    def hint(self, text):
        return self.tokenizer.encode(text)[0]

    def spans(self, spans, starts, ends):
        """Token spans; those cut off, or that begin inside a token, are dropped."""
        return [(starts[a], ends[b]) for a, b in spans if a in starts and b in ends]


class Batch:
    """One batch of a shape, filled sample by sample."""

    def __init__(self, length, texts, rows, hidden):
        self.full = False
        self.at, self.row, self.guess = 0, 0, 0
        self.texts, self.rows, self.hidden = texts, rows, hidden
        self.ids = numpy.zeros((texts, length), numpy.int32)
        self.shift = numpy.zeros(texts, numpy.int32)
        self.tags = numpy.full((texts, length), UNTAGGED, numpy.uint8)
        self.hints = numpy.zeros((rows, HINT), numpy.int32)
        self.owner = numpy.zeros(rows, numpy.int32)
        self.used = numpy.zeros(rows, numpy.float32)
        self.marks = numpy.zeros((rows, length), numpy.uint8)
        self.labels = numpy.zeros((rows, LABELS, 2), numpy.int32)
        self.count = numpy.zeros(rows, numpy.int32)
        self.gold = numpy.full(rows, -1, numpy.int32)
        self.guess_at = numpy.zeros(hidden, numpy.int32)
        self.guess_id = numpy.full(hidden, -100, numpy.int32)

    def add(self, sample, encoder, rng, hide):
        length = self.ids.shape[1]
        ids, starts, ends = encoder.text(sample, length)
        place = self.at
        self.ids[place, : len(ids)] = ids
        if rng.random() < 0.4:
            self.shift[place] = rng.randrange(HINT_BASE - length + 1)
        self._tags(place, sample, starts, ends, len(ids))
        self._hide(place, ids, encoder, rng, self._share(sample, rng, hide), starts, sample)
        for number, (hint, spans) in enumerate(sample.queries):
            prompt = encoder.hint(hint)
            if self.row == self.rows or len(prompt) > HINT:
                continue
            self.hints[self.row, : len(prompt)] = prompt
            self.owner[self.row], self.used[self.row] = place, 1
            for a, b in encoder.spans(spans, starts, ends):
                self.marks[self.row, a] |= 1
                self.marks[self.row, b] |= 2
            if number == 0 and sample.labels and sample.gold >= 0:
                where = encoder.spans(sample.labels, starts, ends)
                if len(where) == len(sample.labels) <= LABELS:
                    self.labels[self.row, : len(where)] = where
                    self.count[self.row], self.gold[self.row] = len(where), sample.gold
            self.row += 1
        self.at += 1
        self.full = self.at == self.texts or self.row >= self.rows - 3

    def _share(self, sample, rng, hide):
        """Reviews are few and read often: more of them is hidden."""
        if not sample.queries:
            return 0.15
        return rng.choice([hide, 0.15, 0.25]) if sample.task in ("sentiment", "topic") else rng.choice([0, hide, hide, 2 * hide])

    def _tags(self, place, sample, starts, ends, length):
        if sample.tags is None:
            return
        codes = numpy.zeros((len(FOUR), length), numpy.uint8)
        for a, b, kind in sample.tags:
            if a in starts and b in ends:
                codes[FOUR.index(kind), starts[a] : ends[b] + 1] = 2
                codes[FOUR.index(kind), starts[a]] = 1
        self.tags[place, :length] = sum(codes[i] * 3**i for i in range(len(FOUR)))

    def _hide(self, place, ids, encoder, rng, share, starts, sample):
        """Some characters become [MASK] (or another character); the model also has to guess them. Labels stay."""
        first = max((ends_at for ends_at in (starts.get(b, 0) for _, b in sample.labels or ())), default=0) + 1
        spots = [i for i in range(first, len(ids) - 1) if rng.random() < share]
        for i in spots:
            if self.guess < self.hidden:
                self.guess_at[self.guess] = place * self.ids.shape[1] + i
                self.guess_id[self.guess] = ids[i]
                self.guess += 1
            self.ids[place, i] = encoder.tokenizer.mask if rng.random() < 0.85 else rng.randrange(5, encoder.size)

    def tensors(self):
        names = ("ids", "shift", "tags", "hints", "owner", "used", "marks", "labels", "count", "gold", "guess_at", "guess_id")
        return {name: torch.from_numpy(getattr(self, name)) for name in names}


def shape_of(length, tokens):
    """(texts, rows, hidden characters) of a batch for texts of this length."""
    texts = max(4, tokens // length)
    return texts, max(8, int(texts * 2.4)), max(64, texts * length // 10)


class Stream(torch.utils.data.IterableDataset):
    """Endless batches; every worker draws from its own seed."""

    def __init__(self, train_path, vocab_path, tokens, seed, hide, raw_share):
        self.train_path, self.vocab_path = train_path, vocab_path
        self.tokens, self.seed, self.hide, self.raw_share = tokens, seed, hide, raw_share

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = random.Random(self.seed * 1000 + (worker.id if worker else 0))
        world, encoder = load_world(self.train_path), Encoder(self.vocab_path)
        inventor = Inventor(world.words, rng)
        waiting = {}
        while True:
            sample = draw(world, inventor, self.raw_share)
            length = next((n for n in SHAPES if len(sample.text) + 2 <= n), SHAPES[-1])
            batch = waiting.get(length)
            if batch is None:
                batch = waiting[length] = Batch(length, *shape_of(length, self.tokens))
            batch.add(sample, encoder, rng, self.hide)
            if batch.full:
                yield batch.tensors()
                del waiting[length]
