"""The edge of the public listener: hosts, browsers of other origins, proxies, compression, languages, dialects (compat.md, sections 1, 4, 7)."""

import gzip
import json
from pathlib import Path

import pytest
from house import MODEL, House
from raw import Raw

NOBODY = {}
APP = "https://app.example.com"
CONFIGURATION = """
[server]
public_url = "https://api.example.com"
trusted_hosts = ["*.svc.example"]
trusted_proxies = ["127.0.0.1"]
docs = false
[server.cors]
origins = ["https://app.example.com", "http://localhost:3000"]
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A house with all of the edge set."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "g.toml").write_text(CONFIGURATION)
    house = House(folder / "data", folder / "log")
    try:
        yield house.start("--config", folder / "g.toml")
        assert house.stop() == 0, house.tail()
    finally:
        house.kill()


def cors_of(answer):
    return {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}


def vary_of(answer):
    return {word.strip().lower() for line in answer.headers.get_all("Vary") or [] for word in line.split(",")}


# -- hosts ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "a.b:1", "127.0.0.1.evil.example"])
def test_any_host_will_do_until_one_is_named(house, host):
    assert house.ask("GET", "/version", headers={"Host": host}).status == 200


@pytest.mark.parametrize("host", ["api.example.com", "API.Example.Com:8443", "a.svc.example", "127.0.0.1:8080", "localhost"])
def test_the_public_host_is_trusted(guarded, host):
    assert guarded.ask("GET", "/version", headers={"Host": host}).status == 200


@pytest.mark.parametrize("host", ["evil.example", "api.example.com.evil.example", "example.com", "svc.example", "api.example.com."])
@pytest.mark.parametrize("path", ["/", "/version", "/nothing", "/api/llm/generate"])
def test_other_hosts_are_refused(guarded, host, path):
    answer = guarded.ask("GET", path, headers={"Host": host})
    assert answer.status == 400 and answer.json()["error"]["message"] == "Invalid host header"


def test_the_refusal_has_the_shape_of_the_dialect(guarded):
    answer = guarded.ask("GET", "/v1/models", headers={"Host": "evil.example", **guarded.bearer()})
    assert answer.status == 400 and set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert guarded.ask("GET", "/v2/models", headers={"Host": "evil.example"}).json() == {"error": "Invalid host header"}


def test_probes_come_by_any_name(guarded):
    for path in ("/healthz", "/api/health/readiness"):
        assert guarded.ask("GET", path, headers={"Host": "10.1.2.3:8080"}).status == 200


# -- browsers of other origins ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [APP, "null", "http://127.0.0.1"])
def test_no_page_of_another_origin_reads_anything_by_default(house, origin):
    answer = house.ask("GET", "/v1/models", headers={"Origin": origin, **house.bearer()})
    assert answer.status == 200 and not cors_of(answer) and "origin" not in vary_of(answer)
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = house.ask("OPTIONS", "/v1/chat/completions", headers=asked)
    assert preflight.status == 405 and not cors_of(preflight)


@pytest.mark.parametrize("origin", [APP, "http://localhost:3000"])
def test_a_listed_origin_reads_answers_and_errors(guarded, origin):
    for path, status in (("/v1/models", 200), ("/v1/nothing", 404), ("/healthz", 200)):
        answer = guarded.ask("GET", path, headers={"Origin": origin, **guarded.bearer()})
        assert answer.status == status and "origin" in vary_of(answer)
        said = cors_of(answer)
        assert (said["access-control-allow-origin"], said["access-control-allow-credentials"]) == (origin, "true")
        exposed = {name.strip().lower() for name in said["access-control-expose-headers"].split(",")}
        assert {"x-request-id", "x-process-time", "retry-after", "x-api-key-error", "x-ratelimit-remaining-requests"} <= exposed


def test_streams_are_read_too(guarded):
    answer = guarded.ask("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "stream": True}, {"Origin": APP, **guarded.bearer()})
    assert answer.status == 200 and cors_of(answer)["access-control-allow-origin"] == APP


@pytest.mark.parametrize("origin", ["https://evil.example", "http://app.example.com", "https://app.example.com:444", "null", "*", "https://APP.example.com"])
def test_other_origins_do_not(guarded, origin):
    answer = guarded.ask("GET", "/v1/models", headers={"Origin": origin, **guarded.bearer()})
    assert answer.status == 200 and not cors_of(answer) and "origin" in vary_of(answer)
    preflight = guarded.ask("OPTIONS", "/v1/models", headers={"Origin": origin, "Access-Control-Request-Method": "GET"})
    assert preflight.status == 405 and not cors_of(preflight)


@pytest.mark.parametrize(
    ("path", "methods"), [("/v1/chat/completions", {"POST"}), ("/v1/models", {"GET", "HEAD"}), ("/v1/models/x", {"GET", "HEAD"}), ("/api/v1/llm/generate", {"POST"})]
)
def test_a_preflight_is_answered_from_the_route_table(guarded, path, methods):
    wanted = "authorization, x-api-key, content-type, x-stainless-os"
    answer = guarded.ask("OPTIONS", path, headers={"Origin": APP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": wanted})
    said = cors_of(answer)
    assert answer.status == 204 and answer.body == b"" and said["access-control-allow-origin"] == APP
    assert {one.strip() for one in said["access-control-allow-methods"].split(",")} == methods
    assert said["access-control-allow-headers"] == wanted and said["access-control-allow-credentials"] == "true"
    assert {"origin", "access-control-request-headers"} <= vary_of(answer)


def test_a_preflight_to_nowhere_finds_nothing(guarded):
    answer = guarded.ask("OPTIONS", "/nothing", headers={"Origin": APP, "Access-Control-Request-Method": "GET"})
    assert answer.status == 404


def test_any_origin_never_gets_credentials(new_house, tmp_path):
    (tmp_path / "g.toml").write_text('[server.cors]\norigins = ["*"]\n')
    house = new_house("--config", tmp_path / "g.toml")
    for origin in ("https://evil.example", "null"):
        said = cors_of(house.ask("GET", "/version", headers={"Origin": origin}))
        assert said["access-control-allow-origin"] == "*" and "access-control-allow-credentials" not in said


# -- proxies ----------------------------------------------------------------------------------------------------------------


def access_records(house):
    return [one for one in map(json.loads, Path(house.log).read_text().splitlines()) if "status_code" in one]


def test_a_listed_proxy_says_who_asks_and_how(new_house, tmp_path):
    (tmp_path / "g.toml").write_text('[server]\ntrusted_proxies = ["127.0.0.1", "10.0.0.0/8"]\n')
    house = new_house("--config", tmp_path / "g.toml")
    cases = {
        "plain": ({}, "127.0.0.1"),
        "chain": ({"X-Forwarded-For": "198.51.100.9, 203.0.113.7, 10.0.0.1"}, "203.0.113.7"),
        "real": ({"X-Real-IP": "2001:db8::7"}, "2001:db8::7"),
        "forwarded": ({"Forwarded": 'for="[2001:db8::8]:4711";proto=https'}, "2001:db8::8"),
        "garbage": ({"X-Forwarded-For": "203.0.113.7, <script>"}, "127.0.0.1"),
    }
    for name, (headers, _) in cases.items():
        answer = house.ask("GET", f"/{name}", headers=headers)
        secure = answer.headers.get_all("Strict-Transport-Security")
        assert secure == (["max-age=31536000; includeSubDomains"] if name == "forwarded" else None)
    for path in ("/healthz", "/nothing", "/version"):
        secure = house.ask("GET", path, headers={"X-Forwarded-Proto": "https"}).headers["Strict-Transport-Security"]
        assert secure == "max-age=31536000; includeSubDomains", path
    assert house.stop() == 0
    logged = {one["path"]: one["client_ip"] for one in access_records(house)}
    assert {f"/{name}": address for name, (_, address) in cases.items()}.items() <= logged.items()


def test_nobody_else_does(new_house):
    house = new_house()
    lies = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7;proto=https", "X-Forwarded-Proto": "https"}
    assert "Strict-Transport-Security" not in house.ask("GET", "/lie", headers=lies).headers
    assert house.stop() == 0
    assert [one["client_ip"] for one in access_records(house) if one["path"] == "/lie"] == ["127.0.0.1"]


# -- compression ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["gzip", "br, gzip;q=0.5", "*", "identity;q=0, gzip"])
def test_long_answers_are_compressed_for_those_who_want_it(house, accept):
    plain, coded = (house.ask("GET", "/openapi.json", headers={"Accept-Encoding": one}) for one in ("identity", accept))
    assert coded.headers.get_all("Content-Encoding") == ["gzip"] and gzip.decompress(coded.body) == plain.body
    assert len(coded.body) < len(plain.body) / 3 and "Content-Encoding" not in plain.headers
    assert "accept-encoding" in vary_of(plain) and "accept-encoding" in vary_of(coded)
    head = house.ask("HEAD", "/openapi.json", headers={"Accept-Encoding": accept})
    assert head.headers["Content-Encoding"] == "gzip" and head.headers["Content-Length"] == str(len(coded.body)) and head.body == b""


@pytest.mark.parametrize("accept", ["", "identity", "br", "gzip;q=0", "gzip;q=0.5, identity", "gzip;q=nonsense"])
def test_and_for_nobody_else(house, accept):
    answer = house.ask("GET", "/openapi.json", headers={"Accept-Encoding": accept})
    assert "Content-Encoding" not in answer.headers and answer.json()["openapi"]


def test_what_a_model_says_is_compressed_from_a_thousand_bytes(house):
    body = {"prompt": "Once upon a time, in a land far away, there lived", "temperature": 0}
    headers = {"Accept-Encoding": "gzip", **house.bearer()}
    long = house.ask("POST", "/v1/completions", {**body, "max_tokens": 400}, headers)
    assert long.headers.get_all("Content-Encoding") == ["gzip"] and vary_of(long) == {"accept-encoding"}
    said = gzip.decompress(long.body)
    assert len(said) >= 1000 and len(long.body) < len(said) and json.loads(said)["usage"]["completion_tokens"] > 100
    short = house.ask("POST", "/v1/completions", {**body, "max_tokens": 1}, headers)
    assert short.json()["usage"] and len(short.body) < 1000
    assert "Content-Encoding" not in short.headers and "Vary" not in short.headers


def test_an_event_stream_is_never_compressed(house):
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 40, "stream": True}
    answer = house.ask("POST", "/v1/chat/completions", body, {"Accept-Encoding": "gzip", **house.bearer()})
    assert "Content-Encoding" not in answer.headers and answer.body.startswith(b"data: ") and len(answer.body) > 1000


# -- languages and dialects -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "chinese"), [("zh", True), ("zh-CN,zh;q=0.9,en;q=0.8", True), ("en-US,en;q=0.9,zh;q=0.8", False), ("zh;q=0", False), ("fr", False)])
def test_the_fixed_messages_are_known_in_chinese(house, language, chinese):
    bad = {"Accept-Language": language, "X-API-Key": "nonsense"}
    expected = "API 密钥无效或已过期" if chinese else "Invalid or expired API key"
    for path in ("/api/llm/generate", "/v1/chat/completions"):
        answer = house.ask("POST", path, {"prompt": "x"}, headers=bad)
        assert answer.status == 401 and answer.json()["error"]["message"] == expected
    other = house.ask("GET", "/nothing", headers={"Accept-Language": language}).json()["error"]["message"]
    assert other == "There is no GET /nothing"


@pytest.mark.parametrize("path", ["/v2/health", "/v2/nothing", "/v2/models/x/nothing"])
def test_unknown_paths_under_v2_have_the_shape_of_open_inference(house, path):
    answer = house.ask("GET", path, headers=NOBODY)
    assert answer.status == 404 and set(answer.json()) == {"error"} and isinstance(answer.json()["error"], str)


@pytest.mark.parametrize("path", ["/oauth2/nothing", "/oauth2", "/token/nothing"])
def test_unknown_paths_under_oauth2_have_its_shape(house, path):
    answer = house.ask("GET", path, headers=NOBODY)
    assert answer.status == 404 and set(answer.json()) == {"error", "error_description"}


def test_unknown_paths_under_messages_have_anthropics_shape(house):
    answer = house.ask("POST", "/v1/messages/nothing", {})
    said = answer.json()
    assert answer.status == 404 and said["type"] == "error" and said["error"]["type"] == "not_found_error"
    assert said["request_id"] == answer.headers["X-Request-Id"]


def test_what_never_became_a_request_has_the_shape_too(house):
    with Raw(house.public) as raw:
        raw.send(b"GET /v2/x HTTP/1.1\r\n\r\n")
        answer = raw.answer()
        assert answer.status == 400 and isinstance(json.loads(answer.body)["error"], str)


def test_api_v1_is_api(house):
    body = {"prompt": "One, two,", "max_tokens": 1}
    for path in ("/api/llm/generate", "/api/v1/llm/generate"):
        assert house.ask("POST", path, body).json()["model"] == MODEL
    assert house.ask("GET", "/api/v1/health/ping", headers=NOBODY).json() == {"status": "healthy"}
    assert house.ask("GET", "/api/v1/nothing", headers=NOBODY).json()["error"]["code"] == 404


# -- the setting that closes the documentation ------------------------------------------------------------------------------


def test_documentation_can_be_closed(guarded):
    for path in ("/docs", "/redoc", "/openapi.json", "/docs/static/x.js"):
        for method in ("GET", "POST"):
            assert guarded.ask(method, path, headers=NOBODY).status == 404, path
    assert guarded.ask("GET", "/", headers={"Accept": "text/html"}).json()["message"] == "Gatehouse is running"
