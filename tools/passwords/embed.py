"""Writes the list of common passwords as C++.

    embed.py OUTPUT.cc src/identity/common_passwords.txt
"""

import sys
from pathlib import Path

LITERAL = 32 * 1024  # bytes; compilers need not take more than 64 KiB in one


def parts(text):
    """The text in pieces of whole lines, each with the end of the line before it."""
    piece = "\n"
    for line in text.splitlines(keepends=True):
        if len(piece) + len(line) > LITERAL:
            yield piece
            piece = "\n"
        piece += line
    yield piece


def literal(piece):
    return "".join(f'    "{line}\\n"\n' for line in piece.replace("\\", "\\\\").replace('"', '\\"').split("\n")[:-1])


def main(output, words):
    pieces = list(parts(Path(words).read_text()))
    names = ", ".join(f"part_{number}" for number in range(len(pieces)))
    Path(output).write_text(
        "// Made by tools/passwords/embed.py.\n"
        "#include <array>\n\n"
        '#include "common_passwords.h"\n\n'
        "namespace gatehouse::identity {\nnamespace {\n\n"
        + "".join(f"constexpr std::string_view part_{number} =\n{literal(piece)};\n" for number, piece in enumerate(pieces))
        + f"constexpr std::array parts{{{names}}};\n\n"
        "}  // namespace\n\n"
        "std::span<const std::string_view> common_passwords() { return parts; }\n\n"
        "}  // namespace gatehouse::identity\n"
    )


main(*sys.argv[1:])
