"""./run bench http: GET /healthz over kept-alive connections, one server core, beside nginx that answers the same body.

Both servers run on core 0 and take turns, the client (wrk) on core 1. The ratio is the median over the pairs.
  --pairs N       pairs (11: machines are noisy)
  --seconds N     length of each run (3)
  --check         exit 1 below 0.8
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from served import Served, cpu_seconds, machine, median, resident_mb

GOAL = 0.8
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


def load(url, duration):
    """Requests a second that wrk got through."""
    command = ["taskset", "-c", "1", "wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{duration}s", url + "/healthz"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit("wrk saw errors:\n" + out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=11)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    ratios, costs = [], []
    with Served(front_core=0, engine_core=1) as server, Nginx(server.port + 1 if server.port < 65535 else 30000) as nginx:
        print(f"idle front: {resident_mb(server.front):.1f} MB resident")
        load(server.url, 1), load(nginx.url, 1)
        for pair in range(options.pairs):
            before = cpu_seconds(server.front)
            ours = load(server.url, options.seconds)
            cost = (cpu_seconds(server.front) - before) / (ours * options.seconds) * 1e6
            theirs = load(nginx.url, options.seconds)
            ratios.append(ours / theirs)
            costs.append(cost)
            print(f"pair {pair + 1}: gatehouse {ours:9.0f}/s ({cost:.1f} CPU-µs a request), nginx {theirs:9.0f}/s, ratio {ours / theirs:.2f}")
    print(f"median ratio {median(ratios):.2f} (goal {GOAL}), {median(costs):.1f} CPU-µs a request")
    return 1 if options.check and median(ratios) < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
