"""What the server says about itself: one JSON object a line, and nothing that is nobody's business (compat.md, section 9)."""

import json
from pathlib import Path

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
