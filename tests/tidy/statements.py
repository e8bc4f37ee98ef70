"""Just enough of C++'s shape: which braces are blocks, which are values, and where statements end."""

import re

SCOPE = re.compile(r"^\s*(?:inline\s+)?(?:namespace|extern|struct|class|union|enum|(?:template\s*<.*>\s*)?(?:struct|class|union))\b", re.S)
CONTROL = re.compile(r"^\s*(?:(?:if|for|while|switch|catch|else|do|try)\b|\}?\s*else\b|case\b|default\b)")
KEYWORD_BEFORE_VALUE = ("return", "co_return", "co_await", "co_yield", "case")


class Parser:
    """awaits: (line, what) where a co_await shares a statement with a brace value, a capture list or a structured binding.
    functions: (line, lines, name) of each body, lambdas included."""

    def __init__(self, code):
        self.code = code
        self.at = 0
        self.line = 1
        self.awaits = []
        self.functions = []

    def run(self):
        while self.at < len(self.code):
            self.block()

    def step(self):
        char = self.code[self.at]
        self.at += 1
        self.line += char == "\n"
        return char

    def block(self):
        """Statements up to the brace that closes this block, or the end."""
        while self.at < len(self.code):
            if self.code[self.at] == "}":
                self.step()
                return
            self.statement()

    def statement(self):
        text, depth = [], 0
        seen = {}  # what: that a brace value, a capture or a binding stands here
        lambdas = []  # depths at which a capture list waits for its body
        await_line = None
        while self.at < len(self.code):
            char = self.code[self.at]
            if char == "}" and depth == 0:
                break  # the block's own end; a last statement without its semicolon
            if char == "c" and re.match(r"co_await\b", self.code[self.at :]) and not (text and re.match(r"\w", text[-1])):
                await_line = await_line or self.line
            if char == "[":
                if self.opening(text):
                    lambdas.append(depth)
                    seen["[ ]"] = True
                elif self.before(text, r"\bauto\s*&{0,2}\s*"):
                    seen["a structured binding"] = True
            if char == "{":
                if lambdas and lambdas[-1] == depth:
                    lambdas.pop()
                    self.body("a lambda")
                    text.append(" ")
                    continue
                if depth == 0 and self.begins_block(text):
                    self.step_into("".join(text))
                    self.report(await_line, seen)
                    return
                if not self.empty_value():
                    seen["{ }"] = True
                self.value()
                text.append("}")
                continue
            depth += (char in "([") - (char in ")]")
            text.append(self.step())
            if char == ";" and depth <= 0:
                break
        self.report(await_line, seen)

    def report(self, await_line, seen):
        if await_line:
            self.awaits += [(await_line, what) for what in seen]

    def before(self, text, pattern):
        return re.search(pattern + "$", "".join(text[-40:])) is not None

    def opening(self, text):
        """Whether the [ here opens a capture list, rather than a subscript, an attribute or a binding."""
        if self.code.startswith("[[", self.at) or (text and text[-1] == "["):
            return False
        before = "".join(text[-40:]).rstrip()
        word = re.search(r"(\w+)$", before)
        if word:
            return word.group(1) in KEYWORD_BEFORE_VALUE
        return not before.endswith((")", "]", '"')) and not re.search(r"\bauto\s*&{1,2}$", before)

    def begins_block(self, text):
        """Whether the { here, outside of parentheses, opens a block rather than a value."""
        header = "".join(text)
        before = header.rstrip()
        if not before or SCOPE.match(header) and "=" not in header:
            return True
        if before.endswith((")", "}", ":")) or re.search(r"\b(?:else|do|try|const|noexcept|override|final|mutable)$", before):
            return not before.endswith("::")
        return re.search(r"->\s*[\w:<>,\s&*]+$", before) is not None and not re.search(r"(?<![=!<>])=(?!=)", re.sub(r"\([^()]*\)", "", before))

    def empty_value(self):
        return re.match(r"\{\s*\}", self.code[self.at :]) is not None

    def value(self):
        """Over a brace value; lambdas inside are bodies of their own."""
        self.step()
        while self.at < len(self.code):
            char = self.code[self.at]
            if char == "}":
                self.step()
                return
            if char == "{":
                self.value()
            else:
                self.step()

    def step_into(self, header):
        if SCOPE.match(header) or CONTROL.match(header) or not header.strip():
            self.step()
            self.block()
        else:
            name = re.search(r"([\w:~]+)\s*\(", header)
            self.body(name.group(1) if name else "a function")

    def body(self, name):
        first = self.line
        self.step()
        self.block()
        self.functions.append((first, self.line - first + 1, name))
