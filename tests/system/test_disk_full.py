"""A data folder on a disk that fills up: what is there goes on being read and answered, what cannot be kept is not acknowledged."""

import contextlib
import json
import os
from pathlib import Path

from house import eventually, run

# A small disk in a name space of its own, gone with the server: the folder that is there moves onto it.
ON_A_SMALL_DISK = """
set -eu
mkdir "$1.disk"
mount -t tmpfs -o size=3m,mode=700 none "$1.disk"
cp -a "$1/." "$1.disk"
mount --bind "$1.disk" "$1"
shift
exec "$@"
"""


def fill(folder):
    """Takes what room there is."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    return ballast


def test_a_full_disk_refuses_writes_and_nothing_else(new_house):
    house = new_house(started=False)
    made = run("token", "issue", "--tenant", "system", "--scopes", "platform:admin", "--data", house.data, "--json")
    administrator = {"Authorization": f"Bearer {json.loads(made.stdout)['token']}"}
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    house.before = [*alone, "sh", "-c", ON_A_SMALL_DISK, "-", str(house.data)]
    house.start()

    def register(number):
        return house.ask("POST", "/api/admin/tenants", {"tenant_id": f"tenant-{number}"}, headers=administrator)

    def registered():
        listed = house.ask("GET", "/api/admin/tenants?limit=1000", headers=administrator)
        assert listed.status == 200
        return {one["tenant_id"] for one in listed.json()["data"]} - {"demo", "system"}

    assert register(0).status == 201
    ballast = fill(Path(f"/proc/{house.pid}/root{house.data}"))
    acknowledged, refused = {"tenant-0"}, None
    for number in range(1, 900):  # as long as the files of the store have room in them
        answer = register(number)
        if answer.status != 201:
            refused = answer
            break
        acknowledged.add(f"tenant-{number}")
    assert refused is not None and refused.status == 503, "the disk never became full"
    error = refused.json()["error"]
    assert refused.headers["Retry-After"] and "disk" not in error["message"].lower() and str(house.data) not in json.dumps(error)
    key = house.ask("POST", "/api/admin/keys", {"tenant_id": "demo", "name": "not kept"}, headers=administrator)
    assert key.status == 503
    assert registered() == acknowledged, "what was refused is not there, what was acknowledged is"
    assert house.ask("GET", "/v1/models").status == 200
    assert house.chat("What is the capital of France?", max_tokens=8).status == 200
    ballast.unlink()
    eventually(lambda: register(1000).status == 201, what="a store that writes again")
    assert registered() == acknowledged | {"tenant-1000"}
