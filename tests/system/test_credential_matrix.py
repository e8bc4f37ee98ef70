"""Every route with every kind of credential that must not pass, from the published interface: none is left out."""

import json

import pytest
from house import House, eventually, run


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    house = House(folder / "data", folder / "log").start()

    def command(*words):
        done = run(*words, "--data", house.data, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    gone = command("tenant", "register", "gone")
    command("tenant", "disable", "gone")
    expired = command("key", "create", "--tenant", "demo", "--name", "expired", "--expires", "1s")["key"]
    revoked = command("key", "create", "--tenant", "demo", "--name", "revoked")
    command("key", "revoke", revoked["id"])
    revoked_token = command("token", "issue", "--tenant", "demo")
    command("token", "revoke", revoked_token["jti"])
    short = command("token", "issue", "--tenant", "demo", "--lifetime", "1s")["token"]
    narrow = command("key", "create", "--tenant", "demo", "--name", "narrow", "--scopes", "qa")["key"]
    for credential in expired, short:
        eventually(lambda c=credential: house.ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {c}"}).status == 401, what="an end")
    wrong = narrow[:-1] + ("A" if narrow[-1] != "A" else "B")
    yield house, {
        "nothing": (None, 401, None, None),
        "a malformed key": ("gh_not-a-key", 401, "Invalid or expired API key", "invalid"),
        "a wrong key": (wrong, 401, "Invalid or expired API key", "invalid"),
        "an expired key": (expired, 401, "Invalid or expired API key", "expired"),
        "a revoked key": (revoked["key"], 401, "Invalid or expired API key", "revoked"),
        "a key of a disabled tenant": (gone["api_key"], 403, "Tenant is disabled", None),
        "a malformed token": ("a.b.c", 401, "Invalid token", None),
        "an expired token": (short, 401, "Token has expired", None),
        "a revoked token": (revoked_token["token"], 401, "Token has been revoked", None),
        "a token of a disabled tenant": (gone["token"], 403, "Tenant is disabled", None),
        "a key without the scope": (narrow, 403, "Not enough permissions", None),
    }
    house.kill()


def operations(house):
    document = house.ask("GET", "/openapi.json", headers={}).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path.replace("{id}", "x").replace("{model}", "x"), operation


def message_of(reply):
    body = reply.json()
    error = body["error"]
    return body["error_description"] if isinstance(error, str) else error["message"]


def test_every_route_refuses_what_it_should(people):
    house, credentials = people
    looked_at = 0
    for method, path, operation in operations(house):
        if not operation.get("security"):
            continue
        key_only = not any("bearer" in name.lower() for scheme in operation["security"] for name in scheme)
        for name, (credential, status, message, key_error) in credentials.items():
            token = credential and "." in credential
            if name == "a key without the scope" and path.startswith("/api/auth/"):
                continue  # for whoever is let in
            if token and key_only:
                status, message, key_error = 401, "API key required", "missing"
            headers = {"Authorization": f"Bearer {credential}"} if credential else {}
            body = b"" if method in ("GET", "DELETE") else b"{}"
            reply = house.ask(method, path, body, headers)
            where = f"{method} {path} with {name}"
            assert reply.status == status, (where, reply.status, reply.body)
            if message:
                assert message_of(reply) == message, (where, reply.body)
            assert reply.headers.get("X-API-Key-Error") == (key_error or ("missing" if not credential else None)), (where, dict(reply.headers))
            assert ("WWW-Authenticate" in reply.headers) == (status == 401), where
            assert reply.headers["X-Content-Type-Options"] == "nosniff" and reply.headers["Cache-Control"] == "no-store", where
            looked_at += 1
    assert looked_at > 200, looked_at
