"""What prompts have in common is computed once for a tenant, and for another tenant again: counted in tokens that were computed."""

import concurrent.futures
import json

import pytest
from house import MODEL, House, eventually, run

# Some 512 tokens that all requests of a burst begin with, and an end of its own for each: one that goes on in one way only, because passes of
# different sizes round differently, with and without kept prefixes, and a model that cannot decide is turned by that.
FACTS = " ".join(f"Rule {i}: a ship of class {i} carries {i + 3} lamps, {2 * i} ropes and {7 * i + 1} barrels." for i in range(1, 21))
QUESTIONS = [f" Counting: {i}, {i + 1}, {i + 2}, {i + 3}, {i + 4}, {i + 5}," for i in range(1, 17)]
BURST = 16


def remembering(folder, mebibytes):
    """The options of a server that keeps so much."""
    file = folder / "prefixes.toml"
    file.write_text(f"[engine.llama]\nprefix_memory = {mebibytes}\n")
    return "--config", str(file)


def body(question, beginning=FACTS):
    return {"model": MODEL, "prompt": beginning + question, "temperature": 0, "max_tokens": 12}


def answer(house, question, beginning=FACTS, key=None):
    headers = {"Authorization": f"Bearer {key or house.key}"}
    got = house.ask("POST", "/v1/completions", body(question, beginning), headers=headers)
    assert got.status == 200, got.body
    return got.json()


def computed(house, answers):
    """Tokens of prompts that were computed, once the front knows of all that these answers took: each was computed or copied."""
    prompts = sum(one["usage"]["prompt_tokens"] for one in answers)
    names = ("gatehouse_prompt_tokens_computed_total", "gatehouse_prompt_tokens_cached_total")
    eventually(lambda: sum(house.gauge(name) for name in names) == prompts, what="a count of all tokens")
    return house.gauge(names[0])


@pytest.fixture(scope="module")
def uncached(tmp_path_factory):
    """The answers, and what each costs, of a server that keeps nothing."""
    folder = tmp_path_factory.mktemp("uncached")
    house = House(folder / "data", folder / "log")
    try:
        house.start(*remembering(folder, 0))
        answers = [answer(house, question) for question in QUESTIONS]
        assert all(one["usage"]["prompt_tokens_details"]["cached_tokens"] == 0 for one in answers)
        yield answers
    finally:
        house.kill()


def test_a_cold_burst_computes_what_it_shares_once(new_house, uncached):
    house = new_house()
    with concurrent.futures.ThreadPoolExecutor(BURST) as pool:
        answers = list(pool.map(lambda question: answer(house, question), QUESTIONS))
    separate = sum(one["usage"]["prompt_tokens"] for one in uncached)
    together = computed(house, answers)
    print(f"{together:.0f} tokens of prompts computed, {separate} by requests apart")
    assert min(one["usage"]["prompt_tokens"] for one in uncached) > 512
    assert 0 < together <= separate / 6
    assert [one["choices"][0]["text"] for one in answers] == [one["choices"][0]["text"] for one in uncached]
    cached = sorted(one["usage"]["prompt_tokens_details"]["cached_tokens"] for one in answers)
    assert cached[0] == 0 and cached[1] >= 512
    assert sum(one["usage"]["prompt_tokens"] for one in answers) == separate, "what is copied counts as prompt"


def test_a_repeat_costs_next_to_nothing_and_another_tenant_pays_in_full(new_house):
    house = new_house()
    made = run("tenant", "register", "other", "--data", house.data, "--json")
    other = json.loads(made.stdout)["api_key"]
    costs, answers = [0], []
    for key in (house.key, house.key, other, other):
        answers.append(answer(house, QUESTIONS[0], key=key))
        costs.append(computed(house, answers))
    costs = [after - before for before, after in zip(costs, costs[1:])]
    assert costs[1] == costs[3] == 1 and costs[0] == costs[2] > 512
    assert len({one["choices"][0]["text"] for one in answers}) == 1
    assert [one["usage"]["prompt_tokens_details"]["cached_tokens"] for one in answers] == [one["usage"]["prompt_tokens"] - cost for one, cost in zip(answers, costs)]
    assert 0 < house.gauge("gatehouse_prefix_bytes") <= 256 * 2**20


def test_memory_for_prefixes_is_bounded(new_house, tmp_path):
    house = new_house(*remembering(tmp_path, 20))
    for i in range(6):
        answer(house, " Why?", beginning=f"Part {i}. " + FACTS)
        assert house.gauge("gatehouse_prefix_bytes") <= 20 * 2**20
    eventually(lambda: house.gauge("gatehouse_prefixes") >= 1, what="something is kept")
