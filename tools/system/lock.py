"""Pins what the system tests need: tools/system/requirements.in -> tests/system/requirements.txt, with a hash for each file.

    /usr/bin/python3 tools/system/lock.py
    /usr/bin/python3 tools/system/lock.py tools/uninlu/requirements.in tools/uninlu/requirements.txt    (another pair)

pip itself resolves (pip install --dry-run --report, wheels alone), in a virtual environment that is gone afterwards.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WANTED = ROOT / "tools" / "system" / "requirements.in"
PINNED = ROOT / "tests" / "system" / "requirements.txt"
HEAD = "# Made by tools/system/lock.py from {}.\n"


def resolve(folder, wanted):
    """pip's report on what it would install into an empty environment."""
    venv.create(folder, with_pip=True)
    report = folder / "report.json"
    options = ["--dry-run", "--ignore-installed", "--only-binary=:all:", "--quiet", "--report", report]
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", *options, "-r", wanted], check=True, stdin=subprocess.DEVNULL)
    return json.loads(report.read_text())["install"]


def line(found):
    name, version = found["metadata"]["name"].lower().replace("_", "-"), found["metadata"]["version"]
    return f"{name}=={version} --hash=sha256:{found['download_info']['archive_info']['hashes']['sha256']}\n"


def main():
    if sys.version_info[:3] != (3, 11, 2):  # what a library needs may hang on the last number, too
        sys.exit("run this with Debian 12's /usr/bin/python3, 3.11.2: what is pinned are its wheels, and what they need there")
    wanted, pinned = (Path(name).resolve() for name in sys.argv[1:3]) if sys.argv[1:] else (WANTED, PINNED)
    with tempfile.TemporaryDirectory() as folder:
        found = resolve(Path(folder), wanted)
        pinned.write_text(HEAD.format(wanted.relative_to(ROOT)) + "".join(sorted(map(line, found))))


if __name__ == "__main__":
    main()
