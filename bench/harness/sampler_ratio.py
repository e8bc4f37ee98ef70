"""./run bench sampler: CPU microseconds to draw a token from a row of 49,152 logits, by setting: our sampler compiled for plain x86-64, for AVX2
and for AVX-512, beside llama.cpp's own chain of samplers with the same settings, over the same rows in the same run on the same core.

Figures are medians over the rounds; ratios are medians of the rounds' ratios.
  --rounds N      rounds (9)
"""

import argparse
import json
import os
import subprocess

from served import ROOT, machine, median

PROGRAM = ROOT / "build" / "release" / "bench" / "sampler_bench"
PEER = "llama.cpp"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    os.sched_setaffinity(0, {0})
    print(machine())
    with subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        told = json.loads(process.stdout.readline())
        rounds = []
        for _ in range(options.rounds + 1):
            process.stdin.write("\n")
            process.stdin.flush()
            rounds.append(json.loads(process.stdout.readline()))
        process.stdin.close()
    rounds = rounds[1:]  # the first makes everything warm
    plain, *wider = told["widths"]
    widest = told["widths"][-1]
    for case in told["cases"]:
        by_width = [f"{name} {median([one[case][plain] / one[case][name] for one in rounds]):.2f}" for name in wider]
        cost = median([one[case][plain] for one in rounds])
        line = f"{case:12} plain {cost:7.2f} µs; times as fast: {', '.join(by_width) or 'plain alone'}"
        if PEER in rounds[0][case]:  # whose chain tells no logprobs
            peer = median([one[case][PEER] for one in rounds])
            ratio = median([one[case][PEER] / one[case][widest] for one in rounds])
            line += f"; {PEER} {peer:7.1f} µs: {ratio:.1f} of our widest"
        print(line)


if __name__ == "__main__":
    main()
