"""./run bench llm: tokens a second beside a bare llama_decode loop over the same shapes.

Both compute with one thread on core 0; front and client share core 1. Same prompts, same chunks, greedy. The ratio is the median over
interleaved pairs, for 1, 4 and 16 streams at once. Also: CPU time a streamed token outside of llama_decode and sampling, beside its
floor (bench/hop_floor.cc: the same hops with nothing in them, at the same cadence), and the resident memory of the idle front.
  --pairs N       pairs for each number of streams (9: machines are noisy)
  --tokens N      most tokens a stream (128)
  --check         exit 1 when a goal is missed
"""

import argparse
import json
import subprocess
import sys
import time
import tomllib

from served import MODEL_FILE, ROOT, Served, cpu_seconds, language_model_seconds, machine, median, resident_mb

RATIO_GOAL, OVERHEAD_GOAL_US, RSS_GOAL_MB = 0.95, 60, 30
BARE = ROOT / "build" / "release" / "bench" / "bare_llama"
CLIENT = ROOT / "build" / "release" / "bench" / "stream_client"
FLOOR = ROOT / "build" / "release" / "bench" / "hop_floor"
SYSTEM = tomllib.loads((MODEL_FILE.parent / "model.toml").read_text())["chat"]["system_prompt"]
# Its greedy answer is longer than any --tokens that makes sense here; a run that ends early says so.
PROMPT = "Tell me a very long story about a lighthouse."


def bare(streams, tokens):
    """Tokens a second of the plain loop, prefill included."""
    command = ["taskset", "-c", "0", BARE, "--model", MODEL_FILE, "--threads", "1", "--streams", str(streams), "--tokens", str(tokens)]
    done = subprocess.run([*command, "--system", SYSTEM, "--prompt", PROMPT], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["whole_tokens_per_second"]


def request_for(server, tokens):
    """The bytes of a streamed chat."""
    body = {"messages": [{"role": "user", "content": PROMPT}], "temperature": 0, "max_tokens": tokens, "stream": True}
    payload = json.dumps({**body, "stream_options": {"include_usage": True}})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {server.key}\r\nContent-Length: {len(payload)}\r\n\r\n"
    return head + payload


def floor(streams, tokens_a_second):
    """CPU-µs a token of sockets alone, a step of all streams at a time."""
    gap = int(streams / tokens_a_second * 1e6)
    return float(subprocess.run([FLOOR, "--gap", str(gap), "--streams", str(streams)], check=True, capture_output=True, text=True).stdout)


def served(server, streams, tokens):
    """Tokens a second through the whole house, how many there were, and CPU-µs a token beside the model."""
    command = ["taskset", "-c", "1", CLIENT, "--port", str(server.port), "--streams", str(streams)]
    time.sleep(0.6)  # the counters of the last run arrive with the engine's next report
    cpu = cpu_seconds(server.front) + cpu_seconds(server.engine) - language_model_seconds(server.admin_url)
    done = subprocess.run(command, input=request_for(server, tokens), check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    time.sleep(0.6)
    cpu = cpu_seconds(server.front) + cpu_seconds(server.engine) - language_model_seconds(server.admin_url) - cpu
    return result["tokens"] / result["seconds"], result["tokens"], cpu / result["tokens"] * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=9)
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
        all_tokens, all_cost = 0, 0.0
        for streams in (1, 4, 16):
            ratios, costs = [], []
            for pair in range(options.pairs):
                ours, count, cost = served(server, streams, options.tokens)
                theirs = bare(streams, options.tokens)
                if count != streams * options.tokens:
                    raise SystemExit(f"{count} tokens came where {streams * options.tokens} were asked for: the answer ended; use fewer --tokens")
                ratios.append(ours / theirs)
                costs.append(cost)
                all_tokens, all_cost = all_tokens + count, all_cost + cost * count
            print(
                f"{streams:2} streams: gatehouse {ours:6.1f} tokens/s, bare loop {theirs:6.1f} (last pair); "
                f"median ratio {median(ratios):.3f} (goal {RATIO_GOAL}), {median(costs):.0f} CPU-µs a token beside the model (goal {OVERHEAD_GOAL_US}; sockets alone {floor(streams, ours):.0f})"
            )
            if median(ratios) < RATIO_GOAL:
                missed.append(f"ratio at {streams} streams")
            if median(costs) > OVERHEAD_GOAL_US:
                missed.append(f"CPU a token at {streams} streams")
        print(f"all of these tokens: {all_cost / all_tokens:.0f} CPU-µs a token beside the model")
    if missed:
        print("missed: " + ", ".join(missed))
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
