"""Budgets on a real server: by command and by HTTP, with and without it, and prices as the configuration says them."""

import json
import re

import pytest
from house import MODEL, House, command, run

PASSWORD = "a horse of another colour"
BUDGETS = "/api/admin/budgets"


def log_in(house, name):
    answer = house.ask("POST", "/api/auth/login", {"username": name, "password": PASSWORD}, {})
    assert answer.status == 200, answer.body
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def person(house, name, role, tenant="demo"):
    return command(house, "user", "create", name, "--tenant", tenant, "--role", role, "--password-stdin", stdin=PASSWORD.encode())


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("budgets")
    house = House(folder / "data", folder / "log").start()
    command(house, "tenant", "register", "rich")
    house.operator = {"Authorization": "Bearer " + command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]}
    house.user = person(house, "wendy", "member")
    person(house, "carla", "tenant-admin")
    house.carla = log_in(house, "carla")
    house.batch = command(house, "key", "create", "--tenant", "demo", "--name", "batch")
    yield house
    house.kill()


def test_a_budget_is_set_changed_and_removed_by_commands(town):
    made = command(town, "budget", "set", "--tenant", "demo", "--money", "12.5", "--period", "month")
    assert made == {
        "budget_id": made["budget_id"], "tenant_id": "demo", "user_id": None, "key_id": None, "unit": "money", "amount": 12.5, "period": "month",
        "spent": 0, "reserved": 0, "resets_at": made["resets_at"], "created_at": made["created_at"], "version": 1,
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-01T00:00:00Z", made["resets_at"]), made
    assert command(town, "budget", "show", made["budget_id"]) == made
    changed = command(town, "budget", "set", "--tenant", "demo", "--money", "0.000000001", "--period", "month")
    assert changed == {**made, "amount": 1e-9, "version": 2}, "the same one, with another amount"
    others = [
        command(town, "budget", "set", "--tenant", "demo", *whose, "--tokens", "1000000000000", "--period", period)
        for whose in ([], ["--user", town.user["id"]], ["--key", town.batch["id"]])
        for period in ("month", "total")
    ]
    assert len({one["budget_id"] for one in others}) == 6 and {one["amount"] for one in others} == {10**12}
    assert others[1]["resets_at"] is None and others[2]["user_id"] == town.user["id"] and others[5]["key_id"] == town.batch["id"]
    listed = command(town, "budget", "list", "--tenant", "demo")
    assert listed == sorted([changed, *others], key=lambda one: one["budget_id"])
    assert command(town, "budget", "list", "--tenant", "rich") == []
    for one in listed:
        command(town, "budget", "delete", one["budget_id"])
    assert command(town, "budget", "list") == []


def test_commands_say_what_is_wrong(town):
    common = ("budget", "set", "--data", town.data, "--tenant", "demo", "--period", "day")
    for wrong in [], ["--tokens", "5", "--money", "1"], ["--tokens", "1.5"], ["--tokens", "many"], ["--money", "-1"], ["--money", "0.0000000001"]:
        assert run(*common, *wrong).returncode == 2, wrong
    assert run(*common, "--tokens", "5", "--user", "a", "--key", "b").returncode == 2
    assert run("budget", "set", "--data", town.data, "--tenant", "demo", "--tokens", "5", "--period", "year").returncode == 2
    for words, what in [(["--user", "nobody"], b"no such user"), (["--key", "nobody"], b"no such API key")]:
        refused = run(*common, "--tokens", "5", *words)
        assert refused.returncode == 1 and what in refused.stderr, refused.stderr
    assert run("budget", "set", "--data", town.data, "--tenant", "nobody", "--period", "day", "--tokens", "5").returncode == 1
    assert run("budget", "show", "none", "--data", town.data).returncode == 1
    shown = run("budget", "set", "--help")
    assert shown.returncode == 0 and b"Example" in shown.stdout and b"--money" in shown.stdout


def test_over_http_they_are_listed_page_by_page_and_changed_by_version(town):
    made = [
        town.ask("POST", BUDGETS, {"tenant_id": "demo", "unit": unit, "amount": 7, "period": period}, town.operator)
        for unit in ("tokens", "money")
        for period in ("day", "total")
    ]
    assert [one.status for one in made] == [201] * 4, made
    ids = sorted(one.json()["budget_id"] for one in made)
    first = town.ask("GET", BUDGETS + "?tenant=demo&limit=3", headers=town.operator).json()
    assert [one["budget_id"] for one in first["data"]] == ids[:3] and first["has_more"] is True
    rest = town.ask("GET", f"{BUDGETS}?tenant=demo&limit=3&after={ids[2]}", headers=town.operator, admin=True).json()
    assert [one["budget_id"] for one in rest["data"]] == ids[3:] and rest["has_more"] is False
    again = town.ask("POST", BUDGETS, {"tenant_id": "demo", "unit": "money", "amount": 1, "period": "day"}, town.operator)
    assert again.status == 409 and again.json()["error"]["type"] == "budget_exists"
    one = f"{BUDGETS}/{ids[0]}"
    assert town.ask("PATCH", one, {"amount": 9}, {**town.operator, "If-Match": '"1"'}).json()["amount"] == 9
    stale = town.ask("PATCH", one, {"amount": 10}, {**town.operator, "If-Match": '"1"'})
    assert stale.status == 409 and stale.json()["error"]["type"] == "version_conflict"
    assert town.ask("GET", one, headers=town.operator).json()["amount"] == 9
    for name in ids:
        assert town.ask("DELETE", f"{BUDGETS}/{name}", headers=town.operator).status == 204
    assert town.ask("DELETE", one, headers=town.operator).status == 404


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"amount": 0}, "/amount"), ({"amount": 1.5}, "/amount"), ({"amount": "7"}, "/amount"), ({"amount": None}, "/amount"),
        ({"unit": "calls"}, "/unit"), ({"period": "year"}, "/period"), ({"alert": 80}, "/alert"),
        ({"user_id": "a", "key_id": "b"}, "/key_id"), ({"unit": "money", "amount": 1e-10}, "/amount"), ({"unit": "money", "amount": 10**10}, "/amount"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_by_field(town, change, path):
    body = {"tenant_id": "demo", "unit": "tokens", "amount": 7, "period": "day", **change}
    refused = town.ask("POST", BUDGETS, body, town.operator)
    assert refused.status == 422, refused.body
    assert [one["path"] for one in refused.json()["error"]["details"]] == [path]
    assert town.ask("GET", BUDGETS, headers=town.operator).json()["data"] == []


def test_all_that_is_wrong_is_told_at_once(town):
    refused = town.ask("POST", BUDGETS, {"unit": 5, "amount": -1}, town.operator)
    assert refused.status == 422 and {one["path"] for one in refused.json()["error"]["details"]} == {"/unit", "/amount", "/period"}


def test_an_administrator_of_a_tenant_sets_those_of_its_users_and_keys(town):
    whole = command(town, "budget", "set", "--tenant", "demo", "--tokens", "1000", "--period", "day")
    foreign = command(town, "budget", "set", "--tenant", "rich", "--tokens", "1000", "--period", "day")
    hers = town.ask("POST", BUDGETS, {"user_id": town.user["id"], "unit": "tokens", "amount": 10, "period": "day"}, town.carla)
    assert hers.status == 201 and hers.json()["tenant_id"] == "demo", hers.body
    seen = town.ask("GET", BUDGETS, headers=town.carla).json()["data"]
    assert {one["budget_id"] for one in seen} == {whole["budget_id"], hers.json()["budget_id"]}
    assert town.ask("PATCH", f"{BUDGETS}/{hers.json()['budget_id']}", {"amount": 20}, town.carla).json()["amount"] == 20
    for method, body in ("PATCH", {"amount": 2000}), ("DELETE", None):
        refused = town.ask(method, f"{BUDGETS}/{whole['budget_id']}", body, town.carla)
        error = refused.json()["error"]
        assert refused.status == 403 and (error["type"], error["param"]) == ("budget_not_allowed", "platform:admin"), error
    assert town.ask("POST", BUDGETS, {"unit": "money", "amount": 1, "period": "day"}, town.carla).status == 403
    for name in foreign["budget_id"], "none":
        for method, body in ("GET", None), ("PATCH", {"amount": 1}), ("DELETE", None):
            missing = town.ask(method, f"{BUDGETS}/{name}", body, town.carla)
            assert missing.status == 404 and missing.json()["error"]["type"] == "budget_not_found", missing.body
    member = log_in(town, "wendy")
    assert town.ask("GET", BUDGETS, headers=member).status == 403
    assert town.ask("DELETE", f"{BUDGETS}/{hers.json()['budget_id']}", headers=town.carla).status == 204
    for one in command(town, "budget", "list"):
        command(town, "budget", "delete", one["budget_id"])


def test_changes_are_on_record(town):
    made = command(town, "budget", "set", "--tenant", "demo", "--tokens", "5", "--period", "total")
    command(town, "budget", "set", "--tenant", "demo", "--tokens", "6", "--period", "total")
    command(town, "budget", "delete", made["budget_id"])
    about = [one for one in command(town, "audit", "list") if one["resource_id"] == made["budget_id"]]
    assert [(one["action_type"], one["resource_type"]) for one in reversed(about)] == [
        ("create_budget", "budget"), ("update_budget", "budget"), ("delete_budget", "budget")
    ]  # fmt: skip


def test_they_survive_a_restart_and_go_with_who_has_them(new_house):
    house = new_house()
    user = person(house, "wendy", "member")
    key = command(house, "key", "create", "--tenant", "demo", "--user", user["id"], "--name", "hers")
    whole = command(house, "budget", "set", "--tenant", "demo", "--money", "0.1", "--period", "total")
    hers = command(house, "budget", "set", "--tenant", "demo", "--user", user["id"], "--tokens", "10", "--period", "day")
    keys = command(house, "budget", "set", "--tenant", "demo", "--key", key["id"], "--tokens", "10", "--period", "day")
    house.kill()
    changed = command(house, "budget", "set", "--tenant", "demo", "--money", "0.3", "--period", "total")
    assert changed == {**whole, "amount": 0.3, "version": 2}, "without a server, too"
    house.start()
    command(house, "key", "revoke", key["id"])
    kept = command(house, "budget", "list", "--tenant", "demo")
    assert [one["budget_id"] for one in kept] == sorted([whole["budget_id"], hers["budget_id"], keys["budget_id"]]), "that of a revoked key, too"
    exported = json.loads(run("tenant", "export", "demo", "--data", house.data).stdout)
    assert [one["budget_id"] for one in exported["budgets"]] == [one["budget_id"] for one in kept]
    command(house, "user", "delete", "wendy")
    assert command(house, "budget", "list") == [changed]
    command(house, "tenant", "delete", "demo")
    assert command(house, "budget", "list") == []


def test_use_is_shown_with_its_cost_where_that_is_asked_for(town):
    assert all("cost" not in row for row in command(town, "usage", "--tenant", "demo"))
    assert [row["cost"] for row in command(town, "usage", "--tenant", "demo", "--cost")] == [0]
    table = run("usage", "--tenant", "demo", "--cost", "--data", town.data)
    assert table.returncode == 0 and table.stdout.split(b"\n")[0].split()[-1] == b"cost"
    assert town.ask("GET", "/api/usage?cost=true").json()["data"][0]["cost"] == 0
    assert town.ask("GET", "/api/usage?cost=much").status == 422


def test_prices_are_read_exactly_and_faults_say_where(tmp_path):
    file = tmp_path / "g.toml"
    file.write_text(f'[prices."{MODEL}"]\nprompt = 0.15\ncompletion = 0.6\ncall = 0.000000001\n[prices.other]\n')
    explained = run("config", "explain", "prices", "--config", file, "--json")
    assert explained.returncode == 0, explained.stderr
    value = json.loads(explained.stdout)[0]["value"]
    assert value == {MODEL: {"prompt": 0.15, "cached": 0.15, "completion": 0.6, "call": 1e-9}, "other": dict.fromkeys(("prompt", "cached", "completion", "call"), 0)}
    file.write_text(f'[prices."{MODEL}"]\nprompt = 0.1234\ncall = 0.0000000001\noutput = 1\n')
    checked = run("config", "check", "--config", file)
    lines = checked.stderr.decode().splitlines()
    assert checked.returncode == 2 and len(lines) == 3, lines
    for start, what in [(":2:10:", "with at most 3 decimals, not 0.1234"), (":3:8:", "with at most 9 decimals"), (":4:1:", "'prices.output' is not a known key")]:
        assert any(start in line and what in line for line in lines), (start, lines)


def test_a_price_of_a_model_that_is_not_served_is_warned_of(tmp_path):
    file = tmp_path / "g.toml"
    file.write_text(f'[prices."{MODEL}"]\nprompt = 1\n[prices."gpt-9"]\nprompt = 1\n')
    house = House(tmp_path / "data", tmp_path / "log").start("--config", str(file))
    try:
        warned = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if "a price is for a model" in line]
        assert [one["model"] for one in warned] == ["gpt-9"], warned
    finally:
        house.kill()
