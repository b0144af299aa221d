"""Crashes, timeouts, bad handlers, concurrency and the ways out: what the caller gets, and that the emulator serves on
(behaviour §1.9, §4)."""

import base64
import contextlib
import glob
import json
import os
import re
import signal
import socket
import time

import botocore.exceptions
import pytest
from conftest import HANDLERS, function, go1x, in_parallel, invoke, marked_processes


def tail_of(answer):
    return base64.b64decode(answer["LogResult"]).decode(errors="replace")


def exit_payload(answer, message):
    request = answer["ResponseMetadata"]["RequestId"]
    return {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request} Error: {message}"}


@pytest.mark.parametrize(
    "event, message",
    [
        ({"mode": "exit", "code": 0}, "Runtime exited without providing a reason"),
        ({"mode": "exit", "code": 3}, "Runtime exited with error: exit status 3"),
        ({"mode": "exit", "code": 127}, "Runtime exited with error: exit status 127"),
        ({"mode": "signal", "signal": "SIGKILL"}, "Runtime exited with error: signal: killed"),
        ({"mode": "signal", "signal": "SIGTERM"}, "Runtime exited with error: signal: terminated"),
    ],
)
def test_a_runtime_that_dies_is_reported_in_aws_s_words_and_replaced(start, event, message):
    server = start({"crash": function("crash")})
    client = server.client()
    for _ in range(2):
        value, error, answer = invoke(client, "crash", event, LogType="Tail")
        assert error == "Unhandled" and value == exit_payload(answer, message)
        assert list(value) == ["errorType", "errorMessage"]
        assert "Status: error\tError Type: Runtime.ExitError\t\n" in tail_of(answer)


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT"])
def test_a_fault_is_named_with_or_without_a_core_dump(start, name):
    server = start({"crash": function("crash")})
    value, _, _ = invoke(server.client(), "crash", {"mode": "signal", "signal": name})
    text = {"SIGSEGV": "segmentation fault", "SIGABRT": "aborted"}[name]
    assert re.search(rf"signal: {text}( \(core dumped\))?$", value["errorMessage"])


def test_an_init_that_exits_is_run_twice_and_its_error_goes_to_the_caller(start):
    server = start({"f": function("crash", environment={"CRASH_IN_INIT": "exit:4"})})
    value, error, answer = invoke(server.client(), "f", {}, LogType="Tail")
    assert error == "Unhandled" and value == exit_payload(answer, "Runtime exited with error: exit status 4")
    tail = tail_of(answer)
    assert re.search(r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError\n", tail)
    assert re.search(r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError\n", tail)
    report = tail.splitlines()[-1]
    assert "\tInit Duration:" not in report and "Status: error" in report


def test_an_init_error_that_the_runtime_reports_reaches_the_caller_verbatim(start):
    server = start({"f": function("crash", environment={"CRASH_IN_INIT": "error"})})
    value, error, answer = invoke(server.client(), "f", {}, LogType="Tail")
    assert error == "Unhandled" and "errorMessage" in value and "errorType" in value
    assert "RequestId" not in answer["Body"].decode()
    assert tail_of(answer).count("INIT_REPORT") == 2


def test_an_init_longer_than_ten_seconds_is_abandoned_and_repeated_on_the_invocation_s_time(start):
    server = start({"f": function("crash", timeout=2, environment={"CRASH_IN_INIT": "hang"})})
    begin = time.monotonic()
    value, error, answer = invoke(server.client(), "f", {}, LogType="Tail")
    assert 11.9 < time.monotonic() - begin < 20
    assert error == "Unhandled" and value["errorType"] == "Sandbox.Timedout"
    tail = tail_of(answer)
    assert re.search(r"INIT_REPORT Init Duration: 100\d\d\.\d\d ms\tPhase: init\tStatus: timeout\n", tail)
    report = tail.splitlines()[-1]
    assert "\tDuration: 2000.00 ms\tBilled Duration: 2000 ms\t" in report and "Status: timeout" in report


def test_a_fault_in_init_is_retried_until_the_timeout(start):
    server = start({"f": function("crash", timeout=1, environment={"CRASH_IN_INIT": "signal:11"})})
    value, error, _ = invoke(server.client(), "f", {})
    assert error == "Unhandled" and value["errorType"] == "Sandbox.Timedout"


def test_a_slow_init_is_init_duration_and_not_duration(start):
    server = start({"f": function("slow-init", environment={"SLOW_INIT_MS": "400"})})
    _, error, answer = invoke(server.client(), "f", {}, LogType="Tail")
    assert error is None
    report = tail_of(answer).splitlines()[-1]
    init = float(re.search(r"Init Duration: ([\d.]+)", report).group(1))
    duration = float(re.search(r"\tDuration: ([\d.]+)", report).group(1))
    assert init >= 400 > duration


@pytest.mark.parametrize(
    "era, billed_init", [("2022-11-19", False), ("2025-07-31", False), ("2025-08-01", True), ("2026-11-01", True)]
)
def test_go1_x_pays_for_init_only_since_august_2025_and_the_sum_is_rounded_up_once(start, era, billed_init):
    server = start({"go": go1x("go1.x-x86_64", "sample-lambda")}, era=era)
    _, _, answer = invoke(server.client(), "go", {"foo": "bar"}, LogType="Tail")
    report = tail_of(answer).splitlines()[-1]
    init, duration, billed = (
        float(re.search(rf"\t{name}: ([\d.]+)", report).group(1)) for name in ("Init Duration", "Duration", "Billed Duration")
    )
    wanted = duration + (init if billed_init else 0)
    # Both printed figures are rounded to two decimals before they are added here.
    assert billed - 1.011 <= wanted <= billed + 0.011


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"code": str(HANDLERS)}, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ({"code": str(HANDLERS / "echo-arm64")}, "fork/exec /var/task/bootstrap: exec format error"),
        (
            {"code": str(HANDLERS / "echo-x86_64"), "architectures": ["arm64"]},
            "fork/exec /var/task/bootstrap: exec format error",
        ),
    ],
)
def test_a_package_that_cannot_start_is_an_invalid_entrypoint(start, settings, message):
    server = start({"f": function("echo", **settings)})
    value, error, answer = invoke(server.client(), "f", {})
    request = answer["ResponseMetadata"]["RequestId"]
    assert error == "Unhandled"
    assert value == {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": f"RequestId: {request} Error: {message}"}


def test_a_bootstrap_without_the_execute_bit_or_a_format_is_an_invalid_entrypoint(start, tmp_path):
    for name, text, mode in [("a", "#!/bin/sh\nexit 0\n", 0o644), ("b", "hello\n", 0o755), ("c", "#!/no/such/interpreter\n", 0o755)]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "bootstrap").write_text(text)
        (tmp_path / name / "bootstrap").chmod(mode)
    server = start({name: function("echo", code=str(tmp_path / name)) for name in "abc"})
    client = server.client()
    wanted = {"a": "permission denied", "b": "exec format error", "c": "no such file or directory"}
    for name, text in wanted.items():
        value, _, _ = invoke(client, name, {})
        assert value["errorType"] == "Runtime.InvalidEntrypoint"
        assert value["errorMessage"].endswith(f"fork/exec /var/task/bootstrap: {text}")


def test_both_architectures_serve_side_by_side_and_emulation_is_marked(start):
    server = start({"native": function("echo"), "foreign": function("echo", "arm64")})
    client = server.client()
    for name in ("native", "foreign"):
        value, error, _ = invoke(client, name, {"n": name})
        assert value == {"n": name} and error is None


def test_the_scratch_folder_survives_a_reset_and_memory_does_not(start, tmp_path):
    folder = tmp_path / "counter"
    folder.mkdir()
    script = folder / "bootstrap"
    script.write_text(COUNTER)
    script.chmod(0o755)
    server = start({"f": function("echo", code=str(folder), timeout=1)})
    client = server.client()
    assert invoke(client, "f", {})[0] == {"disk": 1, "memory": 1}
    assert invoke(client, "f", {})[0] == {"disk": 2, "memory": 2}
    assert invoke(client, "f", {"hang": True})[1] == "Unhandled"
    assert invoke(client, "f", {})[0] == {"disk": 4, "memory": 1}


COUNTER = """#!/usr/bin/env python3
import http.client, json, os, time
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
memory = 0
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    event = json.loads(answer.read())
    memory += 1
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "count")
    disk = int(open(path).read()) + 1 if os.path.exists(path) else 1
    open(path, "w").write(str(disk))
    if event.get("hang"):
        time.sleep(60)
    connection.request("POST", "/2018-06-01/runtime/invocation/" + answer.getheader("Lambda-Runtime-Aws-Request-Id") + "/response",
                       json.dumps({"disk": disk, "memory": memory}))
    connection.getresponse().read()
"""


def test_reserved_concurrency_throttles_with_aws_s_reason(start):
    server = start({"two": function("sleep", reserved_concurrent_executions=2), "none": function("sleep", reserved_concurrent_executions=0)})

    def call(name):
        try:
            return invoke(server.client(), name, {"ms": 700})[0]
        except botocore.exceptions.ClientError as error:
            return error.response

    results = in_parallel([lambda: call("two") for _ in range(6)])
    served = [r for r in results if r == {"slept_ms": 700}]
    refused = [r for r in results if r not in served]
    assert len(served) == 2 and len(refused) == 4
    for answer in refused + [call("none")]:
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert answer["Error"]["Code"] == "TooManyRequestsException"
        assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_concurrent_calls_get_environments_of_their_own(start):
    server = start({"f": function("sleep")})
    begin = time.monotonic()
    results = in_parallel([lambda: invoke(server.client(), "f", {"ms": 500})[0] for _ in range(6)])
    assert results == [{"slept_ms": 500}] * 6
    assert time.monotonic() - begin < 2.5


def test_a_sequential_caller_stays_on_one_warm_environment(start):
    server = start({"f": function("echo")})
    client = server.client()
    for _ in range(200):
        invoke(client, "f", {})
    assert server.log().count("INIT_START") == 1


def test_idle_environments_end_after_the_keep_alive(start):
    server = start({"f": function("echo")}, "--keep-alive", "1")
    client = server.client()
    invoke(client, "f", {})
    time.sleep(1.6)
    invoke(client, "f", {})
    assert server.log().count("INIT_START") == 2


def chatter(server, **event):
    return invoke(server.client(), "chatter", event)


@pytest.fixture
def gossip(start):
    return start({"chatter": function("chatter", timeout=2)})


def test_the_second_of_two_answers_is_refused_and_nobody_sees_it(gossip):
    for misdeed in ("answer-twice", "error-after-answer"):
        value, error, _ = chatter(gossip, do=misdeed)
        assert error is None and value is not None
        assert chatter(gossip, do="lines", count=1, bytes=8)[1] is None
    gossip.wait_log("403")


def test_calls_that_are_not_legal_change_nothing(gossip):
    assert "400" in json.dumps(chatter(gossip, do="garbage-id")[0])
    assert "403" in json.dumps(chatter(gossip, do="init-error")[0])
    assert chatter(gossip, do="next-again")[1] is None
    assert "400" in json.dumps(chatter(gossip, do="garbage")[0])


def test_a_flood_without_a_line_end_is_bounded_and_comes_out_in_pieces(gossip):
    value, error, answer = invoke(gossip.client(), "chatter", {"do": "flood", "bytes": 3_000_000, "stream": "stdout"}, LogType="Tail")
    assert error is None
    assert len(base64.b64decode(answer["LogResult"])) <= 4096 + 3
    assert chatter(gossip, do="lines", count=3, bytes=100, stream="stderr")[1] is None


def test_an_oversized_response_is_aws_s_error_and_the_runtime_lives_on(gossip):
    value, error, _ = chatter(gossip, do="big", bytes=6291557)
    assert error == "Unhandled"
    assert value == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    value, error, answer = chatter(gossip, do="big", bytes=6291556)
    assert error is None and len(answer["Body"]) == 6291556
    assert gossip.log().count("INIT_START") == 1


def pid_outside(lambox, pid):
    """The pid on this machine of the process that is `pid` to its handler, among those of `lambox`."""
    found = []
    ours = {str(outside) for outside, _ in marked_processes(lambox.temporary)}
    for status in glob.glob("/proc/[0-9]*/status"):
        with contextlib.suppress(OSError), open(status) as file:
            lines = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
            if lines["NSpid"].split()[-1] == str(pid) and lines["Pid"].strip() in ours:
                found.append(int(lines["Pid"]))
    assert len(found) == 1, found
    return found[0]


def test_children_that_a_handler_leaves_behind_end_with_their_environment(gossip):
    for misdeed in ("fork", "daemon"):
        value, error, _ = chatter(gossip, do=misdeed, seconds=120)
        assert error is None
        left = os.path.realpath(f"/proc/{pid_outside(gossip, value['pid'])}")
        assert os.path.exists(left)  # alive as long as its environment
        assert chatter(gossip, do="exit-after-answer", code=1)[1] is None
        end = time.monotonic() + 5
        while os.path.exists(left) and time.monotonic() < end:
            time.sleep(0.02)
        assert not os.path.exists(left), misdeed


def test_broken_bodies_and_connections_do_not_stop_the_service(gossip):
    for misdeed in ("truncate", "hang-up", "not-json", "nothing", "close-output", "raw"):
        chatter(gossip, do=misdeed)
        assert invoke(gossip.client(), "chatter", {"do": "lines", "count": 1, "bytes": 8})[1] is None, misdeed


def test_an_exit_after_the_answer_is_a_success_for_the_caller_and_an_error_in_the_report(gossip):
    value, error, answer = invoke(gossip.client(), "chatter", {"do": "exit-after-answer", "code": 9}, LogType="Tail")
    assert error is None
    assert "Status: error\tError Type: Runtime.ExitError" in tail_of(answer)
    assert chatter(gossip, do="lines", count=1, bytes=8)[1] is None


def test_a_caller_that_goes_away_does_not_end_its_invocation(start):
    server = start({"f": function("sleep")})
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        body = b'{"ms": 300}'
        connection.sendall(
            b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        server.wait_log("START RequestId")
    server.wait_log("REPORT RequestId")
    assert "Status: " not in server.log()


def test_a_drain_finishes_what_runs_and_refuses_what_comes(start):
    server = start({"f": function("sleep", timeout=10)})
    results = []

    def call():
        results.append(invoke(server.client(), "f", {"ms": 1500})[0])

    import threading

    thread = threading.Thread(target=call)
    thread.start()
    server.wait_log("START RequestId")
    assert server.stop(signals=1) == 0
    thread.join()
    assert results == [{"slept_ms": 1500}]


def test_a_second_signal_ends_at_once_and_leaves_nothing(start):
    server = start({"f": function("sleep", timeout=60)})
    import threading

    def call():
        try:
            invoke(server.client(), "f", {"ms": 50000})
        except Exception:  # the connection may be cut
            pass

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 10
    while server.log().count("START RequestId") < 3 and time.monotonic() < end:
        time.sleep(0.02)
    begin = time.monotonic()
    server.stop(signals=2)
    assert time.monotonic() - begin < 10
    for thread in threads:
        thread.join()


def test_a_killed_lambox_leaves_no_process_and_its_folder_is_collected_by_the_next(start, tmp_path):
    server = start({"f": function("echo")})
    invoke(server.client(), "f", {})
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    from conftest import marked_processes, run_lambox

    end = time.monotonic() + 5
    while marked_processes(server.temporary) and time.monotonic() < end:
        time.sleep(0.02)
    assert marked_processes(server.temporary) == []
    assert len(list(server.temporary.iterdir())) == 1
    code, _, _ = run_lambox("run", HANDLERS / "echo-x86_64", env={"TMPDIR": str(server.temporary)})
    assert code == 0
    assert list(server.temporary.iterdir()) == []


def test_a_port_in_use_is_one_clear_line(start):
    server = start({"f": function("echo")})
    from conftest import run_lambox

    code, out, err = run_lambox("serve", "--port", server.port, "--log-level", "error", cwd="/")
    assert code == 3 and out == ""
    assert err.count("\n") == 1 and "in use" in err and str(server.port) in err
