"""./run bench nlu: what a request costs that asks about a Chinese text by a schema, behind a token, beside the same weights as the original's pipeline computes
them (bench/peers/nlu: Flask on two Gunicorn workers, PyJWT, PyTorch in fp32), in one run.

Texts of 16 to 128 characters, short ones more frequent, none of them twice; schemas of names, relations, events, aspects, questions and labels. CPU time of all
processes of each side, engines included, all on one core, the client (wrk, 8 connections) on the other; the sides take turns. The figure is CPU milliseconds a
request, the ratio the median over the rounds. Gatehouse checks the token, the scopes of the schema's tasks, rates and the day's quota, and keeps no answer.
  --rounds N      rounds (5)
  --seconds N     length of each run (8)
  --check         exit 1 where ours does not cost at least 6 times less
"""

import argparse
import json
import secrets
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from http_ratio import load
from limits_tax import command
from nlu_texts import bodies
from served import ROOT, Served, cpu_seconds, machine, median
from tabular_ratio import PEERS, SERVER_CORE, Peer, wait_for
from tutorial_ratio import peer_python, signed, tree

GOAL, PATIENCE, COMPARED = 6, 60, 100
CONNECTIONS = 8  # few: what is still asked when a run ends is computed for nobody
A_RUN, WARM = 6_000, 500  # texts of a run, many more than states are remembered of; those in front of it
MODEL = ROOT / "models" / "uninlu-small" / "1"
LIMITS = {"GATEHOUSE_LIMITS_ADDRESS": "", "GATEHOUSE_LIMITS_USER_GENERATION": "10000000/60s", "GATEHOUSE_LIMITS_KEY_GENERATION": "10000000/60s"}
FIRST = {"text": "谷爱凌在北京夺得金牌。", "schema": {"人物": None}}


class Ours(Served):
    name, path, body = "gatehouse", "/api/predict", FIRST

    def __init__(self):
        super().__init__(front_core=SERVER_CORE, variables=LIMITS)

    def __enter__(self):
        super().__enter__()
        self.token = command(self, "tenant", "register", "nlu", "--quota-per-day", "1000000000")["token"]
        wait_for(self)
        self.processes = tree(self.front)
        return self


class Original(Peer):
    name, path, body = "original", "/api/predict", FIRST

    def command(self):
        secret = secrets.token_urlsafe(32)
        self.token = signed(secret, {"sub": "u-1", "aud": "nlu", "scope": "nlu", "exp": int(time.time()) + 3600})
        words = [peer_python(PEERS / "nlu"), "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{self.port}", "--timeout", "120", "--log-level", "warning", "nlu_server:app"]
        return words, PEERS / "nlu", {"NLU_SECRET": secret, "NLU_MODEL": str(MODEL)}


def script_for(folder, server, asked):
    """For wrk: one body after the other, and the token on no command line."""
    texts, script = Path(folder) / "bodies", Path(folder) / f"{server.name}.lua"
    texts.write_text("".join(json.dumps(body, ensure_ascii=False) + "\n" for body in asked), encoding="utf-8")
    script.touch(mode=0o600)
    script.write_text(f"""
local bodies, at = {{}}, 0
for line in io.lines("{texts}") do bodies[#bodies + 1] = line end
local headers = {{["Content-Type"] = "application/json", ["Authorization"] = "Bearer {server.token}"}}
request = function()
  at = at % #bodies + 1
  return wrk.format("POST", nil, headers, bodies[at])
end
""")
    return script


def output_of(server, body):
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    sent = urllib.request.Request(server.url + server.path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(sent, timeout=PATIENCE) as answer:
        return json.load(answer)["output"]


def wait_for_rest(server):
    """Until it computes nothing more of what it was asked before."""
    spent, before = sum(map(cpu_seconds, server.processes)), 0.0
    while spent - before > 0.01:
        time.sleep(0.2)  # there is nobody who says so: it is looked at
        spent, before = sum(map(cpu_seconds, server.processes)), spent


def cost(server, seconds, script):
    """Requests a second, and CPU milliseconds a request."""
    before = sum(map(cpu_seconds, server.processes))
    rate = load(server.url + server.path, seconds, script, PATIENCE, CONNECTIONS)
    return rate, (sum(map(cpu_seconds, server.processes)) - before) / (rate * seconds) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(machine())
    peer_python(PEERS / "nlu")
    asked = bodies(A_RUN * options.rounds, seed=options.rounds)
    rounds, outputs = {}, {}
    for number in range(options.rounds):
        for kind in (Ours, Original):  # one after the other, so that what one keeps warm is not another's
            with kind() as server, tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
                some = asked[number * A_RUN : (number + 1) * A_RUN]
                if number == 0:
                    outputs[kind.name] = [output_of(server, body) for body in some[-COMPARED:]]
                load(server.url + server.path, 1, script_for(folder, server, some[:WARM]), PATIENCE, CONNECTIONS)
                wait_for_rest(server)
                rounds.setdefault(kind.name, []).append(cost(server, options.seconds, script_for(folder, server, some[WARM:])))
    for name, made in rounds.items():
        print(f"{name:10} {median([rate for rate, _ in made]):7.1f} requests/s, {median([each for _, each in made]):7.2f} CPU-ms a request")
    print(f"the same answer to {sum(map(list.__eq__, *outputs.values()))} of {COMPARED} texts: one computes in int8, the other in fp32")
    ratio = median([theirs[1] / ours[1] for ours, theirs in zip(*rounds.values())])
    print(f"the original costs {ratio:.1f} times what ours costs (goal {GOAL})")
    return 1 if options.check and ratio < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
