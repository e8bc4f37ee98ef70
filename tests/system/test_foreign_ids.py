"""From how long an answer takes nobody can tell an id of another tenant from one that does not exist."""

import contextlib
import http.client
import json
import math
import random
import statistics
import time
import uuid

import pytest
from house import House, command

pytestmark = pytest.mark.alone

SAMPLES = 10_000  # of each route, half of them foreign
LIMIT = 4.5  # of Welch's t
PASSWORD = "a horse of another colour"


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory):
    """A server with two tenants; of the first an administrator who is logged in, of the second the ids of many things."""
    folder = tmp_path_factory.mktemp("neighbours")
    house = House(folder / "data", folder / "log").start()
    for tenant in "ours", "theirs":
        command(house, "tenant", "register", tenant)
    command(house, "user", "create", "chief", "--tenant", "ours", "--role", "tenant-admin", "--password-stdin", stdin=PASSWORD.encode())
    command(house, "user", "create", "stranger", "--tenant", "theirs", "--password-stdin", stdin=PASSWORD.encode())

    def log_in(name):
        answer = house.ask("POST", "/api/auth/login", {"username": name, "password": PASSWORD})
        assert answer.status == 200, answer.body
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    chief, stranger = log_in("chief"), log_in("stranger")
    sessions = house.ask("GET", "/api/auth/sessions", headers=stranger).json()["data"]
    foreign = {
        "user": [user["id"] for user in command(house, "user", "list", "--tenant", "theirs")],
        "session": [session["id"] for session in sessions],
        "tenant": ["theirs"],
    }
    assert all(foreign.values())
    yield house, chief, foreign
    house.kill()


def welch(some, others):
    return (statistics.fmean(some) - statistics.fmean(others)) / math.sqrt(statistics.variance(some) / len(some) + statistics.variance(others) / len(others))


ROUTES = [
    ("GET", "/api/admin/users/{}", "user", lambda: str(uuid.uuid4())),
    ("PATCH", "/api/admin/users/{}", "user", lambda: str(uuid.uuid4())),
    ("DELETE", "/api/admin/users/{}", "user", lambda: str(uuid.uuid4())),
    ("DELETE", "/api/auth/sessions/{}", "session", lambda: uuid.uuid4().hex),
    ("GET", "/api/admin/tenants/{}/export", "tenant", lambda: random.choice("bcdfgh") + "heirs"),
]


@pytest.mark.parametrize("method, path, kind, missing", ROUTES, ids=[f"{method} {path}" for method, path, *_ in ROUTES])
def test_foreign_and_missing_take_as_long(neighbours, method, path, kind, missing):
    house, chief, foreign = neighbours
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    times, said = {True: [], False: []}, {True: set(), False: set()}
    headers = chief | ({"Content-Type": "application/json"} if method == "PATCH" else {})
    with contextlib.closing(http.client.HTTPConnection(house.public.host, house.public.port, timeout=60)) as connection:
        for _ in range(SAMPLES):
            is_foreign = chance.random() < 0.5
            target = path.format(chance.choice(foreign[kind]) if is_foreign else missing())
            begun = time.perf_counter()
            connection.request(method, target, b"{}" if method == "PATCH" else None, headers)
            answer = connection.getresponse()
            body = answer.read()
            times[is_foreign].append(time.perf_counter() - begun)
            assert answer.status == 404, (target, body)
            said[is_foreign].add(json.loads(body)["error"]["message"].replace(target.split("/")[4 if kind == "tenant" else -1], "ID"))
    assert said[True] == said[False] and len(said[True]) == 1, said
    found = welch(times[True], times[False])
    print(f"{method} {path}: foreign {statistics.median(times[True]) * 1e6:.1f} us, missing {statistics.median(times[False]) * 1e6:.1f} us, t {found:.2f}")
    assert abs(found) < LIMIT, seed
