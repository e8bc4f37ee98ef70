"""The small UniNLU: a lower half that reads texts and prompts apart, an upper half that reads one text with one prompt.

Only the tensors that go in and out are fixed (lower: ids, mask, types, positions -> states; upper: states -> head and tail logits).
"""

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional

from focus import CODES, Focus, codes
from sides import SIDES, Contrast, sides

EXTRAS = SIDES + CODES  # what the lower half hands on besides its states

NEVER = -10000.0


@dataclass
class Shape:
    vocab: int
    hidden: int = 256
    heads: int = 4
    inner: int = 1024
    char: int = 128
    pair: int = 64
    pairs: int = 32768
    dilations: tuple = (1, 2, 4)
    lower_layers: int = 1
    upper_layers: int = 2
    positions: int = 512
    dropout: float = 0.2
    marks: tuple = ()  # ids that split a text into labels and sides (sides.py); none: the text is one piece

    def as_dict(self):
        return asdict(self)


def rows(table, numbers):
    """table(numbers), with a gradient that a CUDA graph may capture."""
    return table.weight.index_select(0, numbers.flatten()).unflatten(0, numbers.shape) if table.training else table(numbers)


class Attention(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.heads, self.size, self.dropout = shape.heads, shape.hidden // shape.heads, shape.dropout
        self.query = nn.Linear(shape.hidden, shape.hidden)
        self.both = nn.Linear(shape.hidden, 2 * shape.hidden)
        self.out = nn.Linear(shape.hidden, shape.hidden)

    def forward(self, x, onto, mask):
        """Rows of x look at rows of `onto` that `mask` [B, 1, 1, rows] allows (0, or NEVER)."""
        def split(t):
            return t.unflatten(-1, (self.heads, self.size)).transpose(1, 2)

        key, value = self.both(onto).chunk(2, -1)
        query, key, value = split(self.query(x)), split(key), split(value)
        if torch.onnx.is_in_onnx_export():
            scores = query @ key.transpose(2, 3) / math.sqrt(self.size) + mask
            found = scores.softmax(-1) @ value
        else:
            found = functional.scaled_dot_product_attention(query, key, value, mask.to(query.dtype), self.dropout / 2 if self.training else 0.0)
        return self.out(found.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """A transformer layer, normed behind each part."""

    def __init__(self, shape):
        super().__init__()
        self.attention = Attention(shape)
        self.first, self.second = nn.Linear(shape.hidden, shape.inner), nn.Linear(shape.inner, shape.hidden)
        self.norm1, self.norm2 = nn.LayerNorm(shape.hidden), nn.LayerNorm(shape.hidden)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x, onto, mask):
        x = self.norm1(x + self.dropout(self.attention(x, onto, mask)))
        return self.norm2(x + self.dropout(self.second(functional.gelu(self.first(x)))))


class Convolution(nn.Module):
    """A gated convolution over three tokens that may stand apart."""

    def __init__(self, shape, dilation):
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Linear(3 * shape.hidden, 2 * shape.hidden)  # a product shrinks to int8 better than a convolution
        self.norm = nn.LayerNorm(shape.hidden)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x, mask):
        d = self.dilation
        wide = functional.pad(x * mask, (0, 0, d, d))
        value, gate = self.conv(torch.cat([wide[:, : -2 * d], wide[:, d:-d], wide[:, 2 * d :]], -1)).chunk(2, -1)
        return self.norm(x + self.dropout(value * gate.sigmoid()))


class Lower(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.vocab, shape.char)
        self.pair = nn.Embedding(shape.pairs, shape.pair)
        self.mix = nn.Linear(shape.char + 2 * shape.pair, shape.hidden)
        self.kind, self.position = nn.Embedding(2, shape.hidden), nn.Embedding(shape.positions, shape.hidden)
        self.norm, self.dropout = nn.LayerNorm(shape.hidden), nn.Dropout(shape.dropout)
        self.convolutions = nn.ModuleList(Convolution(shape, d) for d in shape.dilations)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.lower_layers))
        for table in (self.word, self.pair, self.kind, self.position):
            nn.init.normal_(table.weight, std=0.05)

    def forward(self, input_ids, attention_mask, token_type_ids, position_ids):
        before = torch.cat([input_ids[:, :1] * 0, input_ids[:, :-1]], 1)
        pairs = (before * 31337 + input_ids * 7919) % self.shape.pairs
        after = torch.cat([pairs[:, 1:], pairs[:, :1] * 0], 1)
        x = self.mix(torch.cat([rows(self.word, input_ids), rows(self.pair, pairs), rows(self.pair, after)], -1))
        x = self.dropout(self.norm(x + self.kind(token_type_ids) + self.position(position_ids)))
        seen = attention_mask.to(x.dtype)
        for convolution in self.convolutions:
            x = convolution(x, seen[..., None])
        mask = (1.0 - seen[:, None, None, :]) * NEVER
        for layer in self.layers:
            x = layer(x, x, mask)
        if not self.shape.marks:
            return x
        return torch.cat([x, sides(input_ids, pairs, seen, self.shape.marks).to(x.dtype), codes(input_ids, seen, self.shape.marks).to(x.dtype)], -1)


class Upper(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.upper_layers))
        self.out = nn.Linear(shape.hidden, 2)
        self.asked = nn.Linear(shape.hidden, 2 * shape.hidden)  # the prompt, for the states below and above
        self.about = nn.Sequential(nn.Linear(3 * shape.hidden, shape.hidden), nn.GELU(), nn.Linear(shape.hidden, shape.hidden))
        self.contrast, self.focus = (Contrast(shape.hidden), Focus(shape.hidden)) if shape.marks else (None, None)
        self.below, self.above = nn.Linear(shape.hidden, 2 * shape.hidden), nn.Linear(shape.hidden, 2 * shape.hidden)

    def forward(self, text_hidden, text_mask, text_index, hint_hidden, hint_mask):
        text, seen = text_hidden.index_select(0, text_index), text_mask.index_select(0, text_index).to(text_hidden.dtype)
        asked = hint_mask.to(text_hidden.dtype)
        if self.contrast is not None:
            text, extras = text.split([self.shape.hidden, EXTRAS], -1)
            hint_hidden, hint_extras = hint_hidden.split([self.shape.hidden, EXTRAS], -1)
        x = torch.cat([text, hint_hidden], 1)
        mask = (1.0 - torch.cat([seen, asked], 1)[:, None, None, :]) * NEVER
        for layer in self.layers[:-1]:
            x = layer(x, x, mask)
        fused = self.layers[-1](x[:, : text.shape[1]], x, mask)
        prompt = (hint_hidden * asked[..., None]).sum(1) / asked.sum(1, keepdim=True).clamp(min=1)
        mean = (text * seen[..., None]).sum(1) / seen.sum(1, keepdim=True).clamp(min=1)
        most = (text + (seen[..., None] - 1.0) * -NEVER).amax(1)
        query_below, query_above = self.asked(prompt).chunk(2, -1)
        query_below = query_below + self.about(torch.cat([prompt, mean, most], -1))
        head_below, tail_below = self.below(text).chunk(2, -1)
        head_above, tail_above = self.above(fused).chunk(2, -1)
        if self.contrast is not None:
            chosen = self.contrast(text, extras[..., :SIDES], prompt)[:, None] * extras[..., :1]  # it moves labels in front of a text, nothing else
            query_below = query_below[:, None] + chosen
        else:
            query_below = query_below[:, None]
        own, scale, hide = self.out(fused), 1 / math.sqrt(self.shape.hidden), (seen - 1.0) * -NEVER

        def logits(below, above, column):
            matched = (below * query_below).sum(-1) + (above * query_above[:, None]).sum(-1)
            return (own[..., column] + matched * scale + hide).float()

        head, tail = logits(head_below, head_above, 0), logits(tail_below, tail_above, 1)
        if self.focus is None:
            return head, tail
        more = self.focus(text, fused, prompt, extras[..., SIDES:], hint_extras[..., SIDES:], seen)
        return head + more[..., 0].float(), tail + more[..., 1].float()


class Helper(nn.Module):
    """Heads that only help to learn: tags and hidden characters, from the lower states."""

    def __init__(self, shape, kinds):
        super().__init__()
        self.tags = nn.Linear(shape.hidden, 3 * kinds)
        self.guess = nn.Sequential(nn.Linear(shape.hidden, shape.char), nn.GELU(), nn.LayerNorm(shape.char))
        self.bias = nn.Parameter(torch.zeros(shape.vocab))


class Network(nn.Module):
    def __init__(self, shape, kinds=4):
        super().__init__()
        self.shape = shape
        self.lower, self.upper, self.helper = Lower(shape), Upper(shape), Helper(shape, kinds)
