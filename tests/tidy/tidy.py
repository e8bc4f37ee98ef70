"""The house rules, as a test. Each line that it prints says where, what, and what to do instead; no line: all is well.

    /usr/bin/python3 tests/tidy/tidy.py [--build BUILD_FOLDER]

With --build, which files are compiled is read from that folder's compile_commands.json, else guessed from the CMake files.
A line that has a good reason says so: `// tidy(RULE): the reason` on it or on the line before. Sizes are a pulse, not a wall:
functions over 40 lines are listed, over 60 refused.
"""

import argparse
import sys
from pathlib import Path

import calls
import documents
import folders
import layout
from source import Tree

CHECKS = (
    folders.check_arrows,
    folders.check_includes,
    folders.check_built,
    folders.check_routes,
    calls.check_calls,
    calls.check_awaits,
    layout.check_cards,
    layout.check_labels,
    layout.check_sizes,
    layout.check_format,
    layout.check_scripts,
    documents.check_links,
    documents.check_places,
)


def findings_of(tree):
    return sorted({finding for check in CHECKS for finding in check(tree)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, help="a configured build folder")
    options = parser.parse_args()
    tree = Tree(Path(__file__).resolve().parents[2], options.build)
    for function in layout.long_functions(tree):
        print(f"note: {function}")
    found = findings_of(tree)
    for finding in found:
        print(finding)
    print(f"{len(tree.paths)} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
