"""Signed requests (RFC 9421, hmac-sha256), signed by http-message-signatures: taken once, whole, in their window, and never twice."""

import base64
import datetime
import hashlib
import json
import subprocess
import types
import uuid

import pytest
from house import command, run
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

WINDOW = 300
CHAT = "/v1/chat/completions"
BODY = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2, "temperature": 0}).encode()
USUAL = ("@method", "@target-uri")
PUBLIC = "https://api.example.com"


class Secret(HTTPSignatureKeyResolver):
    def __init__(self, secret):
        self.secret = secret.encode()

    def resolve_private_key(self, key_id):
        return self.secret

    resolve_public_key = resolve_private_key


def digest_of(body, algorithm="sha-256"):
    made = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(made).decode()}:"


def signed(house, key, method="POST", path=CHAT, body=BODY, *, age=0, expires_in=None, nonce="", covers=None, digest="sha-256", fields=None, url=None, **more):
    """The fields of a signed request."""
    message = types.SimpleNamespace(method=method, url=(url or house.public.url) + path, headers=dict(fields or {}))
    covered = list(covers or USUAL)
    if body is not None and covers is None:
        message.headers["Content-Digest"] = digest_of(body, digest)
        covered.append("content-digest")
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Secret(key["signing_secret"]))
    signer.sign(
        message,
        key_id=key["id"],
        created=now - datetime.timedelta(seconds=age),
        expires=None if expires_in is None else now + datetime.timedelta(seconds=expires_in),
        nonce=str(uuid.uuid4()) if nonce == "" else nonce,
        covered_component_ids=covered,
        use_existing_digest="Content-Digest" in message.headers,
        **more,
    )
    return message.headers


def refusal(reply):
    """(reason, message) of a refused request, with all that belongs to it."""
    assert reply.status == 401, (reply.status, reply.body)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer") and reply.headers["X-API-Key-Error"] == "invalid"
    error = reply.json()["error"]
    return error.get("code") if isinstance(error.get("code"), str) else error["type"], error["message"]


@pytest.fixture(scope="module")
def key(house):
    return command(house, "key", "create", "--tenant", "demo", "--name", "signs", "--scopes", "llm,usage:read", "--signing")


def test_a_signing_secret_is_shown_once(house, key):
    assert len(base64.urlsafe_b64decode(key["signing_secret"] + "=")) == 32 and key["signing"]
    shown = [one for one in command(house, "key", "list", "--tenant", "demo") if one["id"] == key["id"]]
    assert len(shown) == 1 and "signing_secret" not in shown[0] and "key" not in shown[0]
    plain = command(house, "key", "create", "--tenant", "demo", "--name", "plain")
    assert not plain["signing"] and "signing_secret" not in plain
    assert house.ask("GET", "/v1/models", headers={"X-API-Key": key["key"]}).status == 200, "it is a key like others, too"


@pytest.mark.parametrize("digest", ["sha-256", "sha-512"])
def test_signed_requests_are_taken(house, key, digest):
    assert house.ask("POST", CHAT, BODY, signed(house, key, digest=digest)).status == 200
    assert house.ask("GET", "/v1/models", headers=signed(house, key, "GET", "/v1/models", None)).status == 200
    path = "/api/usage?day=2026-11-22"
    assert house.ask("GET", path, headers=signed(house, key, "GET", path, None)).status == 200
    asked = json.dumps({"prompt": "Hi", "max_tokens": 1}).encode()
    path = "/api/v1/llm/generate/api-key"
    assert house.ask("POST", path, asked, signed(house, key, "POST", path, asked)).status == 200, "it shows an API key"
    with house.stream(CHAT, {}, headers=signed(house, key, body=json.dumps({"stream": True}).encode())) as answer:
        assert answer.status == 400, "let in, and told what is wrong with the body"


def test_what_is_covered_beside_the_usual_is_held_against_the_request(house, key):
    covers = [*USUAL, "content-digest", "content-type", "@authority", "@path", "@query", "x-part"]
    fields = {"Content-Type": "application/json", "Content-Digest": digest_of(BODY), "X-Part": "one"}
    headers = signed(house, key, covers=covers, fields=fields)
    for name, value in ("X-Part", "two"), ("Content-Type", "application/json; charset=utf-8"):
        assert refusal(house.ask("POST", CHAT, BODY, {**headers, name: value}))[0] == "signature_invalid"
    without = {name: value for name, value in headers.items() if name != "X-Part"}
    reason, message = refusal(house.ask("POST", CHAT, BODY, without))
    assert reason == "signature_incomplete" and '"x-part"' in message
    assert house.ask("POST", CHAT, BODY, headers).status == 200


def test_replayed_requests_are_refused(house, key):
    headers = signed(house, key)
    assert house.ask("POST", CHAT, BODY, headers).status == 200
    for _ in range(3):
        assert refusal(house.ask("POST", CHAT, BODY, headers))[0] == "signature_replayed"
    get = signed(house, key, "GET", "/v1/models", None)
    assert house.ask("GET", "/v1/models", headers=get).status == 200
    assert refusal(house.ask("GET", "/v1/models", headers=get))[0] == "signature_replayed"


def test_a_nonce_is_good_once_whatever_it_signs(house, key):
    nonce = str(uuid.uuid4())
    assert house.ask("POST", CHAT, BODY, signed(house, key, nonce=nonce)).status == 200
    assert refusal(house.ask("GET", "/v1/models", headers=signed(house, key, "GET", "/v1/models", None, nonce=nonce)))[0] == "signature_replayed"
    another = command(house, "key", "create", "--tenant", "demo", "--name", "another", "--signing")
    assert house.ask("POST", CHAT, BODY, signed(house, another, nonce=nonce)).status == 200, "other keys have nonces of their own"


@pytest.mark.parametrize(
    ("age", "reason"), [(WINDOW - 5, None), (WINDOW + 5, "signature_late"), (-WINDOW + 5, None), (-WINDOW - 5, "signature_early"), (10**6, "signature_late")]
)
def test_requests_have_a_window(house, key, age, reason):
    reply = house.ask("POST", CHAT, BODY, signed(house, key, age=age))
    if reason is None:
        assert reply.status == 200, reply.body
    else:
        found, message = refusal(reply)
        assert found == reason and "5 minutes" in message


def test_requests_may_expire_sooner(house, key):
    assert house.ask("POST", CHAT, BODY, signed(house, key, expires_in=60)).status == 200
    assert refusal(house.ask("POST", CHAT, BODY, signed(house, key, age=20, expires_in=-10)))[0] == "signature_late"


def test_altered_requests_are_refused_and_use_nothing_up(house, key):
    headers = signed(house, key)
    altered = BODY.replace(b"Hi", b"Ho")
    assert refusal(house.ask("POST", CHAT, altered, headers))[0] == "digest_mismatch"
    assert refusal(house.ask("POST", CHAT, BODY + b" ", headers))[0] == "digest_mismatch"
    assert refusal(house.ask("POST", CHAT, altered, {**headers, "Content-Digest": digest_of(altered)}))[0] == "signature_invalid"
    assert refusal(house.ask("POST", CHAT + "?x=1", BODY, headers))[0] == "signature_invalid"
    assert refusal(house.ask("POST", "/v1/completions", BODY, headers))[0] == "signature_invalid"
    assert refusal(house.ask("POST", CHAT, BODY, {**headers, "Host": "localhost:1"}))[0] == "signature_invalid"
    for made in b"\0" * 32, b"", b"\0" * 64:
        label = headers["Signature"].partition("=")[0]
        forged = {**headers, "Signature": f"{label}=:{base64.b64encode(made).decode()}:"}
        assert refusal(house.ask("POST", CHAT, BODY, forged))[0] == "signature_invalid"
    assert house.ask("POST", CHAT, BODY, headers).status == 200, "none of that has used up its nonce"
    get = signed(house, key, "GET", "/v1/models", None)
    assert refusal(house.ask("GET", "/v1/models?x", headers=get))[0] == "signature_invalid"
    assert house.ask("HEAD", "/v1/models", headers=get).status == 401, "another method is another request"
    assert house.ask("GET", "/v1/models", headers=get).status == 200


def test_the_wrong_key_and_no_key_read_alike(house, key):
    plain = command(house, "key", "create", "--tenant", "demo", "--name", "no signer")
    wrong = [{**key, "signing_secret": "A" * 43}, {**key, "id": str(uuid.uuid4())}, {**key, "id": plain["id"]}, {**key, "signing_secret": key["key"]}]
    answers = {refusal(house.ask("POST", CHAT, BODY, signed(house, one))) for one in wrong}
    assert answers == {("signature_invalid", "The signature is not valid for this request and this key")}


def test_what_is_missing_is_said(house, key):
    digest = {"Content-Digest": digest_of(BODY)}
    full = [*USUAL, "content-digest"]

    def missing(**more):
        return refusal(house.ask("POST", CHAT, BODY, signed(house, key, **more)))

    reason, message = missing(covers=USUAL)
    assert reason == "signature_incomplete" and "content-digest" in message
    assert "content-digest" in missing(covers=USUAL, fields=digest)[1], "there, but not signed"
    assert "@method" in missing(covers=["@target-uri", "content-digest"], fields=digest)[1]
    assert "@target-uri" in missing(covers=["@method", "content-digest"], fields=digest)[1]
    assert "nonce" in missing(covers=full, fields=digest, nonce=None)[1]
    assert "nonce" in missing(covers=full, fields=digest, nonce="n" * 257)[1]
    headers = signed(house, key)
    for without, reason in ("Signature", "signature_malformed"), ("Content-Digest", "digest_malformed"), ("Signature-Input", None):
        reply = house.ask("POST", CHAT, BODY, {name: value for name, value in headers.items() if name != without})
        if reason is None:
            assert reply.status == 401 and reply.headers["X-API-Key-Error"] == "missing", "it is not signed at all"
        else:
            assert refusal(reply)[0] == reason, without
    unknown = {**headers, "Content-Digest": "md5=:AAAA:"}
    assert refusal(house.ask("POST", CHAT, BODY, unknown))[0] == "digest_malformed"


def test_a_second_credential_is_one_too_many(house, key):
    for more in {"X-API-Key": key["key"]}, {"Authorization": f"Bearer {key['key']}"}:
        reply = house.ask("POST", CHAT, BODY, {**signed(house, key), **more})
        assert reply.status == 400 and reply.json()["error"]["code"] == "ambiguous_credentials"


def test_refusals_are_in_the_dialect_of_the_route(house, key):
    late = signed(house, key, "POST", "/api/llm/generate", BODY, age=1000)
    error = house.ask("POST", "/api/llm/generate", BODY, late).json()["error"]
    assert (error["code"], error["type"], error["param"]) == (401, "signature_late", "created")
    late = signed(house, key, "POST", "/v1/messages", BODY, age=1000)
    assert house.ask("POST", "/v1/messages", BODY, late).json()["error"]["type"] == "authentication_error"


def test_signed_requests_end_with_their_key(house):
    key = command(house, "key", "create", "--tenant", "demo", "--name", "short", "--signing")
    assert house.ask("POST", CHAT, BODY, signed(house, key)).status == 200
    rotated = command(house, "key", "rotate", key["id"], "--overlap", "1h")
    assert rotated["signing_secret"] != key["signing_secret"]
    for one in key, rotated:
        assert house.ask("POST", CHAT, BODY, signed(house, one)).status == 200
    last = command(house, "key", "rotate", key["id"], "--overlap", "0s")
    assert refusal(house.ask("POST", CHAT, BODY, signed(house, rotated)))[0] == "signature_invalid"
    assert house.ask("POST", CHAT, BODY, signed(house, last)).status == 200
    command(house, "key", "revoke", key["id"])
    reply = house.ask("POST", CHAT, BODY, signed(house, last))
    assert reply.status == 401 and reply.headers["X-API-Key-Error"] == "revoked"


def test_a_key_may_be_bound_to_networks_and_scopes(house):
    elsewhere = command(house, "key", "create", "--tenant", "demo", "--name", "elsewhere", "--cidrs", "10.0.0.0/8", "--signing")
    assert house.ask("POST", CHAT, BODY, signed(house, elsewhere)).status == 403
    narrow = command(house, "key", "create", "--tenant", "demo", "--name", "narrow", "--scopes", "qa", "--signing")
    assert house.ask("POST", CHAT, BODY, signed(house, narrow)).status == 403


def test_a_tenant_may_take_signed_requests_alone(house):
    made = command(house, "tenant", "register", "signers", "--signatures", "required")
    assert made["signatures"] == "required"
    first = {"id": made["key_id"], "signing_secret": made["signing_secret"]}
    assert house.ask("POST", CHAT, BODY, signed(house, first)).status == 200
    plain = {"X-API-Key": made["api_key"]}
    assert refusal(house.ask("POST", CHAT, BODY, plain))[0] == "signature_required"
    assert house.ask("POST", CHAT, BODY, {"Authorization": f"Bearer {made['token']}"}).status == 200, "tokens are as they were"
    assert command(house, "tenant", "set", "signers", "--signatures", "optional")["signatures"] == "optional"
    assert house.ask("POST", CHAT, BODY, plain).status == 200
    assert house.ask("POST", CHAT, BODY, house.bearer()).status == 200, "other tenants never noticed"
    assert run("tenant", "set", "signers", "--signatures", "perhaps", "--data", house.data).returncode == 2


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_replays_are_refused_after_a_restart(new_house, tmp_path, end):
    config = tmp_path / "g.toml"
    config.write_text(f'[server]\npublic_url = "{PUBLIC}"\n')  # its name stays, whatever port it takes
    house = new_house("--config", config)
    key = command(house, "key", "create", "--tenant", "demo", "--name", "signs", "--signing")

    def sign(*what, **how):
        return {**signed(house, key, *what, url=PUBLIC, **how), "Host": PUBLIC.removeprefix("https://")}

    taken = [sign(), sign("GET", "/v1/models", None)]
    unused = sign()
    assert house.ask("POST", CHAT, BODY, taken[0]).status == 200
    assert house.ask("GET", "/v1/models", headers=taken[1]).status == 200
    getattr(house, end)()
    house.start("--config", config)
    assert refusal(house.ask("POST", CHAT, BODY, taken[0]))[0] == "signature_replayed"
    assert refusal(house.ask("GET", "/v1/models", headers=taken[1]))[0] == "signature_replayed"
    assert house.ask("POST", CHAT, BODY, unused).status == 200
    assert house.ask("POST", CHAT, BODY, sign()).status == 200, "the sealed secret opens again"


def test_signed_requests_name_the_public_address(new_house, tmp_path):
    (tmp_path / "g.toml").write_text(f'[server]\npublic_url = "{PUBLIC}"\n')
    house = new_house("--config", tmp_path / "g.toml")
    key = command(house, "key", "create", "--tenant", "demo", "--name", "signs", "--signing")
    public = {**signed(house, key, url=PUBLIC), "Host": "api.example.com"}
    assert house.ask("POST", CHAT, BODY, public).status == 200
    assert house.ask("POST", CHAT, BODY, signed(house, key)).status == 200, "under the address that it was asked at, too"
    elsewhere = {**signed(house, key, url="https://other.example.com"), "Host": "api.example.com"}
    assert refusal(house.ask("POST", CHAT, BODY, elsewhere))[0] == "signature_invalid"


def test_nothing_of_a_secret_stands_on_the_disk(new_house):
    house = new_house()
    key = command(house, "key", "create", "--tenant", "demo", "--name", "signs", "--signing")
    assert house.ask("POST", CHAT, BODY, signed(house, key)).status == 200
    house.stop()
    secret = key["signing_secret"]
    for text in secret, base64.urlsafe_b64decode(secret + "=").hex():
        found = subprocess.run(["grep", "-rlaF", text, str(house.data)], capture_output=True)
        assert found.returncode == 1 and found.stdout == b"", found.stdout


def test_the_audit_trail_says_by_which_rule(house, key):
    house.ask("POST", CHAT, BODY, signed(house, key))
    headers = signed(house, key)
    assert [house.ask("POST", CHAT, BODY, headers).status for _ in range(2)] == [200, 401]
    rows = command(house, "audit", "list", "--key", key["id"])
    assert "signature.replayed" in {row["rule"] for row in rows}
