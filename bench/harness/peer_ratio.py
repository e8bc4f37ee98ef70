"""./run bench peers: Gatehouse beside llama-server of the same llama.cpp, on the same libraries and the same model file, in the same minutes.

Streamed greedy completions that count on from random numbers: nobody shares a beginning with anybody, and the tokens that would end an answer
are never drawn. Both servers run
on all cores, unpinned, the client beside them. llama-server stands there twice: by its defaults, and with the flags of the grid below that do best in a
rehearsal of the same measurement; Gatehouse by its defaults, and with the number of threads that does best. Order turns from round to round.
  --pairs N       rounds of each measurement (3)
  --only A,B      of throughput, gaps, burst, cpu, busy
  --streams A,B   of throughput: at 1, 4, 16 and 64
  --quick         a little of each, to see that it runs; its figures say nothing
  --check         exit 1 when a goal is missed
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from peer_servers import BusyProcess, Gatehouse, LlamaServer, ask_all
from served import ROOT, machine

SAMPLER = ROOT / "build" / "release" / "bench" / "sampler_bench"

STREAMS = {1: 512, 4: 1500, 16: 4000, 64: 8000}  # and how many tokens a round makes
GOALS = {"best at 1": 1.0, "best at 16": 1.25, "default at 16": 2.3, "gaps": 20, "burst": 6, "cpu": 10}
# By default llama-server has four places: of those three run, and one is free for a long prompt whenever it comes.
VICTIMS, INTRUDER_TOKENS, GAP_SECONDS = 3, 2048, 40
ENDS = {"0": -100, "2": -100}  # the model's tokens that end an answer
BURST, SHARED_NUMBERS = 16, 85  # numbers of four digits: six tokens each


class Bench:
    def __init__(self, options):
        self.binary, self.pairs, self.chance = options.llama_server, options.pairs, random.Random(options.seed)
        self.quick, self.missed = options.quick, []
        self.streams = [int(one) for one in options.streams.split(",")]

    def tokens(self, streams):
        return STREAMS[streams] // 20 if self.quick else STREAMS[streams]

    def counting(self, numbers, tokens):
        first = self.chance.randint(1000, 8000)
        prompt = "Counting: " + ", ".join(str(first + i) for i in range(numbers)) + ","
        return {"prompt": prompt, "temperature": 0, "max_tokens": tokens, "stream": True, "stream_options": {"include_usage": True}, "logit_bias": ENDS}

    def churn(self, tokens):
        """Requests of random lengths that make so many tokens together: 16 to 240 each, behind as many."""
        bodies, made = [], 0
        while made < tokens:
            bodies.append(self.counting(self.chance.randint(3, 40), self.chance.randint(16, 240)))
            made += bodies[-1]["max_tokens"]
        return bodies

    def llama(self, *flags):
        return LlamaServer(self.binary, flags)

    def goal(self, name, ratio):
        wanted = GOALS.get(name)
        if wanted is not None and ratio < wanted:
            self.missed.append(name)
        return f" (goal {wanted})" if wanted is not None else ""

    def rounds(self, servers, measure):
        """measure(server, round) of each server in every round, turned about."""
        found = [[] for _ in servers]
        for number in range(self.pairs):
            order = list(enumerate(servers))
            for i, server in order if number % 2 == 0 else reversed(order):
                found[i].append(measure(server, number))
        return found

    # -- tokens a second -------------------------------------------------------------------------------------------------

    def grid(self, streams):
        """The flags that are tried at so many streams. np: sequences; each has 1,024 cells and more in split mode."""
        sequences = {1: (4,), 4: (4, 16), 16: (16, 64), 64: (16, 64)}[streams]
        flags = [
            ["-np", str(np), "-c", str(max(16384, np * 1024)), kv, "-t", str(t), *ram]
            for np in sequences
            for kv in ("-kvu", "-no-kvu")
            for t in sorted({1, os.cpu_count() or 1})
            for ram in ([], ["--cache-ram", "0"])
        ]
        return flags[:2] if self.quick else flags

    def rate(self, server, bodies, streams):
        told = ask_all(server, bodies, streams)
        if told["tokens"] != sum(body["max_tokens"] for body in bodies):
            raise SystemExit(f"{server.name}: {told['tokens']} tokens came where more were asked for")
        return told["tokens"] / told["seconds"]

    def best(self, makers, streams):
        """The one of these servers that is fastest in a rehearsal."""
        rates = []
        for make in makers:
            with make() as server:
                ask_all(server, [self.counting(4, 8)], 1)
                rates.append((self.rate(server, self.churn(self.tokens(streams) // 4), streams), make))
        return max(rates, key=lambda one: one[0])[1]

    def throughput(self):
        for streams in (4,) if self.quick else self.streams:
            best = self.best([lambda flags=flags: self.llama(*flags) for flags in self.grid(streams)], streams)
            ours = self.best([lambda n=n: Gatehouse(n) for n in sorted({1, os.cpu_count() or 1})], streams)
            work = [self.churn(self.tokens(streams)) for _ in range(self.pairs)]
            with contextlib.ExitStack() as stack:
                servers = [stack.enter_context(one) for one in (ours(), best(), Gatehouse(), self.llama())]
                for server in servers:
                    ask_all(server, [self.counting(4, 8)], 1)
                found = self.rounds(servers, lambda server, number: self.rate(server, work[number], streams))
            for server, rates in zip(servers, found, strict=True):
                print(f"{streams:2} streams: {statistics.median(rates):6.1f} tokens/s  {server.name}")
            for name, a, b in (("best", 0, 1), ("default", 2, 3)):
                self.say(f"{name} at {streams}", [x / y for x, y in zip(found[a], found[b], strict=True)])

    def say(self, name, ratios):
        ratio = statistics.median(ratios)
        print(f"{name}: {ratio:.2f} times{self.goal(name, ratio)}, rounds {min(ratios):.2f} to {max(ratios):.2f}", flush=True)

    # -- what stands between two tokens ----------------------------------------------------------------------------------

    def gaps(self):
        """Of streams that run while long prompts come, one behind the other: the 99th percentile and the longest, in seconds."""
        many = ["-np", "16", "-c", "65536", "-no-kvu"]
        tried = [many] if self.quick else [[], many, [*many, "-b", "512"], [*many, "-b", "128", "-ub", "128"]]
        found = []
        for server in (Gatehouse(), *(self.llama(*flags) for flags in tried)):
            with server:
                ask_all(server, [self.counting(4, 8)], 1)
                found.append((*self.gap(server, 0), server.name))
            print(f"gaps: p99 {found[-1][0] * 1000:.0f} ms, longest {found[-1][1] * 1000:.0f} ms, {found[-1][2]:.0f} tokens/s beside, {found[-1][3]}", flush=True)
        best = tried[min(range(len(tried)), key=lambda i: found[i + 1][0])]
        with Gatehouse() as ours, self.llama(*best) as theirs, self.llama() as default:
            measured = self.rounds([ours, theirs, default], lambda server, number: self.gap(server, number)[0])
        print(f"gaps: the best of these is {' '.join(best) or 'the default'}")
        self.say("gaps to the best", [y / x for x, y in zip(measured[0], measured[1], strict=True)])
        self.say("gaps", [y / x for x, y in zip(measured[0], measured[2], strict=True)])

    def gap(self, server, _):
        seconds = 15 if self.quick else GAP_SECONDS
        victims = [self.counting(4, 1000) for _ in range(VICTIMS * 8)]
        intruders = [self.counting(INTRUDER_TOKENS // 6, 1) for _ in range(seconds * 4)]  # one behind the other
        with ThreadPoolExecutor(1) as pool:
            others = pool.submit(ask_all, server, intruders, 1, "--seconds", seconds)
            told = ask_all(server, victims, VICTIMS, "--seconds", seconds)
            others.result()
        if not told["gaps"]:
            return seconds, seconds, 0.0  # no stream got as far as its second token
        return told["gaps"][int(len(told["gaps"]) * 0.99)], told["gaps"][-1], len(told["gaps"]) / seconds

    # -- what is shared, what is spent, who else is there -------------------------------------------------------------------

    def burst(self):
        """Seconds until the last of 16 has its first token, where all begin with the same 512 tokens that nobody has seen before."""
        flags = ["-np", "16", "-c", "65536", "-kvu"]
        with Gatehouse() as ours, self.llama(*flags) as unified, self.llama(*flags[:-1], "-no-kvu") as split, self.llama() as default:
            servers = [ours, unified, split, default]
            for server in servers:
                ask_all(server, [self.counting(4, 8)], 1)
            found = self.rounds(servers, lambda server, _: self.one_burst(server))
        for server, times in zip(servers, found, strict=True):
            print(f"burst: {statistics.median(times):.2f} s  {server.name}")
        best = min(found[1], found[2], key=statistics.median)
        self.say("burst", [y / x for x, y in zip(found[0], best, strict=True)])
        self.say("burst to the default", [y / x for x, y in zip(found[0], found[3], strict=True)])

    def one_burst(self, server):
        shared = self.counting(SHARED_NUMBERS, 1)
        own = [self.counting(3, 1)["prompt"] for _ in range(4 if self.quick else BURST)]
        return ask_all(server, [{**shared, "prompt": shared["prompt"] + " " + text} for text in own], len(own))["first"][-1]

    def cpu(self):
        """CPU-µs a token of all that is not llama_decode; of llama-server its HTTP threads alone, too."""
        drawing = drawing_microseconds()
        for streams in (16,) if self.quick else (16, 64):
            with Gatehouse(1) as ours, self.llama("-np", str(streams), "-c", "65536", "-no-kvu", "-t", "1") as theirs:
                found = self.rounds([ours, theirs], lambda server, _: self.spent(server, streams))
            for name, i, drawn in (("cpu", 0, drawing), ("cpu, to its HTTP threads alone", 1, 0)):
                mine, other = [one[i] + drawn for one in found[0]], [one[i] for one in found[1]]
                print(f"{streams} streams: {statistics.median(mine):.0f} CPU-µs a token beside the model, {statistics.median(other):.0f}  {theirs.name}")
                self.say(name if streams == 16 else f"{name}, at {streams}", [y / x for x, y in zip(mine, other, strict=True)])

    def spent(self, server, streams):
        """CPU-µs a token beside llama_decode (ours: and beside the drawing of tokens), and of llama-server beside the thread that computes."""
        before = server.beside_decode(), server.beside_the_model()
        told = ask_all(server, self.churn(self.tokens(streams) // 2), streams)
        after = server.beside_decode(), server.beside_the_model()
        return [(y - x) / told["tokens"] * 1e6 for x, y in zip(before, after, strict=True)]

    def busy(self):
        with Gatehouse() as ours, self.llama() as default, self.llama("-t", "1") as one, BusyProcess():
            servers = [ours, default, one]
            work = [self.churn(self.tokens(4) // 2) for _ in range(self.pairs)]
            found = self.rounds(servers, lambda server, number: self.rate(server, work[number], 4))
        for server, rates in zip(servers, found, strict=True):
            print(f"beside a busy process: {statistics.median(rates):6.1f} tokens/s  {server.name}")
        self.say("busy, to the default", [x / y for x, y in zip(found[0], found[1], strict=True)])
        self.say("busy, to one thread", [x / y for x, y in zip(found[0], found[2], strict=True)])


def drawing_microseconds():
    """What our sampler takes to draw a token as these requests have it drawn, which the engine counts as the model's."""
    with subprocess.Popen([SAMPLER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        widest = json.loads(process.stdout.readline())["widths"][-1]
        for _ in range(2):  # the first makes everything warm
            process.stdin.write("\n")
            process.stdin.flush()
            told = json.loads(process.stdout.readline())
        process.stdin.close()
    return told["greedy"][widest]


def idle_share():
    """Of all cores, over two seconds: a measurement beside other work says little."""

    def read():
        words = open("/proc/stat").readline().split()[1:]
        return int(words[3]) + int(words[4]), sum(map(int, words[:8]))

    before = read()
    time.sleep(2)
    after = read()
    return (after[0] - before[0]) / (after[1] - before[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llama-server", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--only", default="throughput,gaps,burst,cpu,busy")
    parser.add_argument("--streams", default=",".join(map(str, STREAMS)))
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    idle = idle_share()
    print(f"{machine()}; {idle:.0%} idle before{'' if idle > 0.9 else ': NOT QUIET, the figures say little'}; seed {options.seed}", flush=True)
    bench = Bench(options)
    for name in options.only.split(","):
        {"throughput": bench.throughput, "gaps": bench.gaps, "burst": bench.burst, "cpu": bench.cpu, "busy": bench.busy}[name]()
    if bench.missed:
        print("missed: " + ", ".join(bench.missed))
    return 1 if options.check and bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
