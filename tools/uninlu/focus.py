"""Nested prompts: where in the text the span of the prompt stands (`属性词: 音质, 情感词: ` is about 音质), and what is near it."""

import torch
from torch import nn
from torch.nn import functional

BITS = 13  # of a token's id
CODES = 1 + BITS  # of each token: whether it is the prompt's last span, and the bits of its id as -1 and 1
REACHES = (3.0, 15.0)


def codes(ids, seen, marks):
    """[texts, tokens, CODES] from the ids alone."""
    colon, comma = marks[-2:]

    def from_right(mark):
        hits = (ids == mark).to(seen.dtype) * seen
        return hits.sum(1, keepdim=True) - hits.cumsum(1)

    # The last span ends at the last comma and begins behind the colon before it: one comma and one colon follow each of its tokens.
    inside = (from_right(comma) == 1) & (from_right(colon) == 1) & (ids != comma) & (ids != colon)
    parts = [inside.to(seen.dtype) * seen]
    for bit in range(BITS):
        parts.append((torch.div(ids, 2**bit, rounding_mode="floor") % 2).to(seen.dtype) * 2 - 1)
    return torch.stack(parts, -1)


class Focus(nn.Module):
    """Adds to the logits of prompts that hold a span; leaves those of root prompts as they are."""

    def __init__(self, hidden, size=128):
        super().__init__()
        self.token = nn.Linear(2 * hidden + 2 + 2 * len(REACHES), size)
        self.prompt = nn.Linear(hidden, size)
        self.near = nn.Linear(5 * size, size)
        self.out = nn.Linear(size, 2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def mentions(self, text_codes, hint_codes, seen):
        """1 where the text says the prompt's span (two of its characters in a row, or its only one)."""
        span = hint_codes[..., 0]
        same = ((text_codes[..., 1:] @ hint_codes[..., 1:].transpose(1, 2)) > BITS - 0.5).to(seen.dtype) * span[:, None, :] * seen[..., None]
        wide = functional.pad(same, (1, 1, 1, 1))
        run = torch.maximum(wide[:, :-2, :-2], wide[:, 2:, 2:])
        single = (span.sum(1, keepdim=True) == 1).to(seen.dtype)[..., None]
        return (same * torch.maximum(run, single.expand_as(run))).amax(2)

    def forward(self, text, fused, prompt, text_codes, hint_codes, seen):
        said = self.mentions(text_codes, hint_codes, seen)
        at = torch.ones_like(said[0]).cumsum(0)
        apart = at[:, None] - at[None, :]
        features = [said, (said.amax(1, keepdim=True)).expand_as(said)]
        for reach in REACHES:
            for side in (apart, -apart):
                closeness = torch.exp(-side.clamp(min=0) / reach) * (side >= 0).to(said.dtype)
                features.append((said[:, None, :] * closeness[None]).amax(2))
        token = functional.gelu(self.token(torch.cat([text, fused, torch.stack(features, -1)], -1)) + self.prompt(prompt)[:, None])
        token = token * seen[..., None]
        wide = functional.pad(token, (0, 0, 4, 4))
        length = token.shape[1]
        around = [wide[:, by : length + by] for by in (1, 3, 4, 5, 7)]
        nested = (hint_codes[..., 0].amax(1) > 0).to(token.dtype)[:, None, None]
        return self.out(functional.gelu(self.near(torch.cat(around, -1)))) * nested
