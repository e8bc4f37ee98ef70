"""Cards on headers, sizes, format, and scripts that at least parse."""

import re
import shutil
import subprocess

from source import Finding, code_of, without_preprocessor
from statements import Parser

MAX_FILE, MAX_FUNCTION, PULSE = 400, 60, 40
FORMATTED = ("src", "tests", "fuzz", "bench")
FORMATTER = "clang-format-19"


def check_cards(tree):
    for path in tree.cpp("src", "tests", "fuzz", "bench"):
        if not path.endswith(".h"):
            continue
        text = tree.text(path)
        if "/include/gatehouse/" in path:
            wanted = "// " + path.split("/include/gatehouse/", 1)[1] + " — "
            first = text.splitlines()[0] if text else ""
            if not first.startswith(wanted) or len(first) < len(wanted) + 8:
                yield Finding(path, 1, "has no card", f"begin with '{wanted}what it is, in a line.', then Units, Threads, Errors, Source as needed")
        if not re.search(r"^#pragma once$", text, re.M):
            yield Finding(path, 1, "may be read twice", "put #pragma once under the card")


# A word in a column of nine, and what it says behind that: Units, Threads, Errors …
LABEL = re.compile(r"// [A-Z][a-z]+ +(?=\S)")
COLUMN = 12
LABEL_WITHIN = re.compile(r"[^/ ] [A-Z][a-z]{2,7}  +\S")


def check_labels(tree):
    for path in tree.cpp("src", "tests", "fuzz", "bench"):
        if not path.endswith(".h"):
            continue
        labelled = False
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if not line.startswith("//"):
                break
            if LABEL_WITHIN.search(line):
                yield Finding(path, number, "has a label in the middle", "begin each label of a card on a line of its own")
            begins = LABEL.match(line)
            is_label = begins is not None and begins.end() == COLUMN
            if labelled and not is_label and not line.startswith("//".ljust(COLUMN)):
                yield Finding(path, number, "is out of its column", "a label's further lines begin under its first one")
            labelled = labelled or is_label


def functions(tree):
    for path in tree.cpp(*FORMATTED):
        parser = Parser(without_preprocessor(code_of(tree.text(path))))
        parser.run()
        for line, lines, name in parser.functions:
            yield path, line, lines, name


def check_sizes(tree):
    for path in tree.paths:
        if path.startswith("third_party/"):
            continue
        if path.endswith((".cc", ".h", ".py", ".sh")) or path == "run":
            lines = tree.text(path).count("\n")
            if lines > MAX_FILE:
                yield Finding(path, MAX_FILE, f"is {lines} lines long", f"split it by what it is about; {MAX_FILE} is the most")
    for path, line, lines, name in functions(tree):
        if lines > MAX_FUNCTION and not tree.allowed(path, line, "size"):
            yield Finding(path, line, f"{name} is {lines} lines long", f"name its parts; {MAX_FUNCTION} is the most")


def long_functions(tree):
    return [f"{p}:{line}: {name} is {lines} lines long" for p, line, lines, name in functions(tree) if PULSE < lines <= MAX_FUNCTION]


def check_format(tree):
    files = tree.cpp(*FORMATTED)
    if not files or shutil.which(FORMATTER) is None:
        if files:
            yield Finding("run", 1, f"{FORMATTER} is not installed", "call ./run test or ./run lint, which install it")
        return
    done = subprocess.run([FORMATTER, "--dry-run", "-Werror", *files], cwd=tree.root, capture_output=True, text=True)
    for wrong in sorted({(m[1], int(m[2])) for m in re.finditer(r"^(\S+?):(\d+):\d+: error:", done.stderr, re.M)}):
        yield Finding(*wrong, "is not formatted", f"run {FORMATTER} -i on it")
    if done.returncode != 0 and "error:" not in done.stderr:
        yield Finding(".clang-format", 1, done.stderr.strip().splitlines()[0], "mend it")


def check_scripts(tree):
    for path in tree.paths:
        if path.endswith(".py"):
            try:
                compile(tree.text(path), path, "exec")
            except SyntaxError as error:
                yield Finding(path, error.lineno or 1, f"does not parse: {error.msg}", "mend it")
        elif path.endswith(".sh") or path == "run":
            done = subprocess.run(["sh", "-n", str(tree.root / path)], capture_output=True, text=True)
            if done.returncode != 0:
                yield Finding(path, 1, f"does not parse: {done.stderr.strip()}", "mend it")
