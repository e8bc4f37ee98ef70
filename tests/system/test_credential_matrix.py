"""Every route with every kind of credential that must not pass, from the published interface: none is left out.

Then every route that takes a model with models that are not the asker's, and every route that takes an object with objects of another
tenant. A route where such a column cannot apply stands in a list with its reason; one that stands nowhere fails the test.
"""

import json

import pytest
from cross_encoder import NAME, make_cross_encoder
from house import INSTANCES, MODEL, NLU, ROWS, TABULAR, TEXT, House, command, continues_text, eventually, run, takes_tensors, wants_a_credential


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
    narrow = command("key", "create", "--tenant", "demo", "--name", "narrow", "--scopes", "nli")["key"]
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
            yield method.upper(), path.replace("{id}", "x").replace("{model}", "x").replace("{version}", "1").replace("{name}", "x"), operation


def message_of(reply):
    body = reply.json()
    error = body["error"]
    return body.get("error_description", error) if isinstance(error, str) else error["message"]


def test_every_route_refuses_what_it_should(people):
    house, credentials = people
    looked_at = 0
    for method, path, operation in operations(house):
        if not wants_a_credential(operation):
            continue
        key_only = not any("bearer" in name.lower() for scheme in operation["security"] for name in scheme)
        for name, (credential, status, message, key_error) in credentials.items():
            token = credential and "." in credential
            if name == "a key without the scope" and path.startswith("/api/auth/"):
                continue  # for whoever is let in
            if token and key_only:
                status, message, key_error = 401, "API key required", "missing"
            headers = {"Authorization": f"Bearer {credential}"} if credential else {}
            # Which task of NLU is asked for, and so which scope, is seen from the body alone.
            body = b"" if method in ("GET", "DELETE") else READERS.get(path, b"{}")
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


# -- models that are not the asker's -------------------------------------------------------------------------------------------

NO_MODEL_IN_IT = {
    "GET /v1/models": "lists what the asker may use: test_models_that_are_not_theirs_are_not_listed",
    "POST /api/auth/logout": "is about the token that is presented",
    "GET /api/auth/me": "is about the asker",
    "POST /api/auth/password": "is about the asker",
    "GET /api/auth/sessions": "is about the asker",
    "DELETE /api/auth/sessions/{id}": "is about the asker",
    "GET /api/usage": "is about a day",
    "GET /api/audit": "is about what was decided",
    "/api/admin/": "administers; no model is asked anything",
    "/api/keys": "sees to keys; no model is asked anything",
    "/v2/repository/": "administers; no model is asked anything",
    "GET /v2/models/stats": "administers; no model is asked anything",
    "GET /v2/models/{name}/stats": "administers; no model is asked anything",
    "GET /v2/models/{name}/versions/{version}/stats": "administers; no model is asked anything",
}
NO_OBJECT_IN_IT = {
    "GET /v1/models": "lists what the asker may use",
    "/v2/models/": "its object is a model: the column before",
    "/v2/repository/": "a model is no tenant's",
    "/v1/models/{model}": "its object is a model: the column before",
    "POST /v1/chat/completions": "its object is a model",
    "POST /v1/completions": "its object is a model",
    "POST /v1/messages": "its object is a model",
    "POST /v1/messages/count_tokens": "its object is a model",
    "POST /predict": "its object is a model",
    "POST /api/predict": "its object is a model",
    "POST /v1/nlu/extract": "its object is a model",
    "POST /v1/decisions": "its object is a model",
    **dict.fromkeys(("POST /v1/embeddings", "POST /v1/rerank", "POST /api/llm/generate", "POST /api/llm/generate/api-key"), "its object is a model"),
    "POST /api/auth/logout": "is about the token that is presented",
    "GET /api/auth/me": "is about the asker",
    "POST /api/auth/password": "is about the asker",
    "GET /api/auth/sessions": "is about the asker",
    "DELETE /api/auth/sessions/{id}": "its object is a session, which keys and tenants' tokens have none of: test_users.py",
    "GET /api/admin/invitations": "names no object: test_users_of_another_tenant_are_as_if_they_were_not_there",
    "GET /api/admin/resets": "names no object: test_users_of_another_tenant_are_as_if_they_were_not_there",
    "GET /api/admin/budgets": "names no object: test_users_of_another_tenant_are_as_if_they_were_not_there",
    "GET /api/admin/roles": "names no object: test_users_of_another_tenant_are_as_if_they_were_not_there",
    "GET /api/admin/users": "names no object: test_users_of_another_tenant_are_as_if_they_were_not_there",
    "GET /api/audit": "names no object: test_audit.py",
    "GET /api/admin/audit": "names no object: the scope is refused, which the matrix above shows",
    "GET /api/keys": "names no object: test_keys.py",
    "GET /api/admin/tenants": "names no object: the scope is refused, which the matrix above shows",
    "GET /api/admin/keys": "names no object",
    "GET /api/admin/usage": "names no object",
    "POST /api/admin/explain": "its object is a credential: test_explain.py",
    "GET /api/admin/signing-keys": "names no object",
    "POST /api/admin/signing-keys/rotate": "names no object",
    "GET /api/admin/models": "names no object",
    "/api/admin/models/{name}/": "a model is no tenant's",
    "POST /api/admin/tenants": "makes an object that is nobody's yet",
}


def secured(house):
    """(method, path as published, operation) of every route that wants a credential."""
    document = house.ask("GET", "/openapi.json", headers={}).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if wants_a_credential(operation):
                yield method.upper(), path, operation


def request_schema(operation):
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})


def split(house, applies, listed):
    """The routes of a column; all others must be listed, and nothing that is listed may be among them."""
    column, others = [], []
    for method, path, operation in secured(house):
        (column if applies(path, operation) else others).append((method, path, operation))
    reasons = {f"{method} {path}": [one for one in listed if f"{method} {path}" == one or (one.startswith("/") and path.startswith(one))] for method, path, _ in others}
    assert [route for route, found in reasons.items() if not found] == [], "say in the list why the column does not apply"
    stale = [one for one in listed if not any(one in found for found in reasons.values())]
    assert stale == [], "these routes are gone, or the column applies to them"
    return column


def takes_a_model(path, operation):
    return "{model}" in path or ("model" in request_schema(operation).get("properties", {}) and not path.startswith("/api/admin/"))


READERS = dict.fromkeys(("/api/predict", "/v1/nlu/extract"), {"text": "谷爱凌在北京", "schema": {"人物": None}})
READERS["/v1/decisions"] = {"input": "很好", "questions": [{"type": "predicate", "instructions": "好吗？"}]}
OF_TEXTS = {"/v1/embeddings": ("minilm", {"input": "Hi"}), "/v1/rerank": (NAME, {"query": "Hi", "documents": ["Hi"]})}


def ask_for(house, method, path, model, key):
    if "{model}" in path:
        at = path.replace("{model}", model).replace("{version}", "1")
        body = TEXT if continues_text(path) else ROWS if path.endswith("/infer") else INSTANCES if path.endswith(":predict") else None
        return house.ask(method, at, body, headers={"X-API-Key": key})
    if path == "/predict":
        return house.ask(method, path, {"model": model, "data": [5.1, 3.5, 1.4, 0.2]}, headers={"X-API-Key": key})
    if path in READERS or path in OF_TEXTS:
        return house.ask(method, path, {"model": model, **(READERS.get(path) or OF_TEXTS[path][1])}, headers={"X-API-Key": key})
    asked = {"messages": [{"role": "user", "content": "Hi"}]} if "chat" in path or "messages" in path else {"prompt": "Hi"}
    most = {} if path.endswith("/count_tokens") else {"max_tokens": 1}
    return house.ask(method, path, {"model": model, **most, **asked}, headers={"X-API-Key": key})


def check_model_refusal(reply, path, status, reason, where):
    assert reply.status == status, (where, reply.status, reply.body)
    error = reply.json()["error"]
    if path.startswith("/v2/"):
        assert isinstance(error, str) and set(reply.json()) == {"error"}, (where, error)
        return check_headers(reply, where)
    if path.startswith("/v1/messages"):
        kinds = {404: "not_found_error", 403: "permission_error"}
        assert set(error) == {"type", "message"} and error["type"] == kinds[status], (where, error)
        assert reply.json()["request_id"] == reply.headers["request-id"] == reply.headers["X-Request-Id"]
        return check_headers(reply, where)
    assert error["param"] == "model", (where, error)
    if path.startswith("/v1/"):
        kinds = {404: "invalid_request_error", 403: "permission_error"}
        assert set(error) == {"message", "type", "param", "code"} and (error["type"], error["code"]) == (kinds[status], reason), (where, error)
    else:
        assert set(error) == {"message", "type", "param", "request_id", "code"} and (error["type"], error["code"]) == (reason, status), (where, error)
        assert error["request_id"] == reply.headers["X-Request-Id"]
    check_headers(reply, where)


def check_headers(reply, where):
    assert reply.headers["Content-Type"] == "application/json" and reply.headers["Cache-Control"] == "no-store", where
    assert reply.headers["X-Content-Type-Options"] == "nosniff" and "WWW-Authenticate" not in reply.headers, where
    assert "X-API-Key-Error" not in reply.headers, where


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory):
    """A house with a tenant that has no model, one that has, and a key of its that may use none."""
    folder = tmp_path_factory.mktemp("neighbours")
    routes_alone = {"GATEHOUSE_SERVER_DOCS_MODELS": "another-model"}  # for every model, without those of one
    house = House(folder / "data", folder / "log").start("--models", str(make_cross_encoder(folder / "models").parents[1]), variables=routes_alone)
    house.bare = command(house, "tenant", "register", "bare", "--models", "another-model")
    house.rich = command(house, "tenant", "register", "rich")
    house.narrow = command(house, "key", "create", "--tenant", "demo", "--name", "narrow", "--models", "another-model")
    eventually(lambda: house.ask("GET", f"/v2/models/{TABULAR}/ready").status == 200, 60, "the model of tables")
    yield house
    house.kill()


def test_every_route_that_takes_a_model_refuses_the_wrong_one(neighbours):
    house = neighbours
    column = split(house, takes_a_model, NO_MODEL_IN_IT)
    assert len(column) >= 5
    for method, path, _ in column:
        where = f"{method} {path}"
        name = NLU if path in READERS else TABULAR if path == "/predict" or takes_tensors(path) else OF_TEXTS.get(path, [MODEL])[0]
        assert ask_for(house, method, path, name, house.key).status == 200, where
        unknown = ask_for(house, method, path, "no-such-model", house.key)
        check_model_refusal(unknown, path, 404, "model_not_found", where)
        foreign = ask_for(house, method, path, name, house.bare["api_key"])
        check_model_refusal(foreign, path, 404, "model_not_found", where)
        assert message_of(foreign) == message_of(unknown).replace("no-such-model", name), "what is not theirs reads as what is not there"
        narrow = ask_for(house, method, path, name, house.narrow["key"])
        check_model_refusal(narrow, path, 403, "model_not_allowed", where)
        assert message_of(narrow) == "Not enough permissions", where


def test_models_that_are_not_theirs_are_not_listed(neighbours):
    house = neighbours
    all_of_them = [one["name"] for one in command(house, "model", "list")]
    assert MODEL in all_of_them
    for key, names in (house.key, all_of_them), (house.bare["api_key"], []), (house.narrow["key"], []):
        assert [one["id"] for one in house.ask("GET", "/v1/models", headers={"X-API-Key": key}).json()["data"]] == names


# -- objects of another tenant ---------------------------------------------------------------------------------------------------

NAMES_AN_OBJECT = {"tenant_id", "user_id", "jti", "token"}  # in bodies


def takes_an_object(path, operation):
    in_body = NAMES_AN_OBJECT & set(request_schema(operation).get("properties", {}))
    by_path = "{id}" in path or path.startswith("/api/admin/roles/") or path == "/api/usage"
    return (by_path or bool(in_body)) and path != "/api/admin/tenants" and not path.startswith("/api/auth/")


def tenants_own(path):
    """Whether an administrator of a tenant may ask that."""
    return path.startswith(("/api/admin/users", "/api/admin/invitations", "/api/admin/resets", "/api/keys", "/api/admin/roles", "/api/admin/budgets")) or path.endswith(("/export", "/lexicon"))


def requests_about(method, path, operation, owner):
    """(path, body) of requests that name what is the owner's: a key, a tenant, a token."""
    kinds = {"/keys/": owner["key"]["id"], "/users/": owner["user"]["id"], "/budgets/": owner["budget"]["budget_id"], "/invitations/": owner["invitation"]["id"], "/resets/": owner["reset"]["id"]}
    ids = [next((one for kind, one in kinds.items() if kind in path), owner["tenant_id"])]
    names = {"tenant_id": owner["tenant_id"], "name": "x", "user_id": None, "token": owner["token"], "jti": owner["jti"], "username": "newcomer"}
    if path == "/api/admin/budgets":
        names |= {"key_id": owner["key"]["id"], "unit": "money", "amount": 1, "period": "month"}
    schema = request_schema(operation).get("properties", {})
    for one in ids:
        at = path.replace("{id}", one)
        if "/roles/" in path:
            at = f"{path.replace('{name}', owner['role']['name'])}?tenant={owner['tenant_id']}"
        if method in ("GET", "DELETE"):
            yield at + (f"?tenant={owner['tenant_id']}" if path == "/api/usage" else ""), None
        elif path.endswith("/lexicon"):
            yield at, {"lexicon": "谷爱凌\t人物"}
        elif path.endswith("/revocations"):
            yield at, {"jti": owner["jti"]}
            yield at, {"token": owner["token"]}
        else:
            yield at, {name: value for name, value in names.items() if name in schema and value is not None and ("{" not in path or name == "name")}


def owner_of(house, tenant_id):
    token = command(house, "token", "issue", "--tenant", tenant_id)
    key = command(house, "key", "create", "--tenant", tenant_id, "--name", "theirs")
    user = command(house, "user", "create", f"of-{tenant_id}-{key['prefix']}", "--tenant", tenant_id)
    role = command(house, "role", "create", f"role-{key['prefix'].replace('_', '-')}", "--tenant", tenant_id)
    budget = command(house, "budget", "set", "--tenant", tenant_id, "--key", key["id"], "--tokens", "1000", "--period", "day")
    invitation = command(house, "user", "invite", "--tenant", tenant_id)
    reset = command(house, "user", "reset", user["id"])
    objects = {"key": key, "user": user, "role": role, "budget": budget, "invitation": invitation, "reset": reset}
    return {"tenant_id": tenant_id, **objects, "token": token["token"], "jti": token["jti"]}


NOBODY = {"id": "00000000-0000-4000-8000-000000000000"}
NOBODYS = {"tenant_id": "nobody", "key": NOBODY, "user": NOBODY, "role": {"name": "nobodys"}, "budget": {"budget_id": NOBODY["id"]}}
NOBODYS |= {"invitation": NOBODY, "reset": NOBODY, "token": "e30.e30.AAAA", "jti": "nobody"}


def without_id(reply):
    error = dict(reply.json()["error"])
    error.pop("request_id")
    return error


def test_every_route_that_takes_an_object_refuses_another_tenants(neighbours):
    house = neighbours
    theirs, own = owner_of(house, "rich"), owner_of(house, "demo")
    token = command(house, "token", "issue", "--tenant", "demo")["token"]
    before = [command(house, "tenant", "show", "rich"), sorted(one["id"] for one in command(house, "key", "list", "--tenant", "rich"))]
    for method, path, operation in split(house, takes_an_object, NO_OBJECT_IN_IT):
        if path == "/api/usage":
            continue  # the next test
        for credential in [token] if tenants_own(path) else [house.key, token]:
            headers = {"Authorization": f"Bearer {credential}"}
            answers = []
            for owner in theirs, NOBODYS, own:
                for at, body in requests_about(method, path, operation, owner):
                    reply = house.ask(method, at, body, headers)
                    where = f"{method} {path} about what is {owner['tenant_id']}'s"
                    assert reply.status == 403, (where, reply.status, reply.body)
                    check_headers(reply, where)
                    answers.append(without_id(reply))
            scope = "keys:write" if path.startswith("/api/keys") else "tenant:admin" if tenants_own(path) else "platform:admin"
            wanted = {"code": 403, "message": "Not enough permissions", "type": "scope_missing", "param": scope}
            assert answers and all(one == wanted for one in answers), f"{method} {path}: what is there and what is not must read alike"
    assert [command(house, "tenant", "show", "rich"), sorted(one["id"] for one in command(house, "key", "list", "--tenant", "rich"))] == [
        before[0], sorted([*before[1]])
    ]
    for credential in theirs["key"]["key"], theirs["token"]:
        assert house.ask("GET", "/v1/models", headers={"Authorization": f"Bearer {credential}"}).status == 200, "nothing of theirs was touched"


def test_users_of_another_tenant_are_as_if_they_were_not_there(neighbours):
    house = neighbours
    theirs = owner_of(house, "rich")
    before = command(house, "user", "list", "--tenant", "rich")
    routes = [(method, path, operation) for method, path, operation in secured(house) if tenants_own(path) and takes_an_object(path, operation)]
    assert len(routes) >= 11
    for method, path, operation in routes:
        answers = []
        for owner in theirs, NOBODYS:
            for at, body in requests_about(method, path, operation, owner):
                reply = house.ask(method, at, body)
                assert reply.status == 404, (method, at, reply.status, reply.body)
                check_headers(reply, at)
                answers.append(without_id(reply))
        assert answers and all(one == answers[0] for one in answers), f"{method} {path}: what is there and what is not must read alike"
        for at, body in requests_about(method, path, operation, owner_of(house, "demo")):
            assert house.ask(method, at, body).status in (200, 201, 204), (method, at)
    assert command(house, "user", "list", "--tenant", "rich") == before
    queries = ["users" + query for query in ("", "?tenant=rich", "?tenant=nobody", "?username=" + theirs["user"]["username"])]
    for query in [*queries, *(kind + query for kind in ("roles", "budgets", "invitations", "resets") for query in ("", "?tenant=rich", "?tenant=nobody"))]:
        shown = house.ask("GET", "/api/admin/" + query)
        assert shown.status == 200 and {one["tenant_id"] for one in shown.json()["data"]} <= {"demo"}, (query, shown.body)


def test_the_use_of_another_tenant_is_not_shown(neighbours):
    house = neighbours
    assert house.ask("POST", "/api/llm/generate", {"prompt": "Hi", "max_tokens": 1}, {"X-API-Key": house.rich["api_key"]}).status == 200
    for query in "?tenant=rich", "?tenant=nobody", "?tenant=demo", "?tenant_id=rich", "":
        shown = house.ask("GET", "/api/usage" + query, headers=house.bearer())
        assert shown.status == 200 and {row["tenant_id"] for row in shown.json()["data"]} == {"demo"}, (query, shown.body)


def test_an_administrator_is_told_what_is_not_there(neighbours):
    house = neighbours
    admin = command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin,keys:write")["token"]
    headers = {"Authorization": f"Bearer {admin}"}
    for method, path, operation in secured(house):
        if "{id}" not in path or path.startswith("/api/auth/"):
            continue
        for at, body in requests_about(method, path, operation, NOBODYS):
            reply = house.ask(method, at, body, headers)
            kind = next((kind for kind in ("key", "user", "budget", "invitation", "reset") if f"/{kind}s/" in path), "tenant")
            reason = f"{kind}_not_found"
            assert reply.status == 404 and reply.json()["error"]["type"] == reason, (method, path, reply.status, reply.body)
            check_headers(reply, at)
