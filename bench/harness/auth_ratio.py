"""./run bench auth: what it costs to decide who asks, by credential, beside PyJWT's check of the same token in the same run, on the same core.

Cold: the credential was never seen; it is checked whole (signature, header, claims; tenant, revocations, scopes) and the principal made.
Warm: it was seen before, and nothing has changed. PyJWT checks signature and claims, with its key prepared. Both take turns.
Figures are CPU microseconds a decision, medians over the pairs.
  --pairs N       pairs (5)
  --check         exit 1 when a warm decision costs over 1 µs
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from served import ROOT, machine, median

WARM_GOAL_US = 1
PROGRAM = ROOT / "build" / "release" / "bench" / "auth"
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
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    python = peer_python()
    os.sched_setaffinity(0, {0})
    print(machine())
    with Measured(PROGRAM) as ours, Measured(python, PEER) as theirs:
        cases = ours.read()
        theirs.tell(json.dumps(cases))
        sizes = sorted(len(case["credential"]) for case in cases)
        print(f"peer: PyJWT {theirs.read()}; credentials of {sizes[0]} to {sizes[-1]} bytes")
        pairs = [(ours.measure(), theirs.measure()) for _ in range(options.pairs)]
    warmest = 0.0
    for name in (case["name"] for case in cases):
        cold, warm = (median([mine[name][what] for mine, _ in pairs]) for what in ("cold", "warm"))
        warmest = max(warmest, warm)
        beside = ""
        if name in pairs[0][1]:
            signing = median([mine[name]["sign"] for mine, _ in pairs])
            peer = median([theirs[name] for _, theirs in pairs])
            ratio = median([theirs[name] / mine[name]["cold"] for mine, theirs in pairs])
            beside = f", signing {signing:7.2f}, PyJWT {peer:7.2f} µs: {ratio:.1f} of ours cold"
        print(f"{name:7}  cold {cold:7.2f} µs, warm {warm:5.3f} µs (goal {WARM_GOAL_US}){beside}")
    return 1 if options.check and warmest > WARM_GOAL_US else 0


if __name__ == "__main__":
    sys.exit(main())
