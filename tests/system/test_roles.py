"""A tenant's own roles on a real server: by command and by HTTP, at once and after a restart."""

import json
from pathlib import Path

import pytest
from house import MODEL, House, eventually, run

PASSWORD = "a horse of another colour"


def command(house, *words, stdin=b"", code=0):
    done = run(*words, "--data", house.data, "--json", stdin=stdin)
    assert done.returncode == code, (done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def log_in(house, name):
    answer = house.ask("POST", "/api/auth/login", {"username": name, "password": PASSWORD}, {})
    assert answer.status == 200, answer.body
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def person(house, name, role, tenant="demo"):
    return command(house, "user", "create", name, "--tenant", tenant, "--role", role, "--password-stdin", stdin=PASSWORD.encode())


def generate(house, headers, **fields):
    return house.ask("POST", "/api/llm/generate", {"prompt": "Hi", **fields}, headers)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("roles")
    house = House(folder / "data", folder / "log").start()
    yield house
    house.kill()


def test_a_role_is_made_changed_and_removed_by_commands(town):
    made = command(town, "role", "create", "scribe", "--tenant", "demo", "--scopes", "llm", "--models", MODEL, "--max-tokens", "8", "--n", "1", "--temperature", "0.5")
    assert made == {
        "id": "demo/scribe", "tenant_id": "demo", "name": "scribe", "scopes": ["llm"], "tasks": made["tasks"], "models": [MODEL],
        "max_tokens": 8, "n": 1, "temperature": 0.5, "created_at": made["created_at"], "version": 1,
    }  # fmt: skip
    assert len(made["tasks"]) == 9
    assert command(town, "role", "show", "scribe") == made, "demo is the tenant where none is said"
    assert command(town, "role", "list", "--tenant", "demo") == [made]
    changed = command(town, "role", "set", "scribe", "--max-tokens", "none", "--models", "")
    assert (changed["max_tokens"], changed["n"], changed["models"], changed["version"]) == (None, 1, [], 2)
    command(town, "role", "delete", "scribe")
    assert command(town, "role", "list") == []
    missing = run("role", "show", "scribe", "--data", town.data)
    assert missing.returncode == 1 and b"There is no such role" in missing.stderr
    for wrong in (["create", "member"], ["create", "An Analyst"], ["create", "a", "--scopes", "platform:admin"], ["create", "a", "--tasks", "llm"]):
        assert run("role", *wrong, "--data", town.data).returncode == 1, wrong
    for wrong in (["create", "a", "--max-tokens", "many"], ["create", "a", "--temperature", "-1"], ["create"]):
        assert run("role", *wrong, "--data", town.data).returncode == 2, wrong
    shown = run("role", "list", "--help")
    assert shown.returncode == 0 and b"Example" in shown.stdout


def test_it_bounds_people_and_their_keys(town):
    command(town, "role", "create", "writer", "--scopes", "llm,usage:read", "--max-tokens", "8")
    user = person(town, "wendy", "writer")
    assert user["role"] == "writer" and not user["is_superuser"]
    key = {"X-API-Key": command(town, "key", "create", "--tenant", "demo", "--user", user["id"], "--name", "hers", "--scopes", "llm,usage:read")["key"]}
    command(town, "role", "set", "writer", "--scopes", "llm")
    token = log_in(town, "wendy")
    for headers in token, key:
        refused = generate(town, headers, max_tokens=9)
        assert refused.status == 422, refused.body
        error = refused.json()["error"]
        assert error["param"] == "max_tokens" and error["message"] == "max_tokens may be at most 8 for your role", error
        assert error["details"] == [{"path": "/max_tokens", "message": "is above what your role allows", "expected": "at most 8"}]
        answer = generate(town, headers)
        assert answer.status == 200 and answer.json()["usage"]["completion_tokens"] <= 8, answer.body
        assert town.ask("GET", "/api/usage", headers=headers).status == 403, "the role gives no usage:read, whatever the key was given"
    command(town, "role", "set", "writer", "--scopes", "llm,usage:read", "--max-tokens", "none")
    assert generate(town, key, max_tokens=9).status == 200
    assert town.ask("GET", "/api/usage", headers=key).status == 200, "it was given, and the role gives it now"
    assert generate(town, token, max_tokens=9).status == 200
    in_use = run("role", "delete", "writer", "--data", town.data)
    assert in_use.returncode == 1 and b"Users have this role" in in_use.stderr


def test_a_demoted_administrator_is_one_no_more(town):
    user = person(town, "carla", "tenant-admin")
    key = {"X-API-Key": command(town, "key", "create", "--tenant", "demo", "--user", user["id"], "--name", "hers", "--scopes", "tenant:admin,llm")["key"]}
    assert town.ask("GET", "/api/admin/users", headers=key).status == 200
    command(town, "user", "set-role", "carla", "member")
    assert town.ask("GET", "/api/admin/users", headers=key).status == 403, "the command has returned, so it holds"
    assert town.ask("GET", "/v1/models", headers=key).status == 200
    command(town, "user", "set-role", "carla", "tenant-admin")
    assert town.ask("GET", "/api/admin/users", headers=key).status == 200


def test_the_rule_is_in_the_log_and_the_audit_trail_and_not_in_the_reply(town):
    command(town, "role", "create", "brief", "--max-tokens", "4")
    user = person(town, "bruno", "brief")
    token = log_in(town, "bruno")
    refused = town.ask("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}, token)
    assert refused.status == 400 and refused.json()["error"]["param"] == "max_tokens"
    assert b"role.max_tokens" not in refused.body
    request_id = refused.headers["X-Request-Id"]

    def line():
        return [json.loads(one) for one in Path(town.log).read_text().splitlines() if request_id in one and '"status_code"' in one]

    assert eventually(line, what="the access line")[0]["rule"] == "role.max_tokens"

    def record():
        return [one for one in command(town, "audit", "list", "--user", user["id"]) if one["rule"] == "role.max_tokens"]

    assert eventually(record, what="the record")[0]["outcome"] == "refused"


def test_a_restart_knows_roles_and_who_has_them(new_house):
    house = new_house()
    command(house, "role", "create", "brief", "--max-tokens", "4")
    user = person(house, "bruno", "brief")
    key = command(house, "key", "create", "--tenant", "demo", "--user", user["id"], "--name", "his", "--scopes", "llm")["key"]
    chief = person(house, "carla", "tenant-admin")
    other = command(house, "key", "create", "--tenant", "demo", "--user", chief["id"], "--name", "hers", "--scopes", "tenant:admin")["key"]
    house.kill()
    assert command(house, "role", "set", "brief", "--n", "1")["version"] == 2, "without a server, too"
    house.start()
    assert generate(house, {"X-API-Key": key}, max_tokens=5).status == 422
    assert generate(house, {"X-API-Key": key}, max_tokens=4).status == 200
    assert generate(house, {"X-API-Key": key}, max_tokens=4, n=2).status == 422
    assert house.ask("GET", "/api/admin/roles/brief", headers={"X-API-Key": other}).json()["version"] == 2


def test_an_administrator_of_a_tenant_makes_its_roles_over_http(town):
    command(town, "tenant", "register", "tenant-r")
    person(town, "rita", "tenant-admin", "tenant-r")
    rita = log_in(town, "rita")
    made = town.ask("POST", "/api/admin/roles", {"name": "clerk", "scopes": ["llm", "tenant:admin"], "temperature": 0}, rita)
    assert made.status == 201 and made.json()["id"] == "tenant-r/clerk", made.body
    stale = town.ask("PATCH", "/api/admin/roles/clerk", {"n": 1}, {**rita, "If-Match": '"7"'})
    assert stale.status == 409 and stale.json()["error"]["type"] == "version_conflict"
    for body in {"name": "a", "scopes": ["platform:admin"]}, {"name": "a", "scopes": ["root"]}, {"name": "a", "rates": []}:
        refused = town.ask("POST", "/api/admin/roles", body, rita)
        assert refused.status == 422 and refused.json()["error"]["details"], refused.body
    listed = town.ask("GET", "/api/admin/roles", headers=rita).json()
    assert [one["name"] for one in listed["data"]] == ["clerk"] and listed["has_more"] is False
    assert town.ask("DELETE", "/api/admin/roles/clerk", headers=rita).status == 204
