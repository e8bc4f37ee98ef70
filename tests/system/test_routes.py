"""The small routes, and what every answer carries (compat.md, sections 1, 4 and 7)."""

import re

import pytest
from house import MODEL, events, eventually, model_at

PROBES = ["/healthz", "/readyz", "/startupz", "/health", "/api/health/liveness", "/api/health/readiness", "/api/health/startup"]
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
    "Content-Security-Policy": "default-src 'self'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
NOBODY = {}  # headers without a credential


@pytest.mark.parametrize("path", [*PROBES, "/api/v1/health/readiness"])
def test_probes_are_well_and_need_no_credential(house, path):
    answer = house.ask("GET", path, headers=NOBODY)
    assert (answer.status, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_of_the_admin_listener(house, path):
    assert house.ask("GET", path, headers=NOBODY, admin=True).json() == {"status": "ok"}


def test_ping_and_status(house):
    assert house.ask("GET", "/api/health/ping", headers=NOBODY).json() == {"status": "healthy"}
    status = house.ask("GET", "/api/health/status", headers=NOBODY)
    service = {"status": "healthy", "model": MODEL, "response_time": "fast"}
    assert (status.status, status.json()) == (200, {"service": "gatehouse", "status": "running", "llm_service": service})


def test_root_and_version(house):
    version = house.ask("GET", "/version", headers=NOBODY).json()
    assert set(version) == {"version", "build"} and re.fullmatch(r"\d+\.\d+\.\d+", version["version"])
    root = house.ask("GET", "/", headers=NOBODY)
    assert root.json() == {"message": "Gatehouse is running", "version": version["version"]}
    page = house.ask("GET", "/", headers={"Accept": "text/html,*/*"})
    assert page.status == 303 and page.headers["Location"] == "/nlu"


@pytest.mark.parametrize("path", ["/", "/version", "/healthz", "/openapi.json"])
def test_head_is_get_without_the_body(house, path):
    get, head = house.ask("GET", path, headers=NOBODY), house.ask("HEAD", path, headers=NOBODY)
    assert (head.status, head.body) == (get.status, b"")
    assert head.headers["Content-Length"] == str(len(get.body)) and head.headers["Content-Type"] == get.headers["Content-Type"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("POST", "/version", {"GET", "HEAD"}), ("DELETE", "/healthz", {"GET", "HEAD"}), ("GET", "/api/llm/generate", {"POST"}), ("GET", "/v1/chat/completions", {"POST"})],
)
def test_a_wrong_method_names_the_right_ones(house, method, path, allow):
    answer = house.ask(method, path)
    assert answer.status == 405 and set(re.split(r",\s*", answer.headers["Allow"])) == allow


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/metrics", "/v22/nothing", "/%2e%2e/etc/passwd"])
def test_unknown_paths_have_the_house_shape(house, path):
    answer = house.ask("GET", path, headers=NOBODY)
    error = answer.json()["error"]
    assert answer.status == 404 and error["code"] == 404 and set(error) == {"code", "message", "type", "param", "request_id"}
    assert error["request_id"] == answer.headers["X-Request-Id"] and error["param"] is None


def test_unknown_paths_under_v1_have_openais_shape(house):
    answer = house.ask("GET", "/v1/nothing", headers=NOBODY)
    assert answer.status == 404 and set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/nothing"), ("GET", "/v1/models"), ("POST", "/version"), ("POST", "/api/llm/generate")])
def test_every_answer_carries_the_security_headers(house, method, path):
    for headers in (NOBODY, None):
        answer = house.ask(method, path, headers=headers)
        for name, value in SECURITY.items():
            assert answer.headers.get_all(name) == [value], name
        assert "Strict-Transport-Security" not in answer.headers  # that is for TLS
        assert answer.headers["Server"] == "gatehouse" and "no-store" in answer.headers["Cache-Control"]


def test_streams_carry_them_too(house):
    with house.stream("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for name, value in SECURITY.items():
            assert answer.headers[name] == value
        assert re.fullmatch(r"\d+\.\d{6}", answer.headers["X-Process-Time"]) and answer.headers["X-Request-Id"]
        answer.read()


def test_a_request_id_is_given(house):
    ids = {house.ask("GET", "/version", headers=NOBODY).headers["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5 and all(re.fullmatch(r"[0-9a-f-]{32,36}", one) for one in ids)


def test_a_request_id_is_taken_over(house):
    answer = house.ask("GET", "/nothing", headers={"X-Request-Id": "my-id_1.2"})
    assert answer.headers.get_all("X-Request-Id") == ["my-id_1.2"] and answer.json()["error"]["request_id"] == "my-id_1.2"


@pytest.mark.parametrize("given", ["a b", "x" * 129, 'a"b', "<script>", "a,b"])
def test_a_request_id_that_could_do_harm_is_not(house, given):
    assert given not in house.ask("GET", "/version", headers={"X-Request-Id": given}).headers["X-Request-Id"]


def test_process_time_is_in_seconds(house):
    taken = house.ask("GET", "/version", headers=NOBODY).headers["X-Process-Time"]
    assert re.fullmatch(r"\d+\.\d{6}", taken) and float(taken) < 1


@pytest.mark.parametrize("name", ["Authorization", "X-API-Key", "api-key"])
def test_a_key_may_come_in_three_ways(house, name):
    value = f"Bearer {house.key}" if name == "Authorization" else house.key
    assert house.ask("GET", "/v1/models", headers={name: value}).status == 200


@pytest.mark.parametrize(
    ("headers", "reason"), [({}, "missing"), ({"X-API-Key": "nonsense"}, "invalid"), ({"Authorization": "Bearer gh_nonsense"}, "invalid")]
)
def test_a_refused_key_says_why(house, headers, reason):
    answer = house.ask("POST", "/api/llm/generate", {"prompt": "x"}, headers=headers)
    assert answer.status == 401 and answer.headers["X-API-Key-Error"] == reason and "Bearer" in answer.headers["WWW-Authenticate"]
    assert answer.json()["error"]["code"] == 401


def test_two_credentials_are_one_too_many(house):
    assert house.ask("GET", "/v1/models", headers={**house.bearer(), "X-API-Key": "gh_other"}).status == 400


def test_openapi_has_every_route(house):
    document = eventually(lambda: "/v2/models/iris/infer" in (one := house.ask("GET", "/openapi.json", headers=NOBODY).json())["paths"] and one, 60, "what the model of tables takes")
    assert document["openapi"].startswith("3.1.") and document["info"]["title"] == "Gatehouse"
    expected = {"/", "/version", "/openapi.json", "/api/health/ping", "/api/health/status", *PROBES, "/v1/models", "/v1/models/{model}"}
    expected |= {"/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions", "/v1/completions", "/api/llm/generate", "/api/llm/generate/api-key", "/predict"}
    expected |= {"/api/predict", "/v1/nlu/extract", "/v1/decisions", "/v1/embeddings", "/v1/rerank"}
    expected |= {"/api/auth/login", "/api/auth/logout", "/api/auth/me", "/token", "/.well-known/jwks.json", "/api/usage"}
    expected |= {f"/api/auth/{path}" for path in ("register", "refresh", "password", "reset", "sessions", "sessions/{id}")}
    expected |= {"/api/keys", "/api/keys/{id}", "/api/keys/{id}/rotate"}
    expected |= {f"/api/admin/users{path}" for path in ("", "/{id}", "/{id}/password", "/{id}/reset", "/{id}/sessions")} | {f"/api/admin/{path}" for path in ("invitations", "invitations/{id}", "resets", "resets/{id}")}
    expected |= {f"/api/admin/{path}" for path in ("tenants", "tenants/{id}", "keys", "keys/{id}", "keys/{id}/rotate", "tokens", "tokens/inspect")}
    expected |= {"/api/admin/revocations", "/api/admin/usage", "/api/admin/models", "/api/admin/signing-keys", "/api/admin/signing-keys/rotate"}
    expected |= {f"{base}/models/{{name}}{version}/{what}" for base in ("/api/admin", "/v2/repository") for version in ("", "/versions/{version}") for what in ("load", "unload")}
    expected |= {"/api/audit", "/api/admin/audit", "/api/admin/tenants/{id}/export", "/api/admin/tenants/{id}/lexicon"}
    expected |= {"/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/stats", "/v2/models/{name}/stats", "/v2/models/{name}/versions/{version}/stats"}
    expected |= {"/v1/models/{model}:predict", "/v1/models/{model}/versions/{version}:predict"}
    expected |= {"/v2/repository/index"}
    expected |= {f"/v2/models/{{model}}{version}{path}" for version in ("", "/versions/{version}") for path in ("", "/ready", "/infer", "/generate", "/generate_stream")}
    expected |= {f"/api/admin/{path}" for path in ("roles", "roles/{name}", "explain", "budgets", "budgets/{id}")}
    expected |= {"/v1/models/iris:predict", "/v2/models/iris/infer"}
    assert set(document["paths"]) == expected
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for path, methods in document["paths"].items():
        for method in methods:  # what is written there answers: never 404, never 405
            assert house.ask(method.upper(), model_at(path)).status not in (404, 405), path
    for path in ("/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/messages/count_tokens", "/api/llm/generate"):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body["type"] == "object" and body["additionalProperties"] is False


def test_the_admin_listener_shows_metrics_and_nothing_else(house):
    metrics = house.ask("GET", "/metrics", headers=NOBODY, admin=True)
    assert metrics.status == 200 and metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = metrics.body.decode().splitlines()
    assert lines and all(re.fullmatch(r"#.*|[a-zA-Z_:][\w:]*(\{.*\})? [-+.\deInfNa]+", line) for line in lines)
    for name in ("process_open_fds", "process_resident_memory_bytes", "gatehouse_connections", "gatehouse_streams", "gatehouse_sequences", "gatehouse_kv_cells", "gatehouse_queue_depth"):
        assert any(line.startswith(name) for line in lines), name
    assert house.ask("GET", "/v1/models", admin=True).status == 404


# compat.md's names, as dashboards scrape them, and what gateways that choose among replicas need.
SCRAPED = {
    "llm_api_request_count_total": {"endpoint", "method", "status_code"},
    "llm_api_request_latency_seconds_bucket": {"endpoint", "method", "le"},
    "llm_token_count_total": {"type", "model"},
    "llm_token_processing_total": {"operation", "model_name"},
    "llm_model_inference_latency_seconds_bucket": {"model_name", "le"},
    "llm_api_active_requests": set(),
    "llm_api_memory_usage_bytes": set(),
    "llm_api_db_connection_pool_size": set(),
    "llm_api_db_connection_pool_used": set(),
    "gatehouse_engine_restarts_total": {"engine", "reason"},
    "vllm:num_requests_running": {"engine", "model_name"},
    "vllm:num_requests_waiting": {"engine", "model_name"},
    "vllm:kv_cache_usage_perc": {"engine", "model_name"},
    "vllm:lora_requests_info": {"max_lora", "running_lora_adapters", "waiting_lora_adapters"},
}


def labels_of(name):
    return set(re.findall(r'(\w+)="', name.partition("{")[2]))


def test_metrics_have_the_names_that_dashboards_and_pickers_look_for(house):
    body = {"messages": [{"role": "user", "content": "Tell me a long story."}], "max_tokens": 1000}
    assert house.chat("Hi", max_tokens=1).status == 200
    with house.stream("/v1/chat/completions", body) as answer:
        next(events(answer))
        busy = (f'vllm:num_requests_running{{engine="0",model_name="{MODEL}"}}', f'vllm:kv_cache_usage_perc{{engine="0",model_name="{MODEL}"}}')
        metrics = eventually(lambda: (lambda now: now if all(now[name] > 0 for name in busy) else None)(house.metrics()), what="a sequence and its cells")
    for name, labels in SCRAPED.items():
        found = [full for full in metrics if full.partition("{")[0] == name]
        assert found and all(labels_of(full) == labels for full in found), (name, found)
    assert metrics[busy[0]] == 1 and metrics[busy[1]] < 1
    assert metrics["llm_api_db_connection_pool_size"] == 3
    eventually(lambda: house.gauge("vllm:num_requests_running") == 0, what="rest")
