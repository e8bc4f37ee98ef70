"""Our own signing keys: our tokens in the libraries of others, rotation, and another algorithm in the configuration."""

import json
import warnings

import jwt as pyjwt
import pytest
from house import House, eventually, run
from jose_keys import ASYMMETRIC, INVALID, LIBRARIES, authlib_jose, joserfc_jwk, joserfc_jws, present


def verified_by(library, token, jwks, name):
    header = pyjwt.get_unverified_header(token)
    key = next(one for one in jwks["keys"] if one["kid"] == header["kid"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if library == "pyjwt":
            return pyjwt.decode(token, pyjwt.PyJWK(key), algorithms=[name], audience="gatehouse", issuer="gatehouse")
        if library == "authlib":
            return authlib_jose.JsonWebToken([name]).decode(token, authlib_jose.JsonWebKey.import_key_set(jwks))
        return json.loads(joserfc_jws.deserialize_compact(token, joserfc_jwk.KeySet.import_key_set(jwks), algorithms=[name]).payload)


@pytest.fixture(scope="module")
def signing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signing")
    house = House(folder / "data", folder / "log").start()

    def command(*words):
        done = run(*words, "--data", house.data, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield house, command
    house.kill()


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_our_tokens_in_three_libraries(signing, name):
    house, command = signing
    made = command("signing-key", "rotate", "--algorithm", name)
    assert made["algorithm"] == name and made["signs"] and made["warning"] is None
    token = command("token", "issue", "--tenant", "demo", "--scopes", "llm")["token"]
    assert present(house, token) == (200, None)
    jwks = house.ask("GET", "/.well-known/jwks.json", headers={}).json()
    for library in LIBRARIES:
        assert verified_by(library, token, jwks, name)["tenant_id"] == "demo", library


def test_a_key_retires_and_is_gone(new_house):
    house = new_house()

    def command(*words):
        done = run(*words, "--data", house.data, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def kids():
        return {key["kid"] for key in house.ask("GET", "/.well-known/jwks.json", headers={}).json()["keys"]}

    old = command("token", "issue", "--tenant", "demo", "--scopes", "llm")["token"]
    (first,) = command("signing-key", "list")
    assert first["algorithm"] == "EdDSA" and first["signs"] and first["retires_at"] is None and kids() == {first["kid"]}
    rotated = run("signing-key", "rotate", "--overlap", "3s", "--data", house.data)
    assert rotated.returncode == 0 and b"are refused from then on" in rotated.stdout
    before, after = command("signing-key", "list")
    assert before["kid"] == first["kid"] and before["retires_at"] and not before["signs"] and after["signs"]
    new = command("token", "issue", "--tenant", "demo", "--scopes", "llm")["token"]
    assert present(house, old) == present(house, new) == (200, None) and kids() == {before["kid"], after["kid"]}
    eventually(lambda: kids() == {after["kid"]}, 10, "the end of the old key")
    assert present(house, old) == (401, INVALID) and present(house, new) == (200, None)
    assert house.stop() == 0
    assert [key["kid"] for key in command("signing-key", "list")] == [after["kid"]], "without a server"
    assert run("signing-key", "rotate", "--overlap", "400d", "--data", house.data).returncode != 0
    assert run("signing-key", "rotate", "--algorithm", "none", "--data", house.data).returncode != 0


@pytest.mark.parametrize(("name", "other"), [("ES256", "RS256"), ("HS256", "PS256")])
def test_another_algorithm_in_the_configuration(new_house, tmp_path, name, other):
    house = new_house()
    old = json.loads(run("token", "issue", "--tenant", "demo", "--scopes", "llm", "--data", house.data, "--json").stdout)["token"]
    assert house.stop() == 0
    config = tmp_path / "g.toml"
    config.write_text(f'[auth]\nalgorithm = "{name}"\n')
    checked = json.loads(run("config", "check", "--config", config, "--data", house.data, "--json").stdout)
    assert checked["ok"] and name in checked["notes"][0] and "EdDSA" in checked["notes"][0]
    house.start("--config", str(config))
    assert "auth.algorithm or auth.secret is another one" in house.said()
    new = json.loads(run("token", "issue", "--tenant", "demo", "--scopes", "llm", "--data", house.data, "--json").stdout)["token"]
    assert pyjwt.get_unverified_header(new)["alg"] == name and present(house, old) == present(house, new) == (200, None)
    assert json.loads(run("config", "check", "--config", config, "--data", house.data, "--json").stdout)["notes"] == []
    assert len(house.ask("GET", "/.well-known/jwks.json", headers={}).json()["keys"]) == (1 if name == "HS256" else 2)
    # A key that somebody rotated to stays where the configuration says nothing.
    assert run("signing-key", "rotate", "--algorithm", other, "--data", house.data).returncode == 0
    assert house.stop() == 0
    house.start()
    new = json.loads(run("token", "issue", "--tenant", "demo", "--scopes", "llm", "--data", house.data, "--json").stdout)["token"]
    assert pyjwt.get_unverified_header(new)["alg"] == other and present(house, old) == present(house, new) == (200, None)


def test_help_shows_an_example():
    for command in ("list", "rotate"):
        assert b"Example" in run("signing-key", command, "--help").stdout
