"""Limits, quotas and budgets as callers meet them: each setting of [limits] refuses, says so in its headers, and means what it says."""

import datetime
import json
import os
import random
import re
import signal
import threading
import time
import zoneinfo

import pytest
from house import command, eventually, events, read_stream, run

QUESTION = {"max_tokens": 2, "temperature": 0, "messages": [{"role": "user", "content": "Hi"}]}
ITEM = re.compile(r'"(?P<name>[ -!#-\[\]-~]*)"(?P<parameters>(?:;[a-z*][a-z0-9_.*-]*(?:=(?:-?\d{1,15}|"[ -!#-\[\]-~]*"))?)*)')


def structured_list(text):
    """A list of strings with parameters (RFC 9651): name -> parameters. Anything else fails."""
    found, at = {}, 0
    while True:
        item = ITEM.match(text, at)
        assert item, f"no structured field at {at}: {text!r}"
        pairs = (part.partition("=") for part in item["parameters"].split(";")[1:])
        found[item["name"]] = {key: json.loads(value) if value else True for key, _, value in pairs}
        at = item.end()
        if at == len(text):
            return found
        assert text.startswith(", ", at), f"no comma at {at}: {text!r}"
        at += 2


def call(house, headers=None, path="/v1/chat/completions", body=None):
    return house.ask("POST", path, QUESTION if body is None else body, headers=headers)


def assert_told(refused, limit, left=0):
    """The fields of a refusal agree with one another and name the limit; how long to wait, where that helps."""
    policy, state = structured_list(refused.headers["RateLimit-Policy"]), structured_list(refused.headers["RateLimit"])
    assert set(policy) == set(state) and limit in policy
    assert policy[limit]["q"] == 1 and state[limit]["r"] == left
    wait = refused.headers["Retry-After"]
    if wait is None:
        assert refused.headers["x-should-retry"] == "false"
        return None
    milliseconds = int(refused.headers["retry-after-ms"])
    assert milliseconds <= int(wait) * 1000 < milliseconds + 1000
    assert (refused.headers["x-should-retry"] == "false") == (milliseconds > 30_000)
    return milliseconds / 1000


class OneOf:
    """A setting, as one that lets a single call through, and what meets it."""

    def __init__(self, variables, limit, who="key", waits=True, left=0, status=429):
        self.variables, self.limit, self.who, self.waits, self.left, self.status = variables, limit, who, waits, left, status


SETTINGS = {
    "limits.address": OneOf({"GATEHOUSE_LIMITS_ADDRESS": "1/2s"}, "address", who="stranger"),
    "limits.address_counts": OneOf({"GATEHOUSE_LIMITS_ADDRESS": "1/2s", "GATEHOUSE_LIMITS_ADDRESS_COUNTS": "all"}, "address"),
    "limits.user_generation": OneOf({"GATEHOUSE_LIMITS_USER_GENERATION": "1/2s"}, "user", who="token"),
    "limits.key_generation": OneOf({"GATEHOUSE_LIMITS_KEY_GENERATION": "1/2s"}, "key"),
    "limits.tokens_per_minute": OneOf({"GATEHOUSE_LIMITS_TOKENS_PER_MINUTE": "1"}, "tokens", waits=False, left=1),  # no call takes so few
    "limits.concurrency": OneOf({"GATEHOUSE_LIMITS_CONCURRENCY": "1"}, "concurrency", who="busy key"),
    "limits.daily_quota": OneOf({"GATEHOUSE_LIMITS_DAILY_QUOTA": "1"}, "daily-quota", who="new tenant", waits=False),
    "limits.quota_status": OneOf({"GATEHOUSE_LIMITS_DAILY_QUOTA": "1", "GATEHOUSE_LIMITS_QUOTA_STATUS": "402"}, "daily-quota", who="new tenant", waits=False, status=402),
}
NOT_LIMITS = {"limits.mode", "limits.budget_alerts", "limits.rules"}


def test_every_key_of_limits_is_tried_here():
    keys = {key["key"] for key in json.loads(run("config", "explain", "--json").stdout) if key["key"].startswith("limits.")}
    assert keys == set(SETTINGS) | NOT_LIMITS


def caller(house, who):
    if who == "stranger":
        return {"Authorization": "Bearer wrong"}
    if who == "token":
        return {"Authorization": "Bearer " + command(house, "token", "issue", "--tenant", "demo", "--scopes", "llm")["token"]}
    if who == "new tenant":
        made = house.ask("POST", "/api/admin/tenants", {"tenant_id": "fresh"}, headers=operator(house))
        assert made.status == 201, made.body
        return {"Authorization": "Bearer " + made.json()["api_key"]}
    return house.bearer()


def operator(house):
    first = house.administrator
    token = house.ask("POST", "/api/auth/login", {"username": first["username"], "password": first["password"]}, headers={}).json()
    return {"Authorization": "Bearer " + token["access_token"]}


@pytest.mark.parametrize("key", SETTINGS)
def test_each_limit_set_to_one_refuses_the_second_and_keeps_its_word(new_house, key):
    one = SETTINGS[key]
    house = new_house(started=False)
    house.start(variables={**one.variables, "GATEHOUSE_LIMITS_USER_GENERATION": one.variables.get("GATEHOUSE_LIMITS_USER_GENERATION", "1000000/60s")})
    headers = caller(house, one.who)
    passes = 401 if one.who == "stranger" else 200
    if one.who == "busy key":
        long = {**QUESTION, "max_tokens": 400}
        with house.stream("/v1/chat/completions", long, headers=headers) as answer:
            next(events(answer))
            refused = call(house, headers)
    else:
        first = call(house, headers)
        assert first.status == (429 if key == "limits.tokens_per_minute" else passes), first.body
        refused = call(house, headers)
    assert refused.status == one.status, refused.body
    wait = assert_told(refused, one.limit, one.left)
    if not one.waits:
        assert wait is None or wait > 2
        return
    if one.who == "busy key":
        wait = 5  # nobody knows when a call ends; it has been left
    time.sleep(wait)  # what the answer said is what is tested: no sooner, no later
    again = call(house, headers)
    assert again.status == passes, (wait, again.body)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_a_day_of_a_quota_ends_at_midnight_where_the_tenant_is(new_house, zone):
    house = new_house()
    made = command(house, "tenant", "register", "travels", "--quota-per-day", "1", "--time-zone", zone)
    assert made["time_zone"] == command(house, "tenant", "show", "travels")["time_zone"] == zone
    headers = {"Authorization": "Bearer " + made["api_key"]}
    assert call(house, headers).status == 200
    refused = call(house, headers)
    here = datetime.datetime.now(tz=zoneinfo.ZoneInfo(zone))
    midnight = datetime.datetime.combine(here.date() + datetime.timedelta(days=1), datetime.time(), here.tzinfo)
    left = midnight.timestamp() - here.timestamp()
    assert refused.status == 429 and abs(int(refused.headers["Retry-After"]) - left) < 60, (refused.headers["Retry-After"], left)
    # Another zone is another tenant's: what it has used of its day stays used.
    assert command(house, "tenant", "set", "travels", "--time-zone", "UTC")["time_zone"] == "UTC"


def test_a_time_zone_that_nobody_knows_is_refused(new_house):
    house = new_house()
    for name in "Mars/Olympus", "../../etc/passwd", "Europe", "CET+1 ":
        answer = house.ask("PATCH", "/api/admin/tenants/demo", {"time_zone": name}, headers=operator(house))
        assert answer.status == 422 and "time zone" in str(answer.json()) and "/usr" not in str(answer.json()), answer.body
    refused = run("tenant", "set", "demo", "--time-zone", "Mars/Olympus", "--data", house.data)
    assert refused.returncode == 1 and b"time zone" in refused.stderr
    assert command(house, "tenant", "show", "demo")["time_zone"] == "UTC"


RULES = {
    "tenant": '"demo"', "key": '"*"', "model": '"*"', "route": '"/v1/chat/completions"', "user": None, "role": None,
}


@pytest.mark.parametrize("selector", ["tenant", "key", "model", "route"])
@pytest.mark.parametrize("limit", ["rate", "concurrency", "tokens_per_minute"])
def test_rules_count_what_they_name(new_house, tmp_path, selector, limit):
    value = {"rate": '"1/2s"', "concurrency": "1", "tokens_per_minute": "1"}[limit]
    file = tmp_path / "g.toml"
    file.write_text(f"[[limits.rules]]\nname = \"mine\"\n{selector} = {RULES[selector]}\n{limit} = {value}\n")
    house = new_house("--config", str(file))
    name = {"rate": "mine", "concurrency": "mine-concurrency", "tokens_per_minute": "mine-tokens"}[limit]
    if limit == "concurrency":
        with house.stream("/v1/chat/completions", {**QUESTION, "max_tokens": 400}) as answer:
            next(events(answer))
            refused = call(house)
    else:
        call(house)
        refused = call(house)
    assert refused.status == 429, refused.body
    assert_told(refused, name, left=1 if limit == "tokens_per_minute" else 0)
    if selector == "route":
        assert call(house, path="/v1/completions", body={"prompt": "Hi", "max_tokens": 2}).status == 200


def test_the_start_lists_what_is_in_force(new_house, tmp_path):
    file = tmp_path / "g.toml"
    file.write_text('[[limits.rules]]\nname = "acme"\ntenant = "acme"\nrate = "7/60s"\nconcurrency = 2\n')
    house = new_house("--config", str(file))
    log = house.said()
    for said in ("limits.address: 1000000 per 1 minute", "limits.key_generation: 1000000 per 1 minute", "acme: 7 per 1 minute, tenant acme",
                 "acme: 2 at once, tenant acme"):
        assert said in log, (said, log)


# -- budgets -----------------------------------------------------------------------------------------------------------------


def spent_of(house, tenant):
    budgets = command(house, "budget", "list", "--tenant", tenant)
    assert len(budgets) == 1, budgets
    return budgets[0]


def used_by(house, tenant):
    rows = [row for row in command(house, "usage", "--tenant", tenant) if row["tenant_id"] == tenant]
    return {name: sum(row[name] for row in rows) for name in ("requests", "prompt_tokens", "completion_tokens")}


def tokens_of(usage):
    return usage["prompt_tokens"] + usage["completion_tokens"]


PATIENCE = 1500  # seconds: where a thousand streams share a small machine, each waits for its turn
STREAM = 660  # seconds: more than the route allows


class Drinker(threading.Thread):
    """Streams from one tenant until its budget says no; counts what it was given."""

    def __init__(self, house, key, most, seed):
        super().__init__(daemon=True)
        self.house, self.key, self.most, self.random = house, key, most, random.Random(seed)
        self.told, self.seen, self.refused, self.broken = 0, 0, None, 0
        self.done, self.cut = 0, 0  # streams, the second of those that may have begun

    def run(self):
        headers = {"Authorization": f"Bearer {self.key}"}
        while self.refused is None:
            body = {"max_tokens": self.random.randint(20, self.most), "temperature": 1, "seed": self.random.randint(0, 1 << 30), "stream_options": {"include_usage": True},
                    "messages": [{"role": "user", "content": "Tell me a story about " + self.random.choice(["a cat", "the sea", "a town", "an old man"])}]}
            try:
                with self.house.stream("/v1/chat/completions", body, STREAM, headers) as answer:
                    if answer.status == 429:
                        self.refused = json.loads(answer.read())
                        return
                    if answer.status != 200:
                        self.broken += 1
                        self.cut += 1
                        answer.read()
                        time.sleep(0.2)  # as a client that tries again would
                        continue
                    chunks, done = read_stream(answer)
            except OSError as error:
                self.broken += 1
                self.cut += not isinstance(error, ConnectionRefusedError)
                time.sleep(0.2)  # nobody listens until the server is started again
                continue
            self.seen += sum(1 for chunk in chunks for choice in chunk.get("choices", []) if choice["delta"].get("content"))
            self.done += done
            self.cut += not done
            if done:
                self.told += chunks[-1]["usage"]["total_tokens"]


def with_budgets(house, tenants, tokens):
    keys = {}
    for number in range(tenants):
        made = command(house, "tenant", "register", f"t{number}", "--quota-per-day", "1000000")
        command(house, "budget", "set", "--tenant", f"t{number}", "--tokens", str(tokens), "--period", "total")
        keys[f"t{number}"] = made["api_key"]
    return keys


def drink(house, keys, streams, most, seed):
    drinkers = {tenant: [Drinker(house, key, most, seed + i) for i in range(streams)] for tenant, key in keys.items()}
    for some in drinkers.values():
        for one in some:
            one.start()
    return drinkers


def overshoot(house, tenants, streams, tokens, most):
    keys = with_budgets(house, tenants, tokens)
    drinkers = drink(house, keys, streams, most, seed=7)
    for tenant, some in drinkers.items():
        for one in some:
            one.join(PATIENCE)
            assert one.refused is not None and one.broken == 0, (tenant, one.broken)
            assert one.refused["error"]["code"] == "insufficient_quota", one.refused
        told = sum(one.told for one in some)
        assert told <= tokens, f"{tenant}: {told - tokens} tokens over"
        assert told >= tokens * 0.995, f"{tenant}: {tokens - told} of {tokens} tokens could not be had"
        budget = spent_of(house, tenant)
        assert (budget["spent"], budget["reserved"]) == (told, 0)
        assert sum(one.seen for one in some) <= told
    for tenant, some in drinkers.items():
        told = sum(one.told for one in some)
        eventually(lambda tenant=tenant, told=told: tokens_of(used_by(house, tenant)) == told, 10, f"the usage of {tenant}, written down")


@pytest.mark.alone
def test_no_budget_is_overspent_and_hardly_anything_of_one_is_lost(new_house):
    overshoot(new_house(), tenants=2, streams=12, tokens=8000, most=120)


@pytest.mark.soak
@pytest.mark.alone
def test_the_published_protocol(new_house):
    roomy = {"GATEHOUSE_ENGINE_LLAMA_QUEUE": "4096", "GATEHOUSE_SERVER_LIMITS_CONNECTIONS_PER_ADDRESS": "2048"}
    house = new_house(started=False).start(variables=roomy)
    overshoot(house, tenants=8, streams=128, tokens=20_000, most=60)  # each has its turn before the route's ten minutes are over


def fifty_of_two_hundred(house):
    made = command(house, "tenant", "register", "fifty", "--quota-per-day", "1000000")
    command(house, "budget", "set", "--tenant", "fifty", "--money", "0.5", "--period", "total")
    headers = {"Authorization": "Bearer " + made["api_key"]}
    statuses, lock = [], threading.Lock()

    def once():
        status = call(house, headers).status
        with lock:
            statuses.append(status)

    threads = [threading.Thread(target=once) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return {status: statuses.count(status) for status in set(statuses)}


PRICED = '[prices."smollm2-135m-instruct"]\ncall = 0.01\n'


def test_with_money_for_fifty_calls_exactly_fifty_are_served(new_house, tmp_path):
    file = tmp_path / "g.toml"
    file.write_text(PRICED)
    house = new_house("--config", str(file))
    assert fifty_of_two_hundred(house) == {200: 50, 429: 150}
    budget = spent_of(house, "fifty")
    assert (budget["spent"], budget["reserved"]) == (0.5, 0)
    eventually(lambda: used_by(house, "fifty")["requests"] == 50, 10, "fifty calls, written down")


def killed_at_random(house, kills, seed, streams=8, tokens=200_000):
    """Ends the front or the engine again and again under streams; what is left agrees with itself, and with what clients were told."""
    chance = random.Random(seed)
    keys = with_budgets(house, 1, tokens)
    drinkers = drink(house, keys, streams, 200, seed)["t0"]
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 1.2))  # any moment of what runs
        children = house.children()
        if chance.random() < 0.5 and children:
            os.kill(children[0], signal.SIGKILL)
        else:
            house.kill()
            public = house.public.port
            house.start("--listen", f"127.0.0.1:{public}")
    command(house, "budget", "set", "--tenant", "t0", "--tokens", "1", "--period", "total")
    for one in drinkers:
        one.join(120)

    def agree():
        budget = spent_of(house, "t0")
        return budget["reserved"] == 0 and budget["spent"] == tokens_of(used_by(house, "t0"))

    eventually(agree, 10, "a budget and rows of usage that agree")
    used = tokens_of(used_by(house, "t0"))
    told, seen = sum(one.told for one in drinkers), sum(one.seen for one in drinkers)
    assert used >= told and used >= seen, "tokens were sent that nobody accounts for"
    done, cut = sum(one.done for one in drinkers), sum(one.cut for one in drinkers)
    assert done <= used_by(house, "t0")["requests"] <= done + cut, "a call is counted once"
    return used


@pytest.mark.alone
def test_what_was_sent_is_settled_whoever_is_killed(new_house):
    assert killed_at_random(new_house(), kills=8, seed=11) > 0


@pytest.mark.soak
@pytest.mark.alone
def test_what_was_sent_is_settled_after_two_hundred_kills(new_house):
    assert killed_at_random(new_house(), kills=200, seed=random.randint(0, 1 << 30)) > 0
