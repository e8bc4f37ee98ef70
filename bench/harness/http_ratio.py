"""./run bench http: small requests over kept-alive connections, one server core, beside nginx's `return 200`.

GET /healthz, and GET /v1/models with an API key (who asks is decided, the tenant's models are listed, the use is counted). Both servers
run on core 0 and take turns, the client (wrk) on core 1. Ratios are medians over the pairs.
  --pairs N       pairs (11: machines are noisy)
  --seconds N     length of each run (3)
  --check         exit 1 below a goal (0.8 and 0.5)
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from served import Served, cpu_seconds, machine, median, resident_mb

GOALS = {"/healthz": 0.8, "/v1/models": 0.5}
CONNECTIONS = 64

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port};
    default_type application/json;
    location = /healthz {{ return 200 '{{"status":"ok"}}'; }}
  }}
}}
"""


def load(url, duration, script=None, patience=2, connections=CONNECTIONS):
    """Requests a second that wrk got through; the script says what they carry. patience: seconds after which it takes an answer for lost."""
    command = ["taskset", "-c", "1", "wrk", "-t", "1", "-c", str(connections), "-d", f"{duration}s", "--timeout", f"{patience}s"]
    out = subprocess.run([*command, *(["-s", script] if script else []), url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit("wrk saw errors:\n" + out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def with_key(folder, key):
    """A script for wrk, so that the key is on no command line."""
    script = Path(folder) / "key.lua"
    script.touch(mode=0o600)
    script.write_text(f'wrk.headers["Authorization"] = "Bearer {key}"\n')
    return script


class Nginx:
    def __init__(self, port):
        self.port = port

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="gatehouse-bench-nginx-")
        config = Path(self._folder.name) / "nginx.conf"
        config.write_text(NGINX.format(folder=self._folder.name, port=self.port))
        self._process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", config], stderr=subprocess.DEVNULL)
        time.sleep(1)
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


def compare(server, nginx, path, script, options):
    """The median ratio of one route."""
    ratios, costs = [], []
    load(server.url + path, 1, script), load(nginx.url + "/healthz", 1)
    for pair in range(options.pairs):
        before = cpu_seconds(server.front)
        ours = load(server.url + path, options.seconds, script)
        costs.append((cpu_seconds(server.front) - before) / (ours * options.seconds) * 1e6)
        theirs = load(nginx.url + "/healthz", options.seconds)
        ratios.append(ours / theirs)
        print(f"{path} {pair + 1}: gatehouse {ours:9.0f}/s ({costs[-1]:.1f} CPU-µs a request), nginx {theirs:9.0f}/s, ratio {ratios[-1]:.2f}")
    print(f"{path}: median ratio {median(ratios):.2f} (goal {GOALS[path]}), {median(costs):.1f} CPU-µs a request")
    return median(ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    with Served(front_core=0, engine_core=1) as server, Nginx(server.port + 1 if server.port < 65535 else 30000) as nginx:
        print(f"idle front: {resident_mb(server.front):.1f} MB resident")
        with tempfile.TemporaryDirectory(prefix="gatehouse-bench-key-") as folder:
            scripts = {"/healthz": None, "/v1/models": with_key(folder, server.key)}
            missed = [path for path, goal in GOALS.items() if compare(server, nginx, path, scripts[path], options) < goal]
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
