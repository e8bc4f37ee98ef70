"""./run bench tabular: what one row of a table costs that is answered by a forest of 100 trees behind a token, beside the same service as tutorials build
it (bench/peers/tabular: FastAPI, PyJWT, scikit-learn) and beside MLServer, which checks no token; in one run.

CPU time of all processes of each side, engines included, all on one core, the client (wrk, 64 connections) on the other; the sides take turns. The figure is
CPU microseconds a request, the ratio the median over the rounds. Gatehouse checks the token, the scope, every value's range and the user's limits.
  --rounds N      rounds (5)
  --seconds N     length of each run (3)
  --no-mlserver   the tutorial's service alone
  --check         exit 1 where ours does not cost at least 100 times less than either
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from http_ratio import load
from limits_tax import command
from peer_servers import free_port
from served import ROOT, Served, cpu_seconds, machine, median
from tutorial_ratio import peer_python, signed, tree

GOAL, SERVER_CORE, PATIENCE = 100, "0", 30
PEERS = ROOT / "bench" / "peers"
ROW = [5.1, 3.5, 1.4, 0.2]
LIMITS = {"GATEHOUSE_LIMITS_ADDRESS": "", "GATEHOUSE_LIMITS_USER_GENERATION": "10000000/60s"}
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def wait_for(server, process=None):
    """Until it answers a row."""
    until = time.monotonic() + 120
    while True:
        headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(server.url + server.path, json.dumps(server.body).encode(), headers), timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError) as why:
            if (process is not None and process.poll() is not None) or time.monotonic() > until:
                raise SystemExit(f"{server.name} did not start: {why}") from None
            time.sleep(0.1)  # it says nothing when it is there: it is asked


class Ours(Served):
    name, path, body = "gatehouse", "/predict", {"data": ROW}

    def __init__(self):
        super().__init__(front_core=SERVER_CORE, variables=LIMITS)

    def __enter__(self):
        super().__enter__()
        self.token = command(self, "tenant", "register", "tabular", "--quota-per-day", "1000000000")["token"]
        assert wait_for(self)["label"] == "setosa"
        self.processes = tree(self.front)
        return self


class Peer:
    """A server of a virtual environment of its own, on the core of servers."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="gatehouse-bench-")
        self._log = open(Path(self._folder.name) / "log", "w+")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        words, where, variables = self.command()
        quiet = {"stdin": subprocess.DEVNULL, "stdout": self._log, "stderr": self._log}
        self._process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *map(str, words)], cwd=where, env={**os.environ, **ALONE, **variables}, **quiet)
        wait_for(self, self._process)
        self.processes = tree(self._process.pid)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()
        self._folder.cleanup()


class Tabular(Peer):
    name, path, body = "fastapi", "/predict", {"data": ROW}

    def command(self):
        secret = secrets.token_urlsafe(32)
        self.token = signed(secret, {"sub": "u-1", "aud": "tabular", "scope": "predict", "exp": int(time.time()) + 3600})
        words = [peer_python(PEERS / "tabular"), "-m", "uvicorn", "tabular_server:app", "--port", self.port, "--no-access-log", "--log-level", "warning"]
        return words, PEERS / "tabular", {"TABULAR_SECRET": secret}


class MlServer(Peer):
    name, path, token = "mlserver", "/v2/models/iris/infer", "none"
    body = {"inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 4], "data": ROW}]}

    def command(self):
        python = peer_python(PEERS / "mlserver")
        subprocess.run([python, PEERS / "mlserver" / "train.py", self._folder.name], check=True)
        settings = {"host": "127.0.0.1", "http_port": self.port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0, "debug": False}
        (Path(self._folder.name) / "settings.json").write_text(json.dumps(settings))
        return [python.parent / "mlserver", "start", self._folder.name], self._folder.name, {}


def script_for(folder, server):
    """For wrk, so that the token is on no command line."""
    script = Path(folder) / f"{server.name}.lua"
    script.touch(mode=0o600)
    headers = f'wrk.headers["Content-Type"] = "application/json"\nwrk.headers["Authorization"] = "Bearer {server.token}"\n'
    script.write_text(f"wrk.method = \"POST\"\nwrk.body = '{json.dumps(server.body)}'\n" + headers)
    return script


def cost(server, seconds, script):
    """Requests a second, and CPU microseconds a request."""
    before = sum(map(cpu_seconds, server.processes))
    rate = load(server.url + server.path, seconds, script, PATIENCE)
    return rate, (sum(map(cpu_seconds, server.processes)) - before) / (rate * seconds) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--no-mlserver", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    kinds, rounds, ratios = [Ours, Tabular] + ([] if options.no_mlserver else [MlServer]), {}, {}
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        for _ in range(options.rounds):
            for kind in kinds:  # one after the other, so that what one keeps warm is not another's
                with kind() as server:
                    script = script_for(folder, server)
                    load(server.url + server.path, 1, script, PATIENCE)
                    rounds.setdefault(kind.name, []).append(cost(server, options.seconds, script))
    for name, made in rounds.items():
        print(f"{name:10} {median([rate for rate, _ in made]):8.0f} requests/s, {median([each for _, each in made]):8.1f} CPU-µs a request")
    for kind in kinds[1:]:
        ratios[kind.name] = median([theirs[1] / ours[1] for ours, theirs in zip(rounds["gatehouse"], rounds[kind.name])])
        print(f"{kind.name}: {ratios[kind.name]:.0f} times what ours costs (goal {GOAL})")
    return 1 if options.check and min(ratios.values()) < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
