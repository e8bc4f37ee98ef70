"""A Gatehouse of its own for a test: started, asked, looked at from outside, and stopped."""

import contextlib
import http.client
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("GATEHOUSE_BINARY", str(ROOT / "build" / "release" / "gatehouse"))
MODEL = "smollm2-135m-instruct"
TABULAR = "iris"
NLU = "uninlu-small"
# Limits that no test meets by accident; those that are about limits say their own.
ROOMY = {f"GATEHOUSE_LIMITS_{name}": "1000000/60s" for name in ("ADDRESS", "USER_GENERATION", "KEY_GENERATION")}
# The servers of several tests share a machine, and the threads of a pass spin while they wait for one another.
FRUGAL = {"GATEHOUSE_ENGINE_LLAMA_THREADS": "1"}
READY = re.compile(r"^gatehouse ready: (http://\S+) \(admin (http://\S+)\)$")


def run(*arguments, stdin=b"", timeout=60, variables=None):
    """One command of the binary, to its end; with these variables, too, and without those that only tests read."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")} | (variables or {})
    return subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True, timeout=timeout, cwd=ROOT, env=environment)


def initialise(data):
    """What is shown once of a data folder that is made here: the administrator and an API key of the tenant demo."""
    made = run("init", "--data", data, "--json")
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def command(house, *words, stdin=b"", code=0):
    """What a command on the house's data folder says as JSON; nothing where it says nothing."""
    done = run(*words, "--data", house.data, "--json", stdin=stdin)
    assert done.returncode == code, (done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def eventually(holds, seconds=10.0, what="it"):
    """Looks again and again until holds() is true; what a test waits for has no other way to say that it is there."""
    until = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < until, f"{what} did not come about in {seconds} s"
        time.sleep(0.02)


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


class Address:
    def __init__(self, url):
        parts = urlsplit(url)
        self.url, self.host, self.port = url, parts.hostname, parts.port


class House:
    def __init__(self, data, log):
        made = initialise(data)
        self.data, self.log, self.key, self.administrator = data, log, made["api_key"], made["admin"]
        self.process, self.public, self.admin = None, None, None
        self.before = []  # what becomes the server in the end, with the server's command behind it

    def start(self, *options, ready_within=60, variables=None):
        command = [*self.before, BINARY, "serve", "--data", str(self.data), "--models", "models", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
        with open(self.log, "ab") as log:
            environment = {**os.environ, **ROOMY, **FRUGAL, **(variables or {})}
            self.process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, lines), daemon=True).start()
        until = time.monotonic() + ready_within
        while True:
            try:
                line = lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                self.kill()
                raise AssertionError(f"no ready line after {ready_within} s: {self.tail()}") from None
            assert line is not None, f"serve ended with {self.process.wait()} before it was ready: {self.tail()}"
            found = READY.match(line)
            if found:
                self.public, self.admin = Address(found[1]), Address(found[2])
                return self

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.put(line.rstrip("\n"))
        lines.put(None)

    @property
    def pid(self):
        return self.process.pid

    def said(self):
        """All that every server of this house has logged."""
        return Path(self.log).read_text(errors="replace")

    def tail(self):
        """The last of it, to be shown where a test fails."""
        return self.said()[-3000:]

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=60):
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)

    # -- asking ----------------------------------------------------------------------------------------------------------

    def bearer(self):
        return {"Authorization": f"Bearer {self.key}"}

    def ask(self, method, path, body=None, headers=None, admin=False, timeout=120):
        """One request on a connection of its own. A body that is not bytes goes as JSON; headers None: the API key."""
        where = self.admin if admin else self.public
        headers = dict(self.bearer() if headers is None else headers)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        headers["Connection"] = "close"
        with contextlib.closing(http.client.HTTPConnection(where.host, where.port, timeout=timeout)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())

    def chat(self, text, **fields):
        return self.ask("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": text}], "temperature": 0, **fields})

    @contextlib.contextmanager
    def stream(self, path, body, timeout=120, headers=None):
        """The open answer to a streaming request; leaving closes the connection, whatever has not been read."""
        headers = {**(headers or self.bearer()), "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(self.public.host, self.public.port, timeout=timeout)
        answer = None
        try:
            connection.request("POST", path, json.dumps({**body, "stream": True}).encode(), headers)
            answer = connection.getresponse()
            yield answer
        finally:
            if answer is not None:
                answer.close()
            connection.close()

    # -- looking from outside --------------------------------------------------------------------------------------------

    def metrics(self):
        """name{labels} -> value, as the admin listener shows them."""
        text = self.ask("GET", "/metrics", headers={}, admin=True).body.decode()
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def gauge(self, name):
        """The sum over all labels."""
        found = [value for full, value in self.metrics().items() if full.partition("{")[0] == name]
        assert found, f"there is no metric {name}"
        return sum(found)

    def children(self):
        """The engines of language models."""
        return [child for child in children_of(self.pid) if engine_of(child) == "llama"]

    def resident_bytes(self):
        statm = Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(statm[1]) * os.sysconf("SC_PAGESIZE")


def takes_tensors(path):
    return not continues_text(path) and (path.startswith("/v2/") or path.endswith(":predict"))


def continues_text(path):
    """Whether it is a route of the Open Inference Protocol for language models."""
    return path.startswith("/v2/") and path.endswith(("/generate", "/generate_stream"))


def model_at(path):
    """The path with a model in the place of its braces: one that the route serves."""
    return path.replace("{model}", TABULAR if takes_tensors(path) else MODEL).replace("{version}", "1")


TEXT = {"text_input": "Hi", "parameters": {"max_tokens": 1}}  # for MODEL
INSTANCES = {"instances": [[5.1, 3.5, 1.4, 0.2]]}  # for TABULAR
ROWS = {"inputs": [{"name": "X", "shape": [1, 4], "datatype": "FP32", "data": [5.1, 3.5, 1.4, 0.2]}]}  # the same in the Open Inference Protocol


def children_of(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = stat.read_text().rpartition(")")[2].split()
            if int(words[1]) == pid and words[0] != "Z":
                found.append(int(stat.parent.name))
    return sorted(found)


def wants_a_credential(operation):
    """Of the OpenAPI document; where one may be shown, and need not, there is an empty way in."""
    return bool(operation.get("security")) and {} not in operation["security"]


def engine_of(pid):
    """Which kind of engine that process is; nothing where it is none."""
    with contextlib.suppress(OSError, ValueError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return words[words.index(b"engine") + 1].decode()


def alive(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def events(answer):
    """The data of each server-sent event of an open answer, comments left out."""
    for raw in answer:
        line = raw.decode().rstrip("\r\n")
        if line.startswith("data: "):
            yield line[len("data: ") :]


def read_stream(answer):
    """(chunks, whether [DONE] came) of a stream that is read to its end."""
    chunks, done = [], False
    for data in events(answer):
        if data == "[DONE]":
            done = True
        else:
            chunks.append(json.loads(data))
    return chunks, done


def text_of(chunks):
    """The text of chat chunks."""
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk.get("choices", []))
