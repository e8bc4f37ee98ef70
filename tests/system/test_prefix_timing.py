"""From how long its own answers take to begin, a tenant cannot tell what another one has asked."""

import json
import random
import statistics
import time

import pytest
from house import MODEL, run

pytestmark = pytest.mark.alone

ROUNDS = 60
WORDS = (
    "time year people way day man thing woman life child world school state family student group country problem hand part place case week company system "
    "program question work government number night point home water room mother area money story fact month lot right study book eye job word business issue "
    "side kind head house service friend father power hour game line end member law car city community name"
).split()
LENGTH = 256  # words of a prompt, of which each is a token


def prompt(chance):
    """Like no other from its first words on, and as long as any other."""
    return " " + " ".join(chance.choice(WORDS) for _ in range(LENGTH))


def seconds(house, key, text):
    """How long one token takes, and how much of the prompt was copied."""
    began = time.perf_counter()
    answer = house.ask("POST", "/v1/completions", {"model": MODEL, "prompt": text, "max_tokens": 1, "temperature": 0}, headers={"Authorization": f"Bearer {key}"})
    took = time.perf_counter() - began
    assert answer.status == 200, answer.body
    usage = answer.json()["usage"]
    assert usage["prompt_tokens"] == LENGTH
    return took, usage["prompt_tokens_details"]["cached_tokens"]


def test_what_another_tenant_has_cached_takes_as_long_as_what_nobody_has(new_house, tmp_path):
    (tmp_path / "g.toml").write_text("[engine.llama]\nprefix_memory = 2048\n")  # enough that nothing has to give way
    house = new_house("--config", tmp_path / "g.toml")
    made = run("tenant", "register", "other", "--data", house.data, "--json")
    other = json.loads(made.stdout)["api_key"]
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    took = {"first": [], "repeated": [], "of another": [], "of nobody": []}
    for _ in range(ROUNDS):
        cached, fresh = prompt(chance), prompt(chance)
        once, copied = seconds(house, house.key, cached)
        assert copied < 8, seed
        asked = [("repeated", house.key, cached), ("of another", other, cached), ("of nobody", other, fresh)]
        chance.shuffle(asked)
        took["first"].append(once)
        for what, key, text in asked:
            spent, copied = seconds(house, key, text)
            assert (copied == LENGTH - 1) if what == "repeated" else copied < 8, (seed, what, copied)
            took[what].append(spent)
    medians = {what: statistics.median(times) for what, times in took.items()}
    # Of the two of each round: the machine is faster or slower for a while.
    ratio = statistics.median(a / b for a, b in zip(took["of another"], took["of nobody"], strict=True))
    print({what: f"{value * 1000:.1f} ms" for what, value in medians.items()}, f"ratio {ratio:.3f}")
    assert medians["repeated"] < medians["first"] / 3, "this test can see what is cached"
    assert 0.9 <= ratio <= 1.1, (seed, ratio, medians)
