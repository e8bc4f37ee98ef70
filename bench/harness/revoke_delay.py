"""./run bench revoke: how long a running answer outlives its credential.

Streams run with a credential of their own, which the administrator then withdraws over HTTP. A delay is from the first byte of that
request to the end of the last of these streams (its error event); the change is durable by then. The floor beside it is how long the
server takes to answer the withdrawal when no stream runs.
  --rounds N      withdrawals of each kind and number of streams (20)
  --check         exit 1 when one took 100 ms or more
"""

import argparse
import http.client
import json
import sys
import threading
import time

from served import Served, machine, median

GOAL_MS = 100
STORY = {"messages": [{"role": "user", "content": "Tell me a very long story about a lighthouse."}], "temperature": 0, "max_tokens": 2000, "stream": True}


class Operator:
    """The administrator, over one connection."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.headers = {"Content-Type": "application/json"}
        granted = self.ask("POST", "/api/auth/login", server.administrator)
        self.headers["Authorization"] = f"Bearer {granted['access_token']}"

    def ask(self, method, path, body=None):
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} answered {answer.status}: {text.decode()}")
        return json.loads(text) if text else None

    def new_token(self):
        made = self.ask("POST", "/api/admin/tokens", {"tenant_id": "demo", "scopes": ["llm"]})
        return made["token"], ("POST", "/api/admin/revocations", {"jti": made["jti"]})

    def new_key(self):
        made = self.ask("POST", "/api/admin/keys", {"tenant_id": "demo", "name": "measured", "scopes": ["llm"]})
        return made["key"], ("DELETE", f"/api/admin/keys/{made['id']}")

    def new_tenant(self):
        name = f"measured-{time.monotonic_ns()}"
        made = self.ask("POST", "/api/admin/tenants", {"tenant_id": name})
        return made["api_key"], ("PATCH", f"/api/admin/tenants/{name}", {"enabled": False})


class Stream(threading.Thread):
    """One running answer; when it ended, and how."""

    def __init__(self, server, credential):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.credential = credential
        self.running = threading.Event()
        self.last, self.ended = "", None

    def run(self):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.credential}"}
        self.connection.request("POST", "/v1/chat/completions", json.dumps(STORY), headers)
        tokens = 0
        for line in self.connection.getresponse():
            if line.startswith(b"data: "):
                self.last, tokens = line.decode(), tokens + 1
                self.ended = time.monotonic()
                if tokens == 5:
                    self.running.set()
        self.connection.close()


def withdraw(server, operator, make, streams):
    """Milliseconds from the withdrawal to the end of the last stream, and to its own answer."""
    credential, withdrawal = make(operator)
    running = [Stream(server, credential) for _ in range(streams)]
    for stream in running:
        stream.start()
    for stream in running:
        if not stream.running.wait(30):
            raise SystemExit(f"a stream did not begin: {stream.last}")
    begun = time.monotonic()
    operator.ask(*withdrawal)
    answered = time.monotonic()
    for stream in running:
        stream.join(30)
        if '"error"' not in stream.last:
            raise SystemExit(f"a stream ended without saying why: {stream.last}")
    ended = max([stream.ended for stream in running], default=answered)
    return (ended - begun) * 1e3, (answered - begun) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    longest = 0.0
    with Served(front_core=1, engine_core=0) as server:
        operator = Operator(server)
        for name, make in (("token", Operator.new_token), ("API key", Operator.new_key), ("tenant", Operator.new_tenant)):
            floor = median([withdraw(server, operator, make, 0)[1] for _ in range(options.rounds)])
            for streams in (1, 16):
                delays = [withdraw(server, operator, make, streams)[0] for _ in range(options.rounds)]
                longest = max(longest, *delays)
                print(f"{name:7} {streams:2} streams: median {median(delays):5.1f} ms, longest {max(delays):5.1f} ms (goal {GOAL_MS}); the change alone {floor:.1f} ms")
    return 1 if options.check and longest >= GOAL_MS else 0


if __name__ == "__main__":
    sys.exit(main())
