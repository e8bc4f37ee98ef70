"""`gatehouse doctor`: what it finds, what it says to do, and what it leaves alone."""

import contextlib
import json
import os
import socket
import sqlite3
import time

import pytest
from house import initialise, run

# What the machine that runs the tests is short of is no fault of Gatehouse.
OF_THE_MACHINE = {"memory", "model_memory", "disk_space", "disk_speed", "descriptors"}


class Patient:
    def __init__(self, data, config):
        self.data, self.config = data, config
        self.set("")

    def set(self, more, listen="127.0.0.1:0", admin="127.0.0.1:0"):
        self.config.write_text(f'[server]\nlisten = ["{listen}"]\nadmin_listen = "{admin}"\n{more}\n')

    def examine(self, *words, stdin=b""):
        done = run("doctor", *words, "--data", self.data, "--config", self.config, "--json", stdin=stdin)
        assert done.returncode in (0, 1), done.stderr
        checks = json.loads(done.stdout)
        assert all(set(check) == {"name", "ok", "advice"} for check in checks)
        assert len({check["name"] for check in checks}) == len(checks)
        assert done.returncode == (0 if all(check["ok"] for check in checks) else 1)
        return {check["name"]: check for check in checks}

    def wrong(self, *words, stdin=b""):
        """name -> advice of what is wrong, the machine apart."""
        return {name: check["advice"] for name, check in self.examine(*words, stdin=stdin).items() if not check["ok"] and name not in OF_THE_MACHINE}


@pytest.fixture
def patient(tmp_path):
    initialise(tmp_path / "data")
    return Patient(tmp_path / "data", tmp_path / "g.toml")


@pytest.fixture
def served(house, tmp_path):
    return Patient(house.data, tmp_path / "g.toml")


def contents_of(data):
    return {path.name: path.read_bytes() for path in data.rglob("*") if path.is_file() and path.name != "model_hashes.json"}


def test_nothing_is_wrong_with_a_folder_as_it_was_made(patient):
    before = contents_of(patient.data)
    checks = patient.examine()
    assert {name for name, check in checks.items() if not check["ok"]} <= OF_THE_MACHINE
    assert set(checks) >= {
        "configuration", "ports", "loopback", "data_folder", "server", "store", "schema", "integrity", "disk_speed", "disk_space", "master_key", "signing_keys",
        "algorithm", "models", "model_memory", "engine", "memory", "gpu", "clock", "descriptors", "log_files",
    }  # fmt: skip
    assert "no server" in checks["server"]["advice"] and "CPU" in checks["gpu"]["advice"] and "token" not in checks
    assert contents_of(patient.data) == before


def test_for_people(patient):
    said = run("doctor", "--data", patient.data, "--config", patient.config)
    lines = said.stdout.decode().splitlines()
    assert all(line.startswith(("ok     ", "WRONG  ")) for line in lines) and any(line.startswith("ok     signing_keys") for line in lines)


def test_of_a_server_that_runs(house, served):
    served.set("", listen=f"127.0.0.1:{house.public.port}", admin=f"127.0.0.1:{house.admin.port}")
    checks = served.examine()
    assert {name for name, check in checks.items() if not check["ok"]} <= OF_THE_MACHINE
    assert f"process {house.pid}" in checks["server"]["advice"]


def test_a_port_that_somebody_else_has(patient):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        patient.set("", listen=f"127.0.0.1:{port}")
        (advice,) = patient.wrong().values()
    assert f"127.0.0.1:{port}" in advice and f"process {os.getpid()} (" in advice


def test_an_address_that_others_reach_is_advice_alone(patient):
    patient.set("insecure_http = true", listen="0.0.0.0:0")
    assert patient.wrong() == {}
    assert "0.0.0.0" in patient.examine()["loopback"]["advice"]


def test_a_configuration_that_is_wrong(patient):
    patient.set('[log]\nlevle = "info"')
    assert patient.wrong() == {"configuration": f"{patient.config}:5:1: " + "'log.levle' is not a known key (did you mean log.level?)"}


def test_a_folder_that_is_not_there(tmp_path):
    wrong = Patient(tmp_path / "none", tmp_path / "g.toml").wrong()
    assert set(wrong) == {"data_folder"} and "gatehouse serve" in wrong["data_folder"] and not (tmp_path / "none").exists()


def test_a_folder_that_others_may_write_to(patient):
    patient.data.chmod(0o777)
    assert "chmod 0700" in patient.wrong()["data_folder"]


def missing(key):
    key.unlink()


def readable(key):
    key.chmod(0o644)


def shorter(key):
    key.write_bytes(key.read_bytes()[:31])


@pytest.mark.parametrize(("spoil", "word"), [(missing, "missing"), (readable, "chmod 0600"), (shorter, "31 bytes")])
def test_a_master_key_that_is_not_as_it_must_be(patient, spoil, word):
    spoil(patient.data / "keys" / "master.key")
    wrong = patient.wrong()
    assert set(wrong) == {"master_key"} and word in wrong["master_key"]


def test_a_master_key_of_another_folder(patient):
    (patient.data / "keys" / "master.key").write_bytes(b"x" * 32)
    wrong = patient.wrong()
    assert set(wrong) == {"signing_keys"} and "master key is not the one" in wrong["signing_keys"]


def test_an_algorithm_that_is_not_in_use(patient):
    patient.set('[auth]\nalgorithm = "ES256"')
    assert "EdDSA" in patient.wrong()["algorithm"]


def test_a_store_that_is_damaged_old_or_gone(patient):
    store = patient.data / "gatehouse.db"
    whole = store.read_bytes()
    store.write_bytes(whole[:4096] + b"x" * (len(whole) - 4096))
    assert set(patient.wrong()) & {"store", "integrity"}
    store.write_bytes(whole[:60] + (1).to_bytes(4, "big") + whole[64:])
    assert "gatehouse migrate" in patient.wrong()["schema"]
    store.write_bytes(whole[:60] + (999).to_bytes(4, "big") + whole[64:])
    assert "999" in patient.wrong()["store"]
    store.unlink()
    assert "data_folder" in patient.wrong()


def test_models_that_are_missing_or_not_the_pinned_ones(patient, tmp_path):
    folder = tmp_path / "models" / "mine" / "1"
    folder.mkdir(parents=True)
    (folder / "mine.gguf").write_bytes(b"GGUF")
    (folder / "model.toml").write_text('kind = "llm"\n[[files]]\npath = "mine.gguf"\nsha256 = "' + "0" * 64 + '"\n')
    patient.set(f'[models]\ndirs = ["{tmp_path / "models"}"]\ndefault_llm = "nowhere"')
    advice = patient.wrong()["models"]
    assert "'nowhere' is in none of the model folders" in advice and "mine.gguf' is not the file that its model.toml names" in advice


def test_a_log_file_that_cannot_be_written(patient, tmp_path):
    patient.set(f'[log]\nfile = "{tmp_path / "none" / "g.log"}"')
    assert "log.file" in patient.wrong()["log_files"]


def test_a_clock_that_is_behind_the_store(patient):
    made = json.loads(run("token", "issue", "--tenant", "demo", "--data", patient.data, "--json").stdout)
    assert made["token"] and patient.wrong() == {}
    with contextlib.closing(sqlite3.connect(patient.data / "gatehouse.db", isolation_level=None)) as database:
        database.execute("UPDATE tenants SET created_s = ?", (int(time.time()) + 3600,))
    assert "behind" in patient.wrong()["clock"]


@pytest.mark.parametrize("running", [True, False])
def test_a_token(house, patient, served, running):
    one = served if running else patient
    command = lambda *words, stdin=b"": run(*words, "--data", one.data, "--json", stdin=stdin)  # noqa: E731
    token = json.loads(command("token", "issue", "--tenant", "demo", "--scopes", "llm,usage:read").stdout)["token"]
    checks = one.examine("--token", "-", stdin=token.encode())
    assert checks["token"]["ok"] and "tenant demo" in checks["token"]["advice"] and "llm usage:read" in checks["token"]["advice"]
    assert command("token", "revoke", stdin=token.encode()).returncode == 0
    wrong = one.wrong("--token", "-", stdin=token.encode())
    assert set(wrong) == {"token"} and "token_revoked" in wrong["token"] and "token issue" in wrong["token"]
    assert "token_malformed" in one.wrong("--token", "-", stdin=b"nonsense")["token"]
    key = json.loads(command("key", "create", "--tenant", "demo", "--name", "a key").stdout)["key"]
    assert "API key" in one.wrong("--token", "-", stdin=key.encode())["token"]


def test_a_token_is_shown_nowhere(patient):
    token = json.loads(run("token", "issue", "--tenant", "demo", "--data", patient.data, "--json").stdout)["token"]
    for said in (run("doctor", "--token", "-", "--data", patient.data, "--config", patient.config, stdin=token.encode()), run("doctor", "--token", token)):
        assert all(part.encode() not in said.stdout + said.stderr for part in token.split("."))
    assert said.returncode == 2, "a token on the command line would be seen by others"
