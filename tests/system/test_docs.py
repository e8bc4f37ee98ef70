"""The pages that show the interface: served by the binary alone, kept by caches, and usable in a browser that reaches nothing else."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import jsonschema_rs
import onnx_file
import pytest
from browser import Browser
from house import ROOT, House, command, eventually

PAGES = ("/docs", "/redoc")
NOBODY = {}


def files_of(house, page):
    html = house.ask("GET", page, headers=NOBODY).body.decode()
    return ["/" + one for one in re.findall(r'(?:src|href)="(docs/static/[^"]+)"', html)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_own_policy_and_asks_nobody_else(house, page):
    answer = house.ask("GET", page, headers=NOBODY)
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers.get_all("Content-Security-Policy")
    assert len(policy) == 1 and "script-src 'self';" in policy[0] and policy[0].startswith("default-src 'none'")
    assert "unsafe-eval" not in policy[0] and "http" not in policy[0]
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY"
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//|<script>|\son\w+=", answer.body.decode())
    assert answer.headers["Cache-Control"] == "no-cache" and answer.headers["ETag"]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_is_made_of_is_kept_for_a_year(house, page):
    files = files_of(house, page)
    assert len(files) >= 3
    for path in files:
        plain = house.ask("GET", path, headers=NOBODY)
        digest = hashlib.sha256(plain.body).hexdigest()[:16]
        assert plain.status == 200 and f".{digest}." in path, "the name holds the hash of what is there"
        assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        coded = house.ask("GET", path, headers={"Accept-Encoding": "gzip"})
        assert coded.headers["Content-Encoding"] == "gzip" and gzip.decompress(coded.body) == plain.body
        assert coded.headers["ETag"] != plain.headers["ETag"] and coded.headers["Vary"] == "Accept-Encoding"
        assert coded.headers.get_all("Content-Security-Policy") == ["default-src 'self'"]


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_what_is_known_already_is_not_sent_again(house, coding):
    for path in (*PAGES, "/openapi.json", *files_of(house, "/docs")):
        first = house.ask("GET", path, headers={"Accept-Encoding": coding})
        for method in ("GET", "HEAD"):
            again = house.ask(method, path, headers={"Accept-Encoding": coding, "If-None-Match": f'"other", {first.headers["ETag"]}'})
            assert (again.status, again.body) == (304, b"") and again.headers["ETag"] == first.headers["ETag"]
            assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        other = house.ask("GET", path, headers={"Accept-Encoding": coding, "If-None-Match": '"other"'})
        assert other.status == 200 and other.body == first.body


def test_files_that_are_not_there(house):
    for path in ("/docs/static/x.js", "/docs/static/docs.html", "/docs/static/..%2fdocs", "/docs/static/%2fdocs", "/docs/static/", "/docs/", "/redoc/static/x"):
        answer = house.ask("GET", path, headers=NOBODY)
        assert answer.status == 404 and answer.json()["error"]["type"] == "not_found", path


def test_a_browser_is_sent_to_the_pages(house):
    page = house.ask("GET", "/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.status, page.headers["Location"]) == (303, "/nlu")
    for accept in ("*/*", "application/json", "text/html;q=0", "application/json, text/html;q=0.5"):
        assert house.ask("GET", "/", headers={"Accept": accept}).status == 200


def test_third_party_files_are_as_they_came():
    folder = ROOT / "third_party"
    listed = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    found = {str(path.relative_to(folder)): path for path in folder.glob("*/*")}
    assert set(listed) == set(found)
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == listed[name] for name, path in found.items())
    assert all((folder / one / "LICENSE").exists() for one in {Path(name).parent for name in listed})


def test_the_document_says_how_to_authorise(house):
    schemes = house.ask("GET", "/openapi.json", headers=NOBODY).json()["components"]["securitySchemes"]
    assert schemes["bearer"]["scheme"] == "bearer" and schemes["X-API-Key"]["name"] == "X-API-Key"
    assert schemes["password"]["flows"]["password"]["tokenUrl"] == "/api/auth/login"


def bodies_of(house, model):
    """What a model is described to take, by the path that it is asked on: (schema, example)."""
    paths = house.ask("GET", "/openapi.json", headers=NOBODY).json()["paths"]
    places = ["/predict", f"/v1/models/{model}:predict", f"/v2/models/{model}/infer"]
    contents = {path: paths[path]["post"]["requestBody"]["content"]["application/json"] for path in places if path in paths}
    return {path: (one["schema"], one["examples"][model]["value"]) for path, one in contents.items() if model in one.get("examples", {})}


def test_the_document_describes_each_model_and_its_examples_are_answered(house):
    bodies = eventually(lambda: len(found := bodies_of(house, "iris")) == 3 and found, 60, "the model")
    for path, (schema, example) in bodies.items():
        validator = jsonschema_rs.validator_for(schema)
        assert validator.is_valid(example), (path, example)
        assert house.ask("POST", path, example).status == 200, path
        # A value that no flower has, by its name and range; and one too few.
        for old, new in (("5.1", "-1"), ("5.1, ", "")):
            wrong = json.loads(json.dumps(example).replace(old, new, 1))
            assert wrong != example and not validator.is_valid(wrong), (path, wrong)
            assert house.ask("POST", path, wrong).status in (400, 422), path
    titles = [cell["title"] for cell in bodies["/predict"][0]["anyOf"][0]["properties"]["data"]["anyOf"][0]["prefixItems"]]
    assert titles == ["sepal_length", "sepal_width", "petal_length", "petal_width"], titles


def test_what_is_described_comes_and_goes_with_the_versions(new_house, tmp_path):
    models, name = tmp_path / "models", "table"
    onnx_file.put(models, name, *onnx_file.constant(1), version=1)
    house = new_house(started=False)
    house.start("--models", str(models), variables={"GATEHOUSE_SERVER_DOCS_MODELS": name})
    bodies = eventually(lambda: bodies_of(house, name), 60, "the model")
    for path, (schema, example) in bodies.items():
        assert jsonschema_rs.is_valid(schema, example) and house.ask("POST", path, example).status == 200, (path, example)
    assert bodies_of(house, "iris") == {}, "it is not one of those that are described"
    etag = house.ask("GET", "/openapi.json", headers=NOBODY).headers["ETag"]
    assert house.ask("GET", "/openapi.json", headers={"If-None-Match": etag}).status == 304
    assert command(house, "model", "unload", name)["name"] == name
    eventually(lambda: bodies_of(house, name) == {}, 30, "its end")
    assert house.ask("GET", "/openapi.json", headers={"If-None-Match": etag}).status == 200


@pytest.fixture(scope="module")
def closed_house(tmp_path_factory):
    """It serves a model of its operator's own, which no setting names."""
    folder = tmp_path_factory.mktemp("closed")
    onnx_file.put(folder / "models", "secret-table", *onnx_file.constant(1), version=1)
    house = House(folder / "data", folder / "log")
    try:
        house.start("--models", str(folder / "models"))
        question = {"inputs": [{"name": "X", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}
        eventually(lambda: house.ask("POST", "/v2/models/secret-table/infer", question).status == 200, 60, "the model")
        yield house
    finally:
        house.kill()


def key_for(house, *options):
    return command(house, "key", "create", "--tenant", "demo", "--name", "one", *options)["key"]


def test_who_says_who_they_are_is_told_of_their_models(closed_house):
    house = closed_house

    def told(fields):
        answer = house.ask("GET", "/openapi.json", headers=fields)
        assert answer.status == 200, answer.body
        return answer, "/v2/models/secret-table/infer" in answer.json()["paths"]

    nobodys, known = told(NOBODY)
    assert not known and b"secret-table" not in nobodys.body
    for fields in ({"X-API-Key": house.key}, {"api-key": house.key}, house.bearer()):
        theirs, known = told(fields)
        assert known and theirs.headers["Cache-Control"] == "private, no-cache" and theirs.headers["ETag"] != nobodys.headers["ETag"], fields
        assert {"authorization", "x-api-key", "api-key"} <= {one.strip().lower() for one in theirs.headers["Vary"].split(",")}
    for options in (("--scopes", "llm"), ("--scopes", "predict", "--models", "iris")):
        answer, known = told({"X-API-Key": key_for(house, *options)})
        assert not known and b"secret-table" not in answer.body, options


def test_a_bad_credential_is_told_so_and_others_are_nobody(closed_house):
    house = closed_house
    assert house.ask("GET", "/openapi.json", headers={"X-API-Key": house.key[:-1] + "?"}).status == 401
    assert house.ask("GET", "/openapi.json", headers={"Authorization": "Bearer nonsense"}).status == 401
    assert house.ask("GET", "/openapi.json", headers={"Authorization": "Bearer " + house.key, "X-API-Key": key_for(house)}).status == 400
    assert b"secret-table" not in house.ask("GET", "/openapi.json", headers={"Authorization": "Basic Og=="}).body


# -- in a browser -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


FIND = """
const open = (path) => [...document.querySelectorAll('.opblock')].find((one) => one.querySelector('.opblock-summary-path').dataset.path === path);
const fill = (field, text) => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
  field.dispatchEvent(new Event('input', { bubbles: true }));
};
"""


def authorise(page, scheme, key):
    """Fills one form of the dialog, as a person would."""
    page.run("document.querySelector('.btn.authorize').click()")
    page.eventually("document.querySelectorAll('.auth-container').length >= 4")
    page.run(
        f"""{{ {FIND}
        const form = [...document.querySelectorAll('.auth-container')].find((one) => one.innerText.split(/\\s/)[0] === '{scheme}');
        fill(form.querySelector('input'), '{key}');
        form.querySelector('.btn.authorize').click();
        }}"""
    )
    page.eventually("[...document.querySelectorAll('.auth-container .btn')].some((one) => one.innerText === 'Logout')")
    page.run("document.querySelector('.dialog-ux .btn-done').click()")


def execute(page, path):
    """The status that the page shows for one request that it sends."""
    page.run(f"{{ {FIND} open('{path}').querySelector('.opblock-summary-control').click(); }}")
    page.eventually(f"{{ {FIND} !!open('{path}').querySelector('.btn.execute') }}")
    page.run(f"{{ {FIND} open('{path}').querySelector('.btn.execute').click(); }}")
    status = page.eventually(f"{{ {FIND} (open('{path}').querySelector('.live-responses-table .response .response-col_status') || {{}}).innerText }}")
    return int(re.match(r"\d+", status)[0])


@pytest.mark.parametrize("scheme", ["bearer", "X-API-Key"])
def test_the_page_authorises_and_sends(house, browser, scheme):
    page = browser.open(house.public.url + "/docs")
    page.eventually("document.querySelectorAll('.opblock').length > 10")
    assert execute(page, "/v1/models") == 401
    authorise(page, scheme, house.key)
    assert execute(page, "/version") == 200
    page.run(f"{{ {FIND} open('/v1/models').querySelector('.btn.execute').click(); }}")
    page.eventually(f"{{ {FIND} open('/v1/models').querySelector('.live-responses-table .response .response-col_status')?.innerText.startsWith('200') }}")
    assert all(one.startswith((house.public.url, "data:", "blob:")) for one in page.asked_for()), page.asked_for()
    assert [one for one in page.complaints() if "401" not in one] == []


def test_the_page_shows_the_models_of_who_authorises(closed_house, browser):
    house = closed_house
    page = browser.open(house.public.url + "/docs")
    page.eventually("document.querySelectorAll('.opblock').length > 10")
    its_own = f"(() => {{ {FIND} return !!open('/v2/models/secret-table/infer'); }})()"
    assert not page.run(its_own)
    authorise(page, "X-API-Key", house.key)
    page.eventually(its_own)
    sign_out(page)
    page.eventually("!" + its_own)
    authorise(page, "X-API-Key", "gh_nobodys_key")
    assert execute(page, "/openapi.json") == 401, "it is sent what was entered"
    assert [one for one in page.complaints() if "401" not in one] == []


def test_the_page_has_a_form_for_passwords(house, browser):
    page = browser.open(house.public.url + "/docs")
    page.eventually("document.querySelectorAll('.opblock').length > 10")
    page.run("document.querySelector('.btn.authorize').click()")
    page.eventually("!!document.querySelector('#oauth_username') && !!document.querySelector('#oauth_password')")
    assert "/api/auth/login" in page.run("document.querySelector('.dialog-ux').innerText")


def sign_in(page, username, password):
    """By the form of the dialog for a name and a password."""
    page.run("document.querySelector('.btn.authorize').click()")
    page.eventually("!!document.querySelector('#oauth_username') && !!document.querySelector('#oauth_password')")
    page.run(
        f"""{{ {FIND}
        const form = document.querySelector('#oauth_username').closest('.auth-container');
        fill(form.querySelector('#oauth_username'), '{username}');
        fill(form.querySelector('#oauth_password'), '{password}');
        form.querySelector('.btn.authorize').click();
        }}"""
    )
    page.eventually("[...document.querySelectorAll('.auth-container .btn')].some((one) => one.innerText === 'Logout')")
    page.run("document.querySelector('.dialog-ux .btn-done').click()")


def sign_out(page):
    page.run("document.querySelector('.btn.authorize').click()")
    page.eventually("document.querySelectorAll('.auth-container').length >= 4")
    page.run("[...document.querySelectorAll('.auth-container .btn')].filter((one) => one.innerText === 'Logout').forEach((one) => one.click())")
    page.eventually("![...document.querySelectorAll('.auth-container .btn')].some((one) => one.innerText === 'Logout')")
    page.run("document.querySelector('.dialog-ux .btn-done').click()")


def answer_shown(page, path):
    """The body that the page shows under a request that it has sent."""
    return page.eventually(f"{{ {FIND} open('{path}').querySelector('.live-responses-table .response .highlight-code')?.innerText }}")


def write_body(page, path, body):
    page.eventually(f"{{ {FIND} !!open('{path}').querySelector('textarea.body-param__text') }}")
    page.run(
        f"""{{ {FIND}
        const field = open('{path}').querySelector('textarea.body-param__text');
        Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(field, {json.dumps(json.dumps(body))});
        field.dispatchEvent(new Event('input', {{ bubbles: true }}));
        }}"""
    )


def test_the_administrator_signs_in_and_a_key_chats(house, browser, tmp_path):
    page = browser.open(house.public.url + "/docs")
    page.eventually("document.querySelectorAll('.opblock').length > 10")
    sign_in(page, **house.administrator)
    assert execute(page, "/api/auth/me") == 200
    me = answer_shown(page, "/api/auth/me")
    assert '"username": "admin"' in me and '"is_superuser": true' in me and house.administrator["password"] not in me
    assert execute(page, "/api/admin/tenants") == 200
    sign_out(page)
    authorise(page, "X-API-Key", house.key)
    chat = "/v1/chat/completions"
    page.run(f"{{ {FIND} open('{chat}').querySelector('.opblock-summary-control').click(); }}")
    write_body(page, chat, {"temperature": 0, "messages": [{"role": "user", "content": "What is the capital of France?"}]})
    page.run(f"{{ {FIND} open('{chat}').querySelector('.btn.execute').click(); open('{chat}').scrollIntoView(); }}")
    answer = answer_shown(page, chat)
    page.screenshot(tmp_path / "chat.png")
    assert "Paris" in answer and '"object": "chat.completion"' in answer
    assert all(one.startswith((house.public.url, "data:", "blob:")) for one in page.asked_for()), page.asked_for()
    assert page.complaints() == []


def test_the_reference_is_drawn(house, browser):
    page = browser.open(house.public.url + "/redoc")
    page.eventually("document.querySelector('#redoc h1') && document.querySelector('#redoc').innerText.includes('/v1/chat/completions')")
    assert all(one.startswith((house.public.url, "data:", "blob:")) for one in page.asked_for()), page.asked_for()
    assert page.complaints() == []
