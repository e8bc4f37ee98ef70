"""Every route of the published interface with every role, about what is the asker's tenant's and about what is another's: none is left out."""

import base64
import itertools
import json

import pytest
from house import MODEL, TEXT, House, continues_text, model_at, run, wants_a_credential

PASSWORD = "a horse of another colour"
ANYBODY, LLM, EMBEDDINGS, RERANK, PREDICT, NLU, USAGE, AUDIT, KEYS, TENANT, PLATFORM = "anybody", "llm", "embeddings", "rerank", "predict", "nlu", "usage:read", "audit:read", "keys:write", "tenant:admin", "platform:admin"
ROLES = {
    "platform-admin": {LLM, EMBEDDINGS, RERANK, PREDICT, NLU, USAGE, AUDIT, KEYS, TENANT, PLATFORM},
    "tenant-admin": {LLM, EMBEDDINGS, RERANK, PREDICT, NLU, USAGE, AUDIT, KEYS, TENANT},
    "member": {LLM, EMBEDDINGS, RERANK, PREDICT, NLU, USAGE, KEYS},
    "steward": {LLM, TENANT},
    "clerk": {USAGE},
}
OWN = {"steward": "llm,tenant:admin", "clerk": "usage:read", "scribe": "llm"}
GENERATION = ("/v1/chat/completions", "/v1/completions", "/v1/messages", "/api/llm/generate")
READERS = ("/api/predict", "/v1/nlu/extract", "/v1/decisions")
counter = itertools.count()


def command(house, *words, stdin=b""):
    done = run(*words, "--data", house.data, "--json", stdin=stdin)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def needs(path):
    """The scope that a route wants; one that stands nowhere here fails the test."""
    if path.startswith(("/api/admin/users", "/api/admin/invitations", "/api/admin/resets", "/api/admin/roles", "/api/admin/budgets", "/api/admin/explain")) or path.endswith(("/export", "/lexicon")):
        return TENANT
    if path.endswith("/stats"):
        return PLATFORM
    if path.endswith(":predict"):
        return PREDICT
    if continues_text(path):
        return LLM
    known = {"/v2/repository/": PLATFORM, "/api/admin/": PLATFORM, "/api/auth/": ANYBODY, "/api/usage": USAGE, "/api/audit": AUDIT, "/api/keys": KEYS, "/v1/models": LLM}
    known |= dict.fromkeys(GENERATION, LLM) | {"/predict": PREDICT, "/v2/": PREDICT} | dict.fromkeys(READERS, NLU) | {"/v1/embeddings": EMBEDDINGS, "/v1/rerank": RERANK}
    found = [scope for start, scope in known.items() if path.startswith(start)]
    assert found, f"say here which scope {path} wants"
    return found[0]


def may(role, scope):
    instead = {TENANT: PLATFORM, KEYS: TENANT}.get(scope)
    return scope == ANYBODY or scope in ROLES[role] or instead in ROLES[role]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("roles")
    (folder / "g.toml").write_text("[auth.login]\nuser_failures = 1000\nfailures = 100\naddress_failures = 1000\n")
    house = House(folder / "data", folder / "log").start("--config", str(folder / "g.toml"))
    house.operator = {"Authorization": "Bearer " + command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]}
    command(house, "tenant", "register", "rich")
    for role, scopes in OWN.items():
        command(house, "role", "create", role, "--scopes", scopes)
    house.people = {}
    for role in ROLES:
        tenant = "system" if role == "platform-admin" else "demo"
        made_one = command(house, "user", "create", f"a-{role}", "--tenant", tenant, "--role", role, "--password-stdin", stdin=PASSWORD.encode())
        house.people[role] = made_one["id"]
    yield house
    house.kill()


def made(house, path, body):
    answer = house.ask("POST", path, body, house.operator)
    assert answer.status == 201, (path, answer.body)
    return answer.json()


def log_in(house, name):
    answer = house.ask("POST", "/api/auth/login", {"username": name, "password": PASSWORD}, {})
    assert answer.status == 200, answer.body
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def secured(house):
    document = house.ask("GET", "/openapi.json", headers={}).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if wants_a_credential(operation):
                key_only = not any("bearer" in name.lower() for scheme in operation["security"] for name in scheme)
                yield method.upper(), path, operation, key_only


def budget_of(house, tenant):
    """A body for one of a new key: what a whole tenant may spend is for the platform to say."""
    key = made(house, "/api/admin/keys", {"tenant_id": tenant, "name": "x", "scopes": ["llm"]})["id"]
    return {"tenant_id": tenant, "key_id": key, "unit": "tokens", "amount": 5, "period": "day"}


def object_of(house, path, role, tenant):
    """The id of something new of that tenant that such a path is about, and where people are asked for their own, of who has the role."""
    number = next(counter)
    if path.startswith("/api/keys/") and tenant == "demo" and role != "platform-admin":
        return made(house, "/api/admin/keys", {"tenant_id": tenant, "name": "x", "user_id": house.people[role]})["id"]
    if "/keys/" in path:
        return made(house, "/api/admin/keys", {"tenant_id": tenant, "name": "x", "scopes": ["llm"]})["id"]
    if "/users/" in path:
        return made(house, "/api/admin/users", {"tenant_id": tenant, "username": f"new-{number}", "role": "scribe" if tenant == "demo" else "member"})["id"]
    if "/budgets/" in path:
        return made(house, "/api/admin/budgets", budget_of(house, tenant))["budget_id"]
    if "/invitations/" in path:
        return made(house, "/api/admin/invitations", {"tenant_id": tenant})["id"]
    if "/resets/" in path:
        user = made(house, "/api/admin/users", {"tenant_id": tenant, "username": f"new-{number}"})["id"]
        return made(house, f"/api/admin/users/{user}/reset", {})["id"]
    if "/roles/" in path:
        return made(house, "/api/admin/roles", {"tenant_id": tenant, "name": f"role-{number}", "scopes": ["llm"]})["name"]
    if path.endswith(("/export", "/lexicon")):
        return tenant
    if "/tenants/" in path:
        return made(house, "/api/admin/tenants", {"tenant_id": f"new-{number}"})["tenant_id"]
    return MODEL


def session_of(house, role, tenant):
    """The id of a session: of whoever has the role, or of somebody of another tenant."""
    name = f"a-{role}"
    if tenant == "rich":
        name = f"stranger-{next(counter)}"
        made(house, "/api/admin/users", {"tenant_id": "rich", "username": name, "password": PASSWORD})
    _, claims, _ = log_in(house, name)["Authorization"].split(".")
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sid"]


def body_for(house, path, operation, role, tenant):
    """A body that names the tenant, or what is its, wherever it can."""
    if continues_text(path):
        return TEXT
    if path.startswith(GENERATION):
        asked = {"messages": [{"role": "user", "content": "Hi"}]} if "messages" in path or "chat" in path else {"prompt": "Hi"}
        return asked if path.endswith("count_tokens") else {**asked, "max_tokens": 1}
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("properties", {})
    if path.endswith("/revocations"):
        return {"jti": made(house, "/api/admin/tokens", {"tenant_id": tenant})["jti"]}
    if path == "/api/admin/budgets":
        return budget_of(house, tenant)
    names = {"username": f"made-{next(counter)}", "name": f"made-{next(counter)}", "tenant_id": tenant}
    if path == "/api/admin/tenants":
        names["tenant_id"] = f"made-{next(counter)}"
    if role == "steward":
        names |= {"role": "steward", "scopes": ["llm"]} if tenant == "demo" else {}
    if path.endswith("/inspect"):
        names["token"] = made(house, "/api/admin/tokens", {"tenant_id": tenant})["token"]
    if path.endswith("/explain"):
        names |= {"credential": made(house, "/api/admin/tokens", {"tenant_id": tenant})["token"], "route": "GET /v1/models"}
    if path == "/api/auth/password":
        names |= {"current_password": "none of mine", "new_password": "a new password of mine"}
    by_id = "{" in path
    return {name: value for name, value in names.items() if name in schema and not (by_id and name in ("role", "scopes"))}


def target_for(house, method, path, role, tenant):
    if path.startswith("/api/auth/sessions/"):
        return path.replace("{id}", session_of(house, role, tenant))
    path = model_at(path)
    here = object_of(house, path, role, tenant) if "{" in path else ""
    query = "tenant_id" if path.endswith("/audit") else "tenant"
    asks = method == "GET" or "/roles/" in path
    return path.replace("{id}", here).replace("{name}", here) + (f"?{query}={tenant}" if asks else "")


def wanted(role, method, path, operation, tenant):
    """What must come of it: a status, or "let in"."""
    if not may(role, needs(path)):
        return 403
    if tenant == "demo" or PLATFORM in ROLES[role] and needs(path) != ANYBODY:
        return "let in"
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("properties", {})
    names_it = "{id}" in path or "{name}" in path or "tenant_id" in schema or path == "/api/audit"
    return 404 if names_it and "/models/" not in path else "let in"


def check_what_is_shown(reply, role, where):
    """Whoever does not run the platform sees nothing of another tenant."""
    if PLATFORM not in ROLES[role] and reply.status == 200:
        assert '"rich' not in reply.body.decode(), (where, reply.body)


def test_every_route_with_every_role_and_tenant(town):
    house = town
    looked_at, logins = 0, {}
    for (method, path, operation, key_only), role, tenant in itertools.product(list(secured(house)), ROLES, ("demo", "rich")):
        where = f"{method} {path} as {role} about what is {tenant}'s"
        body = None if method in ("GET", "DELETE") else body_for(house, path, operation, role, tenant)
        target = target_for(house, method, path, role, tenant)
        logins[role] = logins.get(role) or log_in(house, f"a-{role}")
        headers = {**logins[role], "X-Tenant-Id": tenant}
        if path == "/api/auth/logout":
            logins[role] = None
        reply = house.ask(method, target, body, headers)
        looked_at += 1
        if key_only:
            assert reply.status == 401, (where, reply.status, reply.body)
            continue
        outcome = wanted(role, method, path, operation, tenant)
        if outcome == "let in":
            assert reply.status not in (401, 403, 404), (where, target, body, reply.status, reply.body)
            check_what_is_shown(reply, role, where)
        else:
            assert reply.status == outcome, (where, target, body, reply.status, reply.body)
        if outcome == 403 and not path.startswith("/v1/messages"):
            error = reply.json()["error"]
            if path.startswith("/v2/"):
                assert error == "Not enough permissions", (where, error)
            else:
                assert error["message"] == "Not enough permissions" and error["param"] == needs(path), (where, error)
        if path.endswith("/unload") and reply.status in (200, 202):
            command(house, "model", "load", MODEL)
    assert looked_at > 400, looked_at
