"""./run bench limits, its second part: what governance costs: requests a second on an echo route with everything on (API key, scope, rates, concurrency, the
day's quota, a reservation of a budget and its settlement in the store, its line in the counts of the audit trail), beside the same answer with nothing
of it, in one run.

One server core, the client (wrk) on the other; the two routes take turns, and in turns begin, so that what changes slowly meets both. The ratio
is the median over the pairs: many short ones, as what else the machine does spoils some of them and not all. Beside it stands the ratio of the CPU
time a request, which other work on the machine changes less.
  --pairs N       pairs (31)
  --seconds N     length of each run (1)
  --check         exit 1 below 0.90
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from http_ratio import load
from served import BINARY, Served, cpu_seconds, machine, median

GOAL = 0.90
LIMITS = {
    "GATEHOUSE_LIMITS_ADDRESS": "100000000/60s", "GATEHOUSE_LIMITS_KEY_GENERATION": "100000000/60s",
    "GATEHOUSE_LIMITS_TOKENS_PER_MINUTE": "1000000000", "GATEHOUSE_LIMITS_CONCURRENCY": "100000",
}


def post(folder, name, key=None):
    script = Path(folder) / name
    script.touch(mode=0o600)
    lines = ['wrk.method = "POST"', 'wrk.body = \'{"text":"How much of it is the fence?"}\'', 'wrk.headers["Content-Type"] = "application/json"']
    if key:
        lines.append(f'wrk.headers["Authorization"] = "Bearer {key}"')
    script.write_text("\n".join(lines) + "\n")
    return script


def command(server, *words):
    done = subprocess.run([BINARY, *words, "--data", server.data, "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=31)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    with Served(front_core=0, engine_core=1, options=["--test-hooks"], variables=LIMITS) as server, tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        made = command(server, "tenant", "register", "taxed", "--quota-per-day", "1000000000")
        command(server, "budget", "set", "--tenant", "taxed", "--tokens", "1000000000000", "--period", "month")
        governed, plain = post(folder, "governed.lua", made["api_key"]), post(folder, "plain.lua")
        load(server.url + "/api/echo", 1, governed), load(server.url + "/api/echo/plain", 1, plain)
        routes = (("/api/echo", governed), ("/api/echo/plain", plain))
        ratios, costs = [], ([], [])
        for pair in range(options.pairs):
            rates = [0, 0]
            for which in (0, 1) if pair % 2 == 0 else (1, 0):
                path, script = routes[which]
                before = cpu_seconds(server.front)
                rates[which] = load(server.url + path, options.seconds, script)
                costs[which].append((cpu_seconds(server.front) - before) / (rates[which] * options.seconds) * 1e6)
            ratios.append(rates[0] / rates[1])
            print(f"{pair + 1}: governed {rates[0]:8.0f}/s ({costs[0][-1]:.1f} CPU-µs), plain {rates[1]:8.0f}/s ({costs[1][-1]:.1f} CPU-µs), ratio {ratios[-1]:.2f}")
    cpu_ratios = [cost[1] / cost[0] for cost in zip(*costs)]
    quarter, ordered = len(ratios) // 4, sorted(ratios)
    print(f"median ratio {median(ratios):.2f} (goal {GOAL}), half of the pairs between {ordered[quarter]:.2f} and {ordered[-1 - quarter]:.2f}")
    print(f"{median(costs[0]):.1f} and {median(costs[1]):.1f} CPU-µs a request, median ratio of these {median(cpu_ratios):.2f}")
    return 1 if options.check and median(ratios) < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
