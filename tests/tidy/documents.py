"""Documents: links lead somewhere, and nothing names the machine that it was made on."""

import re

from source import Finding, line_of

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
# Words that name a place are put together here, so that these files do not name one.
REGISTRIES = ("registry.npm" + "js.org", "pypi" + ".org", "files.python" + "hosted.org", "deb.deb" + "ian.org", "-docker.pkg" + ".dev", "artifact" + "ory")
PLACES = re.compile(r"(?<![\w.$}])/(?:ho" + r"me/[a-z]|ro" + r"ot/[\w.]|wo" + r"rk/|Us" + r"ers/)")


def anchors(text):
    """The fragments that headings of a Markdown text have."""
    for heading in re.findall(r"^#+\s+(.+?)\s*#*$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check_links(tree):
    for path in tree.paths:
        if not path.endswith(".md"):
            continue
        text = tree.text(path)
        folder = tree.root / path.rpartition("/")[0]
        for link in LINK.finditer(re.sub(r"```.*?```", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)):
            target, _, fragment = link.group(1).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            line = line_of(text, link.start())
            if target and not (folder / target).exists():
                yield Finding(path, line, f"the link to {target} leads nowhere", "write the file, or take the link away")
            elif fragment and (target or path).endswith(".md"):
                whole = (folder / target).read_text() if target else text
                if fragment not in anchors(whole):
                    yield Finding(path, line, f"{target or path} has no heading for #{fragment}", "name one that stands there")


def check_places(tree):
    for path in tree.paths:
        if path.startswith(("fuzz/corpus/", "third_party/")) or path.endswith((".gguf", ".onnx", ".png", ".ico", ".bin")):
            continue
        text = tree.text(path)
        for match in PLACES.finditer(text):
            if not tree.allowed(path, line_of(text, match.start()), "place"):
                yield Finding(path, line_of(text, match.start()), f"names a path of one machine: {match.group()}…", "take it from a setting, or from the root of the checkout")
        for host in REGISTRIES:
            if host in text:
                yield Finding(path, line_of(text, text.index(host)), f"names a registry's host: {host}", "leave it to the settings of the machine that fetches")
