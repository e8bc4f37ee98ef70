"""What the choice between labels looks at besides the states: where the labels end, which of two texts a token is of, and whether the other has it too."""

import torch
from torch import nn
from torch.nn import functional

SIDES = 5  # of each token: in the labels, in the first text, in the second, its character is in the other text, a pair with a neighbour is
CLS, SEP = 2, 3
MARKS = ("|", "｜", "&", "2", "子", "落", "；", "回", ":", ",")


def marks_of(vocab):
    return tuple(vocab[mark] for mark in MARKS)


def shifted(ids, by):
    return torch.cat([ids[:, :1] * 0, ids[:, :-1]], 1) if by > 0 else torch.cat([ids[:, 1:], ids[:, :1] * 0], 1)


def sides(ids, pairs, seen, marks):
    """[texts, tokens, EXTRAS] from the ids alone. Two texts are split by `&`, `句子2`/`段落2` or `；回复`."""
    bar, wide, both, two, sentence, paragraph, stop, reply, _, _ = marks
    real = seen * (ids != CLS).to(seen.dtype) * (ids != SEP).to(seen.dtype)
    bars = ((ids == bar) | (ids == wide)).to(seen.dtype)
    count = bars.cumsum(1)
    some = (count[:, -1:] > 0).to(seen.dtype)
    labels = real * some * (count == 0).to(seen.dtype)
    body = real * ((count - bars) > 0).to(seen.dtype)
    before, after = shifted(ids, 1), shifted(ids, -1)
    edge = (ids == both) | ((ids == two) & ((before == sentence) | (before == paragraph))) | ((ids == stop) & (after == reply))
    edges = edge.to(seen.dtype) * body
    past = edges.cumsum(1)
    first, second = body * (past == 0).to(seen.dtype), body * ((past - edges) > 0).to(seen.dtype)

    def shared(left, right):
        same = (left[:, :, None] == right[:, None, :]).to(seen.dtype) * first[:, :, None] * second[:, None, :]
        return same.amax(2) + same.amax(1)

    following = shifted(pairs, -1)
    pair = torch.maximum(shared(pairs, pairs), shared(following, following))
    return torch.stack([labels, first, second, shared(ids, ids), pair], -1)


class Contrast(nn.Module):
    """A query for the labels out of two texts: what each holds, and what only one of them holds."""

    def __init__(self, hidden, size=128):
        super().__init__()
        self.token = nn.Linear(hidden + 2, size)
        self.first = nn.Linear(8 * size + 7 + hidden, hidden)
        self.second = nn.Linear(hidden, hidden)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, text, extras, prompt):
        _, first, second, char, pair = extras.unbind(-1)
        token = functional.gelu(self.token(torch.cat([text, extras[..., 3:]], -1)))

        def size(weight):
            return weight.sum(1, keepdim=True)

        def mean(weight):
            return (token * weight[..., None]).sum(1) / size(weight).clamp(min=1)

        alone = [first * (1 - char), second * (1 - char)]
        left, right = mean(alone[0]), mean(alone[1])
        most = [(token * weight[..., None]).amax(1) for weight in alone]
        lengths = [size(first), size(second)]
        shares = [size(weight) / whole.clamp(min=1) for weight, whole in zip(alone, lengths)]
        shares += [size(weight * (1 - pair)) / whole.clamp(min=1) for weight, whole in zip((first, second), lengths)]
        numbers = [length / 50 for length in lengths] + shares + [(lengths[1] > 0).to(text.dtype)]
        wide = torch.cat([mean(first), mean(second), left, right, (left - right).abs(), left * right, *most, *numbers, prompt], -1)
        return self.second(functional.gelu(self.first(wide)))
