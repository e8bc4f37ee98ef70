"""Calls that the house does not make, each with what it makes instead; and what gcc 12 breaks in a co_await statement."""

import re

from source import Finding, code_of, line_of, without_preprocessor
from statements import Parser


def is_test(path):
    name = path.rpartition("/")[2]
    return path.startswith("tests/") or name.endswith("_test.cc") or name.startswith("test_")


class Ban:
    def __init__(self, rule, pattern, instead, places=("src/", "tests/", "fuzz/"), but=(), in_tests=True):
        self.rule, self.pattern, self.instead = rule, re.compile(pattern), instead
        self.places, self.but, self.in_tests = tuple(places), tuple(but), in_tests

    def covers(self, path):
        if path.startswith(self.but) or not path.startswith(self.places):
            return False
        return self.in_tests or not is_test(path)


CALL = r"(?<![\w.>:])(?:(?:std)?::)?"  # a free function, not a member of the same name

BANS = (
    Ban("getenv", CALL + r"(?:secure_)?getenv\s*\(", "take it as a parameter; src/app reads the environment", but=("src/app/",), in_tests=False),
    Ban("thread", r"\bstd::(?:j?thread\b(?!::)|async\b)|" + CALL + r"pthread_create\s*\(",
        "use Reactor, ReactorPool or WorkerPool of runtime/", in_tests=False,
        # what writes and packs logs, the child's compute and prepare threads, those that clear its cache (it is loaded on a thread that has no pool), and
        # the thread that forks (PDEATHSIG follows the thread)
        but=("src/runtime/", "src/telemetry/background_thread.", "src/adapters/engine_child/", "src/adapters/engine_llama/cache_clear.")),
    Ban("detach", r"(?:\bthread\w*|\}\s*\))\s*\.detach\s*\(\s*\)", "keep the thread and join it"),
    Ban("sleep", r"\bsleep_(?:for|until)\s*\(|" + CALL + r"(?:u|nano)?sleep\s*\(", "wait for the event: a timer of the reactor, a FakeClock, a future"),
    Ban("process", CALL + r"(?:system|popen|execl|execlp|vfork)\s*\(", "start programs with a descriptor table and no shell: adapters/engine_child"),
    Ban("fork", CALL + r"(?:fork|clone|posix_spawn)\s*\(", "processes are started by adapters/engine_child alone", but=("src/adapters/engine_child/",), in_tests=False),
    Ban("dlopen", CALL + r"dlopen\s*\(", "link it, or load it in an engine's adapter", but=("src/adapters/engine_llama/", "src/adapters/engine_onnx/")),
    Ban("random", CALL + r"(?:s?rand|rand_r|[dlm]rand48)\s*\(|\bstd::(?:random_device|mt19937\w*|default_random_engine)\b", "take a gatehouse::Random",
        but=("src/base/random.cc",), in_tests=False),
    Ban("string", CALL + r"(?:str(?:n?cpy|n?cat|tok)|v?sprintf|gets|strdup|alloca)\s*\(", "use std::string, std::string_view, std::to_chars"),
    Ban("number", CALL + r"(?:ato(?:i|l|ll|f)|strto(?:l|ul|ll|ull|d|f|ld|imax|umax)|sto(?:i|l|ul|ll|ull|f|d|ld))\s*\(", "use std::from_chars, which says what it could not read", in_tests=False),
    Ban("regex", r"\bstd::w?regex\b", "write the matcher out: std::regex recurses on what the caller sends"),
    Ban("print", r"\bstd::(?:cout|cerr|clog)\b|" + CALL + r"(?:v?f?printf|f?puts|putchar|perror)\s*\(", "log with telemetry/log.h",
        places=("src/",), but=("src/app/", "src/base/assert.cc"), in_tests=False),
    Ban("clock", r"\b\w*_clock::now\s*\(|" + CALL + r"(?:time\s*\(\s*(?:NULL|nullptr|0|&)|gettimeofday\s*\(|clock_gettime\s*\()",
        "take a gatehouse::Clock", but=("src/base/include/gatehouse/base/clock.h",), in_tests=False),
    Ban("calendar", CALL + r"(?:gmtime|localtime|mktime|ctime|asctime)\s*\(", "use std::chrono's calendar, or gmtime_r"),
    Ban("memcmp", CALL + r"memcmp\s*\(", "compare secrets with CRYPTO_memcmp, everything else with =="),
    Ban("new", r"(?<![\w.])new\s+(?!\()[\w:]", "use std::make_unique, or hand it to a smart pointer on the same line", in_tests=False),
    Ban("delete", r"(?<!=)(?<!= )(?<!operator )\bdelete\b(?:\s*\[\s*\])?\s+[\w(*]", "let a smart pointer or a container own it", in_tests=False),
    Ban("malloc", CALL + r"(?:malloc|calloc|realloc|free)\s*\(", "use a container or std::make_unique"),
    Ban("using", r"\busing\s+namespace\s+(?:std|boost)\b(?!::(?:\w+_)?literals|::chrono_literals)", "name what you use"),
    Ban("throw", r"\bthrow\b(?!\s*;)", "return a Result; what cannot happen is a GH_ASSERT", places=("src/",), but=("src/base/",), in_tests=False),
    Ban("exit", r"(?<![\w.>:])(?:(?:std)?::(?:quick_exit|_?exit|abort|terminate)|_?exit|quick_exit)\s*\(", "return to main, or GH_FATAL when what requests share is broken",
        places=("src/",), but=("src/base/", "src/app/main.cc", "src/adapters/engine_child/"), in_tests=False),
    Ban("cast", r"\bconst_cast\s*<|\bdynamic_cast\s*<", "change the interface so that it says what is needed", places=("src/",), in_tests=False),
    Ban("lock", r"\bstd::recursive_(?:timed_)?mutex\b|\bvolatile\b", "give the datum one owner, or use std::mutex or std::atomic", places=("src/",), in_tests=False),
    Ban("goto", r"\bgoto\b|" + CALL + r"(?:set|long)jmp\s*\(", "use a function, or a destructor"),
)  # fmt: skip

OWNED = re.compile(r"\b(?:unique_ptr|shared_ptr)\s*<|\.reset\s*\(")
HEADER_USING = re.compile(r"^\s*using\s+namespace\b", re.M)


def check_calls(tree):
    for path in tree.cpp("src", "tests", "fuzz", "bench"):
        code = code_of(tree.text(path))
        lines = code.splitlines()
        for ban in BANS:
            if not ban.covers(path):
                continue
            for match in ban.pattern.finditer(code):
                line = line_of(code, match.start())
                if ban.rule == "new" and OWNED.search(lines[line - 1]):
                    continue
                if not tree.allowed(path, line, ban.rule):
                    yield Finding(path, line, f"{' '.join(match.group().split())} ({ban.rule})", ban.instead)
        if path.endswith(".h"):
            for match in HEADER_USING.finditer(code):
                yield Finding(path, line_of(code, match.start()), "a header opens a namespace for whoever includes it", "name what you use")


def check_awaits(tree):
    """gcc 12 destroys such temporaries twice, or too early (stack.md, section 0)."""
    for path in tree.cpp("src", "tests", "fuzz", "bench"):
        parser = Parser(without_preprocessor(code_of(tree.text(path))))
        parser.run()
        for line, what in parser.awaits:
            if not tree.allowed(path, line, "co_await"):
                yield Finding(path, line, f"co_await and {what} in one statement", "name the value in a statement before; gcc 12 miscompiles such temporaries")
