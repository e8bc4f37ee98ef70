"""A checkpoint of the original (a folder with pytorch_model.bin, config.json, vocab.txt, tokenizer_config.json) -> a model folder for Gatehouse.

    python -m tools.uninlu.convert FOLDER models/NAME/1 [--int8]
    python -m tools.uninlu.synthetic FOLDER            makes a checkpoint of that layout with random weights, to try it

The same two graphs as the small model's; only the manifest differs (the prompt's positions begin where the text ends).
"""

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch

from export import TOLERANCE, export, sha256, shrink
from original import Original, renamed

DEFAULTS = {"layer_norm_eps": 1e-12, "type_vocab_size": 2, "max_position_embeddings": 512}


def load(folder):
    """(network, config, whether texts are lower-cased)."""
    config = {**DEFAULTS, **json.loads((folder / "config.json").read_text())}
    state = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    below = 1 + max(int(name.split(".")[3]) for name in state if name.startswith("plm.encoder.layer."))
    above = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("crossattention.layer."))
    network = Original(config, below, above)
    network.load_state_dict(renamed(state))
    network.lower.shape = type("Shape", (), {"hidden": config["hidden_size"]})
    tokenizer = folder / "tokenizer_config.json"
    lower_case = json.loads(tokenizer.read_text()).get("do_lower_case", True) if tokenizer.exists() else True
    return network.eval(), config, lower_case, below, above


def manifest(folder, config, lower_case, below, above):
    files = "".join(f'\n[[files]]\npath = "{name}"\nsha256 = "{sha256(folder / name)}"\n' for name in ("lower.onnx", "upper.onnx", "vocab.txt"))
    return f"""# Converted by tools/uninlu/convert.py from a checkpoint in the layout of SiameseUniNLU.
kind = "nlu"
licence = "as the checkpoint's"
source = "converted checkpoint"
{files}
[nlu]
siamese_layers = {below}
fusion_layers = {above}
hidden = {config["hidden_size"]}
max_len = 384
stride = 352
hint_max = 128
threshold = 0.5
hint_position_base = "text_len"
lower_case = {str(lower_case).lower()}
label_separator = ","
body_separator = "|"
"""


def main():
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    network, config, lower_case, below, above = load(source)
    whole = target / "fp32" if "--int8" in sys.argv else target
    most = export(network, whole, config["vocab_size"])
    print(f"largest difference to torch {most:.2e}")
    if most > TOLERANCE:
        raise SystemExit("the exported graphs differ from torch")
    if whole != target:
        shrink(whole, target)
        shutil.rmtree(whole)
    shutil.copyfile(source / "vocab.txt", target / "vocab.txt")
    (target / "model.toml").write_text(manifest(target, config, lower_case, below, above))


if __name__ == "__main__":
    main()
