"""PyJWT's side of ./run bench auth: reads the cases, then prints CPU microseconds a token for every further line."""

import json
import sys
import time

import jwt


def microseconds(case):
    """Over about a fifth of a second."""
    key = jwt.PyJWK(case["jwk"]).key
    token, algorithms = case["credential"], [case["name"]]
    spent = calls = 0
    batch = 16
    while spent < 0.2e9:
        begun = time.thread_time_ns()
        for _ in range(batch):
            jwt.decode(token, key, algorithms=algorithms, audience="gatehouse", issuer="gatehouse", options={"require": ["exp"]})
        spent += time.thread_time_ns() - begun
        calls += batch
        batch *= 2
    return spent / 1000 / calls


def main():
    cases = [case for case in json.loads(sys.stdin.readline()) if "jwk" in case]
    print(json.dumps(jwt.__version__), flush=True)
    for _ in sys.stdin:
        print(json.dumps({case["name"]: microseconds(case) for case in cases}), flush=True)


if __name__ == "__main__":
    main()
