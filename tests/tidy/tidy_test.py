"""The rules find what they are for, and leave alone what is right: small trees, good and bad."""

import json
import tempfile
import textwrap
import unittest
from pathlib import Path

import calls
import documents
import folders
import layout
from source import Tree, code_of, without_preprocessor
from statements import Parser

HOUSE = """
gh_library(base)
gh_library(runtime USES base)
gh_library(wire USES base)
gh_library(net USES base runtime wire)
gh_library(model USES base)
gh_library(engine USES base)
gh_library(gateway USES base net)
gh_library(adapter_engine_llama FOLDER adapters/engine_llama USES base engine)
"""


class RuleCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def tree(self, files):
        root = Path(tempfile.mkdtemp(dir=self.folder.name))
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(textwrap.dedent(text))
        return Tree(root)

    def found(self, check, files):
        return [(one.path, one.line) for one in sorted(set(check(self.tree(files))))]

    def rules(self, line, path="src/gateway/x.cc"):
        return [one.what.rpartition("(")[2].rstrip(")") for one in calls.check_calls(self.tree({path: line}))]


class Arrows(RuleCase):
    def test_the_house_as_drawn_is_right(self):
        self.assertEqual(self.found(folders.check_arrows, {folders.LIBRARIES: HOUSE}), [])

    def test_arrows_that_go_up_or_sideways(self):
        for library in ("base USES wire", "wire USES runtime", "model USES net", "net USES net", "gateway USES adapter_engine_llama", "wire USES app"):
            self.assertEqual(len(self.found(folders.check_arrows, {folders.LIBRARIES: f"gh_library({library})"})), 1, library)

    def test_an_adapter_has_one_port_folder_and_no_more(self):
        for uses, findings in (("base net engine", 0), ("engine model", 1), ("gateway", 1), ("adapter_b", 1)):
            self.assertEqual(len(self.found(folders.check_arrows, {folders.LIBRARIES: f"gh_library(adapter_a FOLDER adapters/a USES {uses})"})), findings, uses)

    def test_a_folder_without_a_level(self):
        self.assertEqual(len(self.found(folders.check_arrows, {folders.LIBRARIES: "gh_library(misc USES base)"})), 1)


class Includes(RuleCase):
    def includes(self, path, text):
        files = {folders.LIBRARIES: HOUSE, "src/net/include/gatehouse/net/server.h": "", "src/wire/include/gatehouse/wire/a.h": "", path: text}
        return self.found(folders.check_includes, files)

    def test_what_is_declared_may_be_included(self):
        self.assertEqual(self.includes("src/gateway/x.cc", '#include "gatehouse/net/server.h"\n#include "x.h"\n#include <vector>\n'), [])

    def test_what_is_not_declared_may_not(self):
        self.assertEqual(self.includes("src/gateway/x.cc", '\n#include "gatehouse/wire/a.h"\n'), [("src/gateway/x.cc", 2)])
        self.assertEqual(self.includes("src/gateway/x.cc", '#include "gatehouse/net/none.h"\n'), [("src/gateway/x.cc", 1)])
        self.assertEqual(self.includes("src/gateway/x.cc", '#include "../net/server.h"\n'), [("src/gateway/x.cc", 1)])
        self.assertEqual(self.includes("src/elsewhere/x.cc", ""), [("src/elsewhere/x.cc", 1)])

    def test_asio_stays_below(self):
        self.assertEqual(self.includes("src/gateway/x.cc", "#include <boost/asio/post.hpp>\n"), [("src/gateway/x.cc", 1)])
        self.assertEqual(self.includes("src/net/x.cc", "#include <boost/asio/post.hpp>\n"), [])


class Built(RuleCase):
    FILES = {folders.LIBRARIES: HOUSE, "fuzz/CMakeLists.txt": "gh_fuzz(head USES wire)\n", "src/net/a_test.cc": "", "fuzz/fuzz_head.cc": ""}

    def test_what_is_built_is_right(self):
        self.assertEqual(self.found(folders.check_built, self.FILES), [])

    def test_what_no_one_builds(self):
        files = {**self.FILES, "fuzz/fuzz_lost.cc": "", "tests/scenario/lost_test.cc": "", "tests/scenario/CMakeLists.txt": ""}
        self.assertEqual(self.found(folders.check_built, files), [("fuzz/fuzz_lost.cc", 1), ("tests/scenario/lost_test.cc", 1)])

    def test_the_compiler_knows_best(self):
        tree = self.tree({**self.FILES, "src/net/b_test.cc": ""})
        tree.build = tree.root / "build"
        tree.build.mkdir()
        (tree.build / "compile_commands.json").write_text(json.dumps([{"directory": str(tree.build), "file": "../src/net/a_test.cc"}]))
        self.assertEqual([one.path for one in folders.check_built(tree)], ["src/net/b_test.cc"])

    def test_sources_that_are_compiled_together(self):
        tree = self.tree({**self.FILES, "src/net/b_test.cc": "", "src/net/c_test.cc": ""})
        tree.build = tree.root / "build"
        together = tree.build / "Unity" / "unity_0_cxx.cxx"
        together.parent.mkdir(parents=True)
        together.write_text("".join(f'#include "{tree.root}/src/net/{name}_test.cc"\n\n' for name in "ab"))
        (tree.build / "compile_commands.json").write_text(json.dumps([{"directory": str(tree.build), "file": "Unity/unity_0_cxx.cxx"}]))
        self.assertEqual([one.path for one in folders.check_built(tree)], ["src/net/c_test.cc"])


class Routes(RuleCase):
    def test_open_by_intent_or_with_a_scope(self):
        table = """
            Route{Method::get, "/version", Action::version, open_to_all, Dialect::api},
            Route{Method::get, "/v1/models", Action::list, Scope::llm, Dialect::openai},
            Route{Method::get, "/secrets", Action::list, open_to_all, Dialect::openai},
            Route{Method::get, "/none", Action::list, {}, Dialect::openai},
        """
        self.assertEqual(self.found(folders.check_routes, {folders.ROUTES: table}), [(folders.ROUTES, 4), (folders.ROUTES, 5)])

    def test_a_table_that_cannot_be_read(self):
        self.assertEqual(self.found(folders.check_routes, {folders.ROUTES: "int x;\n"}), [(folders.ROUTES, 1)])


class Calls(RuleCase):
    BAD = {
        "getenv": 'std::getenv("A");', "thread": "std::thread t(f);", "detach": "thread_.detach();", "sleep": "std::this_thread::sleep_for(x);",
        "process": 'system("ls");', "fork": "const pid_t p = ::fork();", "dlopen": "dlopen(a, 1);", "random": "std::mt19937 r;", "string": "sprintf(a, b);",
        "number": "std::stoi(a);", "regex": "std::regex r(a);", "print": "std::cout << 1;", "clock": "std::chrono::steady_clock::now();",
        "calendar": "gmtime(&t);", "memcmp": "std::memcmp(a, b, 3);", "new": "auto* p = new Foo(1);", "delete": "delete p;", "malloc": "free(p);",
        "using": "using namespace std;", "throw": "throw Foo();", "exit": "std::abort();", "cast": "const_cast<int*>(p);", "lock": "volatile int a;",
        "goto": "goto out;",
    }  # fmt: skip

    def test_every_ban_has_its_example(self):
        self.assertEqual(set(self.BAD), {ban.rule for ban in calls.BANS})

    def test_each_is_found_with_a_replacement(self):
        for rule, line in self.BAD.items():
            self.assertEqual(self.rules(line), [rule], line)
        for one in calls.check_calls(self.tree({"src/gateway/x.cc": "delete p;"})):
            self.assertIn("smart pointer", one.instead)

    def test_what_only_looks_like_it(self):
        for line in (
            "// std::thread t; new x",
            'log::info("a", "system(1) new delete throw");',
            "stream.abort();", "void abort();", "Connection::abort();", "loop.stop();", "random(4);", "renew(x);", "Foo(const Foo&) = delete;",
            "CRYPTO_memcmp(a, b, 3);", "std::unique_ptr<Foo> p(new Foo(1));", "std::snprintf(a, 3, b);", "clock.now();", "throw;", "std::thread::id me;",
            "gmtime_r(&t, &out);", "using namespace std::chrono_literals;", "link.detach();", "freed(p);", "x->free(1);", "R\"(goto x)\";", "1'000; new_one;",
        ):  # fmt: skip
            self.assertEqual(self.rules(line), [], line)

    def test_where_it_is_at_home(self):
        self.assertEqual(self.rules(self.BAD["getenv"], "src/app/main.cc"), [])
        self.assertEqual(self.rules(self.BAD["thread"], "src/runtime/reactor_pool.cc"), [])
        self.assertEqual(self.rules(self.BAD["thread"], "src/net/x_test.cc"), [])
        self.assertEqual(self.rules(self.BAD["sleep"], "src/net/x_test.cc"), ["sleep"])

    def test_a_reason_is_an_exception_of_one_line(self):
        self.assertEqual(self.rules("delete p;  // tidy(delete): the library's own"), [])
        self.assertEqual(self.rules("// tidy(delete): the library's own\ndelete p;\ndelete q;"), ["delete"])
        self.assertEqual(self.rules("delete p;  // tidy(new): another rule"), ["delete"])

    def test_headers_open_no_namespace(self):
        self.assertEqual(len(self.found(calls.check_calls, {"src/net/x.h": "using namespace gatehouse;\n"})), 1)


class Awaits(RuleCase):
    def awaits(self, body):
        parser = Parser(without_preprocessor(code_of("namespace a {\nTask<void> f(int b) {\n" + body + "\n}\n}\n")))
        parser.run()
        return [what for _, what in parser.awaits]

    def test_what_gcc_breaks(self):
        self.assertEqual(self.awaits("co_await run([x] { return x; });"), ["[ ]"])
        self.assertEqual(self.awaits("co_await send(Frame{1, 2});"), ["{ }"])
        self.assertEqual(self.awaits("const int a = co_await send({1, 2});"), ["{ }"])
        self.assertEqual(self.awaits("auto [a, b] = co_await pair();"), ["a structured binding"])
        self.assertEqual(self.awaits("if (co_await run([&] { go(); }) > 1) { stop(); }"), ["[ ]"])
        self.assertEqual(self.awaits("send(Frame{1}, co_await next());"), ["{ }"])
        self.assertEqual(self.awaits("co_return co_await run([=]() -> int { return 1; });"), ["[ ]"])

    def test_what_is_right(self):
        for body in (
            "const auto job = [x] { return x; };\nco_await run(job);",
            "if (co_await next()) { go(); } else { stop(); }",
            "while (!done) { co_await next(); }",
            "for (auto& one : all) co_await one.stop();",
            "co_await wait(table[3]);",
            "spawn([this]() -> Task<void> { co_await live(); });",
            "Frame f{1, 2};\nco_await send(f);",
            "try { co_await next(); } catch (const E& e) { go(); }",
            "switch (co_await next()) { case 1: { go(); } default: break; }",
            "int a[3] = {1, 2, 3};\nco_await next();",
            "[[maybe_unused]] const bool ok = co_await next();",
            '// co_await f({1});\nlog("co_await {}", x);',
            "struct In { int a; };\nco_await next(In());",
        ):
            self.assertEqual(self.awaits(body), [], body)

    def test_lambdas_that_await_are_looked_into(self):
        self.assertEqual(self.awaits("spawn([this]() -> Task<void> { co_await send(Frame{1}); });"), ["{ }"])


class Layout(RuleCase):
    GOOD = "// net/a.h — what it is, in a line.\n#pragma once\n"

    def test_cards(self):
        path = "src/net/include/gatehouse/net/a.h"
        self.assertEqual(self.found(layout.check_cards, {path: self.GOOD}), [])
        for bad in ("#pragma once\n", "// net/b.h — what it is, in a line.\n#pragma once\n", "// net/a.h\n#pragma once\n", self.GOOD.splitlines()[0]):
            self.assertEqual(self.found(layout.check_cards, {path: bad}), [(path, 1)], bad)

    def test_labels_of_cards(self):
        path, card = "src/net/a.h", "// net/a.h — what it is.\n//   a drawing\n// Units    bytes, and\n//          no others\n// Prefixes of all kinds\n#pragma once\n"
        self.assertEqual(self.found(layout.check_labels, {path: card}), [])
        for line, bad in ((1, "// net/a.h — what it is. Threads  one\n"), (2, "// net/a.h — what it is.\n// Units    bytes, and Errors   none\n"), (3, "// net/a.h — what it is.\n// Units    bytes, and\n// no others\n")):
            self.assertEqual(self.found(layout.check_labels, {path: bad}), [(path, line)], bad)

    def test_long_files_and_functions(self):
        self.assertEqual(self.found(layout.check_sizes, {"src/a.cc": "\n" * 401}), [("src/a.cc", 400)])
        long = "namespace a {\n\nint f(int b) {\n" + "  b += 1;\n" * 60 + "  return b;\n}\n}\n"
        self.assertEqual(self.found(layout.check_sizes, {"src/a.cc": long}), [("src/a.cc", 3)])
        table = "namespace a {\nconstexpr std::array table{\n" + "  1,\n" * 90 + "};\n}\n"
        self.assertEqual(self.found(layout.check_sizes, {"src/a.cc": table}), [])

    def test_the_pulse_lists_without_refusing(self):
        tree = self.tree({"src/a.cc": "int f(int b) {\n" + "  b += 1;\n" * 45 + "}\n"})
        self.assertEqual(len(layout.long_functions(tree)), 1)
        self.assertEqual(list(layout.check_sizes(tree)), [])

    def test_format(self):
        files = {".clang-format": "BasedOnStyle: Google\n", "src/a.cc": "int  a ;\n"}
        self.assertEqual(self.found(layout.check_format, files), [("src/a.cc", 1)])
        self.assertEqual(self.found(layout.check_format, {**files, "src/a.cc": "int a;\n"}), [])

    def test_scripts_parse(self):
        files = {"a.py": "def f(:\n", "b.sh": "if true; then\n", "c.py": "x = 1\n", "d.sh": "true\n"}
        self.assertEqual([path for path, _ in self.found(layout.check_scripts, files)], ["a.py", "b.sh"])


class Documents(RuleCase):
    def test_links(self):
        files = {
            "docs/a.md": "# A heading, here\n[b](../b.md) [here](#a-heading-here) [far](https://a.example/x)\n[lost](c.md)\n[lost](../b.md#none)\n"
            "```\n[not a link](nowhere)\n```\n",
            "b.md": "# Other\n",
        }  # fmt: skip
        self.assertEqual(self.found(documents.check_links, files), [("docs/a.md", 3), ("docs/a.md", 4)])

    def test_paths_and_hosts(self):
        machine = "/ho" + "me/someone/x"
        self.assertEqual(self.found(documents.check_places, {"a.txt": f"x\n{machine}\n"}), [("a.txt", 2)])
        self.assertEqual(self.found(documents.check_places, {"a.txt": "https://" + documents.REGISTRIES[1] + "/simple\n"}), [("a.txt", 1)])
        self.assertEqual(self.found(documents.check_places, {"a.txt": "/api/health $HOME/x ${HOME}/x /usr/bin/python3\n"}), [])


if __name__ == "__main__":
    unittest.main()
