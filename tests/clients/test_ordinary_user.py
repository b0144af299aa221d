"""lambox without root: sandboxes in user namespaces, freezing by SIGSTOP and memory watched through /proc. Run as uid 65534 by setpriv when
the tests are root's, else as who they are."""

import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest
from conftest import BINARY, HANDLERS, Lambox, function, invoke, marked_processes
from containment import CULPRIT, culprit, max_memory, processes_of, tail_of, wait_until

NOBODY = 65534


def as_ordinary_user():
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("SKIPPED: setpriv (package util-linux) is needed to become an ordinary user")
    return ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--no-new-privs"]


@functools.cache
def why_no_user_namespaces(*prefix):
    made = subprocess.run([*prefix, "unshare", "--user", "--mount", "--map-root-user", "true"], capture_output=True, text=True)
    return "" if made.returncode == 0 else made.stderr.strip()


@pytest.fixture
def ordinary():
    """A folder that an ordinary user can reach, with lambox and functions in it, and the command that is lambox as that user."""
    prefix = as_ordinary_user()
    if why_no_user_namespaces(*prefix):
        pytest.skip("SKIPPED: an ordinary user can make no user namespaces here: " + why_no_user_namespaces(*prefix))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lambox-ordinary-"))
    folder.chmod(0o755)
    shutil.copy(BINARY, folder / "lambox")
    shutil.copytree(CULPRIT, folder / "culprit")
    shutil.copytree(HANDLERS / "echo-x86_64", folder / "echo")
    yield folder, [*prefix, str(folder / "lambox")]
    shutil.rmtree(folder)


@pytest.fixture
def server(ordinary):
    folder, program = ordinary
    functions = {"f": culprit(code=str(folder / "culprit"), memory_size=128), "echo": function("echo", code=str(folder / "echo"))}
    made = Lambox(folder, functions, "--log-level", "info", program=program)
    yield made
    if made.process.returncode is None:
        assert made.stop() == 0, made.log()
    assert "internal error" not in made.log() and "Sanitizer" not in made.log()


def test_run_uses_a_sandbox_by_itself(ordinary):
    folder, program = ordinary
    arguments = ["run", folder / "echo", "--runtime", "provided.al2023", "--event", "-", "--log-level", "info"]
    done = subprocess.run([*program, *arguments], input=b'{"a": 1}', capture_output=True, cwd=folder, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"a": 1}
    assert b"in user namespaces, where that user is you" in done.stderr


# Without capabilities, in a user namespace that allows no more of them: no machine is poorer.
POOR = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all -- "


@pytest.fixture
def poor(ordinary):
    """Runs lambox where no sandbox can be made and no resource group limits memory."""
    folder, program = ordinary

    def run(*arguments):
        command = POOR + f"{folder / 'lambox'} " + " ".join(["run", *map(str, arguments), "--runtime", "provided.al2023", "--event", "-"])
        wrapped = [*program[:-1], "unshare", "--user", "--map-root-user", "/bin/sh", "-c", command]
        return subprocess.run(wrapped, input=b'{"do": "grow", "mib": 600, "pause_ms": 20}', capture_output=True, cwd=folder, timeout=60)

    if run(folder / "echo").returncode != 0:
        pytest.skip("SKIPPED: user namespaces cannot be forbidden here for a test")
    return run


def test_where_no_sandbox_can_be_made_auto_says_why_and_does_what_is_left(poor, ordinary):
    folder, _ = ordinary
    done = poor(folder / "culprit", "--memory-size", "128", "--timeout", "20", "--cgroups", "off", "--log-level", "info")
    said = done.stderr.decode()
    assert "isolation: process" in said and "because no sandbox can be made: " in said and "making namespaces: " in said
    assert "memory: watched through /proc" in said and "because no resource group does it (" in said
    assert json.loads(done.stdout)["errorType"] == "Runtime.OutOfMemory"
    assert "Max Memory Used: 128 MB" in said


def test_where_no_sandbox_can_be_made_wanting_one_is_one_clear_line(poor, ordinary):
    folder, _ = ordinary
    done = poor(folder / "echo", "--isolation", "sandbox")
    assert done.returncode == 3 and done.stdout == b""
    said = done.stderr.decode()
    assert said.startswith("lambox: no sandbox can be made here: ") and said.count("\n") == 1 and "--isolation process" in said


def test_functions_are_contained_as_root_s_are(server):
    log = server.log()
    assert "isolation: sandbox" in log and "in user namespaces, where that user is you" in log
    assert "Uid:\t65534" in pathlib.Path(f"/proc/{server.process.pid}/status").read_text() or os.geteuid() != 0
    client = server.client()
    assert invoke(client, "echo", {"a": 1})[0] == {"a": 1}
    seen = invoke(client, "f", {"do": "surroundings"})[0]
    assert (seen["folder"], seen["user"], seen["group"], seen["processes"]) == ("/var/task", 993, 990, [1, 2])
    assert invoke(client, "f", {"do": "run", "command": ["/usr/bin/whoami"]})[0]["out"] == "sbx_user1051\n"
    assert invoke(client, "f", {"do": "signal", "pid": server.process.pid})[0] == {"error": "ESRCH"}
    assert invoke(client, "f", {"do": "write", "path": "/var/task/new"})[0]["error"] in ("EROFS", "EACCES")
    assert invoke(client, "f", {"do": "read", "path": str(server.config)})[0] == {"error": "ENOENT"}
    assert invoke(client, "f", {"do": "fill", "mib": 600})[0]["error"] == "ENOSPC"


def test_memory_is_watched_and_its_excess_reported_as_everywhere(server):
    if "memory: watched through /proc" not in server.log():
        pytest.skip("SKIPPED: this user may limit memory by a resource group, so it is not watched")
    client = server.client()
    assert invoke(client, "f", {"do": "count"})[0] == {"disk": 1, "memory": 1}
    value, error, answer = invoke(client, "f", {"do": "grow", "mib": 600, "pause_ms": 20}, LogType="Tail")
    assert error == "Unhandled" and value["errorType"] == "Runtime.OutOfMemory" and value["errorMessage"].endswith("signal: killed")
    assert max_memory(tail_of(answer)) == 128
    assert invoke(client, "f", {"do": "count"})[0] == {"disk": 2, "memory": 1}


def states(server):
    """States of the processes with the server's functions in their environment, as /proc has them: R, S, T ..."""
    return [stat.rsplit(")", 1)[1].split()[0] for stat in processes_of(f"LAMBOX_TEST={server.temporary}").values()]


def test_environments_are_stopped_between_invocations(server):
    if "by SIGSTOP" not in server.log():
        pytest.skip("SKIPPED: this user may freeze by a resource group")
    client = server.client()
    for _ in range(2):
        assert invoke(client, "f", {"do": "work-on"})[1] is None
        assert wait_until(lambda: states(server) == ["T"]), states(server)
    server.wait_log("work was still running when frozen")


def test_a_killed_lambox_leaves_no_process(server, ordinary):
    client = server.client()
    for deed in ("daemon", "work-on"):
        assert invoke(client, "f", {"do": deed})[1] is None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.process.stdout.close()
    server.stderr_file.close()
    assert wait_until(lambda: not marked_processes(server.temporary)), marked_processes(server.temporary)
