"""./run bench llm: tokens a second beside a bare llama_decode loop over the same shapes.

Both compute with one thread on core 0; front and client share core 1. Same prompts, same chunks, greedy. The ratio is the median over
interleaved pairs, for 1, 4 and 16 streams at once. Also: CPU time a streamed token outside of llama_decode and sampling, and the
resident memory of the idle front.
  --pairs N       pairs for each number of streams (5)
  --tokens N      most tokens a stream (128)
  --check         exit 1 when a goal is missed
"""

import argparse
import http.client
import json
import re
import subprocess
import sys
import threading
import time
import urllib.request

from served import MODEL_FILE, ROOT, Served, cpu_seconds, machine, median, resident_mb

RATIO_GOAL, OVERHEAD_GOAL_US, RSS_GOAL_MB = 0.95, 60, 30
BARE = ROOT / "build" / "release" / "bench" / "bare_llama"
# Its greedy answer is longer than any --tokens that makes sense here; a run that ends early says so.
PROMPT = "Tell me a very long story about a lighthouse."


def bare(streams, tokens):
    """Tokens a second of the plain loop, prefill included."""
    command = ["taskset", "-c", "0", BARE, "--model", MODEL_FILE, "--threads", "1", "--streams", str(streams), "--tokens", str(tokens)]
    done = subprocess.run([*command, "--prompt", PROMPT], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["whole_tokens_per_second"]


def stream(server, tokens, begun, results, position):
    """One client: counts what the usage chunk says."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    body = {"messages": [{"role": "user", "content": PROMPT}], "temperature": 0, "max_tokens": tokens, "stream": True}
    body["stream_options"] = {"include_usage": True}
    begun.wait()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {server.key}"})
    answer = connection.getresponse().read().decode()
    results[position] = int(re.findall(r'"completion_tokens":(\d+)', answer)[-1])
    connection.close()


def compute_seconds(server):
    """CPU seconds that the engine has spent in llama_decode and sampling."""
    text = urllib.request.urlopen(server.admin_url + "/metrics", timeout=10).read().decode()
    return float(re.search(r"^gatehouse_engine_compute_seconds_total\{[^}]*\} (\S+)", text, re.M).group(1))


def served(server, streams, tokens):
    """Tokens a second through the whole house, and CPU-µs a token beside the model."""
    begun, results = threading.Barrier(streams + 1), [0] * streams
    threads = [threading.Thread(target=stream, args=(server, tokens, begun, results, i)) for i in range(streams)]
    for thread in threads:
        thread.start()
    time.sleep(0.6)  # the counters of the last run arrive with the engine's next report
    cpu = cpu_seconds(server.front) + cpu_seconds(server.engine) - compute_seconds(server)
    begun.wait()
    started = time.monotonic()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - started
    time.sleep(0.6)
    cpu = cpu_seconds(server.front) + cpu_seconds(server.engine) - compute_seconds(server) - cpu
    return sum(results) / wall, sum(results), cpu / sum(results) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    missed = []
    print(machine())
    with Served(front_core=1, engine_core=0) as server:
        idle = resident_mb(server.front)
        print(f"idle front: {idle:.1f} MB resident (goal {RSS_GOAL_MB})")
        if idle > RSS_GOAL_MB:
            missed.append("resident memory")
        served(server, 1, 16), bare(1, 16)
        for streams in (1, 4, 16):
            ratios, costs = [], []
            for pair in range(options.pairs):
                ours, count, cost = served(server, streams, options.tokens)
                theirs = bare(streams, options.tokens)
                if count != streams * options.tokens:
                    raise SystemExit(f"{count} tokens came where {streams * options.tokens} were asked for: the answer ended; use fewer --tokens")
                ratios.append(ours / theirs)
                costs.append(cost)
            print(
                f"{streams:2} streams: gatehouse {ours:6.1f} tokens/s, bare loop {theirs:6.1f} (last pair); "
                f"median ratio {median(ratios):.3f} (goal {RATIO_GOAL}), {median(costs):.0f} CPU-µs a token beside the model (goal {OVERHEAD_GOAL_US})"
            )
            if median(ratios) < RATIO_GOAL:
                missed.append(f"ratio at {streams} streams")
            if median(costs) > OVERHEAD_GOAL_US:
                missed.append(f"CPU a token at {streams} streams")
    if missed:
        print("missed: " + ", ".join(missed))
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
