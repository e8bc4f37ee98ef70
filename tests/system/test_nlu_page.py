"""The page for Chinese by schema: from the binary alone, in a browser that reaches nothing else, by keyboard and in both languages."""

import re

import pytest
from browser import Browser
from house import NLU, House, command, eventually

READY = "document.querySelector('#status').textContent"
MARKS = "[...document.querySelectorAll('#marked mark')].map((one) => [one.firstChild.textContent, one.querySelector('small').textContent])"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    house = House(folder / "data", folder / "log").start()
    eventually(lambda: any(one["name"] == NLU and one["state"] == "ready" for one in command(house, "model", "list")), 60, "the model")
    yield house
    house.kill()


def opened(browser, house):
    page = browser.open(house.public.url + "/nlu")
    page.eventually("document.querySelector('#example')?.options.length === 9 && document.querySelector('#text').value !== ''")
    page.run("document.querySelector('[data-language=zh]').click()")
    return page


def give(page, field, text):
    page.run(f"{{ const one = document.querySelector('#{field}'); one.value = {text!r}; one.dispatchEvent(new Event('change', {{ bubbles: true }})); }}")


def send(page):
    page.run("document.querySelector('#send').click()")
    page.eventually("!document.querySelector('#send').disabled && (document.querySelector('#status').textContent + document.querySelector('#fault').textContent) !== ''")


def test_it_has_a_policy_of_its_own_and_asks_nobody_else(desk):
    answer = desk.ask("GET", "/nlu", headers={})
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    [policy] = answer.headers.get_all("Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'self';") and "unsafe" not in policy and "http" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Cache-Control"] == "no-cache"
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//|<script>|\son\w+=|\sstyle=", answer.body.decode())


def test_every_example_is_answered_and_coloured(desk, browser):
    page = opened(browser, desk)
    give(page, "secret", desk.key)
    for number in range(9):
        give(page, "example", str(number))
        send(page)
        assert page.run("document.querySelector('#fault').textContent") == ""
        assert page.run("JSON.parse(document.querySelector('#json').textContent).output.length") > 0, number
        assert page.run("document.querySelectorAll('mark').length") > 0, number
        assert re.search(r"找到 \d+ 条，用时 \d+ 毫秒", page.run(READY))
    assert all(one.startswith(desk.public.url) for one in page.asked_for()), page.asked_for()
    assert page.complaints() == []


def test_finds_stand_where_they_are(desk, browser):
    page = opened(browser, desk)
    give(page, "secret", desk.key)
    give(page, "text", "😀，谷爱凌在北京冬奥会上夺得金牌。")
    send(page)
    marks = page.run(MARKS)
    assert ["谷爱凌", "人物"] in marks and any(text.startswith("北京") for text, _ in marks)
    assert page.run("document.querySelector('#marked').firstChild.textContent") == "😀，"
    assert page.run("new Set([...document.querySelectorAll('#marked mark')].map((one) => one.className)).size") == 2


def test_what_is_wrong_is_said(desk, browser):
    page = opened(browser, desk)
    send(page)
    assert page.run("document.querySelector('#fault').textContent").startswith("401: ")
    give(page, "secret", desk.key)
    give(page, "schema", "[1")
    page.run("document.querySelector('#send').click()")
    assert "JSON" in page.eventually("document.querySelector('#schema-fault').textContent")
    assert page.run("document.activeElement.id") == "schema"
    give(page, "schema", "{}")
    send(page)
    assert "400" in page.run("document.querySelector('#fault').textContent")


def test_people_log_in_and_nothing_is_remembered(desk, browser):
    command(desk, "user", "create", "reader", "--tenant", "demo", "--password-stdin", stdin=b"a horse of another colour")
    page = opened(browser, desk)
    give(page, "kind", "password")
    assert page.run("document.querySelector('#named').hidden") is False
    give(page, "username", "reader")
    give(page, "secret", "a horse of another colour")
    send(page)
    assert page.run("document.querySelector('#fault').textContent") == ""
    assert page.run("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    again = opened(browser, desk)
    assert again.run("document.querySelector('#secret').value") == ""


def test_it_speaks_both_languages_and_is_used_without_a_mouse(desk, browser, tmp_path):
    page = opened(browser, desk)
    page.run("document.querySelector('[data-language=en]').click()")
    assert page.run("document.documentElement.lang") == "en" and page.run("document.querySelector('#send').textContent") == "Extract"
    assert page.run("document.querySelector('[data-language=en]').getAttribute('aria-pressed')") == "true"
    unnamed = "[...document.querySelectorAll('input,select,textarea')].filter((one) => !one.labels.length).map((one) => one.id)"
    assert page.run(unnamed) == []
    give(page, "secret", desk.key)
    page.run("document.querySelector('#text').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }))")
    assert "found in" in page.eventually(f"{READY}.includes('ms') && {READY}")
    page.screenshot(tmp_path / "nlu.png")
    assert (tmp_path / "nlu.png").stat().st_size > 10_000


def test_a_tenant_without_a_console_has_its_api_alone(desk, browser):
    made = command(desk, "tenant", "register", "api-only")
    body = {"text": "谷爱凌在北京", "schema": {"人物": None}}
    headers = {"X-API-Key": made["api_key"]}
    assert desk.ask("POST", "/v1/nlu/extract", body, headers=headers).status == 200
    refused = desk.ask("POST", "/v1/nlu/extract", body, headers={**headers, "X-Gatehouse-Page": "nlu"})
    assert refused.status == 403 and refused.json()["error"]["param"] == "console"
