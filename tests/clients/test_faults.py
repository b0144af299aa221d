"""Everything at once, and lambox itself shot at any moment: other functions are served without an error, and in the end no process,
group, mount or folder is left. FAULT_ROUNDS is how many lamboxes are killed."""

import collections
import contextlib
import ctypes
import glob
import http.client
import json
import os
import pathlib
import random
import signal
import threading
import time

import pytest
from conftest import HANDLERS, Lambox, function, marked_processes, run_lambox
from containment import WITH_GROUPS, Level, at, culprit, groups_of, mounts_left, wait_until

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "20"))
INVOCATIONS = 1000
LEVELS_TO_KILL = [*WITH_GROUPS, Level("sandbox", "off")]

BOMBS = {
    "memory": {"do": "grow", "mib": 4000, "step": 16},
    "memory of children": {"do": "child-grows", "mib": 4000, "count": 1000},
    "forks": {"do": "fork-bomb"},
    "wild forks": {"do": "wild-forks"},
    "threads": {"do": "thread-bomb"},
    "descriptors": {"do": "leak-descriptors"},
    "cpu": {"do": "spin"},
    "tmp": {"do": "fill", "mib": 600, "path": "/tmp/filling"},
    "daemons": {"do": "daemon"},
    "no end by SIGTERM": {"do": "ignore-sigterm"},
    "stopped": {"do": "stop-itself"},
    "exits": {"do": "exit"},
    "work after the answer": {"do": "work-on"},
}


# How an invocation must end. The others may end in several ways, as the machine's load has it.
ENDS = {
    "memory": "Runtime.OutOfMemory",
    "exits": "Runtime.ExitError",
}
TIMEOUTS = ["cpu", "no end by SIGTERM", "stopped"]


def name_of(bomb):
    return bomb.replace(" ", "-")


def get_answer(port, name, event):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", f"/2015-03-31/functions/{name}/invocations", json.dumps(event))
        answer = connection.getresponse()
        return answer.status, answer.getheader("X-Amz-Function-Error"), json.loads(answer.read())
    finally:
        connection.close()


@at(WITH_GROUPS)
def test_all_bombs_at_once_do_not_disturb_another_function(start, level):
    bombs = dict(BOMBS)
    if not level.sandboxed:
        del bombs["tmp"]  # at process level it is the machine's disk that would be filled
    # Those that have to end by another cause than time get enough of it.
    functions = {name_of(key): culprit(timeout=60 if key in ENDS else 2, memory_size=256, ephemeral_storage=512) for key in bombs}
    server = start({"steady": function("echo"), **functions}, *level.need().arguments)
    over = threading.Event()
    ends = collections.defaultdict(collections.Counter)
    failures = []

    def throw(name, event):
        while not over.is_set():
            try:
                status, error, value = get_answer(server.port, name, event)
                ends[name][(value or {}).get("errorType", "answered") if status == 200 else status] += 1
            except Exception as failure:  # noqa: BLE001 - told below
                failures.append((name, failure))
                return

    throwers = [threading.Thread(target=throw, args=(name_of(key), event)) for key, event in bombs.items()]
    for thrower in throwers:
        thrower.start()
    try:
        for number in range(INVOCATIONS):
            assert get_answer(server.port, "steady", {"number": number}) == (200, None, {"number": number})
        # On a quick machine that is over before the slowest bomb has gone off once.
        assert wait_until(lambda: len(ends) == len(bombs) or failures, 60), set(functions) - set(ends)
    finally:
        over.set()
        for thrower in throwers:
            thrower.join()
    assert not failures
    possible = {"answered", "Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError"}
    assert all(set(kinds) <= possible for kinds in ends.values()), ends
    for bomb, end in [*ENDS.items(), *((bomb, "Sandbox.Timedout") for bomb in TIMEOUTS)]:
        assert set(ends[name_of(bomb)]) == {end}, ends
    log = server.log()
    assert log.count("INIT_START") > len(bombs) and "work was still running when frozen" in log
    print({name: dict(kinds) for name, kinds in ends.items()})
    assert server.stop() == 0
    assert groups_of(server.process.pid) == []
    assert mounts_left(server.temporary) == []


@pytest.fixture
def orphanage():
    """Orphans come to this process, for a machine's process 1 may take seconds to bury the dead, and a sandbox waits for that.
    Yields what buries those that are not the process given."""
    set_child_subreaper = 36
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(set_child_subreaper, 1, 0, 0, 0) == 0

    def bury(spared):
        for file in glob.glob("/proc/self/task/*/children"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # of a thread that has just ended
                reap([pid for pid in map(int, pathlib.Path(file).read_text().split()) if pid != spared])

    def reap(children):
        for pid in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    yield bury
    libc.prctl(set_child_subreaper, 0, 0, 0, 0)


def scene(generator, level):
    """Calls to functions that will be, when the blow falls, in INIT, busy, idle, frozen, with children or with daemons."""
    calls = [
        ("idle", {}),
        ("idle", {"do": "work-on"}),
        ("busy", {"do": "spin", "seconds": 20}),
        ("init", {}),
        ("forks", {"do": "fork-bomb", "tries": 20, "linger_s": 120}),
        ("daemon", {"do": "daemon"}),
    ]
    if level.cgroups == "auto":  # nothing else limits processes
        calls.append(("bomb", {"do": "wild-forks"}))
    return generator.sample(calls, generator.randint(2, len(calls)))


def kill_in_the_middle(folder, level, generator):
    functions = {name: culprit(timeout=30, memory_size=512) for name in ("idle", "busy", "forks", "daemon", "bomb")}
    functions["init"] = culprit(timeout=30, environment={"CULPRIT_IN_INIT": '{"do": "spin", "seconds": 5}'})
    server = Lambox(folder, functions, *level.arguments)
    callers = []
    for name, event in scene(generator, level):

        def call(name=name, event=event):
            with contextlib.suppress(OSError, http.client.HTTPException):  # cut off, as intended
                get_answer(server.port, name, event)

        callers.append(threading.Thread(target=call))
        callers[-1].start()
    time.sleep(generator.uniform(0, 1.2))  # what is idle is frozen after about 0.3 s
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.process.stdout.close()
    server.stderr_file.close()
    for caller in callers:
        caller.join()
    return server


def members_of(group):
    try:
        return pathlib.Path(group, "cgroup.procs").read_text().split()
    except OSError:  # somebody else's lambox has collected it
        return []


def left_of(server, bury):
    bury(server.process.pid)
    return marked_processes(server.temporary)


@at(LEVELS_TO_KILL)
def test_a_lambox_killed_at_any_moment_leaves_nothing_that_its_successor_does_not_collect(level, tmp_path, orphanage):
    level.need()
    generator = random.Random()
    found = collections.Counter()
    for number in range(-(-ROUNDS // len(LEVELS_TO_KILL))):
        folder = tmp_path / str(number)
        folder.mkdir()
        server = kill_in_the_middle(folder, level, generator)
        # Runtimes have asked for a death signal. Their children cannot be made to, but a sandbox ends with its first process.
        if level.sandboxed:
            begin = time.monotonic()
            assert wait_until(lambda: not left_of(server, orphanage)), left_of(server, orphanage)
            found["longest wait in ms"] = max(found["longest wait in ms"], round((time.monotonic() - begin) * 1000))
        else:
            # Counted by their groups: looking at each would take long where a fork bomb lives on.
            found["processes"] += len({pid for group in groups_of(server.process.pid) for pid in members_of(group)})
        found["groups"] += len(groups_of(server.process.pid))
        found["folders"] += len(list(server.temporary.iterdir()))
        settings = ["--runtime", "provided.al2023", "--event", "-", *level.arguments]
        code, _, err = run_lambox("run", HANDLERS / "echo-x86_64", *settings, stdin=b"{}", env={"TMPDIR": str(server.temporary)})
        assert code == 0, err
        assert wait_until(lambda: not left_of(server, orphanage)), left_of(server, orphanage)
        assert groups_of(server.process.pid) == [] and mounts_left(server.temporary) == []
        assert list(server.temporary.iterdir()) == []
        found["rounds"] += 1
    print(f"{level}: found after the blow, and collected: {dict(found)}")
