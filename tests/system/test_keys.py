"""/api/keys: what users do about their own keys, and administrators about their tenant's."""

import json

import pytest
from house import House, command, eventually

PASSWORD = "a horse of another colour"
FIELDS = {"id", "tenant_id", "user_id", "name", "prefix", "scopes", "models", "cidrs", "is_active", "created_at", "expires_at", "last_used_at", "usage_count", "version"}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Two people, and who administers them. No model is asked anything, so none is loaded."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "g.toml").write_text("[models]\nrequired = []\nlazy = true\n")
    house = House(folder / "data", folder / "log").start("--config", str(folder / "g.toml"))
    house.people = {}
    for name, role in ("ada", "member"), ("bob", "member"), ("boss", "tenant-admin"):
        made = command(house, "user", "create", name, "--tenant", "demo", "--role", role, "--password-stdin", stdin=PASSWORD.encode())
        answer = house.ask("POST", "/api/auth/login", {"username": name, "password": PASSWORD}, {})
        assert answer.status == 200, answer.body
        house.people[name] = (made["id"], answer.json()["access_token"])
    yield house
    house.kill()


def ask(house, who, method, path, body=None, **headers):
    token = house.people[who][1] if who in house.people else who
    return house.ask(method, "/api/keys" + path, body, {"Authorization": f"Bearer {token}", **headers})


def add(house, who, name="mine", **more):
    made = ask(house, who, "POST", "", {"name": name, **more})
    assert made.status == 201, made.body
    return made.json()


def listed(house, who, query=""):
    answer = ask(house, who, "GET", query)
    assert answer.status == 200 and set(answer.json()) == {"data", "has_more"}, answer.body
    return answer.json()["data"]


def reason(reply):
    error = reply.json()["error"]
    return reply.status, error["type"], error["param"]


def works(house, key):
    return house.ask("GET", "/v1/models", headers={"X-API-Key": key}).status == 200


def test_a_key_lives_and_ends(office):
    made = add(office, "ada", expires_in=30, scopes=["llm", "usage:read"], models=["*"], cidrs=["127.0.0.0/8"])
    assert FIELDS | {"key"} <= set(made) and made["user_id"] == office.people["ada"][0] and made["tenant_id"] == "demo"
    assert works(office, made["key"])
    shown = {one["id"]: one for one in listed(office, "ada")}[made["id"]]
    assert shown == {name: value for name, value in made.items() if name != "key"} or shown["usage_count"] > 0
    assert made["key"] not in json.dumps(shown) and made["prefix"] == made["key"][: len(made["prefix"])]
    eventually(lambda: {one["id"]: one for one in listed(office, "ada")}[made["id"]]["usage_count"] == 1, what="the count of its use")
    off = ask(office, "ada", "PATCH", f"/{made['id']}", {"is_active": False, "name": "off"}, **{"If-Match": '"1"'})
    assert off.status == 200 and (off.json()["name"], off.json()["is_active"], off.json()["version"]) == ("off", False, 2)
    assert not works(office, made["key"])
    assert ask(office, "ada", "PATCH", f"/{made['id']}", {"is_active": True}, **{"If-Match": '"1"'}).status == 409
    assert ask(office, "ada", "PATCH", f"/{made['id']}", {"is_active": True}).status == 200
    rotated = ask(office, "ada", "POST", f"/{made['id']}/rotate", {"overlap": "1h"})
    assert rotated.status == 200 and rotated.json()["id"] == made["id"] and rotated.json()["key"] != made["key"]
    assert works(office, made["key"]) and works(office, rotated.json()["key"])
    assert ask(office, "ada", "DELETE", f"/{made['id']}").status == 204
    assert not works(office, made["key"]) and not works(office, rotated.json()["key"])
    assert reason(ask(office, "ada", "POST", f"/{made['id']}/rotate", {}))[:2] == (409, "key_is_revoked")


def test_a_key_may_never_expire(office):
    assert add(office, "ada", expires_in=None)["expires_at"] is None
    for days in (0, -1, 3661, 1.5, "30", True):
        assert ask(office, "ada", "POST", "", {"name": "x", "expires_in": days}).status == 422, days
    for name in "", "x" * 101:
        assert ask(office, "ada", "POST", "", {"name": name}).status == 422, name
    assert add(office, "ada", name="\u540d" * 100)["name"] == "\u540d" * 100


def test_others_keys_are_as_if_they_were_not_there(office):
    adas = add(office, "ada")
    for method, path, body in ("PATCH", "", {}), ("DELETE", "", None), ("POST", "/rotate", {}):
        theirs, nobodys = (ask(office, "bob", method, f"/{one}{path}", body) for one in (adas["id"], "00000000-0000-4000-8000-000000000000"))
        assert reason(theirs) == reason(nobodys) == (404, "key_not_found", None)
        assert theirs.json()["error"]["message"] == nobodys.json()["error"]["message"]
    assert adas["id"] not in {one["id"] for one in listed(office, "bob")}
    assert listed(office, "bob", f"?user_id={office.people['ada'][0]}") == []
    assert reason(ask(office, "bob", "POST", "", {"name": "x", "user_id": office.people["ada"][0]}))[:2] == (404, "user_not_found")
    assert works(office, adas["key"])


def test_nobody_gives_what_they_have_not(office):
    for scope in "tenant:admin", "audit:read", "models:write":
        assert reason(ask(office, "ada", "POST", "", {"name": "x", "scopes": ["llm", scope]})) == (403, "scope_not_allowed", scope)
    assert reason(ask(office, "boss", "POST", "", {"name": "x", "user_id": office.people["ada"][0], "scopes": ["audit:read"]})) == (403, "scope_not_allowed", "audit:read")
    assert add(office, "boss", scopes=["audit:read"])["scopes"] == ["audit:read"]
    narrow = add(office, "ada", scopes=["llm", "keys:write"])["key"]
    assert reason(ask(office, narrow, "POST", "", {"name": "x", "scopes": ["usage:read"]})) == (403, "scope_not_allowed", "usage:read")
    child = ask(office, narrow, "POST", "", {"name": "x", "scopes": ["llm"]})
    assert child.status == 201 and child.json()["user_id"] == office.people["ada"][0]
    without = add(office, "ada", scopes=["llm"])["key"]
    assert reason(ask(office, without, "GET", "")) == (403, "scope_missing", "keys:write")
    service = command(office, "token", "issue", "--tenant", "demo", "--scopes", "keys:write,llm")["token"]
    made = ask(office, service, "POST", "", {"name": "x", "scopes": ["llm"]})
    assert made.status == 201 and made.json()["user_id"] is None
    strong = command(office, "key", "create", "--tenant", "demo", "--name", "strong", "--scopes", "llm,tenant:admin")
    assert reason(ask(office, service, "POST", f"/{strong['id']}/rotate", {})) == (403, "scope_not_allowed", "tenant:admin")


def test_an_administrator_sees_to_the_tenants(office):
    adas = add(office, "ada")
    assert adas["id"] in {one["id"] for one in listed(office, "boss", "?limit=1000")}
    assert {one["user_id"] for one in listed(office, "boss", f"?user_id={office.people['ada'][0]}")} == {office.people["ada"][0]}
    bobs = add(office, "boss", user_id=office.people["bob"][0])
    assert bobs["id"] in {one["id"] for one in listed(office, "bob")}
    assert ask(office, "boss", "DELETE", f"/{adas['id']}").status == 204 and not works(office, adas["key"])
    other = command(office, "tenant", "register", "elsewhere")
    theirs = command(office, "key", "list", "--tenant", "elsewhere")[0]
    assert reason(ask(office, "boss", "DELETE", f"/{theirs['id']}"))[:2] == (404, "key_not_found") and works(office, other["api_key"])
    assert reason(ask(office, "boss", "POST", "", {"name": "x", "tenant_id": "elsewhere"}))[:2] == (404, "tenant_not_found")


def test_keys_end_with_their_user(office):
    command(office, "user", "create", "leaver", "--tenant", "demo", "--password-stdin", stdin=PASSWORD.encode())
    token = office.ask("POST", "/api/auth/login", {"username": "leaver", "password": PASSWORD}, {}).json()["access_token"]
    key = add(office, token)["key"]
    assert works(office, key)
    command(office, "user", "disable", "leaver")
    assert office.ask("GET", "/v1/models", headers={"X-API-Key": key}).status == 403


def test_they_are_on_record(office):
    made = add(office, "ada")
    assert ask(office, "ada", "DELETE", f"/{made['id']}").status == 204
    rows = [row for row in command(office, "audit", "list", "--user", office.people["ada"][0]) if row["resource_id"] == made["id"]]
    assert [row["action_type"] for row in rows] == ["revoke_api_key", "create_api_key"] and all(row["success"] for row in rows)
