"""The store of a data folder, migrated, backed up and put back, where a server runs and where none does."""

import contextlib
import json
import os
import pty
import random
import sqlite3
import stat
import subprocess
import threading
import time

import pytest
from house import BINARY, ROOT, run

ROUNDS = 100 if os.environ.get("GATEHOUSE_SOAK") == "1" else 15


class Folder:
    """A data folder that no server has."""

    def __init__(self, data):
        self.data = data
        made = self.command("init")
        assert made.returncode == 0, made.stderr
        self.key = json.loads(made.stdout)["api_key"]

    def command(self, *words):
        return run(*words, "--data", self.data, "--json")

    def json(self, *words):
        done = self.command(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def tenants(self):
        return {tenant["tenant_id"] for tenant in self.json("tenant", "list")}

    def register(self, name):
        return self.json("tenant", "register", name)

    @property
    def store(self):
        return self.data / "gatehouse.db"

    @contextlib.contextmanager
    def opened(self):
        with contextlib.closing(sqlite3.connect(self.store, isolation_level=None)) as database:
            yield database


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "data")


# -- backup ------------------------------------------------------------------------------------------------------------------


def test_a_backup_of_a_server_that_writes_is_one_moment(new_house, tmp_path):
    house = new_house()
    stop, made = threading.Event(), []

    def register():
        while not stop.is_set():
            name = f"tenant-{len(made)}"
            assert run("tenant", "register", name, "--data", house.data).returncode == 0
            made.append(name)

    writer = threading.Thread(target=register)
    writer.start()
    try:
        files = []
        for number in range(3):
            before = list(made)
            file = tmp_path / f"copy{number}.db"
            said = json.loads(run("backup", file, "--data", house.data, "--json").stdout)
            files.append((file, before, said))
    finally:
        stop.set()
        writer.join()
    master_key = (house.data / "keys" / "master.key").read_bytes()
    for file, before, said in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert said == {"file": str(file), "bytes": file.stat().st_size, "contains_master_key": False, "master_key": f"{house.data}/keys/master.key"}
        assert master_key not in file.read_bytes()
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            held = {name for (name,) in copy.execute("SELECT id FROM tenants")}
        assert set(before) <= held and held <= {*made, "demo", "system"}
    assert {path.name for path in tmp_path.iterdir()} >= {"copy0.db"} and not list(tmp_path.glob("*.unfinished*"))


def test_a_backup_replaces_nothing_unasked(folder, tmp_path):
    file = tmp_path / "copy.db"
    file.write_text("precious")
    refused = folder.command("backup", file)
    assert refused.returncode == 1 and str(file).encode() in refused.stderr and file.read_text() == "precious"
    assert folder.command("backup", file, "--force").returncode == 0 and file.read_bytes().startswith(b"SQLite format 3")
    assert folder.command("backup", folder.store, "--force").returncode == 1, "the store itself"
    assert folder.command("backup", tmp_path / "none" / "copy.db").returncode == 1
    assert folder.tenants() == {"demo", "system"}


def test_what_a_backup_says_to_people(folder, tmp_path):
    said = run("backup", tmp_path / "copy.db", "--data", folder.data)
    assert said.returncode == 0 and b"not inside" in said.stdout and str(folder.data / "keys" / "master.key").encode() in said.stdout
    assert said.stderr == b"", "no bar where nobody sees it"


def test_a_bar_is_shown_on_a_terminal(folder, tmp_path):
    ours, theirs = pty.openpty()
    with open(theirs, "wb", closefd=True) as terminal:
        done = subprocess.run([BINARY, "backup", tmp_path / "copy.db", "--data", folder.data], stdout=subprocess.DEVNULL, stderr=terminal, cwd=ROOT, timeout=60)
    shown = os.read(ours, 65536)
    os.close(ours)
    assert done.returncode == 0 and b"100 %" in shown and shown.endswith(b"\x1b[K"), shown


def test_where_there_is_no_data(tmp_path):
    for words in (("backup", tmp_path / "copy.db"), ("migrate",)):
        refused = run(*words, "--data", tmp_path / "none")
        assert refused.returncode == 1 and b"there is no data yet" in refused.stderr
    assert list(tmp_path.iterdir()) == []


# -- restore -----------------------------------------------------------------------------------------------------------------


def test_a_restore_brings_back_what_was(new_house, tmp_path):
    house = new_house()
    file = tmp_path / "copy.db"
    kept = json.loads(run("key", "create", "--tenant", "demo", "--name", "kept", "--data", house.data, "--json").stdout)
    assert run("backup", file, "--data", house.data).returncode == 0
    later = json.loads(run("key", "create", "--tenant", "demo", "--name", "later", "--data", house.data, "--json").stdout)
    refused = run("restore", file, "--data", house.data)
    assert refused.returncode == 1 and str(house.pid).encode() in refused.stderr, "a server runs"
    assert house.ask("GET", "/v1/models", headers={"X-API-Key": later["key"]}).status == 200
    assert house.stop() == 0
    done = run("restore", file, "--data", house.data, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["file"] == str(file) and said["master_key"] == "fits" and said["schema"] > 0
    with contextlib.closing(sqlite3.connect(f"file:{said['kept']}?mode=ro", uri=True)) as old:
        assert old.execute("SELECT count(*) FROM api_keys WHERE name = 'later'").fetchone() == (1,)
    house.start()
    assert house.ask("GET", "/v1/models", headers={"X-API-Key": kept["key"]}).status == 200
    assert house.ask("GET", "/v1/models", headers={"X-API-Key": later["key"]}).status == 401


def test_a_backup_of_another_folder_is_refused(folder, tmp_path):
    other = Folder(tmp_path / "other")
    other.register("elsewhere")
    other.json("backup", tmp_path / "copy.db")
    before = folder.store.read_bytes()
    refused = folder.command("restore", tmp_path / "copy.db")
    assert refused.returncode == 1 and b"master key" in refused.stderr and b"nothing was changed" in refused.stderr
    assert folder.store.read_bytes() == before and [path.name for path in folder.data.glob("gatehouse.db*")] == ["gatehouse.db"]
    # With that folder's master key in place it is one of ours.
    (folder.data / "keys" / "master.key").write_bytes((other.data / "keys" / "master.key").read_bytes())
    assert folder.json("restore", tmp_path / "copy.db")["master_key"] == "fits"
    assert "elsewhere" in folder.tenants()


def test_a_restore_into_a_new_folder(folder, tmp_path):
    folder.register("tenant-001")
    folder.json("backup", tmp_path / "copy.db")
    new = tmp_path / "new"
    said = json.loads(run("restore", tmp_path / "copy.db", "--data", new, "--json").stdout)
    assert said["master_key"] == "missing" and said["kept"] is None
    refused = run("tenant", "list", "--data", new)
    assert refused.returncode == 1 and b"master.key" in refused.stderr
    (new / "keys").mkdir(mode=0o700, exist_ok=True)
    key = new / "keys" / "master.key"
    key.touch(mode=0o600)
    key.write_bytes((folder.data / "keys" / "master.key").read_bytes())
    listed = json.loads(run("tenant", "list", "--data", new, "--json").stdout)
    assert {tenant["tenant_id"] for tenant in listed} == {"demo", "system", "tenant-001"}


def garbage(file):
    file.write_bytes(b"x" * 8192)


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-4096])


def newer(file):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA user_version = 999")


def another_programs(file):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA application_id = 1")


def empty(file):
    file.write_bytes(b"")


@pytest.mark.parametrize("spoil", [garbage, cut_short, newer, another_programs, empty])
def test_what_is_no_backup_is_refused(folder, tmp_path, spoil):
    file = tmp_path / "copy.db"
    folder.json("backup", file)
    spoil(file)
    before = folder.store.read_bytes()
    refused = folder.command("restore", file)
    assert refused.returncode == 1 and str(file).encode() in refused.stderr
    assert folder.store.read_bytes() == before and [path.name for path in folder.data.glob("gatehouse.db*")] == ["gatehouse.db"]


def test_a_restore_that_is_killed_leaves_the_old_or_the_new(folder, tmp_path):
    file = tmp_path / "copy.db"
    folder.register("in-the-backup")
    folder.json("backup", file)
    command = [BINARY, "restore", str(file), "--data", str(folder.data)]
    began = time.monotonic()
    assert subprocess.run(command, capture_output=True, cwd=ROOT, timeout=60).returncode == 0
    whole = time.monotonic() - began
    chance = random.Random(20261126)
    for number in range(ROUNDS):
        folder.register(f"later-{number}")
        old = folder.tenants()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, whole * 1.2))
        process.kill()
        process.wait(30)
        assert folder.tenants() in (old, {"demo", "system", "in-the-backup"}), number
        with folder.opened() as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# -- migrate -----------------------------------------------------------------------------------------------------------------


def test_migrating_says_what_it_did(tmp_path, folder):
    nothing = folder.json("migrate")
    assert nothing["from"] == nothing["to"] > 0 and nothing["applied"] == []
    data = tmp_path / "before the first schema"
    data.mkdir(mode=0o700)
    (data / "gatehouse.db").touch(mode=0o600)
    done = run("migrate", "--data", data, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0 and said["from"] == 0 and said["to"] == nothing["to"] == len(said["applied"])
    assert b"schema 1 of" in done.stderr, "how far it is"
    again = run("migrate", "--data", data)
    assert again.returncode == 0 and b"nothing was done" in again.stdout


def test_a_newer_store_is_refused(folder):
    with folder.opened() as database:
        database.execute("PRAGMA user_version = 999")
    refused = folder.command("migrate")
    assert refused.returncode == 1 and b"999" in refused.stderr
    with folder.opened() as database:
        assert database.execute("PRAGMA user_version").fetchone() == (999,)


def test_migrating_under_a_server(new_house):
    house = new_house()
    said = run("migrate", "--data", house.data, "--json")
    assert said.returncode == 0 and json.loads(said.stdout)["applied"] == []
    # As if an older server ran here: it must end first.
    with contextlib.closing(sqlite3.connect(house.data / "gatehouse.db", isolation_level=None)) as database:
        (known,) = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {known - 1}")
        refused = run("migrate", "--data", house.data)
        database.execute(f"PRAGMA user_version = {known}")
    assert refused.returncode == 1 and str(house.pid).encode() in refused.stderr
