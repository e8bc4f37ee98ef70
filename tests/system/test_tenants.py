"""Tenants, keys and tokens, from the command line and over HTTP, on a server that runs and on a folder where none does."""

import json
import re
import stat
import subprocess

import pytest
from house import BINARY, ROOT, eventually, events, run
from raw import Raw

QUESTION = {"max_tokens": 3, "temperature": 0, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def operator(new_house):
    return Operator(new_house())


class Operator:
    def __init__(self, house):
        self.house = house

    def command(self, *words, stdin=b""):
        return run(*words, "--data", self.house.data, "--json", stdin=stdin)

    def json(self, *words, stdin=b""):
        done = self.command(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def status(self, credential, path="/v1/models"):
        return self.house.ask("GET", path, headers={"Authorization": f"Bearer {credential}"}).status


def test_a_tenant_from_registering_to_deleting(operator):
    made = operator.json("tenant", "register", "tenant-001", "--quota-per-day", "7", "--tasks", "ner,re")
    assert made["tenant_id"] == "tenant-001" and made["quota_per_day"] == 7 and made["tasks"] == ["ner", "re"] and made["models"] == ["*"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["token_expires_at"])
    for credential in made["api_key"], made["token"]:
        assert operator.status(credential) == 200
        answer = operator.house.ask("POST", "/v1/chat/completions", QUESTION, headers={"Authorization": f"Bearer {credential}"})
        assert answer.status == 200, answer.body
    assert operator.command("tenant", "register", "tenant-001").returncode == 1
    assert operator.command("tenant", "register", "tenant-002", "--scopes", "llm,platform:admin").returncode == 1
    assert operator.command("tenant", "set", "demo", "--scopes", "platform:admin").returncode == 1
    operator.json("tenant", "disable", "tenant-001")
    for credential in made["api_key"], made["token"]:
        refused = operator.house.ask("GET", "/api/usage", headers={"Authorization": f"Bearer {credential}"})
        assert refused.status == 403 and refused.json()["error"]["message"] == "Tenant is disabled"
    assert operator.json("tenant", "enable", "tenant-001")["enabled"]
    assert operator.status(made["api_key"]) == 200
    eventually(lambda: operator.json("usage", "--tenant", "tenant-001")[0]["requests"] == 2, what="usage of both requests")
    (used,) = operator.json("usage", "--tenant", "tenant-001")
    assert used["quota_per_day"] == 7 and used["completion_tokens"] == 6 and used["prompt_tokens"] > 6
    own = operator.house.ask("GET", "/api/usage", headers={"X-API-Key": made["api_key"]}).json()["data"]
    assert own == [used]
    assert {tenant["tenant_id"] for tenant in operator.json("tenant", "list")} == {"demo", "system", "tenant-001"}
    operator.json("tenant", "delete", "tenant-001")
    assert operator.status(made["api_key"]) == 401 and operator.status(made["token"]) in (401, 403)


def test_a_key_from_its_making_to_its_end(operator):
    key = operator.json("key", "create", "--tenant", "demo", "--name", "batch", "--scopes", "llm", "--expires", "90d")
    assert key["key"].startswith(key["prefix"]) and key["scopes"] == ["llm"] and key["usage_count"] == 0
    assert operator.status(key["key"]) == 200 and operator.status(key["key"], "/api/usage") == 403
    eventually(lambda: any(one["id"] == key["id"] and one["usage_count"] == 2 for one in operator.json("key", "list")), what="a count of uses")
    rotated = operator.json("key", "rotate", key["id"], "--overlap", "2s")
    assert rotated["id"] == key["id"] and rotated["key"] != key["key"]
    assert operator.status(rotated["key"]) == 200
    eventually(lambda: operator.status(key["key"]) == 401, what="the end of the overlap")
    old = operator.house.ask("GET", "/v1/models", headers={"X-API-Key": key["key"]})
    assert old.headers["X-API-Key-Error"] == "revoked"
    operator.json("key", "revoke", key["id"])
    assert operator.status(rotated["key"]) == 401
    assert operator.command("key", "revoke", "nobody").returncode == 1
    assert operator.command("key", "create", "--tenant", "demo", "--name", "x", "--user", "nobody").returncode == 1


def test_tokens_are_issued_looked_at_and_revoked(operator):
    made = operator.json("token", "issue", "--tenant", "demo", "--scopes", "llm", "--lifetime", "30m")
    assert operator.status(made["token"]) == 200 and operator.status(made["token"], "/api/usage") == 403
    seen = operator.json("token", "inspect", stdin=made["token"].encode())
    assert seen["active"] and seen["claims"]["jti"] == made["jti"] and seen["claims"]["tenant_id"] == "demo"
    operator.json("token", "revoke", stdin=made["token"].encode())
    refused = operator.house.ask("GET", "/v1/models", headers={"Authorization": f"Bearer {made['token']}"})
    assert refused.status == 401 and refused.json()["error"]["message"] == "Token has been revoked"
    other = operator.json("token", "issue", "--tenant", "demo")
    operator.json("token", "revoke", other["jti"])
    assert operator.status(other["token"]) == 401
    mine = operator.json("token", "issue", "--tenant", "demo")
    operator.json("token", "revoke", "--tenant", "demo")
    assert operator.status(mine["token"]) == 401 and operator.status(operator.house.key) == 200, "tokens, not keys"
    for nobody in ["--tenant", "nobody"], ["--user", "nobody"], ["--user", "somebody", "--issuer", "nobody"], ["a-jti", "--issuer", "nobody"]:
        assert operator.command("token", "revoke", *nobody).returncode == 1
    assert operator.command("token", "revoke", "--issuer", "somebody").returncode == 1
    assert operator.command("token", "revoke", stdin=b"nonsense").returncode == 1


def test_a_revocation_reaches_a_running_answer(operator):
    made = operator.json("token", "issue", "--tenant", "demo")
    ask = {"max_tokens": 1000, "messages": [{"role": "user", "content": "Tell me a long story."}]}
    with operator.house.stream("/v1/chat/completions", ask, headers={"Authorization": f"Bearer {made['token']}"}) as answer:
        running = events(answer)
        next(running)
        operator.json("token", "revoke", made["jti"])
        last = list(running)[-1]
    assert "Token has been revoked" in json.dumps(last)
    eventually(lambda: operator.house.gauge("gatehouse_sequences") == 0, what="a free seat")


@pytest.mark.parametrize(
    "tenant, scopes, path, body",
    [("demo", "llm", "/v1/chat/completions", QUESTION), ("system", "platform:admin", "/api/admin/keys", {"tenant_id": "demo", "name": "of nobody"})],
)
def test_a_revocation_reaches_a_request_whose_body_is_on_its_way(operator, tenant, scopes, path, body):
    made = operator.json("token", "issue", "--tenant", tenant, "--scopes", scopes)
    payload = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {made['token']}\r\nContent-Length: {len(payload)}\r\nExpect: 100-continue\r\n\r\n"
    with Raw(operator.house.public) as raw:
        raw.send(head.encode())
        assert raw.answer().status == 100, "let in by the head"
        raw.send(payload[:-1])
        operator.json("token", "revoke", made["jti"])
        raw.send(payload[-1:])
        answer = raw.answer()
    assert answer.status == 401 and b"Token has been revoked" in answer.body
    assert "of nobody" not in {key["name"] for key in operator.json("key", "list")}


def test_what_is_changed_without_a_server_holds_when_one_comes(operator):
    house = operator.house
    assert house.stop() == 0
    made = operator.json("tenant", "register", "tenant-002")
    lost = operator.json("key", "create", "--tenant", "tenant-002", "--name", "lost")
    operator.json("key", "revoke", lost["id"])
    house.start()
    assert operator.status(made["api_key"]) == 200 and operator.status(made["token"]) == 200 and operator.status(lost["key"]) == 401


def test_commands_without_a_server_wait_for_one_another(operator):
    assert operator.house.stop() == 0
    data = str(operator.house.data)
    all_at_once = [subprocess.Popen([BINARY, "tenant", "register", f"tenant-{n}", "--data", data], stdout=subprocess.DEVNULL) for n in range(4)]
    assert [one.wait(30) for one in all_at_once] == [0, 0, 0, 0]
    operator.house.start()
    assert len(operator.json("tenant", "list")) == 6


def test_the_control_socket_is_the_operators_alone(operator):
    socket = operator.house.data / "control.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert operator.house.stop() == 0 and not socket.exists()


def log_in(house, username, password):
    return house.ask("POST", "/api/auth/login", {"username": username, "password": password}, headers={})


def test_the_administrator_logs_in_looks_around_and_out(tmp_path, new_house):
    made = json.loads(run("init", "--data", tmp_path / "data", "--json").stdout)["admin"]
    with subprocess.Popen([BINARY, "serve", "--data", str(tmp_path / "data"), "--models", "models", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        ready = next(line for line in server.stdout if line.startswith("gatehouse ready"))
        url = re.search(r"http://\S+", ready)[0]

        def curl(path, *options):
            return json.loads(subprocess.run(["curl", "-sS", url + path, *options], capture_output=True, text=True, check=True).stdout or "null")

        form = curl("/api/auth/login", "-d", f"username={made['username']}", "-d", f"password={made['password']}")
        assert form["token_type"] == "bearer" and form["expires_in"] == 1800 and form["refresh_token"].startswith("gr_")
        token = curl("/token", "-d", f"grant_type=password&username={made['username']}&password={made['password']}")["access_token"]
        me = curl("/api/auth/me", "-H", f"Authorization: Bearer {token}")
        assert me["username"] == "admin" and me["is_superuser"] and "password" not in json.dumps(me)
        assert len(curl("/api/admin/tenants", "-H", f"Authorization: Bearer {token}")["data"]) == 2
        curl("/api/auth/logout", "-X", "POST", "-H", f"Authorization: Bearer {token}")
        assert curl("/api/auth/me", "-H", f"Authorization: Bearer {token}")["error"]["message"] == "Token has been revoked"
        again = curl("/api/auth/login", "-d", f"username={made['username']}", "-d", f"password={made['password']}")["access_token"]
        assert run("token", "revoke", "--user", me["id"], "--data", tmp_path / "data").returncode == 0
        assert curl("/api/auth/me", "-H", f"Authorization: Bearer {again}")["error"]["message"] == "Token has been revoked"
        assert curl("/api/auth/login", "-d", "username=admin&password=wrong")["error"]["message"] == "Incorrect username or password"
        assert "working call" in json.dumps(curl("/token", "-X", "POST"))
        server.terminate()
        assert server.wait(30) == 0


def test_an_unknown_user_and_a_wrong_password_read_the_same(operator):
    unknown, wrong = log_in(operator.house, "nobody", "password"), log_in(operator.house, "admin", "password")
    assert unknown.status == wrong.status == 401
    assert unknown.json()["error"]["message"] == wrong.json()["error"]["message"] == "Incorrect username or password"
    assert unknown.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_authentication_where_that_is_configured(new_house, tmp_path):
    file = tmp_path / "g.toml"
    file.write_text('[auth]\nmode = "off"\n')
    house = new_house("--config", str(file))
    assert house.ask("GET", "/v1/models", headers={}).status == 200
    assert house.ask("GET", "/api/admin/tenants", headers={}).status == 403
    open_to_all = run("serve", "--config", file, "--data", tmp_path / "other", "--listen", "0.0.0.0:0", "--insecure-http")
    assert open_to_all.returncode == 2 and b"auth.mode" in open_to_all.stderr
