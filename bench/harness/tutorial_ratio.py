"""./run bench tutorial: what a request costs that is let in by a token, checked, counted against a limit and answered with a few bytes, beside the same service
as tutorials build it (bench/peers/tutorial: FastAPI, PyJWT, a sorted set in Redis), in one run.

CPU time of all processes of each side (Redis is one of the peer's), all on one core, the client (wrk) on the other; the two take turns. The figure is
CPU microseconds a request, the ratio the median over the pairs. Both let every request in: the limit is high, and is counted all the same.
  --pairs N       pairs (5)
  --seconds N     length of each run (3)
  --check         exit 1 where ours does not cost at least 40 times less
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

from http_ratio import load
from limits_tax import command
from peer_servers import free_port
from served import ROOT, Served, children, cpu_seconds, machine, median

GOAL, LIMIT, SERVER_CORE, PATIENCE = 40, 10_000_000, "0", 30
PEER = ROOT / "bench" / "peers" / "tutorial"
BODY = {"text": "How much of it is the fence?"}
LIMITS = {"GATEHOUSE_LIMITS_ADDRESS": "", "GATEHOUSE_LIMITS_USER_GENERATION": f"{LIMIT}/60s"}


def peer_python(peer=PEER):
    """The python of the peer's virtual environment, made anew when requirements.txt has changed."""
    folder, requirements = peer / ".venv", peer / "requirements.txt"
    wanted, stamp, python = hashlib.sha256(requirements.read_bytes()).hexdigest(), folder / "requirements.sha256", folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted and python.exists():
        return python
    print("installing the peer", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    install = [python, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r", requirements]
    if subprocess.run(install, stdin=subprocess.DEVNULL).returncode != 0:
        sys.exit(f"the packages in {requirements.relative_to(ROOT)} could not be installed")
    stamp.write_text(wanted)
    return python


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(secret, claims):
    """An HS256 token."""
    head = base64url(b'{"alg":"HS256","typ":"JWT"}') + "." + base64url(json.dumps(claims).encode())
    return head + "." + base64url(hmac.digest(secret.encode(), head.encode(), "sha256"))


def answer(url, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url + "/api/echo", json.dumps(BODY).encode(), headers)
    return urllib.request.urlopen(request, timeout=10)


def tree(pid):
    return [pid] + [process for child in children(pid) for process in tree(child)]


class Ours(Served):
    name = "gatehouse"

    def __init__(self):
        super().__init__(front_core=SERVER_CORE, options=["--test-hooks"], variables=LIMITS)

    def __enter__(self):
        super().__enter__()
        self.token = command(self, "tenant", "register", "tutorial", "--quota-per-day", "1000000000")["token"]
        self.processes = tree(self.front)
        return self


class Tutorial:
    name = "tutorial"

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="gatehouse-bench-")
        self._log = open(Path(self._folder.name) / "log", "w+")
        socket, secret = Path(self._folder.name) / "redis.sock", secrets.token_urlsafe(32)
        pinned, quiet = ["taskset", "-c", SERVER_CORE], {"stdin": subprocess.DEVNULL, "stdout": self._log, "stderr": self._log}
        redis = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", self._folder.name]
        self._redis = subprocess.Popen([*pinned, *redis], **quiet)
        port = free_port()
        told = {"TUTORIAL_SECRET": secret, "TUTORIAL_REDIS": str(socket), "TUTORIAL_LIMIT": str(LIMIT), "PYTHONDONTWRITEBYTECODE": "1"}
        serve = [peer_python(), "-m", "uvicorn", "tutorial_server:app", "--port", str(port), "--no-access-log", "--log-level", "warning"]
        self._server = subprocess.Popen([*pinned, *serve], cwd=PEER, env={**os.environ, **told}, **quiet)
        self.url = f"http://127.0.0.1:{port}"
        self.token = signed(secret, {"sub": "u-1", "aud": "tutorial", "scope": "llm", "exp": int(time.time()) + 3600})
        self._wait()
        self.processes = tree(self._server.pid) + tree(self._redis.pid)
        return self

    def _wait(self):
        until = time.monotonic() + 60
        while True:
            try:
                return answer(self.url, self.token).close()
            except (urllib.error.URLError, OSError) as why:
                if self._server.poll() is not None or time.monotonic() > until:
                    self._log.seek(0)
                    said = self._log.read()[-2000:]
                    self.__exit__()  # nobody else does, as it was never entered
                    raise SystemExit(f"the peer did not start ({why}):\n{said}") from None
                time.sleep(0.05)

    def __exit__(self, *_):
        for process in (self._server, self._redis):
            process.terminate()
            process.wait(timeout=20)
        self._log.close()
        self._folder.cleanup()


def script_for(folder, server):
    """For wrk, so that the token is on no command line."""
    script = Path(folder) / f"{server.name}.lua"
    script.touch(mode=0o600)
    headers = f'wrk.headers["Content-Type"] = "application/json"\nwrk.headers["Authorization"] = "Bearer {server.token}"\n'
    script.write_text(f"wrk.method = \"POST\"\nwrk.body = '{json.dumps(BODY)}'\n" + headers)
    return script


def cost(server, seconds, script):
    """Requests a second, and CPU microseconds a request."""
    before = sum(map(cpu_seconds, server.processes))
    rate = load(server.url + "/api/echo", seconds, script, PATIENCE)
    return rate, (sum(map(cpu_seconds, server.processes)) - before) / (rate * seconds) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    peer_python()
    with Ours() as ours, Tutorial() as theirs, tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        scripts = [script_for(folder, server) for server in (ours, theirs)]
        for server, script in zip((ours, theirs), scripts):
            with answer(server.url, server.token) as one:
                assert json.load(one) == BODY, server.name
            load(server.url + "/api/echo", 1, script, PATIENCE)
        pairs = [[cost(server, options.seconds, script) for server, script in zip((ours, theirs), scripts)] for _ in range(options.pairs)]
    for number, ((our_rate, our_cost), (their_rate, their_cost)) in enumerate(pairs, 1):
        print(f"{number}: gatehouse {our_rate:7.0f}/s ({our_cost:.1f} CPU-µs), tutorial {their_rate:6.0f}/s ({their_cost:.0f} CPU-µs), ratio {their_cost / our_cost:.1f}")
    ratio = median([theirs[1] / ours[1] for ours, theirs in pairs])
    print(f"median ratio {ratio:.1f} (goal {GOAL}); {median([ours[1] for ours, _ in pairs]):.1f} and {median([theirs[1] for _, theirs in pairs]):.0f} CPU-µs a request")
    return 1 if options.check and ratio < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
