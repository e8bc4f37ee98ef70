"""A Gatehouse for a measurement: started on free ports and pinned to cores, and what the kernel says about its processes."""

import json
import os
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "gatehouse"
MODEL = "smollm2-135m-instruct"
MODEL_FILE = ROOT / "models" / MODEL / "1" / "SmolLM2-135M-Instruct.Q4_1.gguf"


def cpu_seconds(pid):
    """CPU time of all threads of a process, in seconds, to the nanosecond (schedstat)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass  # a thread that ended
    return total / 1e9


def resident_mb(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def children(pid):
    return [int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()]


def language_engine(pid):
    """The child that computes the language model; there are others."""
    for child in children(pid):
        if b"\0engine\0llama\0" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    raise SystemExit("gatehouse has no child for its language model")


def language_model_seconds(admin_url):
    """CPU seconds of that child inside the model: passes and the sampling behind them."""
    text = urllib.request.urlopen(admin_url + "/metrics", timeout=10).read().decode()
    return float(re.search(rf'^gatehouse_engine_compute_seconds_total\{{[^}}]*"{MODEL}"[^}}]*\}} (\S+)', text, re.M).group(1))


def pin(pid, core):
    """All threads of a running process to one core."""
    subprocess.run(["taskset", "-a", "-p", "-c", str(core), str(pid)], check=True, stdout=subprocess.DEVNULL)


class Served:
    """with Served(front_core=1, engine_core=0) as server: server.url, server.key, server.front, server.engine: the language model's.
    front_core may be several, as "0-1".

    Nobody is limited where no variables say how.
    """

    def __init__(self, front_core, engine_core=None, options=(), threads=1, variables=None):
        self.variables = {"GATEHOUSE_LIMITS_MODE": "off"} if variables is None else variables
        self.front_core = front_core
        self.engine_core = engine_core
        self.threads = threads
        self.options = list(options)

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="gatehouse-bench-")
        data = self.data = Path(self._folder.name) / "data"
        made = subprocess.run([BINARY, "init", "--data", data, "--json"], check=True, capture_output=True, text=True)
        first = json.loads(made.stdout)
        self.key, self.administrator = first["api_key"], first["admin"]
        command = ["taskset", "-c", str(self.front_core), BINARY, "serve", "--data", data, "--listen", "127.0.0.1:0"]
        command += ["--admin-listen", "127.0.0.1:0", "--reactors", "1", "--engine-threads", str(self.threads), *self.options]
        self._log = open(Path(self._folder.name) / "log", "w")
        self._process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self.variables}, stdout=subprocess.PIPE, stderr=self._log, text=True)
        for line in self._process.stdout:
            ready = re.search(r"gatehouse ready: (http://\S+) \(admin (http://\S+)\)", line)
            if ready:
                self.url, self.admin_url = ready.groups()
                break
        else:
            raise SystemExit("gatehouse did not start:\n" + (Path(self._folder.name) / "log").read_text())
        self.front = self._process.pid
        self.engine = language_engine(self.front)
        if self.engine_core is not None:
            pin(self.engine, self.engine_core)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()
        self._folder.cleanup()

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def machine():
    """What the figures were made on, in one line."""
    info = Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*:\s*(.+)", info)
    return f"{name.group(1) if name else 'unknown CPU'}, {os.cpu_count()} cores"
