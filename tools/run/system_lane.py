"""System tests: pytest over tests/system/test_*.py, in a virtual environment of their own, against build/release/gatehouse."""

import ast
import hashlib
import os
import subprocess
import venv
import xml.etree.ElementTree as ElementTree

from tally import Tally


def has_tests(root, pattern):
    """Whether any test may match: read from the source, because collecting needs the virtual environment."""
    for path in sorted((root / "tests" / "system").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
                if not pattern or pattern.search(f"{path.name}::{node.name}"):
                    return True
    return False


def environment(root, say):
    """The python of tests/system/.venv, made anew when requirements.txt has changed; None when that fails."""
    folder = root / "tests" / "system" / ".venv"
    requirements = root / "tests" / "system" / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / "requirements.sha256"
    python = folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted and python.exists():
        return python
    say("installing the clients that the system tests use")
    venv.create(folder, with_pip=True, clear=True)
    install = [python, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r", requirements]
    if subprocess.run(install, stdin=subprocess.DEVNULL).returncode != 0:
        return None
    stamp.write_text(wanted)
    return python


def run(root, pattern, soak, say):
    python = environment(root, say)
    if python is None:
        say("--- system: the packages in tests/system/requirements.txt could not be installed")
        return Tally(failed=1)
    command = [python, "-m", "pytest", "-q", "-p", "pytest_filter", "-p", "no:cacheprovider", "tests/system"]
    kinds = "" if soak else " and not soak"
    # Most wait most of the time, for a deadline or one thread of a model: as many processes as cores, a file in one of them.
    side_by_side = ["-n", str(os.cpu_count() or 2), "--dist", "loadfile", "-m", f"not alone{kinds}"]
    tally = _pytest(root, pattern, [*command, *side_by_side], "system", say)
    return tally + _pytest(root, pattern, [*command, "-m", f"alone{kinds}"], "system_alone", say)


def _pytest(root, pattern, command, name, say):
    results = root / "build" / "release" / "results"
    results.mkdir(parents=True, exist_ok=True)
    report = results / f"{name}.xml"
    report.unlink(missing_ok=True)
    settings = {
        **os.environ,
        "PYTHONPATH": str(root / "tools" / "run"),
        "GATEHOUSE_BINARY": str(root / "build" / "release" / "gatehouse"),
        "GATEHOUSE_TEST_FILTER": pattern.pattern if pattern else "",
    }
    command = [*command, f"--junitxml={report}"]
    done = subprocess.run(command, cwd=root, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    tally = Tally.of_pytest(ElementTree.parse(report).getroot()) if report.exists() else Tally()
    if done.returncode not in (0, 5):  # 5: nothing left after the filter
        tally.failed += tally.failed == 0
        say(done.stdout)
    return tally
