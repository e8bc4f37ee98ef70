"""deploy/gatehouse.service: what it starts can be started, and it takes away what is not needed (security.md, row J7)."""

import re
import shutil
import subprocess

import pytest

from house import BINARY, ROOT, run

UNIT = ROOT / "deploy" / "gatehouse.service"
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 2.0
# What the engine's own sandbox is made with: a filter that took one of them away would end every engine at its start.
SANDBOX_CALLS = {"seccomp", "landlock_create_ruleset", "landlock_restrict_self"}


def settings():
    """name -> every value, in order, of the [Service] section."""
    found = {}
    for line in UNIT.read_text().partition("[Service]")[2].partition("[Install]")[0].splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def unit(tmp_path):
    """The unit file with a binary that is there: the tool looks for it."""
    path = tmp_path / UNIT.name
    path.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={BINARY}", UNIT.read_text(), flags=re.M))
    return path


def test_its_command_exists_with_every_option():
    (command,) = settings()["ExecStart"]
    _, subcommand, *words = command.split()
    assert subcommand == "serve"
    listed = run("serve", "--help").stdout.decode()
    options = [word for word in words if word.startswith("--")]
    assert options and all(re.search(rf"{option}\b", listed) for option in options), command


def test_it_stops_and_reloads_as_the_server_does():
    found = settings()
    assert found["Type"] == ["notify"] and found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert found["KillMode"] == ["mixed"], "the engines of running answers are not asked to stop"
    assert int(found["TimeoutStopSec"][0].rstrip("s")) > 300, "longer than the default of server.drain_deadline"
    assert found["RestartPreventExitStatus"] == ["2 3"]
    assert found["StandardOutput"] == ["null"], "the API key of a first start is for people, not for the journal"


def test_it_gives_few_rights_and_leaves_the_engines_sandbox_its_tools(unit):
    found = settings()
    for name in ("NoNewPrivileges", "DynamicUser", "PrivateTmp", "PrivateDevices", "RestrictNamespaces", "MemoryDenyWriteExecute", "ProtectHome"):
        assert found[name] == ["yes"], name
    assert found["CapabilityBoundingSet"] == [""] and found["ProtectSystem"] == ["strict"]
    allowed, taken = (value.split() for value in found["SystemCallFilter"])
    assert SANDBOX_CALLS <= set(allowed) and taken[0] == "~@privileged"
    assert "ProtectProc" not in found and "ProcSubset" not in found, "the front looks at its engines in /proc"
    if ANALYZE:  # ./run does not install it; where it is, it has the last word
        verified = subprocess.run([ANALYZE, "verify", str(unit)], capture_output=True, text=True, timeout=60)
        assert verified.returncode == 0 and unit.name not in verified.stderr, verified.stderr
        looked_at = subprocess.run([ANALYZE, "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True, timeout=60)
        exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", looked_at.stdout)
        assert exposure and float(exposure[1]) <= MOST_EXPOSED, looked_at.stdout
