"""./run bench audit: durable records of the audit trail a second through the writer that batches, beside SQLite alone with a commit a row, on the
same file system in the same run; and how long a caller waits for its record, which is what an answer that changes something waits longer.

256 callers at once for the rate, 16 for the wait of usual days. The disk that is measured is TMPDIR's.
Figures are medians over the rounds; ratios are medians of the rounds' ratios.
  --rounds N      rounds (5)
  --check         exit 1 below 20 times as many, or when half of the usual callers wait for more than 10 ms
"""

import argparse
import json
import subprocess
import sys
import tempfile

from served import ROOT, machine, median

PROGRAM = ROOT / "build" / "release" / "bench" / "audit_bench"
RATIO_GOAL, WAIT_GOAL_MS = 20, 10


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        with subprocess.Popen([PROGRAM, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            rounds = []
            for _ in range(options.rounds):
                process.stdin.write("\n")
                process.stdin.flush()
                rounds.append(json.loads(process.stdout.readline()))
            process.stdin.close()
    ratio = median([one["batched"] / one["bare"] for one in rounds])
    of = {name: median([one[name] for one in rounds]) for name in rounds[0]}
    print(f"a commit a row {of['bare']:9.0f} rows/s")
    print(f"256 callers    {of['batched']:9.0f} rows/s: {ratio:.0f} times (goal {RATIO_GOAL}); waits {of['busy_p50_ms']:.1f} ms, p99 {of['busy_p99_ms']:.1f} ms")
    print(f"16 callers     wait {of['usual_p50_ms']:.1f} ms (goal {WAIT_GOAL_MS}), p99 {of['usual_p99_ms']:.1f} ms")
    return 1 if options.check and (ratio < RATIO_GOAL or of["usual_p50_ms"] > WAIT_GOAL_MS) else 0


if __name__ == "__main__":
    sys.exit(main())
