"""Versions of a tensor model: several at once, one for the other while requests are answered, and folders that are watched."""

import contextlib
import http.client
import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import onnx_file
import pytest
from house import House, children_of, command, engine_of, eventually, run

SECONDS = 60 if os.environ.get("GATEHOUSE_SOAK") == "1" else 5
CLIENTS = 64
MODEL = "constant"
QUESTION = {"inputs": [{"name": "X", "shape": [1, 2], "datatype": "FP32", "data": [1.0, 2.0]}]}


def put(folder, version, products=0):
    onnx_file.put(folder, MODEL, *onnx_file.constant(version, products), version=version)


@pytest.fixture
def hall(tmp_path):
    """A house that looks into its folders when it is asked to, with version 1 of a model."""
    house = House(tmp_path / "data", tmp_path / "log")
    house.models = tmp_path / "models"
    put(house.models, 1)

    def begin(first=1, **variables):
        house.start("--models", str(house.models), variables={"GATEHOUSE_MODELS_WATCH": "0s", "GATEHOUSE_LIMITS_MODE": "off", **variables})
        eventually(lambda: answered(house) == first, 60, "its first version")
        return house

    crowds = []

    def crowd():
        crowds.append(Crowd(house))
        return crowds[-1]

    house.begin, house.crowd = begin, crowd
    yield house
    for one in crowds:
        one.kill()
    house.kill()


def infer(house, version=None):
    return house.ask("POST", f"/v2/models/{MODEL}" + (f"/versions/{version}" if version else "") + "/infer", QUESTION)


def answered(house, version=None):
    """By which version, as the answer says and as its value is; nothing where there is none."""
    answer = infer(house, version)
    if answer.status != 200:
        return None
    said = answer.json()
    assert float(said["model_version"]) == said["outputs"][0]["data"][0], said
    return int(said["model_version"])


def states(house):
    return {int(one["version"]): one["state"] for one in command(house, "model", "list") if one["name"] == MODEL}


def load(house, name, code=0):
    return command(house, "model", "load", name, code=code)


def test_several_versions_at_once(hall):
    put(hall.models, 2)
    house = hall.begin(first=2)
    assert states(house) == {2: "ready", 1: "declared"}
    refused = infer(house, 1)
    assert refused.status == 503 and "Version 1" in refused.json()["error"]
    assert infer(house, 3).status == 404
    assert load(house, f"{MODEL}/1")["state"] == "ready"
    assert (answered(house), answered(house, 1), answered(house, 2)) == (2, 1, 2)
    rows = house.ask("POST", f"/v1/models/{MODEL}/versions/1:predict", {"instances": [[1, 2]]})
    assert rows.status == 200 and rows.json()["predictions"] in ([1.0], [[1.0]]), rows.body
    assert house.ask("GET", f"/v2/models/{MODEL}").json()["versions"] == ["2", "1"]
    assert house.ask("GET", f"/v2/models/{MODEL}/versions/1/ready").status == 200
    assert [one["id"] for one in house.ask("GET", "/v1/models").json()["data"]].count(MODEL) == 1
    operator = {"Authorization": "Bearer " + command(house, "token", "issue", "--tenant", "system", "--scopes", "platform:admin")["token"]}
    index = house.ask("POST", "/v2/repository/index", {}, headers=operator).json()
    assert [(one["version"], one["state"]) for one in index if one["name"] == MODEL] == [("2", "READY"), ("1", "READY")]
    counted = house.ask("GET", f"/v2/models/{MODEL}/stats", headers=operator).json()["model_stats"]
    assert {one["version"]: one["execution_count"] for one in counted}["1"] == 2
    labels = [name for name in house.metrics() if name.startswith("gatehouse_engine_resident") and MODEL in name]
    assert labels == [f'gatehouse_engine_resident_memory_bytes{{model="{MODEL}"}}'], "a model's versions are one series"
    assert house.ask("POST", f"/v2/repository/models/{MODEL}/versions/2/unload", headers=operator).status == 200
    assert answered(house) == 1, "the one that is left answers from then on"
    eventually(lambda: states(house) == {2: "gone", 1: "ready"}, 20, "its end")
    assert house.ask("POST", f"/v2/repository/models/{MODEL}/versions/2/load", headers=operator).status == 200
    assert answered(house) == 2
    for wrong, part in ((f"{MODEL}/7", "no version 7"), (f"{MODEL}/x", "NAME/VERSION"), ("roses", "NAME/VERSION/")):
        said = load_error(house, wrong)
        assert part in said, said


def load_error(house, name):
    done = run("model", "load", name, "--data", house.data)
    assert done.returncode == 1
    return done.stderr.decode()


def test_what_comes_and_goes_in_the_folder(hall):
    house = hall.begin()
    put(house.models, 2)
    house.signal(signal.SIGHUP)
    eventually(lambda: answered(house) == 2, 20, "version 2")
    eventually(lambda: states(house) == {2: "ready", 1: "gone"}, 20, "the end of version 1")
    shutil.rmtree(house.models / MODEL / "2")
    house.signal(signal.SIGHUP)
    eventually(lambda: answered(house) == 1, 20, "version 1 again")
    eventually(lambda: states(house) == {1: "ready"}, 20, "the end of version 2")


def test_a_watched_folder_is_taken_up_whole(hall):
    house = hall.begin(GATEHOUSE_MODELS_WATCH="1s")
    file, said = onnx_file.constant(2)
    home = house.models / MODEL / "2"
    home.mkdir()
    (home / "model.toml").write_text(said)
    (home / "model.onnx").write_bytes(file[:-20])
    eventually(lambda: states(house).get(2) == "failed", 20, "a look at half a file")
    assert answered(house) == 1
    (home / "model.onnx").write_bytes(file)
    eventually(lambda: answered(house) == 2, 20, "version 2")


class Crowd:
    """Clients that ask without a pause, in a process of their own: what a test does meanwhile, and when, does not wait for their threads."""

    def __init__(self, house):
        process = multiprocessing.get_context("spawn")
        self.least, self.over = process.Value("i", 1), process.Event()
        self.told, tell = process.Pipe(duplex=False)
        where = house.public.host, house.public.port
        self.clients = process.Process(target=ask_together, args=(where, house.bearer(), self.least, self.over, tell), daemon=True)
        self.clients.start()
        tell.close()
        assert self.hear() == "asking"

    def hear(self):
        assert self.told.poll(120), "the clients say nothing"
        return self.told.recv()

    def acknowledge(self, version):
        self.least.value = version

    def end(self):
        self.over.set()
        self.asked, self.seen, self.wrong = self.hear()
        self.clients.join(60)
        return self

    def kill(self):
        self.clients.kill()


def ask_together(where, headers, least, over, tell):
    """What the process of a crowd does; tells how many questions were asked, which versions answered, and what was wrong."""
    seen, wrong, asking = set(), [], threading.Barrier(CLIENTS + 1)
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(ask, where, headers, least, over, seen, wrong, asking) for _ in range(CLIENTS)]
        with contextlib.suppress(threading.BrokenBarrierError):
            asking.wait(60)
        tell.send("asking")
        asked = sum(one.result() for one in clients)
    tell.send((asked, seen, wrong))


def ask(where, headers, least, over, seen, wrong, asking):
    asked = 0
    try:
        with contextlib.closing(http.client.HTTPConnection(*where, timeout=60)) as connection:
            while not over.is_set() and multiprocessing.parent_process().is_alive():
                oldest = least.value
                connection.request("POST", f"/v2/models/{MODEL}/infer", json.dumps(QUESTION), {**headers, "Content-Type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
                asked += 1
                if asked == 1:
                    asking.wait(60)
                if answer.status != 200:
                    wrong.append((answer.status, body))
                    over.wait(float(answer.headers.get("Retry-After", 0)))
                    continue
                said = json.loads(body)
                version = int(said["model_version"])
                seen.add(version)
                if version < oldest or said["outputs"][0]["data"] != [version]:
                    wrong.append((oldest, body))
    except Exception as broke:  # whatever it is, the test says so
        wrong.append(repr(broke))
        asking.abort()
    return asked


@contextlib.contextmanager
def standing_still(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def engines(house):
    return {child for child in children_of(house.pid) if engine_of(child) == "onnx"}


def test_no_request_fails_and_none_is_answered_by_an_old_version(hall):
    house = hall.begin()
    crowd = house.crowd()
    until, version = time.monotonic() + SECONDS, 1
    while time.monotonic() < until or version < 4:
        version += 1
        put(house.models, version)
        assert load(house, MODEL)["version"] == str(version)
        crowd.acknowledge(version)
        if version > 2:
            shutil.rmtree(house.models / MODEL / str(version - 2))
    crowd.end()
    assert not crowd.wrong, (len(crowd.wrong), crowd.wrong[:3])
    assert crowd.seen >= set(range(1, version)) and crowd.asked > CLIENTS, crowd.seen
    eventually(lambda: sum(state == "ready" for state in states(house).values()) == 1, 60, "the end of all old ones")
    print(f"{crowd.asked} requests, {version - 1} swaps")


def test_an_engine_that_is_killed_in_a_swap_harms_nobody(hall):
    house = hall.begin()
    eventually(lambda: all(one["state"] in ("ready", "declared") for one in command(house, "model", "list")), 60, "all other models")
    settled = engines(house)
    crowd = house.crowd()
    put(house.models, 2)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, house, MODEL)
        new = eventually(lambda: engines(house) - settled, 20, "the new engine")
        for pid in new:
            os.kill(pid, signal.SIGKILL)
        assert loading.result(60)["version"] == "2"
    crowd.acknowledge(2)
    eventually(lambda: states(house) == {2: "ready", 1: "gone"}, 30, "the end of the swap")
    assert not crowd.end().wrong, (len(crowd.wrong), crowd.wrong[:3])


def test_an_answering_engine_that_is_killed_in_a_swap_harms_nobody(hall):
    house = hall.begin()
    eventually(lambda: all(one["state"] in ("ready", "declared") for one in command(house, "model", "list")), 60, "all other models")
    others = engines(house)
    put(house.models, 2)
    load(house, MODEL)
    eventually(lambda: states(house) == {2: "ready", 1: "gone"}, 30, "the end of version 1")
    crowd, killed, version = house.crowd(), False, 2
    with ThreadPoolExecutor(1) as pool:
        while not killed:
            crowd.acknowledge(version)
            before = engines(house)
            version += 1
            assert version < 20, "the swap was always over before the old engine could be killed"
            put(house.models, version, products=150)
            loading = pool.submit(load, house, MODEL)
            (new,) = eventually(lambda: engines(house) - before, 20, "the engine of the new version")
            # While the new engine stands still it cannot take over. Where it had before this process came to stop it, the next swap it is.
            with standing_still(new):
                if states(house)[version - 1] == "ready":
                    (old,) = before - others
                    os.kill(old, signal.SIGKILL)
                    killed = True
            assert loading.result(60)["version"] == str(version)
            if not killed:  # what is killed must be loaded again fast: its calls wait for it
                version += 1
                put(house.models, version)
                load(house, MODEL)
            eventually(lambda: {number for number, state in states(house).items() if state != "gone"} == {version}, 30, "the end of the swap")
    crowd.acknowledge(version)
    crowd.end()
    assert not crowd.wrong, (len(crowd.wrong), crowd.wrong[:3])
    assert answered(house) == version


def test_an_answering_engine_that_is_killed_is_waited_for(hall):
    house = hall.begin()
    eventually(lambda: all(one["state"] in ("ready", "declared") for one in command(house, "model", "list")), 60, "all other models")
    crowd, kills = house.crowd(), 3
    for _ in range(kills):
        before = engines(house)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        # What was with it is with the next one now; killed twice it would be told so.
        eventually(lambda: len(engines(house) - before) == len(before), 30, "the next engines")
        assert [answered(house) for _ in range(CLIENTS)] == [1] * CLIENTS
    assert not crowd.end().wrong, (len(crowd.wrong), crowd.wrong[:3])
    restarts = [value for name, value in house.metrics().items() if "gatehouse_engine_restarts_total" in name and MODEL in name]
    assert sum(restarts) >= kills
