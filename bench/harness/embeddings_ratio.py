"""./run bench embeddings: what a vector of a text costs over HTTP (/v1/embeddings, model minilm: HTTP, JSON, tokenizer, engine), beside the loop that people write
for themselves: Hugging Face's tokenizer and ONNX Runtime in Python, 32 texts at a time in the order in which they come, each batch as wide as its longest.

The same graph on one thread and one core, the two taking turns; CPU time of all processes of each side. Texts are of 5 to 200 words, most of them short.
  --pairs N       pairs (5)
  --texts N       texts a run (512)
  --check         exit 1 where ours is not at least 1.3 times as fast
"""

import argparse
import base64
import json
import os
import random
import sys
import time
import urllib.request

import numpy
import onnxruntime
from served import ROOT, Served, children, cpu_seconds, machine, median
from tokenizers import BertWordPieceTokenizer

GOAL, CORE, CLIENT_CORE, BATCH, LONGEST = 1.3, 0, 1, 32, 256
FOLDER = ROOT / "models" / "minilm" / "1"


def texts(count):
    """Words of the vocabulary, so that no word is in pieces; as many as a draw says."""
    words = [word for word in (FOLDER / "vocab.txt").read_text().split("\n") if word.isascii() and word.isalpha()]
    rng = random.Random(5)
    return [" ".join(rng.choices(words, k=min(max(int(rng.lognormvariate(3, 0.8)), 5), 200))) for _ in range(count)]


class Loop:
    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(FOLDER / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self.tokenizer = BertWordPieceTokenizer(str(FOLDER / "vocab.txt"), lowercase=True)
        self.tokenizer.enable_truncation(LONGEST)
        self.tokenizer.enable_padding()

    def vectors(self, asked):
        made = []
        for at in range(0, len(asked), BATCH):
            rows = self.tokenizer.encode_batch(asked[at : at + BATCH])
            ids, mask = (numpy.array([getattr(row, name) for row in rows], numpy.int64) for name in ("ids", "attention_mask"))
            made.append(self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0])
        return numpy.concatenate(made)

    def measure(self, asked):
        os.sched_setaffinity(0, {CORE})
        began, start = time.perf_counter(), time.process_time()
        made = self.vectors(asked)
        spent = time.process_time() - start, time.perf_counter() - began
        os.sched_setaffinity(0, {CLIENT_CORE})
        return made, *spent


def measure(server, asked):
    processes = [server.front, *children(server.front)]
    body = json.dumps({"model": "minilm", "input": asked, "encoding_format": "base64"}).encode()
    request = urllib.request.Request(server.url + "/v1/embeddings", body, {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"})
    start, began = sum(map(cpu_seconds, processes)), time.perf_counter()
    answer = urllib.request.urlopen(request, timeout=120).read()
    spent = sum(map(cpu_seconds, processes)) - start, time.perf_counter() - began
    made = numpy.array([numpy.frombuffer(base64.b64decode(one["embedding"]), "<f4") for one in json.loads(answer)["data"]])
    return made, *spent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    print(machine(), flush=True)
    asked, loop = texts(options.texts), Loop()
    with Served(front_core=CORE, variables={"GATEHOUSE_LIMITS_MODE": "off", "GATEHOUSE_MODELS_REQUIRED": "minilm,smollm2-135m-instruct"}) as server:
        ours, theirs = measure(server, asked)[0], loop.measure(asked)[0]  # makes everything warm, and shows that both are the same
        assert numpy.abs(ours - theirs).max() < 1e-4, numpy.abs(ours - theirs).max()
        pairs = []
        for number in range(options.pairs):
            pairs.append((measure(server, asked)[1:], loop.measure(asked)[1:]))
            print(f"{number + 1} of {options.pairs}: {pairs[-1][1][0] / pairs[-1][0][0]:.2f} times as fast, by CPU time", flush=True)
    for name, side in (("gatehouse", 0), ("the loop", 1)):
        cpu, wall = (median([pair[side][what] for pair in pairs]) for what in (0, 1))
        print(f"{name:10} {cpu / len(asked) * 1e3:7.2f} CPU-ms a text, {len(asked) / wall:7.1f} texts a second")
    ratio = median([loops[0] / served[0] for served, loops in pairs])
    print(f"gatehouse is {ratio:.2f} times as fast, by CPU time (goal {GOAL}); by the clock {median([loops[1] / served[1] for served, loops in pairs]):.2f}")
    if options.check and ratio < GOAL:
        sys.exit(f"less than {GOAL}")


if __name__ == "__main__":
    main()
