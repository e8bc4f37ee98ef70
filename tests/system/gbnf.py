"""Writes texts at random that a grammar (GBNF, as `gatehouse debug schema-grammar` prints it) allows."""

import re
from dataclasses import dataclass

TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<chars>\[(?:[^\]\\]|\\.)*\])|(?P<count>\{\d+(?:,\d*)?\})|(?P<bar>\|)|(?P<rule>[\w-]+))')
ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.S)
OFTEN = "aZ0 /é字😀"  # of a class that only says what is not in it
FAR = 1 << 30


def unescaped(text):
    def one(found):
        what = found[1]
        return chr(int(what[1:], 16)) if what[0] == "x" and len(what) == 3 else {"n": "\n", "t": "\t", "r": "\r"}.get(what, what)

    return ESCAPE.sub(one, text)


def members(chars):
    """What a class may be."""
    inside = chars[1:-1]
    if inside.startswith("^"):
        return OFTEN
    found, at = "", [unescaped(one) for one in re.findall(r"\\x[0-9A-Fa-f]{2}|\\.|.", inside, re.S)]
    while at:
        if len(at) > 2 and at[1] == "-":
            found += "".join(map(chr, range(ord(at[0]), ord(at[2]) + 1)))
            del at[:3]
        else:
            found += at.pop(0)
    return found


@dataclass
class Symbol:
    rule: str | None
    choices: str | list
    least: int = 1
    most: int = 1


class Grammar:
    def __init__(self, text):
        self.rules = {}
        for line in text.splitlines():
            name, _, body = line.partition(" ::=")
            self.rules[name] = self._alternatives(body)
        self.depth = dict.fromkeys(self.rules, FAR)
        changed = True
        while changed:
            changed = False
            for name, alternatives in self.rules.items():
                least = min(map(self._depth_of, alternatives))
                if least < self.depth[name]:
                    self.depth[name], changed = least, True
        assert all(depth < FAR for depth in self.depth.values()), "a rule that leads nowhere was left in"

    def _depth_of(self, sequence):
        return 1 + max((self.depth[symbol.rule] for symbol in sequence if symbol.rule and symbol.least), default=0)

    @staticmethod
    def _alternatives(body):
        alternatives, at = [[]], 0
        while at < len(body.rstrip()):
            found = TOKEN.match(body, at)
            assert found, f"no grammar: {body[at : at + 40]!r}"
            at = found.end()
            if found["bar"]:
                alternatives.append([])
            elif found["count"]:
                least, _, most = found["count"][1:-1].partition(",")
                symbol = alternatives[-1][-1]
                symbol.least, symbol.most = int(least), int(most) if most else (int(least) if "," not in found["count"] else FAR)
            elif found["rule"]:
                alternatives[-1].append(Symbol(found["rule"], []))
            elif found["text"]:
                alternatives[-1].append(Symbol(None, [unescaped(found["text"][1:-1])]))
            else:
                alternatives[-1].append(Symbol(None, members(found["chars"])))
        return alternatives

    def write(self, random, name="root", depth=0):
        alternatives = self.rules[name]
        if depth > 20:
            shortest = min(map(self._depth_of, alternatives))
            alternatives = [one for one in alternatives if self._depth_of(one) == shortest]
        out = ""
        for symbol in random.choice(alternatives):
            extra = 0 if depth > 20 else min(random.choice((0, 0, 1, 2, 5)), symbol.most - symbol.least)
            for _ in range(symbol.least + extra):
                out += self.write(random, symbol.rule, depth + 1) if symbol.rule else random.choice(symbol.choices)
        return out
