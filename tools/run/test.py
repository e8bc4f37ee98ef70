"""The test suite, lane by lane: ./run test [soak] [FILTER].

A lane is one build flavour and the tests that are worth running in it. Lanes go on after a failure; the last line sums
them up. Names are those of ctest (unit.base), of GoogleTest (SlidingWindow.Refuses) and of pytest (test_chat.py::test_x).
"""

import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import defences
import system_lane
from tally import Tally

ROOT = Path(__file__).resolve().parents[2]
SYMBOLIZER = "/usr/lib/llvm-19/bin/llvm-symbolizer"
LONG_RUNNING = "soak"  # ctest label: only in ./run test soak
ONCE = "once"  # ctest label: the compiler makes no difference, so the first lane runs it and the others do not
BUILDS = "builds:"  # ctest label: the target that must be built before; ctest names no program that is not there yet

SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1:halt_on_error=1",
    "ASAN_SYMBOLIZER_PATH": SYMBOLIZER,
    "UBSAN_SYMBOLIZER_PATH": SYMBOLIZER,
    "TSAN_SYMBOLIZER_PATH": SYMBOLIZER,
}


def say(text):
    print(text, flush=True)


def run_shell(*words):
    """A function of tools/run/build.sh, so that ./run build and the tests build alike."""
    script = 'say() { printf "%s\\n" "$*" >&2; }; fail() { shift; say "$*"; exit 1; }; . tools/run/build.sh; "$@"'
    return subprocess.run(["sh", "-euc", script, "-", *words], cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0


class Lane:
    """One build folder, its ctest tests, and which of them are wanted."""

    def __init__(self, preset, accepts=lambda name, labels: ONCE not in labels):
        self.preset = preset
        self.folder = ROOT / "build" / preset
        self.accepts = accepts

    def tests(self, soak):
        """ctest name -> (command, target or None), of a configured folder. The command is empty where nothing is built yet."""
        shown = subprocess.run(["ctest", "--show-only=json-v1"], cwd=self.folder, capture_output=True, text=True, check=True)
        found = {}
        for test in json.loads(shown.stdout)["tests"]:
            labels = next((p["value"] for p in test.get("properties", []) if p["name"] == "LABELS"), [])
            if self.accepts(test["name"], labels) and (soak or LONG_RUNNING not in labels):
                target = next((label.removeprefix(BUILDS) for label in labels if label.startswith(BUILDS)), None)
                found[test["name"]] = test.get("command", []), target
        return found

    def run(self, names, gtest_filter):
        """Runs these tests; returns the tally of their cases."""
        results = self.folder / "results"
        for old in results.glob("*.json"):
            old.unlink()
        environment = {**os.environ, **SANITIZERS, "GTEST_OUTPUT": f"json:{results}/", "GTEST_COLOR": "no"}
        if gtest_filter:
            environment["GTEST_FILTER"] = gtest_filter
        pattern = "^(" + "|".join(re.escape(name) for name in names) + ")$"
        command = ["ctest", "-j", str(os.cpu_count() or 2), "--timeout", "600", "--output-junit", "results/junit.xml", "-R", pattern]
        results.mkdir(exist_ok=True)
        with open(results / "ctest.log", "w") as log:
            subprocess.run(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self._count(results, names)

    def _count(self, results, names):
        tally = Tally()
        seen = set()
        by_program = {path.stem: json.loads(path.read_text()) for path in results.glob("*.json") if path.stat().st_size}
        commands = self.tests(soak=True)
        for case in ElementTree.parse(results / "junit.xml").getroot().iter("testcase"):
            name, status = case.get("name"), case.get("status")
            seen.add(name)
            program = commands[name][1] if name in commands else ""
            one = Tally.of_gtest(by_program[program]) if program in by_program else Tally()
            if status == "run" and one.total() == 0:
                one = Tally(passed=1)
            elif status == "fail" and one.failed == 0:  # ended without a failed case: a crash, a sanitizer, a time-out
                one.failed += 1
            elif status not in ("run", "fail"):  # its program is not there, or it is switched off
                one = Tally(failed=1)
            if status != "run":
                say(f"--- {self.preset}: {name} failed\n{(case.findtext('system-out') or '').rstrip()}")
            tally += one
        for name in set(names) - seen:
            say(f"--- {self.preset}: {name} did not run")
            tally.failed += 1
        return tally


def gtest_cases(program):
    """All Suite.Case names of a GoogleTest program."""
    listed = subprocess.run([program, "--gtest_list_tests"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    suite = ""
    for line in listed.stdout.splitlines():
        word = line.split("#")[0].rstrip()
        if line.startswith("  "):
            yield suite + word.strip()
        elif word.endswith("."):
            suite = word


class Selection:
    """What a filter picks: whole ctest tests, and single cases of GoogleTest programs."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern) if pattern else None
        self.cases = {}  # ctest name -> cases, from the first lane, which is built whole

    def learn(self, tests):
        for name, (command, _) in tests.items():
            if self.pattern and "--gtest_brief=1" in command:
                cases = list(gtest_cases(command[0]))
                self.cases[name] = cases if self.pattern.search(name) else [c for c in cases if self.pattern.search(c)]

    def names(self, tests):
        return [name for name in tests if not self.pattern or self.pattern.search(name) or self.cases.get(name)]

    def gtest_filter(self, names):
        return ":".join(case for name in names for case in self.cases.get(name, [])) if self.pattern else ""


def run_lane(lane, selection, soak, learn):
    started = time.monotonic()
    if not run_shell("configure", lane.preset):
        return Tally(failed=1)
    tests = lane.tests(soak)
    if learn:  # the first lane builds everything, so that nothing stays uncompiled
        if not run_shell("build", lane.preset):
            return Tally(failed=1)
        selection.learn(tests)
    names = selection.names(tests)
    if not names:
        return Tally()
    targets = sorted({target for _, target in (tests[name] for name in names) if target})
    if not learn and targets and not run_shell("build", lane.preset, *targets):
        return Tally(failed=1)
    built = time.monotonic()
    tally = lane.run(names, selection.gtest_filter(names))
    say(f"lane {lane.preset}: {tally} in {time.monotonic() - built:.1f} s, built in {built - started:.1f} s")
    return tally


def tsan_accepts():
    lines = (ROOT / "tools" / "tsan_tests.txt").read_text().splitlines()
    listed = re.compile("|".join(line for line in lines if line and not line.startswith("#")) or "$^")
    return lambda name, labels: bool(listed.fullmatch(name))


def run_system(selection, soak):
    started = time.monotonic()
    if not system_lane.has_tests(ROOT, selection.pattern):
        return Tally()
    if not run_shell("build", "release", "gatehouse", "bare_llama", "trees_bench"):
        return Tally(failed=1)
    built = time.monotonic()
    tally = system_lane.run(ROOT, selection.pattern, soak, say)
    say(f"lane system: {tally} in {time.monotonic() - built:.1f} s, built in {built - started:.1f} s")
    return tally


def run_defences(selection):
    started = time.monotonic()
    tally = defences.run(ROOT, selection.pattern, say)
    if tally.total():
        say(f"lane defences: {tally} in {time.monotonic() - started:.1f} s")
    return tally


def main(arguments):
    soak = arguments[:1] == ["soak"]
    if soak:
        arguments = arguments[1:]
        os.environ["GATEHOUSE_SOAK"] = "1"  # tests read it and use their full counts
    if len(arguments) > 1:
        print("usage: ./run test [soak] [FILTER]", file=sys.stderr)
        return 2
    try:
        selection = Selection(arguments[0] if arguments else "")
    except re.error as error:
        print(f"the filter is not a regular expression: {error}", file=sys.stderr)
        return 2

    everything = lambda name, labels: True
    # Each compiler once: clang's lane is the one that sees most. Without sanitizers its tests run in a soak.
    lanes = [Lane("asan", everything), Lane("gcc"), Lane("tsan", tsan_accepts())] + ([Lane("dev")] if soak else [])
    total = Tally()
    for position, lane in enumerate(lanes):
        total += run_lane(lane, selection, soak, learn=position == 0)
    total += run_system(selection, soak)
    if soak:
        total += run_defences(selection)
    if soak and not selection.pattern:
        total += Tally(passed=1) if subprocess.run(["./run", "fuzz", "all", "300"], cwd=ROOT).returncode == 0 else Tally(failed=1)
    if total.total() == 0:
        say(f"no test matches {arguments[0]!r}" if arguments else "no tests")
    say(str(total))
    return 1 if total.failed or total.total() == 0 else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    sys.exit(main(sys.argv[1:]))
