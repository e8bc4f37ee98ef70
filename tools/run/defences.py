"""What refuses attacks on tokens and keys (tests/defences/defences.toml), taken out line by line: each time a test must fail.

    /usr/bin/python3 tools/run/defences.py          only whether each line still is where the list says

The whole of it is a lane of ./run test soak. It works on a copy of the sources in build/defences, with a build folder of its own.
"""

import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tally import Tally

ROOT = Path(__file__).resolve().parents[2]
LIST = "tests/defences/defences.toml"
BUILT_FROM = ("CMakeLists.txt", "CMakePresets.json", "cmake", "src", "tests", "third_party", "tools/pages")
ROWS = [f"D{number}" for number in range(1, 11)]
TIME_LIMIT = 120  # seconds, for the tests of one defence


@dataclass(frozen=True)
class Defence:
    name: str
    file: str
    line: str
    instead: str
    fails: tuple
    program: str = "wire_tests"

    def taken_out(self, text):
        """The source without it, or None where the line is not there exactly once."""
        found = re.findall(r"^([ \t]*)" + re.escape(self.line) + "$", text, re.M)
        return text.replace(found[0] + self.line + "\n", found[0] + self.instead + "\n", 1) if len(found) == 1 else None

    def test_cases(self):
        """The names of the tests, where a source spells them: without the parameter's part."""
        return [re.sub(r"^\w+/|/[^/]*$", "", name) for name in self.fails]


def read_list(root):
    listed = tomllib.loads((root / LIST).read_text())["defence"]
    return [Defence(**{**one, "fails": tuple(one["fails"])}) for one in listed]


def faults_of(root, defences):
    """What is wrong with the list itself."""
    names = [one.name for one in defences]
    yield from (f"{name} is there twice" for name in sorted(set(names)) if names.count(name) > 1)
    yield from (f"{row} has no defence" for row in ROWS if not any(name.startswith(row + ".") for name in names))
    tests = "".join(path.read_text() for path in sorted((root / "src").rglob("*_test.cc")))
    known = {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+), (\w+)\)", tests, re.M)}
    for one in defences:
        path = root / one.file
        if not path.is_file() or one.taken_out(path.read_text()) is None:
            yield f"{one.name}: {one.file} does not have this line once: {one.line}"
        yield from (f"{one.name}: no test is called {case}" for case in one.test_cases() if case not in known)


# -- the copy ----------------------------------------------------------------------------------------------------------------


def sources(root):
    for name in BUILT_FROM:
        top = root / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not {".venv", "__pycache__"} & set(path.relative_to(root).parts):
                yield path.relative_to(root)


def write(path, content):
    """Only where it changes something, so that nothing is built for nothing."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Copy:
    def __init__(self, root, folder):
        self.root, self.folder, self.build_folder = root, folder, folder / "build" / "dev"
        wanted = set(sources(root))
        for name in wanted:
            write(folder / name, (root / name).read_bytes())
        if folder.is_dir():
            for name in set(sources(folder)) - wanted:
                (folder / name).unlink()

    def configure(self):
        return subprocess.run(["cmake", "--preset", "dev"], cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def build(self, program):
        return subprocess.run(["ninja", "-C", self.build_folder, program], capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def run(self, program, names):
        """name of a case -> whether it failed, of those that match."""
        report = self.build_folder / "defences.json"
        report.unlink(missing_ok=True)
        place = next(path for path in self.build_folder.rglob(program) if path.is_file())
        command = [place, f"--gtest_filter={':'.join(names)}", f"--gtest_output=json:{report}", "--gtest_brief=1"]
        try:
            subprocess.run(command, cwd=self.build_folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            return {}
        suites = json.loads(report.read_text()).get("testsuites", []) if report.is_file() else []
        ran = [case for suite in suites for case in suite["testsuite"] if case["status"] == "RUN"]
        return {f"{case['classname']}.{case['name']}": bool(case.get("failures")) for case in ran}


def matching(outcomes, name):
    return [failed for case, failed in outcomes.items() if fnmatch.fnmatchcase(case, name)]


# -- the lane ----------------------------------------------------------------------------------------------------------------


def without(copy, one):
    """What is wrong when one defence is out; "" when its tests fail, as they should."""
    path = copy.folder / one.file
    right = path.read_text()
    try:
        path.write_text(one.taken_out(right))
        built = copy.build(one.program)
        if built.returncode != 0:
            return f"does not build without it\n{built.stdout[-2000:]}"
        outcomes = copy.run(one.program, one.fails)
    finally:
        path.write_text(right)
    unmoved = [name for name in one.fails if not any(matching(outcomes, name))]
    return f"without `{one.line}` in {one.file} no test fails of {', '.join(unmoved)}" if unmoved else ""


def with_all(copy, defences):
    """What is wrong while every defence stands."""
    for program in sorted({one.program for one in defences}):
        built = copy.build(program)
        if built.returncode != 0:
            yield f"{program} does not build\n{built.stdout[-2000:]}"
            continue
        names = sorted({name for one in defences if one.program == program for name in one.fails})
        outcomes = copy.run(program, names)
        for name in names:
            found = matching(outcomes, name)
            if not found or any(found):
                yield f"{program}: {name} {'fails' if found else 'did not run'} with every defence in its place"


def run(root, pattern, say):
    listed = read_list(root)
    defences = [one for one in listed if not pattern or pattern.search("defences." + one.name)]
    if not defences:
        return Tally()
    faults = list(faults_of(root, listed))
    if not faults:
        copy = Copy(root, root / "build" / "defences")
        configured = copy.configure()
        faults = [configured.stderr[-2000:]] if configured.returncode != 0 else list(with_all(copy, defences))
    for fault in faults:
        say(f"--- defences: {fault}")
    if faults:
        return Tally(failed=len(faults))
    tally = Tally()
    for one in defences:
        wrong = without(copy, one)
        if wrong:
            say(f"--- defences: {one.name}: {wrong}")
        tally += Tally(failed=1) if wrong else Tally(passed=1)
    return tally


def main():
    faults = list(faults_of(ROOT, read_list(ROOT)))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
