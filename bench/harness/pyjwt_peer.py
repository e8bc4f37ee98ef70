"""PyJWT's side of ./run bench jose: reads the cases, then prints CPU microseconds a token for every further line."""

import json
import sys
import time

import jwt


def microseconds(case):
    """Over about a fifth of a second."""
    key = jwt.PyJWK(case["jwk"]).key
    algorithms = [case["alg"]]
    spent = calls = 0
    batch = 16
    while spent < 0.2e9:
        begun = time.thread_time_ns()
        for _ in range(batch):
            jwt.decode(case["token"], key, algorithms=algorithms, audience="gatehouse", issuer="https://id.example.org", options={"require": ["exp"]})
        spent += time.thread_time_ns() - begun
        calls += batch
        batch *= 2
    return spent / 1000 / calls


def main():
    cases = json.loads(sys.stdin.readline())
    print(json.dumps(jwt.__version__), flush=True)
    for _ in sys.stdin:
        print(json.dumps({case["alg"]: microseconds(case) for case in cases}), flush=True)


if __name__ == "__main__":
    main()
