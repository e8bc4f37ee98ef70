"""Puts the parts that adapt.py and adapt_spans.py taught on the same first stage into one file of weights.

    python -m tools.uninlu.join SECOND.pt THIRD.pt OUT.pt
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch


def main():
    second, third = (torch.load(path, map_location="cpu", weights_only=True) for path in sys.argv[1:3])
    differ = [name for name, value in second["weights"].items() if "contrast" not in name and "focus" not in name and not value.equal(third["weights"][name])]
    if differ:
        sys.exit(f"the two are not of the same first stage: {differ[0]}")
    third["weights"] |= {name: value for name, value in second["weights"].items() if "contrast" in name}
    third["made"] |= {"second stage": second["made"]["second stage"]}
    torch.save(third, sys.argv[3])


if __name__ == "__main__":
    main()
