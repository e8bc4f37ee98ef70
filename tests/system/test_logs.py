"""What the server says about itself: one JSON object a line, and nothing that is nobody's business (compat.md, section 9)."""

import hashlib
import json
from pathlib import Path

from house import eventually

MEMBERS = {"time", "request_id", "method", "path", "client_ip", "status_code", "process_time", "bytes", "user_agent", "referer", "tenant_id", "key_id", "error"}
PROMPT = "A very private sentence about turquoise elephants."
EVIL = 'a"b\\c'


def test_every_line_is_an_object_and_none_holds_a_secret(new_house):
    house = new_house()
    house.chat(PROMPT, max_tokens=2)
    house.ask("GET", "/nothing?token=abcdef-secret", headers={"User-Agent": EVIL, "Referer": "http://x/\u00e9", "X-Request-Id": "my-request"})
    house.ask("POST", "/v1/chat/completions", {"messages": 1})
    house.ask("GET", "/v1/models", headers={"Authorization": "Bearer gh_wrongwrongwrong"})
    house.ask("GET", "/readyz", headers={})
    assert house.stop() == 0
    text = Path(house.log).read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    for secret in (house.key, house.key[8:], PROMPT, "turquoise", "abcdef-secret", "gh_wrongwrongwrong"):
        assert secret not in text, secret
    access = [line for line in lines if "status_code" in line]
    assert all(MEMBERS <= set(line) for line in access), access
    by_path = {line["path"]: line for line in access}
    assert "/readyz" not in by_path, "a probe that is well says nothing"
    nothing = by_path["/nothing"]
    assert (nothing["request_id"], nothing["status_code"], nothing["user_agent"], nothing["error"]) == ("my-request", 404, EVIL, "not_found")
    chats = [line for line in access if line["path"] == "/v1/chat/completions"]
    assert [line["status_code"] for line in chats] == [200, 400]
    assert chats[0]["tenant_id"] == "demo" and chats[0]["key_id"] and chats[0]["bytes"] > 0 and chats[0]["completion_tokens"] > 0
    assert by_path["/v1/models"]["status_code"] == 401 and by_path["/v1/models"]["tenant_id"] is None


def test_the_stages_of_a_life_are_logged(new_house):
    house = new_house()
    assert house.stop() == 0
    said = [json.loads(line).get("message", "") for line in Path(house.log).read_text().splitlines()]
    for stage in ("engine started", "model ready", "draining", "stopped"):
        assert any(stage in one for one in said), (stage, said)


def test_what_an_engine_says_is_in_the_log(new_house, tmp_path):
    """Here about a model file that holds none: llama.cpp's own words, as records of ours."""
    broken = tmp_path / "models" / "broken" / "1"
    broken.mkdir(parents=True)
    (broken / "model.gguf").write_bytes(b"GGUF" + bytes(64))
    digest = hashlib.sha256((broken / "model.gguf").read_bytes()).hexdigest()
    (broken / "model.toml").write_text(f'kind = "llm"\n[[files]]\npath = "model.gguf"\nsha256 = "{digest}"\n')
    house = new_house("--models", str(tmp_path / "models"))
    eventually(lambda: "model failed for good" in Path(house.log).read_text(), 20, "an end of the attempts")
    answer = house.ask("POST", "/v1/chat/completions", {"model": "broken", "messages": [{"role": "user", "content": "Hi"}]})
    assert answer.status == 503 and "llama" not in answer.body.decode()
    assert house.chat("What is the capital of France?").status == 200
    assert house.stop() == 0
    lines = [json.loads(line) for line in Path(house.log).read_text().splitlines()]
    words = [line for line in lines if line.get("logger") == "engine" and "[llama]" in line.get("message", "")]
    assert words and all(line["model"] == "broken" for line in words), lines
