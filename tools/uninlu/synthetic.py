"""A checkpoint with random weights in the original's layout and geometry (BERT base: 102 million parameters), to try convert.py and big models.

    python -m tools.uninlu.synthetic FOLDER [--hidden 768 --layers 6 --vocab models/uninlu-small/1/vocab.txt]
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch

from original import original_names


def shape_of(name, config):
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    what, ending = name.rsplit(".", 1)
    if "embeddings" in what and not what.endswith("LayerNorm"):
        rows = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}[what.rsplit(".", 1)[1].removesuffix("_embeddings")]
        return (config[rows], hidden)
    if what.endswith("LayerNorm"):
        return (hidden,)
    out, into = {"head_clsf": (1, hidden), "tail_clsf": (1, hidden)}.get(what, (hidden, hidden))
    if what.endswith("intermediate.dense"):
        out = inner
    elif what.endswith("output.dense") and not what.endswith("attention.output.dense"):
        into = inner
    return (out, into) if ending == "weight" else (out,)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--layers", type=int, default=6, help="in each half")
    parser.add_argument("--vocab", type=Path, help="a vocabulary to take; without it 21128 made-up tokens stand for the original's")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.vocab:
        shutil.copyfile(options.vocab, options.folder / "vocab.txt")
    else:
        special = ["[PAD]", *(f"[unused{n}]" for n in range(1, 100)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        plain = [chr(code) for code in range(33, 127)] + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz0123456789"] + [chr(code) for code in range(0x4E00, 0x9FA6)]
        (options.folder / "vocab.txt").write_text("".join(token + "\n" for token in (special + plain)[:21128]))
    size = len((options.folder / "vocab.txt").read_text().splitlines())
    config = {
        "hidden_size": options.hidden, "num_attention_heads": max(1, options.hidden // 64), "intermediate_size": 4 * options.hidden, "num_hidden_layers": 2 * options.layers,
        "vocab_size": size, "type_vocab_size": 2, "max_position_embeddings": 512, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
    }
    torch.manual_seed(options.seed)
    state = {}
    for name in original_names(options.layers, options.layers):
        shape = shape_of(name, config)
        state[name] = torch.ones(shape) if name.endswith("LayerNorm.weight") else torch.zeros(shape) if name.endswith("bias") else torch.randn(shape) * 0.02
    state["plm.embeddings.position_ids"] = torch.arange(512)[None]
    torch.save(state, options.folder / "pytorch_model.bin")
    (options.folder / "config.json").write_text(json.dumps(config, indent=1))
    (options.folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    print(sum(value.numel() for value in state.values()), "parameters")


if __name__ == "__main__":
    main()
