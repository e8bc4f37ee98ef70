"""Files of the tree, and C++ text without what is not code."""

import functools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    what: str
    instead: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}; {self.instead}"


class Tree:
    """Every file that git tracks or would track, by its path from the root."""

    def __init__(self, root, build=None):
        self.root = Path(root)
        self.build = build
        self._texts = {}

    @functools.cached_property
    def paths(self):
        command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True)
        if listed.returncode == 0:
            names = [name for name in listed.stdout.decode().split("\0") if name]
        else:
            names = [str(path.relative_to(self.root)) for path in self.root.rglob("*")]
        return sorted(name for name in set(names) if (self.root / name).is_file())

    def text(self, path):
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_bytes().decode("utf-8", "replace")
        return self._texts[path]

    def cpp(self, *folders):
        """C++ files under these folders."""
        return [p for p in self.paths if p.endswith((".cc", ".h")) and p.startswith(tuple(f"{f}/" for f in folders))]

    def allowed(self, path, line, rule):
        """Whether the line, or the one before it, gives a reason for an exception."""
        lines = self.text(path).splitlines()
        mark = f"tidy({rule}):"
        return any(mark in lines[n] for n in (line - 1, line - 2) if 0 <= n < len(lines))


_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\"]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'', re.S
)


def code_of(text):
    """The text with comments and the insides of strings and characters blanked; every line keeps its number."""

    def blank(match):
        found = match.group()
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return '"' + re.sub(r"[^\n]", " ", found[1:-1]) + '"'

    return _NOT_CODE.sub(blank, text)


def without_preprocessor(code):
    """Code without directives and the lines that they go on in."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), code, flags=re.M)


def line_of(text, position):
    return text.count("\n", 0, position) + 1
