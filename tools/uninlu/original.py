"""The original's network (SiameseUniNLU: BERT cut in the middle) behind the same two graphs as the small one."""

import math

import torch
from torch import nn
from torch.nn import functional

NEVER = -10000.0


class BertLayer(nn.Module):
    def __init__(self, hidden, heads, inner, eps):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(hidden, hidden) for _ in range(4))
        self.first, self.second = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.norm1, self.norm2 = nn.LayerNorm(hidden, eps), nn.LayerNorm(hidden, eps)

    def forward(self, x, mask):
        def split(t):
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1]) + mask
        x = self.norm1(x + self.out((scores.softmax(-1) @ value).transpose(1, 2).flatten(2)))
        return self.norm2(x + self.second(functional.gelu(self.first(x))))


class Lower(nn.Module):
    def __init__(self, config, layers):
        super().__init__()
        hidden, eps = config["hidden_size"], config["layer_norm_eps"]
        self.word = nn.Embedding(config["vocab_size"], hidden)
        self.position = nn.Embedding(config["max_position_embeddings"], hidden)
        self.kind = nn.Embedding(config["type_vocab_size"], hidden)
        self.norm = nn.LayerNorm(hidden, eps)
        self.layers = nn.ModuleList(BertLayer(hidden, config["num_attention_heads"], config["intermediate_size"], eps) for _ in range(layers))

    def forward(self, input_ids, attention_mask, token_type_ids, position_ids):
        x = self.norm(self.word(input_ids) + self.kind(token_type_ids) + self.position(position_ids))
        mask = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * NEVER
        for layer in self.layers:
            x = layer(x, mask)
        return x


class Upper(nn.Module):
    def __init__(self, config, layers):
        super().__init__()
        hidden = config["hidden_size"]
        self.layers = nn.ModuleList(BertLayer(hidden, config["num_attention_heads"], config["intermediate_size"], config["layer_norm_eps"]) for _ in range(layers))
        self.out = nn.Linear(hidden, 2)

    def forward(self, text_hidden, text_mask, text_index, hint_hidden, hint_mask):
        text, seen = text_hidden.index_select(0, text_index), text_mask.index_select(0, text_index).to(text_hidden.dtype)
        x = torch.cat([text, hint_hidden], 1)
        mask = (1.0 - torch.cat([seen, hint_mask.to(seen.dtype)], 1)[:, None, None, :]) * NEVER
        for layer in self.layers:
            x = layer(x, mask)
        logits = self.out(x[:, : text.shape[1]]) + (seen[..., None] - 1.0) * -NEVER
        return logits[..., 0], logits[..., 1]


class Original(nn.Module):
    def __init__(self, config, siamese, fusion):
        super().__init__()
        self.lower, self.upper = Lower(config, siamese), Upper(config, fusion)


LAYER_NAMES = {
    "attention.self.query": "query", "attention.self.key": "key", "attention.self.value": "value", "attention.output.dense": "out",
    "attention.output.LayerNorm": "norm1", "intermediate.dense": "first", "output.dense": "second", "output.LayerNorm": "norm2",
}
TABLES = {"word_embeddings": "word", "position_embeddings": "position", "token_type_embeddings": "kind", "LayerNorm": "norm"}
UNUSED = ("plm.pooler.", "plm.embeddings.position_ids")


def renamed(state):
    """The original's names as ours; what its forward pass never uses is left out, what nobody knows raises KeyError."""
    found = {}
    for name, value in state.items():
        if name.startswith(UNUSED):
            continue
        if name.startswith("plm.embeddings."):
            what, ending = name.removeprefix("plm.embeddings.").rsplit(".", 1)
            found[f"lower.{TABLES[what]}.{ending}"] = value
        elif name.startswith(("plm.encoder.layer.", "crossattention.layer.")):
            half = "lower" if name.startswith("plm") else "upper"
            number, what = name.split("layer.", 1)[1].split(".", 1)
            what, ending = what.rsplit(".", 1)
            found[f"{half}.layers.{number}.{LAYER_NAMES[what]}.{ending}"] = value
        elif not name.startswith(("head_clsf.", "tail_clsf.")):
            raise KeyError(f"{name} is not a name of the original's layout")
    for ending in ("weight", "bias"):
        found[f"upper.out.{ending}"] = torch.cat([state[f"head_clsf.{ending}"], state[f"tail_clsf.{ending}"]])
    return found


def original_names(layers_below, layers_above):
    """Every name of the original's state dict, for making one."""
    names = [f"plm.embeddings.{what}.weight" for what in TABLES] + ["plm.embeddings.LayerNorm.bias", "plm.pooler.dense.weight", "plm.pooler.dense.bias"]
    for prefix, count in (("plm.encoder.layer", layers_below), ("crossattention.layer", layers_above)):
        names += [f"{prefix}.{n}.{what}.{ending}" for n in range(count) for what in LAYER_NAMES for ending in ("weight", "bias")]
    return names + [f"{end}_clsf.{ending}" for end in ("head", "tail") for ending in ("weight", "bias")]
