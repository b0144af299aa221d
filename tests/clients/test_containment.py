"""Functions that take more than they may: memory, /tmp, processes, threads, descriptors, time. Driven through the real binary at every
level of containment; the caller gets AWS's words, the next invocation works, and what AWS keeps is kept (behaviour §3.2, §4.6, §4.7)."""

import re

import pytest
from conftest import function, in_parallel, invoke
from containment import ALL_LEVELS, WITH_GROUPS, Level, at, culprit, max_memory, processes_of, tail_of, wait_until


def killed_payload(answer, error_type="Runtime.OutOfMemory"):
    request = answer["ResponseMetadata"]["RequestId"]
    return {"errorType": error_type, "errorMessage": f"RequestId: {request} Error: Runtime exited with error: signal: killed"}


def assert_out_of_memory(seen, size, error_type="Runtime.OutOfMemory"):
    value, error, answer = seen
    assert error == "Unhandled" and value == killed_payload(answer, error_type)
    report = tail_of(answer).splitlines()[-1]
    assert f"\tMemory Size: {size} MB\tMax Memory Used: {size} MB\t" in report
    assert report.endswith(f"Status: error\tError Type: {error_type}\t")


OUT_OF_MEMORY = {
    "in a burst": {"do": "grow", "mib": 400, "step": 400},
    "slowly": {"do": "grow", "mib": 400, "step": 4, "pause_ms": 20},
    # The kernel picks the largest, and that is the runtime.
    "by a child": {"do": "child-grows", "before": 76, "mib": 60, "step": 2, "pause_ms": 10},
}


@at(ALL_LEVELS)
def test_a_warm_function_that_runs_out_of_memory_is_killed_and_replaced_with_its_tmp(start, level):
    server = start({"f": culprit(memory_size=128)}, *level.need().arguments)
    client = server.client()
    for disk, event in enumerate(OUT_OF_MEMORY.values(), 1):
        assert invoke(client, "f", {"do": "count"})[0] == {"disk": disk, "memory": 1}
        assert_out_of_memory(invoke(client, "f", event, LogType="Tail"), 128)
    assert invoke(client, "f", {"do": "count"})[0] == {"disk": len(OUT_OF_MEMORY) + 1, "memory": 1}


@at(ALL_LEVELS)
def test_a_cold_function_that_runs_out_of_memory_is_killed_in_both_of_its_inits(start, level):
    event = '{"do": "grow", "mib": 400, "step": 8, "pause_ms": 5}'
    server = start({"f": culprit(memory_size=128, environment={"CULPRIT_IN_INIT": event})}, *level.need().arguments)
    value, error, answer = invoke(server.client(), "f", {}, LogType="Tail")
    assert error == "Unhandled" and value == killed_payload(answer)
    tail = tail_of(answer)
    for phase in ("init", "invoke"):
        assert re.search(rf"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: {phase}\tStatus: error\tError Type: Runtime.OutOfMemory\n", tail)
    assert max_memory(tail) == 128


def test_before_its_own_error_type_it_was_an_exit(start):
    server = start({"f": culprit(memory_size=128)}, era="2022-11-19")
    value, error, answer = invoke(server.client(), "f", OUT_OF_MEMORY["in a burst"], LogType="Tail")
    assert error == "Unhandled" and value == killed_payload(answer, "Runtime.ExitError")
    assert max_memory(tail_of(answer)) == 128


@at(WITH_GROUPS)
def test_the_limit_is_the_memory_size_and_no_less_than_97_percent_of_it(start, level):
    server = start({"f": function("leak", timeout=20)}, *level.need().arguments)
    client = server.client()
    for _ in range(2):
        assert invoke(client, "f", {"mib": 124})[0] == {"held_mib": 124}
        assert_out_of_memory(invoke(client, "f", {"mib": 8}, LogType="Tail"), 128)


@at(WITH_GROUPS)
def test_a_child_that_is_killed_for_memory_is_its_parent_s_affair(start, level):
    server = start({"f": culprit(memory_size=128)}, *level.need().arguments)
    client = server.client()
    value, error, answer = invoke(client, "f", {"do": "child-grows", "mib": 400, "count": 2}, LogType="Tail")
    assert error is None and value == {"ended": [-9, -9]}
    assert "Status: " not in tail_of(answer)
    # Nor is a later death by another cause an end by memory.
    value, _, answer = invoke(client, "f", {"do": "exit", "code": 3}, LogType="Tail")
    assert value["errorType"] == "Runtime.ExitError" and value["errorMessage"].endswith("exit status 3")


@at(WITH_GROUPS)
def test_max_memory_used_is_what_was_touched_by_short_lived_children_too(start, level):
    settings = {"memory_size": 1024, "timeout": 20}
    server = start({"leak": function("leak", **settings), "chatter": function("chatter", **settings)}, *level.need().arguments)
    client = server.client()
    for touched in (100, 600):
        for name, event in (("leak", {"mib": touched, "keep": False}), ("chatter", {"do": "child-memory", "mib": touched})):
            _, error, answer = invoke(client, name, event, LogType="Tail")
            used = max_memory(tail_of(answer))
            assert error is None and touched <= used <= touched * 1.02 + 2, (name, used)


@at([Level("sandbox"), Level("sandbox", "off")])
def test_tmp_ends_at_its_size_and_counts_as_no_memory(start, level):
    server = start({"f": culprit(memory_size=128, ephemeral_storage=512)}, *level.need().arguments)
    client = server.client()
    pause_ms = 8 if level.cgroups == "auto" else 0  # the kernel's limit follows what lies in /tmp ten times a second
    value, error, answer = invoke(client, "f", {"do": "fill", "mib": 300, "pause_ms": pause_ms}, LogType="Tail")
    assert error is None and value == {"written": 300, "error": None}
    assert max_memory(tail_of(answer)) < 60
    value, error, _ = invoke(client, "f", {"do": "fill", "mib": 600, "pause_ms": pause_ms, "path": "/tmp/more"})
    assert error is None and value["error"] == "ENOSPC" and 205 <= value["written"] <= 212
    # Full as it is, memory is neither more nor less than before.
    assert_out_of_memory(invoke(client, "f", OUT_OF_MEMORY["slowly"], LogType="Tail"), 128)
    value, _, answer = invoke(client, "f", {"do": "names", "path": "/tmp"}, LogType="Tail")
    assert value == {"names": ["filling", "more"]}


def test_what_is_written_at_process_level_counts_as_no_memory_either(start):
    server = start({"f": culprit(memory_size=128)}, *Level("process").need().arguments)
    value, error, _ = invoke(server.client(), "f", {"do": "fill", "mib": 300, "pause_ms": 4, "keep": False})
    assert error is None and value == {"written": 300, "error": None}


@at(WITH_GROUPS)
@pytest.mark.parametrize("deed", ["fork-bomb", "thread-bomb"])
def test_processes_and_threads_end_at_1024(start, level, deed):
    server = start({"f": culprit(memory_size=3008), "echo": function("echo")}, *level.need().arguments)
    client = server.client()
    value, error, _ = invoke(client, "f", {"do": deed})
    assert error is None and 1015 <= value["made"] <= 1023
    assert value.get("error") == "EAGAIN" or value.get("refused") is True
    assert invoke(client, "echo", {"still": "here"})[0] == {"still": "here"}
    invoke(client, "f", {"do": "exit"})
    assert wait_until(lambda: not processes_of("_HANDLER=bootstrap\0LAMBOX_TEST=" + str(server.temporary)))
    assert invoke(client, "f", {"do": "count"})[0] == {"disk": 1, "memory": 1}


@at(ALL_LEVELS)
def test_a_leak_of_descriptors_ends_at_1024(start, level):
    server = start({"f": culprit()}, *level.need().arguments)
    assert invoke(server.client(), "f", {"do": "leak-descriptors"})[0] == {"last": 1023, "error": "EMFILE"}


@at(ALL_LEVELS)
def test_what_never_answers_times_out_and_is_replaced(start, level):
    deeds = ["spin", "ignore-sigterm", "stop-itself"] + (["wild-forks"] if level.cgroups == "auto" else [])
    server = start({deed: culprit(timeout=1, memory_size=512) for deed in deeds}, *level.need().arguments)

    def one(deed):
        client = server.client()
        assert invoke(client, deed, {"do": "count"})[0] == {"disk": 1, "memory": 1}
        value, error, answer = invoke(client, deed, {"do": deed}, LogType="Tail")
        assert error == "Unhandled"
        if deed == "wild-forks":  # many of them answer at once, or memory ends first
            assert value["errorType"] in ("Sandbox.Timedout", "Runtime.OutOfMemory")
        else:
            assert value["errorType"] == "Sandbox.Timedout" and "\tDuration: 1000.00 ms\t" in tail_of(answer)
        assert invoke(client, deed, {"do": "count"})[0] == {"disk": 2, "memory": 1}

    in_parallel([lambda deed=deed: one(deed) for deed in deeds])


@at(ALL_LEVELS)
def test_a_daemon_ends_with_its_environment(start, level):
    server = start({"f": culprit(timeout=1)}, *level.need().arguments)
    client = server.client()

    def living():
        return len(processes_of(f"LAMBOX_TEST={server.temporary}"))

    for setsid, end in ((True, "stop-itself"), (False, "exit")):
        assert invoke(client, "f", {"do": "daemon", "setsid": setsid})[1] is None
        assert living() >= 2
        assert invoke(client, "f", {"do": end})[1] == "Unhandled"
        assert wait_until(lambda: living() == 0)
