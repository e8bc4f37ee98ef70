"""What an attacker finds: a hardened binary, and an engine that can do nothing but compute (security.md, row J7 and the child's sandbox)."""

import json
import re
import subprocess
from pathlib import Path

from house import BINARY, children_of


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, BINARY], capture_output=True, text=True, check=True).stdout


def test_the_binary_is_hardened():
    headers, dynamic, symbols = readelf("-h", "-l"), readelf("-d"), readelf("--dyn-syms")
    assert re.search(r"Type:\s+DYN", headers) and "PIE" in dynamic, "position independent"
    assert "GNU_RELRO" in headers and "BIND_NOW" in dynamic, "relocations are read-only from the start"
    assert re.search(r"GNU_STACK\s.*\sRW\s", headers), "no executable stack"
    assert not re.search(r"LOAD\s.*\sRWE\s", headers), "nothing both writable and executable"
    assert "__stack_chk_fail" in symbols, "stack protector"
    assert re.search(r"__\w+_chk@", symbols), "FORTIFY"


def test_functions_begin_with_a_landing_pad():
    """CET: what may be called indirectly begins with endbr64."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "--disassemble=main", BINARY], capture_output=True, text=True, check=True).stdout
    first = re.search(r"<main>:\n\s*\w+:\s+(\S+)", code)
    assert first and first[1] == "endbr64", code[:300]


def test_from_inside_the_sandbox_every_way_out_is_shut():
    checked = subprocess.run([BINARY, "engine", "sandbox-check"], stdin=subprocess.DEVNULL, capture_output=True, env={}, timeout=30)
    assert checked.returncode == 0, checked.stderr
    found = json.loads(checked.stdout)
    assert {"openat", "socket", "connect", "execve", "fork", "ptrace", "kill", "tgkill", "executable_memory", "environment", "new_privileges"} <= set(found)
    assert set(found.values()) == {"refused"}, found


def status_of(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def test_every_running_engine_is_in_the_sandbox(house):
    children = children_of(house.pid)
    assert len(children) == 3, "one for a language, one for tables, one for schemas"
    for child in children:
        for task in Path(f"/proc/{child}/task").iterdir():
            status = status_of(f"{child}/task/{task.name}")
            assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1"), task
            assert set(status["Uid"].split()) & {"0"} == set() and int(status["CapEff"], 16) == 0, task
        limits = Path(f"/proc/{child}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits) and re.search(r"Max open files\s+256\s+256", limits)


def test_the_front_leaves_no_core(house):
    assert re.search(r"Max core file size\s+0\s+0", Path(f"/proc/{house.pid}/limits").read_text())
