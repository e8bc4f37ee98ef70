"""Writes the documentation pages and what they are made of as C++: compressed, and under names that hold their hash.

    embed.py OUTPUT.cc FILE...

A page (FILE.html) is served as /FILE; {{NAME}} in it becomes the path of the file NAME. The same files give the same output.
"""

import gzip
import hashlib
import re
import struct
import sys
from pathlib import Path

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".png": "image/png"}
FOLDER = "docs/static/"
WORDS_A_LINE = 8
# A logo that would be asked of its maker over the network. Without it the page leaves the place empty.
LEFT_OUT = {"redoc.standalone.js": b"https://cdn.redoc.ly/redoc/logo-mini.svg"}


def tag_of(content):
    return hashlib.sha256(content).hexdigest()[:16]


def read(path):
    content = path.read_bytes()
    address = LEFT_OUT.get(path.name)
    if address is None:
        return content
    if content.count(address) != 1:
        sys.exit(f"{path.name} does not hold {address.decode()} once: look what a new version asks for")
    return content.replace(address, b"data:,")


def hashed(path, content):
    return f"{path.stem}.{tag_of(content)}{path.suffix}"


def array(number, content):
    """As numbers of eight bytes: a compiler reads them eight times as fast as bytes."""
    packed = gzip.compress(content, 9, mtime=0)
    padded = packed + bytes(-len(packed) % 8)
    words = [f"0x{word:x}" for word in struct.unpack(f"<{len(padded) // 8}Q", padded)]
    lines = [", ".join(words[at : at + WORDS_A_LINE]) for at in range(0, len(words), WORDS_A_LINE)]
    return f"constexpr std::uint64_t file_{number}[] = {{\n" + ",\n".join(lines) + "};\n", len(packed)


def main(output, *names):
    files = [(path, read(path)) for path in map(Path, names)]
    served = {path.name: hashed(path, content) for path, content in files if path.suffix != ".html"}
    entries, arrays = [], []
    for path, content in files:
        name = served.get(path.name)
        if name is None:
            name = "/" + path.stem
            content = re.sub(r"\{\{(.+?)\}\}", lambda found: FOLDER + served[found[1]], content.decode()).encode()
        text, size = array(len(arrays), content)
        arrays.append(text)
        entries.append(
            f'      StaticFile{{"{name}", "{TYPES[path.suffix]}", "{tag_of(content)}", bytes_of(file_{len(entries)}, {size}), {len(content)}}},\n'
        )
    Path(output).write_text(
        "// Made by tools/pages/embed.py.\n"
        "#include <array>\n#include <bit>\n#include <cstdint>\n\n"
        '#include "docs.h"\n\n'
        "namespace gatehouse::gateway {\nnamespace {\n\n"
        "static_assert(std::endian::native == std::endian::little);\n\n"
        + "\n".join(arrays)
        + "\nstd::string_view bytes_of(const std::uint64_t* words, std::size_t size) {\n"
        "  return std::string_view(reinterpret_cast<const char*>(words), size);\n}\n\n"
        "}  // namespace\n\n"
        "std::span<const StaticFile> embedded_files() {\n"
        "  static const std::array files{\n" + "".join(entries) + "  };\n  return files;\n}\n\n"
        "}  // namespace gatehouse::gateway\n"
    )


main(*sys.argv[1:])
