"""Runs a model over (text, prompt) pairs: a torch network while training, the two ONNX graphs afterwards."""

import numpy

from decode import merged, windows

HINT_BASE, HINT_MOST = 384, 128


def padded(rows, width=None):
    width = width or max(map(len, rows))
    found = numpy.zeros((len(rows), width), numpy.int64)
    for at, row in enumerate(rows):
        found[at, : len(row)] = row
    return found


class Runner:
    """logits([(text, [prompts])]) for any way to run the two halves."""

    def __init__(self, tokenizer, base=HINT_BASE, batch=64):
        self.tokenizer, self.base, self.batch = tokenizer, base, batch

    def lower(self, ids, mask, kinds, positions):
        raise NotImplementedError

    def upper(self, text, text_mask, index, hint, hint_mask):
        raise NotImplementedError

    def logits(self, asked):
        """For each (text, prompts): (places, [(head, tail) of each prompt])."""
        coded = [self.tokenizer.encode(text) for text, _ in asked]
        found = [(places, [None] * len(prompts)) for (_, places), (_, prompts) in zip(coded, asked)]
        order = sorted(range(len(asked)), key=lambda n: len(coded[n][0]))
        for begin in range(0, len(order), self.batch):
            self._some([(n, coded[n][0], asked[n][1]) for n in order[begin : begin + self.batch] if asked[n][1]], found)
        return found

    def _some(self, texts, found):
        if not texts:
            return
        parts = [(n, window) for n, ids, _ in texts for window in windows(ids)]
        ids = padded([window for _, window in parts])
        mask = (ids != 0).astype(numpy.int64)
        steps = numpy.broadcast_to(numpy.arange(ids.shape[1]), ids.shape)
        states = self.lower(ids, mask, numpy.zeros_like(ids), steps)
        prompts = {n: asked for n, _, asked in texts}
        rows = [(at, n, number, prompt) for at, (n, _) in enumerate(parts) for number, prompt in enumerate(prompts[n])]
        collected = {}
        for begin in range(0, len(rows), 4 * self.batch):
            some = rows[begin : begin + 4 * self.batch]
            hints = padded([self.tokenizer.encode(prompt, HINT_MOST)[0] for *_, prompt in some])
            hint_mask = (hints != 0).astype(numpy.int64)
            base = self.base if isinstance(self.base, int) else ids.shape[1]
            hint = self.lower(hints, hint_mask, numpy.ones_like(hints), base + numpy.broadcast_to(numpy.arange(hints.shape[1]), hints.shape))
            head, tail = self.upper(states, mask, numpy.array([at for at, *_ in some], numpy.int64), hint, hint_mask)
            for (at, n, number, _), one, two in zip(some, head, tail):
                collected.setdefault((n, number), []).append((one, two, len(parts[at][1])))
        for (n, number), got in collected.items():
            length = len(found[n][0])
            found[n][1][number] = tuple(merged([list(map(float, one[part][: one[2]])) for one in got], length) for part in (0, 1))


class TorchRunner(Runner):
    def __init__(self, network, tokenizer, device, batch=64):
        super().__init__(tokenizer, batch=batch)
        self.network, self.device = network.eval(), device

    def _call(self, half, *arrays):
        import torch

        with torch.no_grad(), torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
            given = [a if torch.is_tensor(a) else torch.as_tensor(a.copy(), device=self.device) for a in arrays]
            return half(*given)

    def lower(self, *arrays):
        return self._call(self.network.lower, *arrays)

    def upper(self, *arrays):
        return [logits.float().cpu().numpy() for logits in self._call(self.network.upper, *arrays)]


class OnnxRunner(Runner):
    def __init__(self, folder, tokenizer, base=HINT_BASE, threads=1, batch=16):
        import onnxruntime

        super().__init__(tokenizer, base, batch)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.x64quantprecision", "1")  # without VNNI sums of products would not hold; elsewhere the digits are the same
        self.halves = [onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]) for name in ("lower", "upper")]

    def lower(self, ids, mask, kinds, positions):
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds, "position_ids": numpy.ascontiguousarray(positions)}
        return self.halves[0].run(None, given)[0]

    def upper(self, text, text_mask, index, hint, hint_mask):
        given = {"text_hidden": text, "text_mask": text_mask, "text_index": index, "hint_hidden": hint, "hint_mask": hint_mask}
        return self.halves[1].run(None, given)
