"""gatehouse jose verify with tokens and key sets that PyJWT, Authlib and joserfc make (security.md, D1 to D9)."""

import base64
import hmac
import json
import socket
import time

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from house import run
from joserfc import jwk as joserfc_jwk
from jose_keys import ALGORITHMS, LIBRARIES, Keys, authlib_jose, base64url, private_pem

PAYLOAD = {"iss": "https://id.example.org", "sub": "u-1", "aud": ["gatehouse", "other"], "scope": "llm nlu", "tenant_id": "acme", "名": "值"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("jose"))


def fresh(**more):
    now = int(time.time())
    return {**PAYLOAD, "iat": now, "nbf": now, "exp": now + 600, **more}


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_tokens_of_three_libraries(keys, library, name):
    payload = fresh()
    token = getattr(keys, library)(name, payload)
    assert keys.verify(token) == (0, {"valid": True, "alg": name, "kid": name.lower()})
    code, found = keys.verify(token + "\n", "--claims", "--issuer", PAYLOAD["iss"], "--audience", "gatehouse")
    assert code == 0 and found == {"valid": True, "alg": name, "kid": name.lower(), "claims": payload}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_changed_token(keys, name):
    header, payload, signature = keys.pyjwt(name, fresh()).split(".")
    other = base64url(json.dumps(fresh(sub="admin")).encode())
    first = "B" if signature[0] == "A" else "A"
    for changed in (f"{header}.{other}.{signature}", f"{header}.{payload}.{first}{signature[1:]}", f"{header}.{payload}."):
        assert keys.verify(changed) == (1, {"valid": False, "error": "token_signature_invalid"})
    for malformed in (f"{header}.{payload}", f"{header}.{payload}.{signature}=", f"{header}.{payload}.{signature} ", f" {header}.{payload}.{signature}", f"{header}.{payload}.{signature}\n\n", ""):
        assert keys.verify(malformed) == (1, {"valid": False, "error": "token_malformed"}), malformed
    padded = base64url(base64.urlsafe_b64decode(header + "==") + b" ")
    assert keys.verify(f"{padded}.{payload}.{signature}")[0] == 1


@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE"])
def test_none_in_every_spelling(keys, spelling):
    header = base64url(json.dumps({"alg": spelling}).encode())
    for signature in ("", keys.pyjwt("HS256", {}).rpartition(".")[2]):
        assert keys.verify(f"{header}.e30.{signature}") == (1, {"valid": False, "error": "token_alg_not_allowed"})


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_against_every_key(keys, name):
    for claimed in ALGORITHMS:
        token = pyjwt.encode({}, keys.private[name], name, headers={"kid": claimed.lower()})
        assert (keys.verify(token)[0] == 0) == (claimed == name), claimed


def test_the_public_key_as_a_secret(keys):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    for name in ("RS256", "ES256", "EdDSA"):
        public = keys.private[name].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = base64url(json.dumps({"alg": "HS256", "kid": name.lower()}).encode()) + ".e30"
        token = signed + "." + base64url(hmac.digest(public, signed.encode(), "sha256"))
        assert keys.verify(token) == (1, {"valid": False, "error": "token_alg_not_allowed"})


def test_nothing_that_a_header_names_is_fetched(keys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/keys.json"
        own = joserfc_jwk.ECKey.generate_key("P-256").as_dict(private=False)
        for more in ({"jku": url}, {"x5u": url}, {"x5c": ["MIIB"]}, {"jwk": own}, {"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"zip": "DEF"}):
            header = base64url(json.dumps({"alg": "HS256", "kid": "hs256", **more}).encode())
            signature = hmac.digest(keys.secret, f"{header}.e30".encode(), "sha256")
            assert keys.verify(f"{header}.e30.{base64url(signature)}") == (1, {"valid": False, "error": "token_header_not_allowed"}), more
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("kid", ["", "nobody", "../../../../dev/null", "' OR 1=1 --", "key|id", "$(id)", "hs256\x00", "x" * 4000])
def test_a_kid_only_picks(keys, kid):
    token = pyjwt.encode({}, keys.secret, "HS256", headers={"kid": kid})
    assert keys.verify(token) == (1, {"valid": False, "error": "token_key_unknown"})


def test_a_token_that_is_too_large(keys):
    assert keys.verify(pyjwt.encode({"x": "x" * 9000}, keys.secret, "HS256", headers={"kid": "hs256"})) == (1, {"valid": False, "error": "token_too_large"})
    assert keys.verify(b"x" * (1 << 20)) == (1, {"valid": False, "error": "token_too_large"})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"exp": 0}, "token_expired"),
        ({"exp": None}, "token_claims_malformed"),
        ({"exp": 1.5}, "token_claims_malformed"),
        ({"exp": 1 << 64}, "token_claims_malformed"),
        ({"exp": -1}, "token_claims_malformed"),
        ({"nbf": 4102444800, "exp": 4102444900}, "token_not_yet_valid"),
        ({"exp": 4102444900}, "token_lifetime_too_long"),
        ({"iss": "https://evil.example.org"}, "token_issuer_unknown"),
        ({"aud": "other"}, "token_audience_wrong"),
        ({"scope": ["llm", 1]}, "token_claims_malformed"),
    ],
)
def test_claims_that_are_wrong(keys, change, error):
    token = keys.joserfc("EdDSA", fresh(**change))
    assert keys.verify(token)[0] == 0, "without --claims signature and header count"
    assert keys.verify(token, "--claims", "--issuer", PAYLOAD["iss"], "--audience", "gatehouse") == (1, {"valid": False, "error": error})


def test_issuer_and_audience_mean_claims(keys):
    token = keys.pyjwt("ES256", {"exp": int(time.time()) - 600})
    assert keys.verify(token)[0] == 0
    for option in ("--claims", "--issuer=x", "--audience=x"):
        assert keys.verify(token, option)[0] == 1


def test_a_claim_twice_and_no_claims_at_all(keys):
    for payload in (b'{"exp":4102444800,"exp":1}', b"not json", b"[]", b""):
        token = authlib_jose.JsonWebSignature().serialize_compact({"alg": "HS256", "kid": "hs256"}, payload, keys.secret).decode()
        assert keys.verify(token)[0] == 0
        assert keys.verify(token, "--claims") == (1, {"valid": False, "error": "token_claims_malformed"})


def test_keys_that_are_left_out(keys, tmp_path):
    weak = joserfc_jwk.RSAKey.import_key(private_pem(rsa.generate_private_key(65537, 1024)), {"kid": "weak"})
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [weak.as_dict(private=False), keys.jwks[3]]}))
    assert keys.verify(keys.pyjwt("ES256", {}), path=path)[0] == 0
    token = pyjwt.encode({}, weak.private_key, "RS256", headers={"kid": "weak"})
    assert keys.verify(token, path=path) == (1, {"valid": False, "error": "token_key_unknown"})
    path.write_text(json.dumps({"keys": [{**keys.jwks[3], "use": "enc"}]}))
    assert keys.verify(keys.pyjwt("ES256", {}), path=path) == (1, {"valid": False, "error": "jwks_empty"})
    path.write_text(json.dumps({"keys": [keys.jwks[3], keys.jwks[3]]}))
    assert keys.verify(keys.pyjwt("ES256", {}), path=path) == (1, {"valid": False, "error": "jwks_kid_twice"})


def test_one_jwk_without_name_or_algorithm(keys, tmp_path):
    path = tmp_path / "jwk.json"
    for index, name in enumerate(ALGORITHMS):
        path.write_text(json.dumps({member: value for member, value in keys.jwks[index].items() if member not in ("kid", "alg", "use")}))
        assert keys.verify(pyjwt.encode({}, keys.private[name], name), path=path) == (0, {"valid": True, "alg": name, "kid": None})


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"keys":1}', '{"keys":[1]}', "\x00", '{"keys":[],"keys":[]}'])
def test_what_is_no_key_set(keys, tmp_path, content):
    path = tmp_path / "jwks.json"
    path.write_text(content)
    assert keys.verify(keys.pyjwt("HS256", {}), path=path) == (1, {"valid": False, "error": "jwks_malformed"})


def test_a_key_set_that_is_not_there(keys, tmp_path):
    assert keys.verify("", path=tmp_path / "nothing") == (1, {"valid": False, "error": "jwks_unreadable"})


@pytest.mark.parametrize("arguments", [("jose",), ("jose", "verify"), ("jose", "verify", "--jwks"), ("jose", "sign"), ("jose", "verify", "--jwks", "x", "token")])
def test_wrong_usage(arguments):
    wrong = run(*arguments)
    assert wrong.returncode == 2 and wrong.stdout == b"" and wrong.stderr


def test_help_shows_an_example():
    assert b"jose verify" in run("jose", "--help").stdout + run("jose", "verify", "--help").stdout
    assert b"Example" in run("jose", "verify", "--help").stdout
