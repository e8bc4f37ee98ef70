"""The audit trail: what is on record, who sees it, and that nobody changes it unseen."""

import contextlib
import http.client
import json
import os
import random
import sqlite3
import subprocess
import threading
import time

import pytest
from house import BINARY, command, eventually, run

QUESTION = {"max_tokens": 2, "temperature": 0, "messages": [{"role": "user", "content": "Hi"}]}
ROUNDS = 200 if os.environ.get("GATEHOUSE_SOAK") == "1" else 6


def verify(house, *words):
    done = run("audit", "verify", "--data", house.data, "--json", *words)
    verdict = json.loads(done.stdout)
    assert done.returncode == (0 if verdict["ok"] else 1)
    return verdict


def records(house, *words):
    return command(house, "audit", "list", "--limit", "1000", *words)


def singles(house, *words):
    """Without those that stand for a minute's worth of requests."""
    return [record for record in records(house, *words) if record["request_id"]]


@pytest.fixture
def two_tenants(new_house):
    house = new_house()
    return house, command(house, "tenant", "register", "tenant-001"), command(house, "tenant", "register", "tenant-002")


def test_changes_and_calls_of_models_are_on_record(two_tenants):
    house, one, _ = two_tenants
    command(house, "tenant", "set", "tenant-001", "--quota-per-day", "9")
    (made,) = [record for record in singles(house) if record["action_type"] == "create_tenant" and record["resource_id"] == "tenant-001"]
    assert made["success"] and made["outcome"] == "ok" and made["tenant_id"] == "system" and made["resource_type"] == "tenant"
    assert made["details"]["route"] == "POST /api/admin/tenants" and made["details"]["status"] == 201
    order = [record["action_type"] for record in singles(house)]
    assert order == ["update_tenant", "create_tenant", "create_tenant"], "the newest first"
    assert [record["action_type"] for record in command(house, "audit", "tail") if record["request_id"]] == order[::-1]
    answer = house.ask("POST", "/v1/chat/completions", QUESTION, headers={"Authorization": f"Bearer {one['api_key']}", "X-Request-Id": "call-1"})
    assert answer.status == 200, answer.body
    (call,) = eventually(lambda: records(house, "--tenant", "tenant-001"), what="the record of the call")
    assert call["action_type"] == "llm_chat" and call["request_id"] == "call-1" and call["task"] == "llm" and call["api_key_id"]
    used = answer.json()["usage"]
    assert call["tokens"] == used["total_tokens"] and call["model"] == call["resource_id"] == answer.json()["model"]
    assert records(house, "--key", call["api_key_id"]) == [call] and records(house, "--since", "1h", "--tenant", "tenant-001") == [call]
    assert records(house, "--until", call["timestamp"], "--tenant", "tenant-001") == []
    login = house.ask("POST", "/api/auth/login", {"username": "admin", "password": "wrong"})
    assert login.status == 401
    verdict = verify(house)
    assert verdict["ok"] and verdict["records"] >= 4 and verdict["first_bad"] is None, verdict


def test_a_tenant_sees_its_own_alone(two_tenants):
    house, one, two = two_tenants
    for tenant in one, two:
        assert house.ask("POST", "/v1/chat/completions", QUESTION, headers={"Authorization": f"Bearer {tenant['api_key']}"}).status == 200
    # A key that may read the trail is made for it: those of new tenants may not.
    assert house.ask("GET", "/api/audit", headers={"X-API-Key": one["api_key"]}).status == 403
    command(house, "tenant", "set", "tenant-001", "--scopes", "llm,audit:read")
    reader = {"X-API-Key": command(house, "key", "create", "--tenant", "tenant-001", "--name", "reader", "--scopes", "audit:read")["key"]}
    seen = eventually(lambda: house.ask("GET", "/api/audit", headers=reader).json()["data"], what="own records")
    assert {record["tenant_id"] for record in seen} == {"tenant-001"}
    assert any(record["rule"] == "scope.missing" and not record["success"] for record in seen)
    until = seen[0]["timestamp"]  # what comes meanwhile is not in the pages
    whole, page = (house.ask("GET", f"/api/audit?until={until}&{rest}", headers=reader).json() for rest in ("limit=100", "limit=1&offset=0"))
    assert whole["data"] and page["data"] == whole["data"][:1] and page["has_more"] == (len(whole["data"]) > 1)
    foreign, missing = (house.ask("GET", f"/api/audit?tenant_id={name}", headers=reader) for name in ("tenant-002", "nobody"))
    assert foreign.status == missing.status == 404
    assert house.ask("GET", "/api/admin/audit", headers=reader).status == 403
    assert house.ask("GET", "/api/audit", headers={}).status == 401


def test_what_is_cheap_or_from_strangers_is_counted(new_house):
    house = new_house()
    for _ in range(5):
        assert house.ask("GET", "/v1/models", headers=house.bearer()).status == 200
    for _ in range(3):
        assert house.ask("GET", "/v1/models", headers={"Authorization": "Bearer nobody"}).status == 401
        assert house.ask("POST", "/api/auth/login", {"username": "admin", "password": "wrong"}).status == 401
    assert house.stop() == 0
    by_rule = {}
    for record in records(house):
        if record["details"]["route"] in ("GET /v1/models", "POST /api/auth/login"):
            counts = by_rule.setdefault((record["tenant_id"], record["rule"]), 0)
            by_rule[record["tenant_id"], record["rule"]] = counts + record["details"]["count"]
    assert by_rule == {("demo", None): 5, (None, "credential.invalid"): 3, (None, "login.failed"): 3}
    assert verify(house)["checkpoints"] > 0, "one at the stop"


def test_who_follows_sees_what_is_decided(new_house):
    house = new_house()
    follower = subprocess.Popen([BINARY, "audit", "tail", "--follow", "--json", "--data", house.data], stdout=subprocess.PIPE, text=True)
    try:
        names = [f"seen-{number}" for number in range(3)]
        made = [command(house, "key", "create", "--tenant", "demo", "--name", name)["id"] for name in names]
        seen = []
        while len(seen) < len(made):
            record = json.loads(follower.stdout.readline())
            if record["action_type"] == "create_api_key":
                seen.append(record["resource_id"])
        assert seen == made, "in their order, each once"
        assert house.stop() == 0
        assert follower.wait(30) == 1, "there is nobody left to ask"
    finally:
        follower.kill()
        follower.wait()
    alone = run("audit", "tail", "--follow", "--data", house.data)
    assert alone.returncode == 1 and b"no server runs" in alone.stderr


def test_what_is_asked_is_kept_where_that_is_wanted_and_masked(new_house, tmp_path):
    (tmp_path / "g.toml").write_text('[audit]\ncontent_tenants = ["tenant-001"]\n')
    house = new_house("--config", tmp_path / "g.toml")
    one, two = (command(house, "tenant", "register", name) for name in ("tenant-001", "tenant-002"))
    said = "Write to ada@example.org or call +49 30 1234567 with gh_0123abcd_c2VjcmV0c2VjcmV0c2VjcmV0, 北京"
    body = {"max_tokens": 1, "messages": [{"role": "user", "content": said}]}
    for tenant in one, two:
        assert house.ask("POST", "/v1/chat/completions", body, headers={"Authorization": f"Bearer {tenant['api_key']}"}).status == 200
    assert house.ask("POST", "/v1/completions", {"max_tokens": 1, "prompt": said}, headers={"Authorization": f"Bearer {one['api_key']}"}).status == 200
    eventually(lambda: len([record for record in records(house) if record["task"] == "llm"]) == 3, what="three records")
    assert all("content" not in record["details"] for record in records(house)), "who does not ask does not see it"
    administrator = {"Authorization": f"Bearer {command(house, 'token', 'issue', '--tenant', 'system', '--scopes', 'platform:admin')['token']}"}

    def contents(tenant):
        answer = house.ask("GET", f"/api/admin/audit?tenant_id={tenant}&content=true", headers=administrator)
        assert answer.status == 200, answer.body
        return [record["details"].get("content") for record in answer.json()["data"] if record["task"] == "llm"]

    masked = "Write to [e-mail] or call +[number] with [secret], 北京"
    eventually(lambda: all(contents("tenant-001")), what="what was asked")
    assert contents("tenant-001") == [{"prompt": masked}, {"messages": [{"role": "user", "content": masked}]}]
    assert contents("tenant-002") == [None]
    for file in house.data.glob("gatehouse.db*"):
        assert b"ada@example.org" not in file.read_bytes()


def test_a_tenant_is_exported_whole_and_without_secrets(two_tenants):
    house, one, _ = two_tenants
    password = "a horse of another colour"
    user = json.loads(run("user", "create", "ada", "--tenant", "tenant-001", "--role", "tenant-admin", "--password-stdin", "--data", house.data, "--json", stdin=password.encode()).stdout)
    begun = house.ask("POST", "/api/auth/login", {"username": "ada", "password": password}).json()
    command(house, "user", "create", "bob", "--tenant", "tenant-002")
    assert house.ask("POST", "/v1/chat/completions", QUESTION, headers={"Authorization": f"Bearer {one['api_key']}"}).status == 200
    eventually(lambda: records(house, "--tenant", "tenant-001"), what="the record of the call")
    used = lambda: command(house, "tenant", "export", "tenant-001")["usage"]  # noqa: E731
    eventually(used, what="its use")
    text = run("tenant", "export", "tenant-001", "--data", house.data).stdout.decode()
    whole = json.loads(text)
    assert whole["tenant"]["tenant_id"] == "tenant-001" and [row["requests"] for row in whole["usage"]] == [1]
    (shown,) = whole["users"]
    assert shown["id"] == user["id"] and len(shown["sessions"]) == 1 and len(whole["keys"]) == 1
    assert {"llm_chat", "login"} <= {record["action_type"] for record in whole["audit"]}
    assert {record["tenant_id"] for record in whole["audit"]} == {"tenant-001"}
    for secret in (password, one["api_key"], one["token"], begun["refresh_token"], "argon2", "digest", "bob"):
        assert secret not in text, secret
    # By its administrator, and by no other.
    hers = {"Authorization": f"Bearer {begun['access_token']}"}
    assert house.ask("GET", "/api/admin/tenants/tenant-001/export", headers=hers).json()["tenant"] == whole["tenant"]
    foreign, missing = (house.ask("GET", f"/api/admin/tenants/{name}/export", headers=hers) for name in ("tenant-002", "nobody"))
    assert foreign.status == missing.status == 404 and foreign.json()["error"]["message"] == missing.json()["error"]["message"]
    # Another that has its name later has nothing of it.
    command(house, "tenant", "delete", "tenant-001")
    command(house, "tenant", "register", "tenant-001")
    assert command(house, "tenant", "export", "tenant-001")["audit"] == []


HASH = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"  # a vector of crypt_blowfish: it costs us nothing to take


class Storm:
    """Callers who make and revoke keys, users and tokens until the server is gone; what was answered is remembered."""

    def __init__(self, house):
        self.house, self.acknowledged, self.refused, self.lock = house, set(), [], threading.Lock()
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(4)]

    def work(self, number):
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            while True:
                name = f"{number}-{time.monotonic_ns()}"
                key = self.change("POST", "keys", {"tenant_id": "demo", "name": name}, "create_api_key")
                self.change("DELETE", f"keys/{key}", None, "revoke_api_key", key)
                user = self.change("POST", "users", {"username": name, "tenant_id": "demo", "password_hash": HASH}, "create_user")
                self.change("PATCH", f"users/{user}", {"is_active": False}, "update_user", user)
                if number % 2:
                    self.change("DELETE", f"users/{user}", None, "delete_user", user)
                self.change("POST", "revocations", {"jti": name}, "revoke", name)
                self.house.ask("GET", "/v1/models", headers=self.house.bearer())

    def change(self, method, path, body, action, identity=None):
        answer = self.house.ask(method, f"/api/admin/{path}", body, headers=self.token)
        if answer.status not in (200, 201, 204):
            self.refused.append((method, path, answer.status, answer.body))
            raise ValueError("refused")
        identity = identity or answer.json()["id"]
        with self.lock:
            self.acknowledged.add((action, identity))
        return identity

    def blow(self, seconds):
        token = command(self.house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin", "--lifetime", "1h")["token"]
        self.token = {"Authorization": f"Bearer {token}"}
        for thread in self.threads:
            thread.start()
        time.sleep(seconds)  # any moment is as good as another: the server is killed in the middle of whatever it does
        self.house.kill()
        for thread in self.threads:
            thread.join(30)
        assert not self.refused, self.refused[0]
        return self.acknowledged


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(new_house):
    house = new_house(started=False)
    seed = 20261127
    print("seed", seed)
    chance = random.Random(seed)
    acknowledged = set()
    for number in range(ROUNDS):
        house.start()
        acknowledged |= Storm(house).blow(chance.uniform(0.05, 0.8))
        verdict = verify(house)
        assert verdict["ok"], (number, verdict)
    with contextlib.closing(sqlite3.connect(house.data / "gatehouse.db")) as database:
        kept = set(database.execute("SELECT action, resource_id FROM audit"))
        users = dict(database.execute("SELECT id, is_active FROM users"))
        keys = dict(database.execute("SELECT id, revoked_s FROM api_keys"))
        revoked = {identity for (identity,) in database.execute("SELECT id FROM revocations")}
    assert len(acknowledged) > 5 * ROUNDS and len({action for action, _ in acknowledged}) == 6, "too few to mean anything"
    print(len(acknowledged), "changes were answered")
    assert acknowledged <= kept, "all are on record"
    deleted = {identity for action, identity in acknowledged if action == "delete_user"}
    for action, identity in acknowledged:
        if action == "create_api_key":
            assert identity in keys
        elif action == "revoke_api_key":
            assert keys[identity] and identity in revoked
        elif action == "revoke":
            assert identity in revoked
        elif action == "delete_user":
            assert identity not in users and identity in revoked
        elif identity not in deleted:
            # Whoever was being deleted when it was killed may be gone.
            assert identity not in users or action == "create_user" or users[identity] == 0
            assert identity in users or identity in revoked


def test_what_a_process_did_not_come_back_from_is_on_record(new_house):
    house = new_house()
    made = command(house, "key", "create", "--tenant", "demo", "--name", "a")
    assert house.stop() == 0
    with contextlib.closing(sqlite3.connect(house.data / "gatehouse.db")) as database:
        assert list(database.execute("SELECT count(*) FROM audit_intents")) == [(0,)], "what was answered has its record"
        # As a kill leaves it between a change and its record.
        database.execute(
            "INSERT INTO audit_intents (tenant_number, tenant_id, time_us, user_id, key_id, action, route, resource_type, resource_id, request_id, address)"
            " VALUES (0, 'system', 1700000000000000, '', '', 'revoke_api_key', 'DELETE /api/admin/keys/{id}', 'api_key', ?, 'r-1', '')",
            (made["id"],),
        )
        database.commit()
    house.start()
    (left,) = [record for record in records(house) if record["outcome"] == "interrupted"]
    assert (left["action_type"], left["resource_id"], left["success"]) == ("revoke_api_key", made["id"], False)
    assert house.stop() == 0
    assert verify(house)["ok"]


def test_an_edit_of_the_file_is_found_with_its_place(new_house):
    house = new_house(started=False)
    for name in "abcde":
        command(house, "key", "create", "--tenant", "demo", "--name", name, "--scopes", "llm")
    assert verify(house) == {"ok": True, "records": 5, "checkpoints": 0, "first_bad": None}
    house.start()
    assert house.stop() == 0
    whole = (house.data / "gatehouse.db").read_bytes()

    def after(sql):
        (house.data / "gatehouse.db").write_bytes(whole)
        with contextlib.closing(sqlite3.connect(house.data / "gatehouse.db")) as database:
            database.executescript(sql)
        first_bad = verify(house)["first_bad"]
        return first_bad["damage"], first_bad["tenant_id"], first_bad["sequence"]

    # The first chain is the operator's, who made the keys.
    assert after("UPDATE audit SET outcome = 'refused' WHERE chain = 1 AND sequence = 3") == ("record_altered", "system", 3)
    assert after("DELETE FROM audit WHERE chain = 1 AND sequence = 2") == ("record_missing", "system", 2)
    cut = "DELETE FROM audit WHERE chain = 1 AND sequence > 3; UPDATE audit_chains SET records = 3, head = (SELECT seal FROM audit WHERE chain = 1 AND sequence = 3) WHERE id = 1"
    assert after(cut) == ("chain_cut", "system", 4), "nothing in the store tells of it: the checkpoint does"
    assert after("UPDATE audit_chains SET tenant_id = 'demo' WHERE id = 1")[0] in ("record_altered", "chain_cut")
    done = run("audit", "verify", "--data", house.data)
    assert done.returncode == 1 and b"Not as it was written" in done.stdout


def test_a_tail_and_its_checkpoints_that_are_gone_are_found(new_house, tmp_path):
    house = new_house()
    for name in "abc":
        command(house, "key", "create", "--tenant", "demo", "--name", name)
    assert house.stop() == 0
    assert verify(house)["ok"]
    checkpoints, copy = house.data / "audit.checkpoints", tmp_path / "elsewhere"
    copy.write_bytes(checkpoints.read_bytes())
    checkpoints.unlink()
    with contextlib.closing(sqlite3.connect(house.data / "gatehouse.db")) as database:
        database.executescript(
            "DELETE FROM audit WHERE chain = 1 AND sequence > 1;"
            "UPDATE audit_chains SET records = 1, head = (SELECT seal FROM audit WHERE chain = 1 AND sequence = 1) WHERE id = 1"
        )
    assert verify(house)["first_bad"]["damage"] == "checkpoint_file_missing"
    said = run("audit", "verify", "--data", house.data)
    assert said.returncode == 1 and b"--checkpoints" in said.stdout
    first_bad = verify(house, "--checkpoints", copy)["first_bad"]
    assert (first_bad["damage"], first_bad["tenant_id"], first_bad["sequence"]) == ("chain_cut", "system", 2)
    nothing = run("audit", "verify", "--data", house.data, "--checkpoints", tmp_path / "nothing")
    assert nothing.returncode == 1 and b"cannot be read" in nothing.stderr
    # A server begins a new one, and that is on record.
    house.start()
    assert [record["action_type"] for record in records(house)].count("begin_checkpoints") == 1
    assert house.stop() == 0
    assert verify(house)["ok"], "nothing in the folder tells of it any more"
    assert verify(house, "--checkpoints", copy)["first_bad"]["damage"] in ("chain_cut", "checkpoint_disagrees"), "the copy does"


def test_checkpoints_that_were_emptied_or_cut_are_found(new_house):
    house = new_house()
    command(house, "key", "create", "--tenant", "demo", "--name", "a")
    assert house.stop() == 0
    house.start()
    command(house, "key", "create", "--tenant", "demo", "--name", "b")
    assert house.stop() == 0
    assert verify(house)["ok"]
    file = house.data / "audit.checkpoints"
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) > 1
    for kept in (0, len(lines) - 1):
        file.write_bytes(b"".join(lines[:kept]))
        first_bad = verify(house)["first_bad"]
        assert (first_bad["damage"], first_bad["sequence"]) == ("checkpoint_file_cut", kept + 1)
        said = run("audit", "verify", "--data", house.data)
        assert said.returncode == 1 and b"has lost its end" in said.stdout and b"--checkpoints" in said.stdout
    # A server goes on with it, and that is on record.
    house.start()
    assert [record["action_type"] for record in records(house)].count("begin_checkpoints") == 1
    house.kill()
    assert verify(house)["ok"], "nothing in the folder tells of it any more"


def test_a_restore_is_on_record(new_house, tmp_path):
    house = new_house()
    command(house, "key", "create", "--tenant", "demo", "--name", "kept")
    assert run("backup", tmp_path / "copy.db", "--data", house.data).returncode == 0
    command(house, "key", "create", "--tenant", "demo", "--name", "later")
    assert house.stop() == 0
    assert verify(house)["ok"]
    done = run("restore", tmp_path / "copy.db", "--data", house.data)
    assert done.returncode == 0, done.stderr
    after = verify(house)
    assert after["ok"] and after["checkpoints"] == 1
    newest = records(house)[0]
    assert [record["action_type"] for record in records(house)].count("create_api_key") == 1, "what came later is undone"
    assert newest["action_type"] == "restore_store" and newest["resource_id"] == str(tmp_path / "copy.db") and newest["success"]
    assert newest["tenant_id"] == "system" and newest["details"]["sequence"] == 1
    with contextlib.closing(sqlite3.connect(house.data / "gatehouse.db")) as database:
        database.executescript("DELETE FROM audit WHERE action = 'restore_store'; DELETE FROM audit_chains WHERE records = 1 AND id = (SELECT max(id) FROM audit_chains)")
    assert verify(house)["first_bad"]["damage"] == "chain_cut", "its checkpoint was written at once"
    house.start()
    assert house.stop() == 0
