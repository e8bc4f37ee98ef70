"""./run bench jose: one access token checked whole (signature, header, claims), beside PyJWT in the same run, on the same core.

Both check the same token with the same key, prepared beforehand, and take turns. Figures are CPU microseconds a token, medians over the pairs.
  --pairs N       pairs (5)
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from served import ROOT, machine, median

PROGRAM = ROOT / "build" / "release" / "bench" / "jose"
PEER = Path(__file__).with_name("pyjwt_peer.py")


class Measured:
    """A program that prints what it is measured with, and a line of figures for each line that it reads."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self):
        return json.loads(self.process.stdout.readline())

    def measure(self):
        self.tell("")
        return self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def peer_python():
    """The python of the system tests' virtual environment, which has PyJWT."""
    sys.path.insert(0, str(ROOT / "tools" / "run"))
    from system_lane import environment

    python = environment(ROOT, lambda text: print(text, flush=True))
    return python or sys.exit("the packages in tests/system/requirements.txt could not be installed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    python = peer_python()
    os.sched_setaffinity(0, {0})
    print(machine())
    with Measured(PROGRAM) as ours, Measured(python, PEER) as theirs:
        cases = ours.read()
        theirs.tell(json.dumps(cases))
        print(f"peer: PyJWT {theirs.read()}; tokens of {len(cases[0]['token'])} to {len(cases[1]['token'])} bytes")
        pairs = [(ours.measure(), theirs.measure()) for _ in range(options.pairs)]
    for name in (case["alg"] for case in cases):
        whole, signature, sign = (median([mine[name][what] for mine, _ in pairs]) for what in ("whole", "signature", "sign"))
        peer = median([theirs[name] for _, theirs in pairs])
        ratio = median([theirs[name] / mine[name]["whole"] for mine, theirs in pairs])
        print(f"{name:5}  whole {whole:7.2f} µs (signature and header {signature:7.2f}, signing {sign:7.2f}), PyJWT {peer:7.2f} µs, ratio {ratio:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
