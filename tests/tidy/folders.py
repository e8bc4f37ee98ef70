"""Folders: who may use whom, what is built, which routes are open."""

import json
import re
from pathlib import Path

from source import Finding, code_of, line_of

LIBRARIES = "src/CMakeLists.txt"
ROUTES = "src/gateway/route_table.cc"

# design.md, section 2: each folder's level, and the highest level that it may use.
LEVELS = {
    "base": 0, "runtime": 1, "wire": 1, "config": 1, "telemetry": 1, "net": 2, "trees": 2, "store": 3, "model": 3, "engine": 3, "nlu": 3,
    "identity": 4, "limits": 4, "guard": 4, "sched": 4, "gateway": 5, "app": 7,
}  # fmt: skip
HIGHEST_USED = {0: -1, 1: 0, 2: 1, 3: 1, 4: 3, 5: 4, 6: 2, 7: 6}
ADAPTER_PORTS = {"store", "model", "identity", "engine"}  # an adapter implements ports of one of them
ASIO_FOLDERS = ("src/runtime/", "src/net/", "src/adapters/", "src/app/")

# Routes that need no credential, by intent. Probes are open too: they are made by probe(), which says so.
OPEN_ROUTES = {"/", "/v2", "/version", "/openapi.json", "/metrics", "/api/echo/plain"}  # the last behind --test-hooks; and the pages of page()


class Library:
    def __init__(self, name, words, line):
        self.name, self.line = name, line
        keywords = {"ASIO", "OPTIMISE", "FOLDER", "USES", "PACKAGES", "TEST_USES", "TEST_PACKAGES"}
        groups, current = {}, None
        for word in words:
            if word in keywords:
                current = groups.setdefault(word, [])
            elif current is not None:
                current.append(word)
        self.folder = (groups.get("FOLDER") or [name])[0]
        self.uses = set(groups.get("USES", []))
        self.test_uses = self.uses | set(groups.get("TEST_USES", [])) | {name}


def libraries(tree):
    """The folders that are declared with gh_library, by name."""
    text = re.sub(r"#[^\n]*", "", tree.text(LIBRARIES))
    found = {}
    for call in re.finditer(r"\bgh_library\(\s*([^)]*)\)", text):
        words = call.group(1).split()
        found[words[0]] = Library(words[0], words[1:], line_of(text, call.start()))
    return found


def level(name):
    return 6 if name.startswith("adapter_") else LEVELS.get(name)


def check_arrows(tree):
    for library in libraries(tree).values():
        here = level(library.name)
        if here is None:
            yield Finding(LIBRARIES, library.line, f"{library.name} has no level", "give it one in tests/tidy/folders.py and in the folder table")
            continue
        ports = library.uses & ADAPTER_PORTS if here == 6 else set()
        if len(ports) > 1:
            yield Finding(LIBRARIES, library.line, f"{library.name} implements ports of {', '.join(sorted(ports))}", "an adapter has one port folder")
        for used in sorted(library.uses - ports):
            if level(used) is None or level(used) > HIGHEST_USED[here]:
                yield Finding(LIBRARIES, library.line, f"{library.name} may not use {used}", "turn the arrow round with a port, or move the code up")


def library_of(found, path):
    """The library whose folder a file under src/ stands in."""
    return next((one for one in found.values() if path.startswith(f"src/{one.folder}/")), None)


def check_includes(tree):
    """The compiler refuses these too; this names the arrow, and sees files that are not built everywhere."""
    found = libraries(tree)
    owners = {p.split("/include/", 1)[1]: library_of(found, p) for p in tree.cpp("src") if "/include/gatehouse/" in p}
    for path in tree.cpp("src"):
        mine = library_of(found, path)
        if mine is None:
            yield Finding(path, 1, "stands in a folder that no gh_library names", f"declare the folder in {LIBRARIES}")
            continue
        used = mine.test_uses if path.endswith("_test.cc") else mine.uses | {mine.name}
        text = tree.text(path)
        for include in re.finditer(r'^\s*#\s*include\s*(["<])([^">]+)[">]', text, re.M):
            line, name = line_of(text, include.start(2)), include.group(2)
            if name.startswith("gatehouse/"):
                owner = owners.get(name)
                if owner is None:
                    yield Finding(path, line, f"there is no public header {name}", "name one that stands under an include folder")
                elif owner.name not in used:
                    yield Finding(path, line, f"{mine.name} does not use {owner.name}", f"say so in its USES ({LIBRARIES}), if the levels allow it")
            elif ".." in name.split("/"):
                yield Finding(path, line, f"reaches into another folder: {name}", "use that folder's public headers")
            elif name.startswith("boost/asio") and name != "boost/asio/buffer.hpp" and not path.startswith(ASIO_FOLDERS):
                yield Finding(path, line, "includes Asio", "use runtime/task.h and what else runtime/ gives; Asio stays in runtime, net, adapters and app")


def sources_of(compiled):
    """A source, and what it includes where it was made to compile several at once."""
    yield str(compiled)
    if compiled.parent.name == "Unity" and compiled.exists():
        for included in re.findall(r'^#include "(/[^"]+)"$', compiled.read_text(), re.MULTILINE):
            yield str(Path(included).resolve())


def check_built(tree):
    """No test and no fuzz target is left out of the build."""
    compiled = None
    if tree.build and (tree.build / "compile_commands.json").exists():
        commands = json.loads((tree.build / "compile_commands.json").read_text())
        compiled = {source for one in commands for source in sources_of(Path(one["directory"], one["file"]).resolve())}
    found = libraries(tree)
    for path in tree.paths:
        folder, name = path.rpartition("/")[::2]
        if name.endswith("_test.cc"):
            if compiled is not None:
                built = str((tree.root / path).resolve()) in compiled
            elif path.startswith("src/"):
                built = library_of(found, path) is not None
            else:
                built = f"{folder}/CMakeLists.txt" in tree.paths and name in tree.text(f"{folder}/CMakeLists.txt")
            if not built:
                yield Finding(path, 1, "is not compiled", "name it in a gh_test, or give its folder a source and a gh_library")
        elif path.startswith("fuzz/") and name.startswith("fuzz_") and name.endswith(".cc"):
            target = name[len("fuzz_") : -len(".cc")]
            if not re.search(rf"\bgh_fuzz\({re.escape(target)}\b", tree.text("fuzz/CMakeLists.txt")):
                yield Finding(path, 1, "is not built", f"add gh_fuzz({target} USES …) to fuzz/CMakeLists.txt")


def check_routes(tree):
    """Every route names a scope, or is open by intent."""
    if ROUTES not in tree.paths:
        return
    text = tree.text(ROUTES)
    for route in re.finditer(r'\bRoute\{\s*Method::\w+,\s*"([^"]*)",\s*[\w:]+,\s*([\w:{}]+)', text):
        path, scope = route.groups()
        if scope.startswith("Scope::") or (scope == "open_to_all" and path in OPEN_ROUTES):
            continue
        what = f"the route {path} is open to all" if scope == "open_to_all" else f"the route {path} names no scope"
        yield Finding(ROUTES, line_of(text, route.start()), what, "name a Scope, or list it in OPEN_ROUTES of tests/tidy/folders.py if that is meant")
    if not re.search(r"\bRoute\{", code_of(text)):
        yield Finding(ROUTES, 1, "no route can be read from here", "keep the table as Route{Method::…, path, Action::…, scope, …} or teach tests/tidy/folders.py")
