"""./run bench trees: CPU nanoseconds to answer one row of a shipped model of a table: computed natively, in each width of vectors that this machine
has, beside ONNX Runtime called once a row on one thread (its Python binding, inputs and outputs bound once, so that the call is all that is
measured), in the same run on the same core.

Figures are medians over the rounds; the ratio is the median of the rounds' ratios.
  --rounds N      rounds (7)
"""

import argparse
import json
import os
import subprocess
import time

import numpy
import onnxruntime
from served import ROOT, machine, median

PROGRAM = ROOT / "build" / "release" / "bench" / "trees_bench"
MODELS = {"iris": ROOT / "models", "regression20": ROOT / "bench" / "models"}
CALLS = 2000


def bound(path):
    """A session with a row bound to it, and its outputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    row = numpy.full((1, given.shape[1]), 0.5, numpy.float32)
    binding = session.io_binding()
    binding.bind_cpu_input(given.name, row)
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return session, binding


def nanoseconds_a_call(session, binding):
    start = time.thread_time_ns()
    for _ in range(CALLS):
        session.run_with_iobinding(binding)
    return (time.thread_time_ns() - start) / CALLS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    os.sched_setaffinity(0, {0})
    print(machine())
    for name, folder in MODELS.items():
        path = folder / name / "1" / "model.onnx"
        session, binding = bound(path)
        nanoseconds_a_call(session, binding)  # makes everything warm
        rounds = []
        for _ in range(options.rounds):
            ours = json.loads(subprocess.run([PROGRAM, "cost", path], capture_output=True, text=True, check=True).stdout)
            rounds.append((ours, nanoseconds_a_call(session, binding)))
        widths = [key for key in rounds[0][0] if key != "predict"]
        trees = ", ".join(f"{key} {median([ours[key] for ours, _ in rounds]):.0f}" for key in widths)
        whole, theirs = median([ours["predict"] for ours, _ in rounds]), median([peer for _, peer in rounds])
        ratio = median([peer / ours["predict"] for ours, peer in rounds])
        print(f"{name:14} {whole:6.0f} ns a row (its trees alone: {trees}); ONNX Runtime {theirs:7.0f} ns a call: {ratio:.1f} of ours")


if __name__ == "__main__":
    main()
