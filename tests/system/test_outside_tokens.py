"""Tokens of outside issuers against a running server (security.md, D1 to D9, E7)."""

import hmac
import json
import signal
import time

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from house import House, eventually, run
from jose_keys import ALGORITHMS, ASYMMETRIC, INVALID, LIBRARIES, Keys, base64url, present
from key_server import Authority, key_server

EXPIRED, NO_TENANT, DISABLED = "Token has expired", "Invalid token: missing tenant_id", "Tenant is disabled"


def claims(issuer, **more):
    now = int(time.time())
    said = {"iss": issuer, "aud": "gatehouse-api", "sub": "u-1", "tenant_id": "acme", "scope": "llm usage:read", "iat": now, "exp": now + 600}
    said.update(more)
    return {name: value for name, value in said.items() if value is not None}


def table(**keys):
    return "[[auth.issuers]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in keys.items())


def private_file(path, content):
    path.write_bytes(content)
    path.chmod(0o600)
    return str(path)


class World:
    def __init__(self, folder, keys, port, authority):
        self.keys = keys
        self.secret_file = private_file(folder / "secret", self.keys.secret + b"\n")
        self.old_secret = b"a secret that was sold with years"
        old_secret_file = private_file(folder / "old-secret", self.old_secret)
        self.config = folder / "g.toml"
        common = {"audience": "gatehouse-api"}
        self.config.write_text(
            table(name="file", issuer="https://file.example", jwks_file=str(self.keys.path), **common)
            + table(name="shared", issuer="https://shared.example", secret_file=self.secret_file, algorithms=["HS256"], **common)
            + table(name="tls", issuer="https://tls.example", jwks_url=f"https://localhost:{port}/keys", ca_file=str(authority.file), **common)
            + table(name="narrow", issuer="https://narrow.example", jwks_file=str(self.keys.path), algorithms=["ES256"], tenants=["acme"], **common)
            + table(name="words", issuer="https://words.example", jwks_file=str(self.keys.path), tenant_claim="org", user_claim="uid", scope_claim="scp", **common)
            + table(name="sold", legacy=True, until="2999-01-31", secret_file=old_secret_file)
        )
        self.house = House(folder / "data", folder / "log")
        self.command("tenant", "register", "acme")
        self.command("tenant", "register", "gone")
        self.command("tenant", "disable", "gone")
        self.house.start("--config", str(self.config))

    def command(self, *words, stdin=b""):
        done = run(*words, "--data", self.house.data, "--config", self.config, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def token(self, name, payload, library="pyjwt"):
        return getattr(self.keys, library)(name, payload)

    def present(self, token, path="/v1/models"):
        """(status, message)"""
        return present(self.house, token, path)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    authority, keys = Authority(folder), Keys(folder)
    with key_server(authority.identity(), keys.jwks) as port:
        world = World(folder, keys, port, authority)
        try:
            yield world
            assert world.house.stop() == 0, world.house.tail()
        finally:
            world.house.kill()


# -- what is taken -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ASYMMETRIC)
@pytest.mark.parametrize("issuer", ["file", "tls"])
def test_key_pairs(world, issuer, name, library):
    assert world.present(world.token(name, claims(f"https://{issuer}.example"), library)) == (200, None)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_shared_secret(world, library):
    assert world.present(world.token("HS256", claims("https://shared.example"), library)) == (200, None)


def test_a_token_that_names_no_key(world):
    for name in ("ES256", "EdDSA"):
        assert world.present(pyjwt.encode(claims("https://file.example"), world.keys.private[name], name)) == (200, None)
    assert world.present(pyjwt.encode(claims("https://shared.example"), world.keys.secret, "HS256")) == (200, None)


def test_a_legacy_issuer(world):
    year = {"tenant_id": "acme", "scope": ["llm"], "exp": int(time.time()) + 365 * 86400}
    assert world.present(pyjwt.encode(year, world.old_secret, "HS256")) == (200, None)
    assert world.present(pyjwt.encode(year, world.old_secret + b"!", "HS256")) == (401, INVALID)
    assert world.present(pyjwt.encode({**year, "tenant_id": None}, world.old_secret, "HS256"))[0] == 401
    sold = pyjwt.encode({**year, "sub": "another"}, world.old_secret, "HS256")
    assert world.present(sold) == (200, None)
    assert run("token", "revoke", "--data", world.house.data, "--config", world.config, stdin=sold.encode()).returncode == 0
    assert world.present(sold) == (401, "Token has been revoked")


def test_claims_under_other_names(world):
    said = claims("https://words.example", org="acme", uid="ada", scp=["usage:read"], tenant_id="gone", scope="llm")
    token = world.token("EdDSA", said)
    assert world.present(token, "/api/usage") == (200, None)
    assert world.present(token) == (403, "Not enough permissions")
    me = world.house.ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert (me["id"], me["tenant_id"], me["scopes"]) == ("ada", "acme", ["usage:read"])


def test_no_more_than_the_tenant_has(world):
    token = world.token("EdDSA", claims("https://file.example", scope="llm tenant:admin keys:write platform:admin"))
    me = world.house.ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["scopes"] == ["llm"] and me["is_superuser"] is False
    assert world.present(token, "/api/admin/tenants") == (403, "Not enough permissions")
    assert world.present(world.token("EdDSA", claims("https://file.example", scope=None))) == (403, "Not enough permissions")


def test_what_somebody_of_an_issuer_gave_is_good_as_long_as_they_might_give_it(world):
    admin = "llm,usage:read,tenant:admin"
    world.command("tenant", "set", "acme", "--scopes", admin)
    numbers = iter(range(100))

    def invite(name="ada"):
        token = world.token("EdDSA", claims("https://file.example", sub=name, scope="tenant:admin"))
        made = world.house.ask("POST", "/api/admin/invitations", {}, {"Authorization": f"Bearer {token}"})
        assert made.status == 201, made.body
        return made.json()["invitation"]

    def come(invitation):
        name = f"guest-{next(numbers)}"
        body = {"username": name, "email": f"{name}@example.org", "password": "a horse of another colour", "invitation": invitation}
        return world.house.ask("POST", "/api/auth/register", body, {}).status

    first, second, third, bobs = invite(), invite(), invite(), invite("bob")
    assert come(first) == 200
    world.command("tenant", "set", "acme", "--scopes", "llm,usage:read")
    assert come(second) == 400, "the tenant gives nobody that right any more"
    world.command("tenant", "set", "acme", "--scopes", admin)
    assert come(second) == 200
    world.command("token", "revoke", "--issuer", "file", "--user", "ada")
    assert (come(third), come(bobs)) == (400, 200), "hers alone"


def test_a_user_of_an_issuer_sees_their_own_records_alone(world):
    world.command("tenant", "set", "acme", "--scopes", "llm,usage:read,audit:read")
    # Nobody whose tokens an earlier test has revoked: that reaches what is issued within the same second.
    carol, bob, acme = ({"Authorization": f"Bearer {world.token('EdDSA', claims('https://file.example', sub=name, scope='llm audit:read'))}"} for name in ("carol", "bob", "acme"))
    for who in carol, bob, acme:
        assert world.house.ask("GET", "/v1/models/none", headers=who).status == 404

    def seen(who):
        return {record["user_id"] for record in world.house.ask("GET", "/api/audit", headers=who).json()["data"]}

    for who, name in (carol, "carol"), (bob, "bob"), (acme, "acme"):
        eventually(lambda who=who: seen(who), what="own records")
        assert seen(who) == {name}
    assert world.house.ask("GET", "/api/audit?user_id=bob", headers=carol).json()["data"] == []


# -- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_against_every_key(world, name):
    for claimed in ASYMMETRIC:
        token = pyjwt.encode(claims("https://file.example"), world.keys.private[name], name, headers={"kid": claimed.lower()})
        assert world.present(token) == ((200, None) if claimed == name else (401, INVALID)), claimed


def test_a_public_key_as_a_secret_and_a_secret_in_a_set(world):
    for name in ASYMMETRIC:
        public = world.keys.private[name].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        signed = base64url(json.dumps({"alg": "HS256", "kid": name.lower()}).encode()) + "." + base64url(json.dumps(claims("https://file.example")).encode())
        assert world.present(signed + "." + base64url(hmac.digest(public, signed.encode(), "sha256"))) == (401, INVALID)
    assert world.present(world.token("HS256", claims("https://file.example"))) == (401, INVALID), "the set holds that secret, for everybody to read"
    header = base64url(b'{"alg":"none"}')
    assert world.present(f"{header}.{base64url(json.dumps(claims('https://file.example')).encode())}.") == (401, INVALID)


def test_an_algorithm_that_the_issuer_does_not_use(world):
    assert world.present(world.token("ES256", claims("https://narrow.example"))) == (200, None)
    for name in ("RS256", "PS256", "EdDSA", "HS256"):
        assert world.present(world.token(name, claims("https://narrow.example"))) == (401, INVALID), name
    for name in ASYMMETRIC:
        assert world.present(world.token(name, claims("https://shared.example"))) == (401, INVALID), name


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"iss": "https://evil.example"}, (401, INVALID)),
        ({"iss": "gatehouse"}, (401, INVALID)),
        ({"iss": None}, (401, INVALID)),
        ({"aud": "another"}, (401, INVALID)),
        ({"aud": None}, (401, INVALID)),
        ({"exp": 1_700_000_000, "iat": 1_699_999_000}, (401, EXPIRED)),
        ({"exp": None}, (401, INVALID)),
        ({"nbf": 4_000_000_000, "exp": 4_000_000_900}, (401, INVALID)),
        ({"exp": int(time.time()) + 400 * 86400}, (401, INVALID)),
        ({"tenant_id": None}, (401, NO_TENANT)),
        ({"tenant_id": "gone"}, (403, DISABLED)),
        ({"tenant_id": "nobody"}, (403, DISABLED)),
        ({"tenant_id": "system"}, (403, DISABLED)),
        ({"scope": ["llm", 1]}, (401, INVALID)),
    ],
)
@pytest.mark.parametrize(("issuer", "name"), [("file", "EdDSA"), ("tls", "RS256"), ("shared", "HS256")])
def test_claims_that_are_wrong(world, issuer, name, change, answer):
    assert world.present(world.token(name, claims(f"https://{issuer}.example", **change), "joserfc")) == answer


def test_a_tenant_that_the_issuer_may_not_speak_for(world):
    assert world.present(world.token("ES256", claims("https://narrow.example", tenant_id="demo"))) == (403, DISABLED)
    assert world.present(world.token("ES256", claims("https://file.example", tenant_id="demo"))) == (200, None)


def test_an_id_token_is_none_for_us(world):
    token = pyjwt.encode(claims("https://file.example"), world.keys.private["ES256"], "ES256", headers={"kid": "es256", "typ": "logout+jwt"})
    assert world.present(token) == (401, INVALID)


@pytest.mark.parametrize("jti", ["an-id", None])
def test_a_token_is_revoked_by_itself(world, jti):
    token, other = (world.token("EdDSA", claims("https://file.example", jti=jti and f"{jti}-{n}", sub=f"u-{n}")) for n in (1, 2))
    assert world.present(token) == world.present(other) == (200, None)
    world.command("token", "revoke", stdin=token.encode())
    assert world.present(token) == (401, "Token has been revoked") and world.present(other) == (200, None)


def test_a_tenant_is_disabled_and_enabled_again(world):
    world.command("tenant", "register", "came-and-went")
    token = world.token("ES256", claims("https://tls.example", tenant_id="came-and-went"))
    assert world.present(token) == (200, None)
    world.command("tenant", "disable", "came-and-went")
    eventually(lambda: world.present(token) == (403, DISABLED), 2, "a refusal")
    world.command("tenant", "enable", "came-and-went")
    eventually(lambda: world.present(token) == (200, None), 2, "a welcome")


# -- keys and issuers come and go ------------------------------------------------------------------------------------------


def test_a_key_that_leaves_the_file(new_house, tmp_path):
    keys = Keys(tmp_path)
    config = tmp_path / "g.toml"
    config.write_text(table(name="file", issuer="https://file.example", jwks_file=str(keys.path), audience="gatehouse-api"))
    house = new_house("--config", str(config))
    tokens = {name: keys.pyjwt(name, claims("https://file.example", tenant_id="demo")) for name in ASYMMETRIC}
    assert {present(house, token) for token in tokens.values()} == {(200, None)}
    keys.path.write_text(json.dumps({"keys": [key for key in keys.jwks if key["kid"] != "rs256"]}))
    eventually(lambda: present(house, tokens["RS256"]) == (401, INVALID), 15, "the end of a key")
    assert {present(house, token) for name, token in tokens.items() if name != "RS256"} == {(200, None)}
    keys.path.write_text("{")
    house.signal(signal.SIGHUP)
    eventually(lambda: "keys cannot be read" in house.said(), 10, "a word about it")
    assert present(house, tokens["ES256"]) == (200, None), "what was read before stays"


def test_an_issuer_that_is_away_at_the_start_and_one_that_nobody_vouches_for(new_house, tmp_path):
    keys, authority = Keys(tmp_path), Authority(tmp_path)
    stranger = Authority(tmp_path, "Another authority")
    identity = authority.identity()
    with key_server(identity, keys.jwks) as free:
        pass
    config = tmp_path / "g.toml"
    with key_server(identity, keys.jwks) as other:
        config.write_text(
            table(name="away", issuer="https://away.example", jwks_url=f"https://localhost:{free}/", ca_file=str(authority.file), audience="gatehouse-api")
            + table(name="strange", issuer="https://strange.example", jwks_url=f"https://localhost:{other}/", ca_file=str(stranger.file), audience="gatehouse-api")
        )
        house = new_house("--config", str(config))
        token = keys.pyjwt("ES256", claims("https://away.example", tenant_id="demo"))
        assert present(house, token) == (401, INVALID)
        assert present(house, keys.pyjwt("ES256", claims("https://strange.example", tenant_id="demo"))) == (401, INVALID)
        assert present(house, house.key) == (200, None), "nobody else is held up"
        eventually(lambda: "connection_failed" in house.said() and "certificate_refused" in house.said(), 10, "words about both")
        with key_server(identity, keys.jwks, free):
            eventually(lambda: present(house, token) == (200, None), 30, "the keys")
        assert present(house, token) == (200, None), "what was read stays"
        assert house.stop() == 0


def test_a_reload_takes_all_issuers_or_none(new_house, tmp_path):
    keys = Keys(tmp_path)
    secret = private_file(tmp_path / "secret", keys.secret)
    one = table(name="one", issuer="https://one.example", jwks_file=str(keys.path), audience="gatehouse-api")
    two = table(name="two", issuer="https://two.example", secret_file=secret, audience="gatehouse-api")
    config = tmp_path / "g.toml"
    config.write_text(one)
    house = new_house("--config", str(config))
    first = keys.pyjwt("ES256", claims("https://one.example", tenant_id="demo"))
    second = keys.pyjwt("HS256", claims("https://two.example", tenant_id="demo"))
    assert (present(house, first), present(house, second)) == ((200, None), (401, INVALID))

    config.write_text(one + two)
    house.signal(signal.SIGHUP)
    eventually(lambda: present(house, second) == (200, None), 10, "the second issuer")
    assert present(house, first) == (200, None)

    config.write_text(two + table(name="three", issuer="https://three.example", audience="x"))
    house.signal(signal.SIGHUP)
    eventually(lambda: "is not reloaded" in house.said(), 10, "a refusal")
    assert "there must be one of jwks_file, jwks_url and secret_file" in house.said()
    assert (present(house, first), present(house, second)) == ((200, None), (200, None))

    private_file(tmp_path / "secret", b"another secret of thirty-two bytes")
    config.write_text(one.replace("gatehouse-api", "elsewhere") + two)
    house.signal(signal.SIGHUP)
    eventually(lambda: present(house, first) == (401, INVALID), 10, "another audience")
    assert present(house, second) == (401, INVALID), "another secret in the same file"

    for text, answer in ((one, (200, None)), ("", (401, INVALID))):
        config.write_text(text)
        house.signal(signal.SIGHUP)
        eventually(lambda a=answer: present(house, first) == a, 10, "an issuer that comes and goes")
    assert present(house, house.key) == (200, None)
    assert house.stop() == 0


def test_serve_refuses_issuers_that_are_wrong(tmp_path):
    config = tmp_path / "g.toml"
    config.write_text(table(name="a", issuer="https://a", audience="x", jwks_url="http://127.0.0.1/keys") + table(nam="b"))
    done = run("serve", "--data", tmp_path / "data", "--config", config)
    assert done.returncode == 2 and not (tmp_path / "data").exists()
    assert b"over https alone" in done.stderr and b"did you mean auth.issuers.name?" in done.stderr
    refused = run("config", "check", "--config", config, "--json")
    places = {(fault["line"], fault["column"], fault["key"]) for fault in json.loads(refused.stdout)["errors"]}
    assert refused.returncode == 2 and (5, 12, "auth.issuers.jwks_url") in places and (7, 1, "auth.issuers.nam") in places


def test_the_configuration_shows_them(world):
    shown = json.loads(run("config", "explain", "auth.issuers", "--config", world.config, "--json").stdout)[0]
    assert [one["name"] for one in shown["value"]] == ["file", "shared", "tls", "narrow", "words", "sold"] and shown["variable"] is None
    assert shown["value"][0]["tenant_claim"] == "tenant_id" and shown["value"][4]["tenant_claim"] == "org"
    printed = run("config", "print", "--config", world.config).stdout
    again = world.config.with_name("again.toml")
    again.write_bytes(printed)
    assert json.loads(run("config", "explain", "auth.issuers", "--config", again, "--json").stdout)[0]["value"] == shown["value"]
    assert world.keys.secret not in printed and world.old_secret not in printed
