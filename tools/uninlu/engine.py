"""One training step, again and again: loss, gradient, AdamW, averaged weights; on CUDA captured once a shape and replayed."""

import contextlib
import math

import torch

from losses import WEIGHTS, losses, total

WARM_UP = 300


class Engine:
    def __init__(self, network, options):
        self.network, self.options, self.device = network, options, options.device
        cuda = options.device == "cuda"
        decayed = [p for p in network.parameters() if p.dim() > 1]
        others = [p for p in network.parameters() if p.dim() <= 1]
        rate = torch.tensor(options.rate, device=options.device) if cuda else options.rate
        groups = [{"params": decayed, "weight_decay": options.decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), capturable=cuda, fused=True)
        self.parameters = list(network.parameters())
        self.average = [p.detach().clone() for p in self.parameters]
        self.follow = torch.tensor(0.1, device=options.device)
        self.step, self.spent = 0, 0.0
        self.graphs, self.pool, self.last = {}, None, None

    def set_rate(self, done):
        warm = min(1.0, (self.step + 1) / WARM_UP)
        rate = self.options.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in self.optimizer.param_groups:
            if torch.is_tensor(group["lr"]):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        self.follow.fill_(max(1 - self.options.average, 1 / (self.step + 2)))

    def work(self, batch):
        """The step itself; nothing here may wait for the device."""
        with torch.autocast(self.device, torch.bfloat16, cache_enabled=False):
            parts = losses(self.network, batch, twice=self.options.twice)
        total(parts).backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0, foreach=True)
        for p in self.parameters:  # a step that overflowed changes nothing
            p.grad.copy_(torch.where(norm.isfinite(), p.grad, 0))
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(self.average, 1 - self.follow)
            torch._foreach_add_(self.average, torch._foreach_mul(self.parameters, self.follow))
        return torch.stack([part.detach().float() for part in parts.values()])

    def one(self, batch, done):
        self.set_rate(done)
        if self.device == "cuda" and not self.options.plain:
            self.last = self._replay(batch)
        else:
            batch = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
            self.optimizer.zero_grad(set_to_none=True)
            self.last = self.work(batch)
        self.step += 1

    def _replay(self, batch):
        key = tuple(batch["ids"].shape)
        if key not in self.graphs:
            return self._capture(key, batch)
        graph, given, result = self.graphs[key]
        for name, value in given.items():
            value.copy_(batch[name], non_blocking=True)
        graph.replay()
        return result

    def _capture(self, key, batch):
        """Three plain steps, then the capture (which does not run the step)."""
        given = {name: value.cuda() for name, value in batch.items()}
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.optimizer.zero_grad(set_to_none=True)
                result = self.work(given)
        torch.cuda.current_stream().wait_stream(side)
        self.optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool):
            result = self.work(given)
        self.pool = self.pool or graph.pool()
        self.graphs[key] = (graph, given, result)
        return result

    def parts(self):
        return dict(zip(WEIGHTS, (round(float(x), 4) for x in self.last)))

    @contextlib.contextmanager
    def averaged(self):
        """The network with the averaged weights for a while."""
        kept = [p.detach().clone() for p in self.parameters]
        with torch.no_grad():
            for p, a in zip(self.parameters, self.average):
                p.copy_(a)
        try:
            yield
        finally:
            with torch.no_grad():
                for p, k in zip(self.parameters, kept):
                    p.copy_(k)

    def save(self, path):
        state = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(), "average": self.average, "step": self.step, "spent": self.spent}
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def load(self, path):
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for own, kept in zip(self.average, state["average"]):
            own.copy_(kept)
        self.step, self.spent = state["step"], state["spent"]

    def export(self, path, options):
        """The averaged weights of the two halves in half precision, and how they came to be."""
        with self.averaged():
            weights = {name: value.detach().half().cpu() for name, value in self.network.state_dict().items() if not name.startswith("helper.guess")}
        made = {"step": self.step, "seconds": round(self.spent), "options": {key: str(value) for key, value in vars(options).items()}}
        torch.save({"shape": self.network.shape.as_dict(), "weights": weights, "made": made}, path)
