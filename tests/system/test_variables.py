"""Variables that people bring along from the servers before: read where there is something to read, and named where there is not."""

import json
import re

import jwt as pyjwt
from house import MODEL, eventually, run
from jose_keys import present

SHARED = "the secret that this server and another one share"
THEIRS = {
    "PROJECT_NAME": "Iris API",
    "ENVIRONMENT": "staging",
    "ALGORITHM": "HS256",
    "SECRET_KEY": SHARED,
    "ACCESS_TOKEN_EXPIRE_MINUTES": "90",
    "LLM_MAX_TOKENS": "5",
    "MAX_PROMPT_LENGTH": "20",
    "MEMORY_LIMIT_WARNING": "1",
    "API_V1_STR": "/api/v1",
    "DATABASE_URL": "postgresql://app:hunter2@db/app",
    "REDIS_URL": "redis://:hunter2@cache:6379/0",
    "GITHUB_CLIENT_SECRET": "hunter2",
}


def test_a_server_with_the_environment_of_another(new_house):
    house = new_house(started=False)
    house.before = ["env", *(f"{name}={value}" for name, value in THEIRS.items())]
    house.start()
    log = house.said()
    for name in ("DATABASE_URL", "REDIS_URL", "GITHUB_CLIENT_SECRET"):
        assert re.search(f"{name} is not read: ", log), name
    assert "API_V1_STR" not in log and "hunter2" not in log and SHARED not in log
    assert all(json.loads(line)["environment"] == "staging" for line in log.splitlines() if line.startswith('{"time"') and '"logger"' in line)

    assert house.ask("GET", "/openapi.json", headers={}).json()["info"]["title"] == "Iris API"
    answer = house.ask("POST", "/api/llm/generate", {"prompt": "Once upon a time"})
    assert answer.status == 200 and answer.json()["usage"]["completion_tokens"] <= 5
    refused = house.ask("POST", "/api/llm/generate", {"prompt": "Once upon a time", "max_tokens": 6})
    assert refused.status == 422 and refused.json()["error"]["details"][0]["expected"] == "an integer from 1 to 5"
    refused = house.ask("POST", "/api/llm/generate", {"prompt": "Once upon a time in the West"})
    assert refused.status == 422 and refused.json()["error"]["details"][0]["path"] == "/prompt"
    refused = house.ask("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 6})
    assert refused.status == 400 and refused.json()["error"]["param"] == "max_tokens"

    login = house.ask("POST", "/api/auth/login", {"username": house.administrator["username"], "password": house.administrator["password"]}, headers={})
    assert login.status == 200 and login.json()["expires_in"] == 90 * 60
    token = login.json()["access_token"]
    claims = pyjwt.decode(token, SHARED, algorithms=["HS256"], audience="gatehouse", issuer="gatehouse")
    assert claims["username"] == "admin", "the other server can check it with the secret"
    assert house.ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status == 200
    assert house.stop() == 0

    # Another secret: new tokens have it, the ones before are taken until they expire.
    house.before = ["env", "ALGORITHM=HS256", "JWT_SECRET=another secret that nobody else has known"]
    house.start()
    assert "auth.secret is another one" in house.said()
    assert house.ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status == 200
    new = json.loads(run("token", "issue", "--tenant", "demo", "--scopes", "llm", "--data", house.data, "--json").stdout)["token"]
    assert pyjwt.decode(new, "another secret that nobody else has known", algorithms=["HS256"], audience="gatehouse")["tenant_id"] == "demo"
    assert present(house, new) == (200, None)


def test_a_secret_that_everybody_knows_starts_nothing(tmp_path):
    for secret in ("mysecretkey", "your-super-secret-jwt-key-change-in-production", "short but nobody knows it"):
        for name in ("SECRET_KEY", "JWT_SECRET"):
            for command in (("serve", "--listen", "127.0.0.1:0"), ("init",)):
                refused = run(*command, "--data", tmp_path / "data", variables={name: secret})
                assert refused.returncode == 2, (name, secret)
                said = refused.stderr.decode()
                assert name in said and "openssl rand" in said and secret not in said
    assert not (tmp_path / "data").exists()


def test_what_is_brought_along_is_named(tmp_path):
    checked = run("config", "check", "--json", variables={**THEIRS, "ALGORITHM": "", "API_V1_STR": "/rest"})
    found = json.loads(checked.stdout)
    assert checked.returncode == 0 and found["ok"]
    assert {note.split()[0] for note in found["notes"]} == {"API_V1_STR", "DATABASE_URL", "REDIS_URL", "GITHUB_CLIENT_SECRET", "auth.secret"}
    explained = run("config", "explain", "auth.secret", "--json", variables=THEIRS)
    (key,) = json.loads(explained.stdout)
    assert key["source"] == "environment SECRET_KEY" and SHARED not in explained.stdout.decode()
    assert SHARED not in run("config", "print", variables=THEIRS).stdout.decode()


def test_init_takes_the_configuration(tmp_path):
    config = tmp_path / "g.toml"
    config.write_text('[auth]\nalgorithm = "ES256"\n')
    assert run("init", "--data", tmp_path / "data", "--config", config).returncode == 0
    (key,) = json.loads(run("signing-key", "list", "--data", tmp_path / "data", "--json").stdout)
    assert key["algorithm"] == "ES256"
    config.write_text('[auth]\nalgorithm = "none"\n')
    refused = run("init", "--data", tmp_path / "other", "--config", config)
    assert refused.returncode == 2 and b"g.toml:2:13" in refused.stderr and not (tmp_path / "other").exists()


def test_a_mark_for_memory_is_told_and_counted(new_house):
    house = new_house(started=False)
    house.before = ["env", "MEMORY_LIMIT_WARNING=1"]
    house.start()
    assert house.chat("Say hello.", model=MODEL, max_tokens=2).status == 200

    def crossed():
        text = house.ask("GET", "/metrics", headers={}, admin=True).body.decode()
        return re.search(r"^gatehouse_memory_mark_crossings_total 1$", text, re.M)

    eventually(crossed, 30, "a look at the memory")
    eventually(lambda: "grown above server.memory_mark" in house.said(), 5, "the line in the log")
