"""Gatehouse and llama-server for a measurement side by side: both on all cores, as somebody would start them."""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from served import MODEL_FILE, ROOT, Served, cpu_seconds, language_model_seconds

CLIENT = ROOT / "build" / "release" / "bench" / "churn_client"
CORES = f"0-{(os.cpu_count() or 1) - 1}"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ask_all(server, bodies, clients, *options):
    """What the crowd of clients says of these requests."""
    command = [CLIENT, "--port", str(server.port), "--key", server.key, "--clients", str(clients), *map(str, options)]
    done = subprocess.run(command, input="\n".join(map(json.dumps, bodies)) + "\n", capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{server.name}: {done.stderr}")
    return json.loads(done.stdout)


class Gatehouse(Served):
    """With all that it has by default but for what is said here; threads: of the engine."""

    def __init__(self, threads=None):
        default = os.cpu_count() or 1
        super().__init__(front_core=CORES, threads=threads or default)
        self.name = "gatehouse" if threads in (None, default) else f"gatehouse, {threads} threads"

    def beside_the_model(self):
        """CPU seconds of all processes but for passes over the model and the sampling behind them."""
        time.sleep(0.6)  # the counters arrive with the engine's next report
        return cpu_seconds(self.front) + cpu_seconds(self.engine) - language_model_seconds(self.admin_url)

    beside_decode = beside_the_model


class LlamaServer:
    """with LlamaServer(binary, ["-np", "16"]) as server: server.port. Its defaults but for these flags."""

    key = "none"

    def __init__(self, binary, flags=()):
        self.binary, self.flags = binary, list(flags)
        self.name = "llama-server " + (" ".join(self.flags) or "by default")

    def __enter__(self):
        self.port = free_port()
        self._log = tempfile.TemporaryFile("w+")
        self._clock = tempfile.NamedTemporaryFile(prefix="gatehouse-bench-")
        self._clock.truncate(8)
        command = [self.binary, "-m", MODEL_FILE, "--host", "127.0.0.1", "--port", str(self.port), "--no-ui", "--offline", *self.flags]
        self._process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
                                         env=os.environ | {"DECODE_CLOCK": self._clock.name})
        until = time.monotonic() + 60
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > until:
                self._log.seek(0)
                raise SystemExit(f"{self.name} did not start:\n" + self._log.read()[-2000:])
            time.sleep(0.05)
        return self

    def _healthy(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._clock.close()

    def beside_decode(self):
        """CPU seconds of all that is not llama_decode, with -t 1 (bench/peers/decode_clock.cc)."""
        decoding = int.from_bytes(Path(self._clock.name).read_bytes()[:8], "little") / 1e9
        return cpu_seconds(self._process.pid) - decoding

    def beside_the_model(self):
        """CPU seconds of the threads that answer HTTP. With -t 1 the main thread computes, draws and cuts text; of that nothing is counted."""
        pid = self._process.pid
        main = int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9
        return cpu_seconds(pid) - main


class BusyProcess:
    """Somebody else's, that wants a core for itself."""

    def __enter__(self):
        self._process = subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"])
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
