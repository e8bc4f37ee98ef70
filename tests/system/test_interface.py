"""The published interface against the server that publishes it, by schemathesis: what the document allows is served, what it forbids is
refused, and every answer is one that the document describes. Cases come from a fixed seed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from house import House, command

HERE = Path(__file__).resolve().parent
SOAK = "GATEHOUSE_SOAK" in os.environ
EXAMPLES = 60 if SOAK else 4  # an operation; what its schema says of limits and kinds is tried whole before
SECONDS = 1800 if SOAK else 400

# Every check of schemathesis is on. Where one expects other statuses than by itself, it says why.
SETTINGS = f"""
generation.max-examples = {EXAMPLES}
generation.deterministic = true
# What is presented is the credential; a second one that is made up beside it is refused, as it should be (ambiguous_credentials).
generation.with-security-parameters = false
request-timeout = 30.0
[checks.not_a_server_error]
# 501 not_supported_error: what a dialect knows and no model here can do yet, named by its field; the document says so of each.
expected-statuses = ["2xx", "3xx", "4xx", "501"]
[checks.positive_data_acceptance]
# 501 as above; 404: names of models, tenants and keys are made up.
expected-statuses = ["2xx", "401", "403", "404", "409", "501"]
[[operations]]
# A moment may be a day, a time or how long ago: what is none is told by its name.
include-path-regex = "^/api/audit$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "422"]
[[operations]]
# Of keys the syntax of networks and durations, and the names of scopes: no JSON Schema says those, and each is told by field.
include-path-regex = "^/api/keys"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
[[operations]]
# What a model takes and gives, and how many bytes stand behind the JSON, no schema of the protocol can say: told by field.
include-path-regex = "^/v2/|:predict$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404"]
[[operations]]
# How many values a row has, and between which ends they lie, is the model's to say: told by field.
include-path-regex = "^/predict$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "422"]
[[operations]]
# How many numbers a vector has, and which tokens there are, is the model's to say: told by field.
include-path-regex = "^/v1/embeddings$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404"]
[[operations]]
# Schemas of keys, and labels, follow rules that no JSON Schema can state; 413: a text that is too long.
include-path-regex = "^/api/predict$|^/v1/nlu/extract$|^/v1/decisions$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "413", "422"]
"""
# A body keeps to its schema and breaks a rule that no JSON Schema can state: the syntax of a network or duration and their bounds, the
# names of scopes and tasks. It is told by field.
OF_ADMINISTRATORS = """
[[operations]]
include-path-regex = "^/api/admin/"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
[[operations]]
# Other grant types than password are 400 unsupported_grant_type: RFC 6749 section 5.2.
# 429: who guesses has to wait.
include-path-regex = "^/api/auth/login$|^/token$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "429"]
[[operations]]
# Passwords that are tried first, what is no e-mail address, and tokens that nobody gave: told by field.
include-path-regex = "^/api/auth/(register|password|reset)$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "422"]
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interface")
    house = House(folder / "data", folder / "log").start()
    yield house
    assert house.process.poll() is None, house.tail()
    house.kill()


def check(house, folder, header, *selection, settings=""):
    (folder / "schemathesis.toml").write_text(SETTINGS + settings)
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--seed=1", "--checks=all", "--workers=1", "--no-color", f"--header={header}", *selection]
    done = subprocess.run(
        [program, "--config-file", folder / "schemathesis.toml", "run", house.public.url + "/openapi.json", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    return done.stdout


def test_with_a_key(house, tmp_path):
    check(house, tmp_path, f"X-API-Key: {house.key}", "--exclude-path-regex=^/api/(admin|auth)/|^/token$")


def test_as_the_administrator(house, tmp_path):
    token = command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]
    selection = ["--include-path-regex=^/api/(admin|auth)/|^/token$", "--exclude-path=/api/auth/logout"]
    check(house, tmp_path, f"Authorization: Bearer {token}", *selection, settings=OF_ADMINISTRATORS)


def test_logging_out(house, tmp_path):
    token = command(house, "token", "issue", "--tenant", "demo")["token"]
    check(house, tmp_path, f"Authorization: Bearer {token}", "--include-path=/api/auth/logout")
