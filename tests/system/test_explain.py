"""What explain says, beside what the server then decides: every route of the table with every kind of credential."""

import json
from pathlib import Path

import pytest
from house import INSTANCES, MODEL, ROWS, House, continues_text, eventually, model_at, run, wants_a_credential

PASSWORD = "a horse of another colour"
NOBODY = "00000000-0000-4000-8000-000000000000"


def command(house, *words, stdin=b""):
    done = run(*words, "--data", house.data, "--json", stdin=stdin)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def log_in(house, name):
    answer = house.ask("POST", "/api/auth/login", {"username": name, "password": PASSWORD}, {})
    assert answer.status == 200, answer.body
    return answer.json()["access_token"]


def explain(house, asker, credential, route, **more):
    answer = house.ask("POST", "/api/admin/explain", {"credential": credential, "route": route, **more}, {"Authorization": f"Bearer {asker}"})
    assert answer.status == 200, answer.body
    return answer.json()


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    house = House(folder / "data", folder / "log").start()
    house.operator = command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]
    yield house
    house.kill()


def credentials_of(house):
    """name -> credential: refused for many reasons, and let in as what there is."""
    command(house, "role", "create", "analyst", "--scopes", "llm,tenant:admin", "--max-tokens", "4")
    command(house, "role", "create", "reader", "--scopes", "usage:read,llm", "--models", "another-model")
    people = {}
    for name, role in {"chief": "tenant-admin", "member": "member", "analyst": "analyst", "reader": "reader"}.items():
        people[name] = command(house, "user", "create", f"the-{name}", "--tenant", "demo", "--role", role, "--password-stdin", stdin=PASSWORD.encode())
    gone = command(house, "tenant", "register", "gone")
    bare = command(house, "tenant", "register", "bare", "--models", "another-model")
    command(house, "tenant", "disable", "gone")
    revoked = command(house, "key", "create", "--tenant", "demo", "--name", "revoked")
    command(house, "key", "revoke", revoked["id"])
    expired = command(house, "key", "create", "--tenant", "demo", "--name", "expired", "--expires", "1s")["key"]
    short = command(house, "token", "issue", "--tenant", "demo", "--lifetime", "1s")["token"]
    for credential in expired, short:
        eventually(lambda c=credential: house.ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {c}"}).status == 401, what="an end")
    elsewhere = command(house, "key", "create", "--tenant", "demo", "--name", "elsewhere", "--cidrs", "203.0.113.0/24")["key"]
    found = {
        "a malformed key": "gh_not-a-key",
        "an unknown token": "e30.e30.AAAA",
        "a revoked key": revoked["key"],
        "an expired key": expired,
        "an expired token": short,
        "a key of a disabled tenant": gone["api_key"],
        "a key of a tenant without models": bare["api_key"],
        "a tenant's own token": command(house, "token", "issue", "--tenant", "demo")["token"],
        "a key from elsewhere": elsewhere,
        "a key with all scopes": house.key,
        "the platform": house.operator,
    }
    command(house, "user", "set-role", "the-member", "tenant-admin")
    found["a key of the member, made for more"] = command(
        house, "key", "create", "--tenant", "demo", "--user", people["member"]["id"], "--name", "more", "--scopes", "llm,tenant:admin"
    )["key"]
    command(house, "user", "set-role", "the-member", "member")
    for name in people:
        found[f"the login of the {name}"] = log_in(house, f"the-{name}")
    return found


def secured(house):
    document = house.ask("GET", "/openapi.json", headers={}).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if wants_a_credential(operation):
                yield method.upper(), path, operation


def concrete(house, method, path):
    """(target, body, what explain is told beside) of a request that changes nothing, even where it is let in."""
    if path == "/api/auth/password":
        return path, {"current_password": "none of mine", "new_password": "short"}, {}
    if path in GENERATION:
        asked = {"messages": [{"role": "user", "content": "Hi"}]} if "messages" in path or "chat" in path else {"prompt": "Hi"}
        most = {} if path.endswith("count_tokens") else {"max_tokens": 5}
        return path, {**asked, **most}, {"parameters": most} if most else {}
    if path in READERS:
        return path, READERS[path], {}
    if path == "/predict":
        return path, {"data": [5.1, 3.5, 1.4, 0.2]}, {}
    if continues_text(path):
        most = {"max_tokens": 5}
        return model_at(path), {"text_input": "Hi", "parameters": most}, {"parameters": most}
    if path.startswith("/v2/") and "{model}" in path:
        return model_at(path), ROWS if path.endswith("/infer") else None, {}
    if path.endswith(":predict"):
        return model_at(path), INSTANCES, {}
    known = {"/keys/": house.ids["key"], "/users/": house.ids["user"], "/tenants/": "demo", "/roles/": "analyst", "/models/": MODEL}
    here = next((one for part, one in known.items() if part in path), NOBODY)
    if method == "DELETE" or path.endswith("/unload"):
        here = NOBODY
    at = path.replace("{version}", "1").replace("{id}", here).replace("{name}", here).replace("{model}", MODEL)
    query = "?tenant=demo" if "/roles/" in path else ""
    return at + query, None if method in ("GET", "DELETE") else b"{}" if "{" in path else b"[]", {}


READERS = dict.fromkeys(("/api/predict", "/v1/nlu/extract"), {"text": "谷爱凌在北京", "schema": {"人物": None}})
READERS["/v1/decisions"] = {"input": "很好", "questions": [{"type": "predicate", "instructions": "好吗？"}]}
READERS |= {"/v1/embeddings": {"input": "Hi"}, "/v1/rerank": {"query": "Hi", "documents": ["Hi"]}}
GENERATION = {"/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/messages/count_tokens", "/api/llm/generate", "/api/llm/generate/api-key"}


def class_of(status):
    return status if status in (401, 403, 404) else "allowed"


def test_explain_agrees_with_what_is_decided(town):
    house = town
    credentials = credentials_of(house)
    key = command(house, "key", "create", "--tenant", "demo", "--name", "looked at")
    user = command(house, "user", "create", "somebody", "--tenant", "demo")
    house.ids = {"key": key["id"], "user": user["id"]}
    decided = {}
    # Logging out last: it ends what it is asked with.
    routes = sorted(secured(house), key=lambda one: one[1] == "/api/auth/logout")
    for method, path, _ in routes:
        for name, credential in credentials.items():
            target, body, more = concrete(house, method, path)
            said = explain(house, house.operator, credential, f"{method} {target}", address="127.0.0.1", **more)
            if path == "/api/auth/logout" and name == "the platform":
                continue  # who explains stays
            reply = house.ask(method, target, body, {"Authorization": f"Bearer {credential}"})
            where = f"{method} {path} with {name}"
            assert class_of(said["status"]) == class_of(reply.status), (where, said, reply.status, reply.body)
            assert said["allowed"] or said["status"] == reply.status, (where, said, reply.status, reply.body)
            decided[reply.headers["X-Request-Id"]] = (where, said)
    assert len(decided) > 500, len(decided)
    rules = {said["rule"] for _, said in decided.values() if said["rule"]}
    assert rules >= {
        "credential.missing", "credential.invalid", "credential.expired", "credential.revoked", "tenant.disabled", "address.not_allowed", "scope.missing",
        "model.not_found", "model.not_allowed", "role.max_tokens", "role.not_allowed", "role.not_found", "user.not_found", "key.not_found", "tenant.not_found",
    }, rules  # fmt: skip
    wanted = set(decided)

    def all_logged():
        lines = {}
        for line in Path(house.log).read_text().splitlines():
            record = json.loads(line)
            if record.get("request_id") in wanted and "status_code" in record:
                lines[record["request_id"]] = record
        return lines if len(lines) == len(wanted) else None

    for request_id, record in eventually(all_logged, what="every access line").items():
        where, said = decided[request_id]
        assert said["allowed"] or record.get("rule") == said["rule"], (where, said, record)
    text = Path(house.log).read_text()
    assert not any(credential in text for credential in credentials.values()), "no credential is in the log"


def test_uses_are_not_counted(town):
    house = town
    key = command(house, "key", "create", "--tenant", "demo", "--name", "idle")
    for _ in range(3):
        assert explain(house, house.operator, key["key"], "POST /v1/chat/completions")["allowed"]
    shown = next(one for one in command(house, "key", "list", "--tenant", "demo") if one["id"] == key["id"])
    assert (shown["usage_count"], shown["last_used_at"]) == (0, None)


def test_an_administrator_of_a_tenant_learns_of_its_own_alone(town):
    house = town
    other = command(house, "tenant", "register", "foreign")
    command(house, "user", "create", "overseer", "--tenant", "demo", "--role", "tenant-admin", "--password-stdin", stdin=PASSWORD.encode())
    overseer = log_in(house, "overseer")
    chat = "POST /v1/chat/completions"
    unknown = {kind: explain(house, overseer, text, chat) for kind, text in {"key": other["api_key"][:-2] + "AA", "token": "e30.e30.AAAA"}.items()}
    assert unknown["key"]["rule"] == unknown["token"]["rule"] == "credential.invalid"
    assert explain(house, overseer, other["api_key"], chat) == unknown["key"]
    assert explain(house, overseer, other["token"], chat) == explain(house, overseer, house.operator, chat) == unknown["token"]
    assert explain(house, overseer, house.key, chat)["allowed"]


def test_the_command_says_it_with_a_server_and_without(new_house):
    house = new_house()
    command(house, "role", "create", "brief", "--max-tokens", "4")
    user = command(house, "user", "create", "bruno", "--tenant", "demo", "--role", "brief")
    key = command(house, "key", "create", "--tenant", "demo", "--user", user["id"], "--name", "his")["key"]

    def said(*words):
        done = run("explain", "--credential", "-", "--route", "POST /v1/chat/completions", *words, "--data", house.data, stdin=key.encode() + b"\n")
        assert done.returncode == 0, done.stderr
        assert key.encode() not in done.stdout + done.stderr
        return done.stdout.decode()

    for _ in "with a server", "without":
        assert json.loads(said("--json"))["allowed"] is True
        refused = json.loads(said("--json", "--max-tokens", "5"))
        assert (refused["allowed"], refused["status"], refused["rule"]) == (False, 400, "role.max_tokens")
        assert refused["principal"]["user_id"] == user["id"] and refused["principal"]["role"] == "brief"
        assert json.loads(said("--json", "--model", "none"))["rule"] == "model.not_found"
        text = said("--max-tokens", "5").splitlines()
        assert text[-1] == "refused with 400 by the rule role.max_tokens", text
        assert text[0] == "passed   route: /v1/chat/completions" and any(one.startswith("refused  role ceilings: ") for one in text), text
        if house.process.poll() is None:
            assert house.stop() == 0
    operator = command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]
    unknown = run("explain", "--credential", "-", "--route", f"POST /api/admin/models/{MODEL}/load", "--data", house.data, stdin=operator.encode())
    assert unknown.returncode == 1 and b"No server runs" in unknown.stderr, "what cannot be looked up is not decided"
    wrong = run("explain", "--credential", key, "--route", "GET /", "--data", house.data)
    assert wrong.returncode == 2 and b"standard input" in wrong.stderr
