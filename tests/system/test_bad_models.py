"""Model files with something wrong in them: they hurt the child that loads them, and nobody else.

Their hashes are right, so that it is the engine that finds out. The head reader of `model import` has a unit test and a fuzz target of its own."""

import collections
import concurrent.futures
import hashlib
import json
import os
import random
import threading
import time

import pytest
from house import House, eventually, run
from tiny_gguf import make, mutated

pytestmark = pytest.mark.alone

SOAK = os.environ.get("GATEHOUSE_SOAK") == "1"
FILES = 2000 if SOAK else 160
AT_ONCE = 4
SMALL = "models.lazy = true\nengine.llama.context = 256\nengine.llama.sequences = 2\n"


def put(folder, name, data):
    """A model folder with that file, and a manifest that vouches for it."""
    made = folder / name / "1"
    made.mkdir(parents=True)
    (made / "model.gguf").write_bytes(data)
    (made / "model.toml").write_text(f'kind = "llm"\n[[files]]\npath = "model.gguf"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n')


class Onlooker(threading.Thread):
    """Does the same thing again and again until it is told to stop, and keeps what went wrong and the longest that it took."""

    def __init__(self, look):
        super().__init__(daemon=True)
        self.look, self.times, self.longest, self.wrong, self.over = look, 0, 0.0, [], threading.Event()

    def run(self):
        while not self.over.wait(0.02):
            began = time.monotonic()
            try:
                self.look()
            except Exception as error:  # kept: the test says so
                self.wrong.append(repr(error))
            self.times, self.longest = self.times + 1, max(self.longest, time.monotonic() - began)

    def end(self):
        self.over.set()
        self.join(60)


def alive(house):
    answer = house.ask("GET", "/healthz", headers={}, timeout=10)
    assert answer.status == 200, answer


def answers(house):
    answer = house.chat("What is the capital of France?", max_tokens=8)
    assert answer.status == 200 and "Paris" in answer.json()["choices"][0]["message"]["content"], answer.body


def tried(house, name):
    """Whether the model could be loaded; if so, it is asked something, and put away. What it says does not matter, that somebody answers does."""
    loaded = run("model", "load", name, "--data", house.data, "--json", timeout=120)
    if loaded.returncode != 0:
        model = json.loads(loaded.stdout)
        assert loaded.returncode == 1 and (model["name"], model["state"]) == (name, "failed") and model["reason"].encode() in loaded.stderr, loaded
        return False
    asked = house.ask("POST", "/v1/completions", {"model": name, "prompt": "abc", "max_tokens": 4}, timeout=60)
    assert asked.status in (200, 400, 500, 503), (name, asked)
    away = run("model", "unload", name, "--data", house.data, "--json", timeout=60)
    assert away.returncode == 0, away
    return True


def listed(house):
    return {model["name"]: model for model in json.loads(run("model", "list", "--data", house.data, "--json").stdout)}


@pytest.fixture
def house(tmp_path):
    (tmp_path / "g.toml").write_text(SMALL)
    made = House(tmp_path / "data", tmp_path / "log")
    yield made
    made.kill()


def test_a_model_of_100_kb_is_served(house, tmp_path):
    put(tmp_path / "models", "tiny", make()[0])
    house.start("--models", str(tmp_path / "models"), "--config", str(tmp_path / "g.toml"))
    assert tried(house, "tiny"), house.tail()
    assert house.stop() == 0


def test_mutated_files_hurt_nobody_else(house, tmp_path):
    seed = random.randrange(2**32)
    print("seed", seed)  # shown when the test fails
    chance, (whole, head, numbers) = random.Random(seed), make()
    kinds = {}
    for number in range(FILES):
        data, kinds[f"bad{number}"] = mutated(chance, whole, head, numbers)
        put(tmp_path / "models", f"bad{number}", data)
    house.start("--models", str(tmp_path / "models"), "--config", str(tmp_path / "g.toml"))
    answers(house)
    (engine,), descriptors, memory = house.children(), house.gauge("process_open_fds"), house.resident_bytes()
    onlookers = [Onlooker(lambda: alive(house)), Onlooker(lambda: answers(house))]
    for one in onlookers:
        one.start()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        loaded = dict(zip(kinds, pool.map(lambda name: tried(house, name), kinds), strict=True))
    for one in onlookers:
        one.end()
    told = collections.Counter((kinds[name], "loaded" if well else "refused") for name, well in loaded.items())
    reasons = collections.Counter(model["reason"] for name, model in listed(house).items() if loaded.get(name) is False)
    print(sorted(told.items()), reasons, [(one.times, round(one.longest, 2)) for one in onlookers])
    assert all(one.times > 0 and not one.wrong for one in onlookers), (seed, [one.wrong[:3] for one in onlookers])
    assert onlookers[0].longest < 2, (seed, onlookers[0].longest)
    for name, model in listed(house).items():
        if name in loaded and not loaded[name]:
            assert model["state"] == "failed" and model["reason"], (seed, kinds[name], model)
    assert sum(loaded.values()) < FILES / 2, "most of what is wrong with them is noticed"
    assert not [name for name, well in loaded.items() if well and kinds[name].startswith("cut")], (seed, loaded)
    eventually(lambda: house.children() == [engine], 20, "an end of all others, and of them alone")
    eventually(lambda: house.gauge("process_open_fds") <= descriptors + 2, what="an end of all sockets")
    assert house.resident_bytes() < memory + 32 * 2**20
    assert house.stop() == 0
