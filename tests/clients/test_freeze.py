"""Between invocations nothing of a function runs, where the machine can freeze (behaviour §4.1); a machine that cannot is told so."""

import os
import time

import pytest
from conftest import function, invoke
from containment import culprit

# Counts in a background thread, as fast as it can.
COUNTER = """#!/usr/bin/env python3
import http.client, os, threading, time
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
count = 0
def work():
    global count
    while True:
        count += 1
        time.sleep(0.001)
threading.Thread(target=work, daemon=True).start()
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    answer.read()
    connection.request("POST", "/2018-06-01/runtime/invocation/" + answer.getheader("Lambda-Runtime-Aws-Request-Id") + "/response", str(count))
    connection.getresponse().read()
"""


def counter(tmp_path):
    folder = tmp_path / "counter"
    folder.mkdir()
    (folder / "bootstrap").write_text(COUNTER)
    (folder / "bootstrap").chmod(0o755)
    return function("echo", code=str(folder), timeout=3)


@pytest.mark.parametrize("cgroups, mechanism", [("auto", "cgroup"), ("off", "SIGSTOP")])
def test_a_background_thread_makes_no_progress_between_invocations(start, tmp_path, cgroups, mechanism):
    server = start({"f": counter(tmp_path)}, "--cgroups", cgroups, "--log-level", "info")
    frozen_by = next(line for line in server.log().splitlines() if "freeze: " in line)
    if f"frozen between invocations by {mechanism}" not in frozen_by:
        pytest.skip(f"SKIPPED: no {mechanism} freezes here: {frozen_by}")
    client = server.client()
    first = invoke(client, "f")[0]
    time.sleep(1.5)
    second = invoke(client, "f")[0]
    # Up to two ticks pass before it is frozen; running on, it would have counted over a thousand.
    assert second - first < 450
    time.sleep(0.5)
    assert invoke(client, "f")[0] >= second


@pytest.mark.parametrize("cgroups", ["auto", "off"])
def test_work_that_goes_on_after_the_answer_is_told_of_and_idleness_is_not(start, cgroups):
    server = start({"busy": culprit(), "idle": culprit()}, "--cgroups", cgroups)
    client = server.client()
    invoke(client, "idle", {})
    time.sleep(0.5)
    assert "work was still running when frozen" not in server.log()
    invoke(client, "busy", {"do": "work-on"})
    server.wait_log("work was still running when frozen")
    assert server.log().count("work was still running when frozen") == 1  # it is frozen now


def test_without_freezing_it_goes_on(start, tmp_path):
    server = start({"f": counter(tmp_path)}, "--freeze", "off")
    assert "freeze: off" in server.log()
    client = server.client()
    first = invoke(client, "f")[0]
    time.sleep(1.0)
    assert invoke(client, "f")[0] - first > 500


def test_frozen_environments_are_ended_with_the_service(start, tmp_path):
    server = start({name: counter(tmp_path / name) for name in (os.mkdir(tmp_path / n) or n for n in ("a", "b", "c"))})
    client = server.client()
    for name in "abc":
        invoke(client, name)
    time.sleep(0.5)
    assert server.stop() == 0
