"""Goal: extensions live with their function as on AWS: started before the runtime, given INVOKE and SHUTDOWN, waited for, billed, ended.
Method: the sample extension and small scripts as layers of real functions, in both isolations; what extensions were told is read in
the function's log."""

import base64
import re
import shutil
import stat
import time

import pytest

from conftest import HANDLERS, function, go1x, in_parallel, invoke

RECORDER = HANDLERS / "extension-recorder-x86_64" / "extensions" / "recorder"


def layer(tmp_path, *names, program=RECORDER, folder="layer"):
    """A layer with that program under each of the names."""
    extensions = tmp_path / folder / "extensions"
    extensions.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(program, extensions / name)
        (extensions / name).chmod(0o755)
    return str(tmp_path / folder)


def script(tmp_path, name, text):
    path = tmp_path / f"{name}.script"
    path.write_text(text)
    return path


@pytest.fixture(params=["process", "sandbox"])
def isolation(request, tmp_path):
    # A sandbox's user has to be able to reach the layers.
    for folder in [tmp_path, *tmp_path.parents][:3]:
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IXGRP)
    return request.param


def tail(answer):
    return base64.b64decode(answer["LogResult"]).decode()


def billed(answer):
    report = re.search(r"Duration: ([\d.]+) ms\tBilled Duration: (\d+) ms", tail(answer))
    return float(report[1]), int(report[2])


def test_extension_runs_cold_warm_and_to_its_shutdown(start, tmp_path, isolation):
    lambox = start(
        {"f": function("echo", layers=[layer(tmp_path, "first", "second")], environment={"SECRET": "s"})}, "--isolation", isolation
    )
    client = lambox.client()
    value, error, answer = invoke(client, "f", {"n": 1}, LogType="Tail")
    assert (value, error) == ({"n": 1}, None)
    value, error, warm = invoke(client, "f", {"n": 2}, LogType="Tail")
    assert (value, error) == ({"n": 2}, None)
    assert "starts" not in tail(warm)
    request = warm["ResponseMetadata"]["RequestId"]
    assert f"first: INVOKE {request}\n" in tail(warm) and f"second: INVOKE {request}\n" in tail(warm)
    assert lambox.stop() == 0
    log = lambox.log()
    registered = 'first: register 200 {"accountId":"000000000000","functionName":"f","functionVersion":"$LATEST","handler":"bootstrap"}'
    assert registered in log
    assert "EXTENSION\tName: first\tState: Ready\tEvents: [INVOKE, SHUTDOWN]" in log
    for name in ("first", "second"):
        assert f"{name}: SHUTDOWN spindown text/plain; charset=utf-8" in log
        assert log.count(f"{name}: starts") == 1
        assert log.count(f"{name}: INVOKE") == 2


def test_work_of_an_extension_after_the_response_is_paid_for(start, tmp_path, isolation):
    lambox = start(
        {"f": function("echo", layers=[layer(tmp_path, "slow")], environment={"RECORDER_WORK": "900ms"})}, "--isolation", isolation
    )
    client = lambox.client()
    value, error, cold = invoke(client, "f", {}, LogType="Tail")
    assert error is None
    duration, whole = billed(cold)
    assert duration >= 900 and whole >= 900
    assert tail(cold).index("slow: done") < tail(cold).index("REPORT")


def test_caller_has_its_answer_while_an_extension_works_and_a_second_signal_ends_both(start, tmp_path, isolation):
    lambox = start(
        {"f": function("echo", timeout=60, layers=[layer(tmp_path, "slow")], environment={"RECORDER_WORK": "50s"})},
        "--isolation",
        isolation,
    )
    assert invoke(lambox.client(), "f", {"n": 1})[:2] == ({"n": 1}, None)
    lambox.wait_log("slow: INVOKE")
    assert "slow: done" not in lambox.log() and "REPORT" not in lambox.log()
    lambox.stop(signals=2)


def test_overrun_leaves_the_caller_its_answer_and_resets(start, tmp_path, isolation):
    lambox = start(
        {"f": function("echo", timeout=1, layers=[layer(tmp_path, "slow")], environment={"RECORDER_WORK": "30s"})},
        "--isolation",
        isolation,
    )
    client = lambox.client()
    value, error, answer = invoke(client, "f", {"n": 1}, LogType="Tail")
    assert (value, error) == ({"n": 1}, None)
    assert "\tStatus: timeout" in tail(answer) and "Duration: 1000.00 ms" in tail(answer)
    value, error, answer = invoke(client, "f", {"n": 2}, LogType="Tail")
    assert (value, error) == ({"n": 2}, None)
    assert lambox.log().count("slow: starts") == 2


def test_timeout_of_the_function_is_told_to_extensions(start, tmp_path, isolation):
    lambox = start({"f": function("sleep", timeout=1, layers=[layer(tmp_path, "agent")])}, "--isolation", isolation)
    client = lambox.client()
    value, error, _ = invoke(client, "f", {"ms": 5000})
    assert error == "Unhandled" and value["errorType"] == "Sandbox.Timedout"
    assert invoke(client, "f", {"ms": 1})[1] is None  # waits for the reset
    assert "agent: SHUTDOWN timeout" in lambox.log()


@pytest.mark.parametrize(
    "mode, error_type, message",
    [
        ("exit-at-start", "Extension.Crash", "exit code 0"),
        ("exit-before-next", "Extension.Crash", "exit status 3"),
        ("init-error", "Extension.InitError", "exit status 6"),
    ],
)
def test_extension_that_fails_in_init_fails_the_invocation(start, tmp_path, isolation, mode, error_type, message):
    lambox = start(
        {"f": function("echo", layers=[layer(tmp_path, "agent")], environment={"RECORDER_MODE": mode})}, "--isolation", isolation
    )
    value, error, answer = invoke(lambox.client(), "f", {}, LogType="Tail")
    request = answer["ResponseMetadata"]["RequestId"]
    assert error == "Unhandled"
    assert value == {"errorType": error_type, "errorMessage": f"RequestId: {request} Error: {message}"}
    assert f"Phase: init\tStatus: error\tError Type: {error_type}" in lambox.log()
    assert f"Phase: invoke\tStatus: error\tError Type: {error_type}" in lambox.log()


@pytest.mark.parametrize(
    "mode, error_type, message",
    [("exit-at-invoke", "Extension.Crash", "exit status 4"), ("exit-error-at-invoke", "Extension.ExitError", "exit status 5")],
)
def test_extension_that_dies_in_an_invocation_fails_it(start, tmp_path, isolation, mode, error_type, message):
    lambox = start(
        {"f": function("sleep", layers=[layer(tmp_path, "agent")], environment={"RECORDER_MODE": mode})}, "--isolation", isolation
    )
    client = lambox.client()
    value, error, answer = invoke(client, "f", {"ms": 2000}, LogType="Tail")
    request = answer["ResponseMetadata"]["RequestId"]
    assert value == {"errorType": error_type, "errorMessage": f"RequestId: {request} Error: {message}"}
    assert f"Status: error\tError Type: {error_type}" in tail(answer)
    value, error, _ = invoke(client, "f", {"ms": 2000})
    assert value["errorType"] == error_type
    assert lambox.log().count("agent: starts") == 2


def test_init_waits_for_extensions_until_its_timeout(start, tmp_path):
    functions = {
        mode: function("echo", timeout=1, layers=[layer(tmp_path, "agent")], environment={"RECORDER_MODE": mode})
        for mode in ("silent", "no-next")
    }
    lambox = start(functions)
    client = lambox.client()
    for value, error, _ in in_parallel([lambda mode=mode: invoke(client, mode, {}) for mode in functions]):
        assert error == "Unhandled" and value["errorType"] == "Sandbox.Timedout"
    assert lambox.log().count("Phase: init\tStatus: timeout") == 2


def test_file_that_cannot_be_executed_is_a_launch_error(start, tmp_path, isolation):
    folder = layer(tmp_path, "agent")
    (tmp_path / "layer" / "extensions" / "agent").chmod(0o644)
    lambox = start({"f": function("echo", layers=[folder])}, "--isolation", isolation)
    value, error, _ = invoke(lambox.client(), "f", {})
    assert value["errorType"] == "Extension.LaunchError"
    assert "permission denied" in value["errorMessage"]
    assert "EXTENSION\tName: agent\tState: LaunchError\tEvents: []\tError Type: PermissionDenied" in lambox.log()


def test_ten_extensions_are_allowed_and_eleven_are_not(start, tmp_path):
    names = [f"agent-{number:02}" for number in range(11)]
    lambox = start(
        {
            "ten": function("echo", timeout=30, layers=[layer(tmp_path, *names[:10], folder="ten")]),
            "eleven": function("echo", layers=[layer(tmp_path, *names, folder="eleven")]),
        }
    )
    client = lambox.client()
    assert invoke(client, "ten", {"n": 1})[:2] == ({"n": 1}, None)
    assert invoke(client, "eleven", {})[0]["errorType"] == "Extension.LaunchError"
    assert "EXTENSION\tName: agent-10\tState: LaunchError\tEvents: []\tError Type: TooManyExtensions" in lambox.log()


def test_marker_switches_extensions_off_and_folders_are_no_extensions(start, tmp_path):
    folder = layer(tmp_path, "agent", folder="off")
    (tmp_path / "off" / "disable-extensions-jwigqn8j").write_text("")
    only_a_folder = tmp_path / "folder"
    (only_a_folder / "extensions" / "data").mkdir(parents=True)
    lambox = start({"off": function("echo", layers=[folder]), "folder": function("echo", layers=[str(only_a_folder)])})
    client = lambox.client()
    assert invoke(client, "off", {"n": 1})[:2] == ({"n": 1}, None)
    assert invoke(client, "folder", {"n": 2})[:2] == ({"n": 2}, None)
    assert "agent: starts" not in lambox.log() and "EXTENSION" not in lambox.log()


def test_go1x_runs_without_its_layers_extensions(start, tmp_path):
    lambox = start({"f": go1x("go1.x-x86_64", "sample-lambda", layers=[layer(tmp_path, "agent")])})
    invoke(lambox.client(), "f", {})
    assert "go1.x does not support extensions" in lambox.log()
    assert "agent: starts" not in lambox.log()


def test_script_is_an_extension_too_and_sees_the_right_variables(start, tmp_path, isolation):
    text = "#!/bin/sh\nenv | sed 's/^/variable: /'\necho \"where: $(pwd)\"\nexit 7\n"
    folder = layer(tmp_path, "shell", program=script(tmp_path, "shell", text))
    lambox = start({"f": function("echo", layers=[folder])}, "--isolation", isolation)
    value, _, _ = invoke(lambox.client(), "f", {})
    assert value["errorMessage"].endswith("exit status 7")
    seen = {line.split("variable: ")[1].split("=")[0] for line in lambox.log().splitlines() if "variable: " in line}
    assert {"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "AWS_ACCESS_KEY_ID"} <= seen
    assert not {name for name in seen if name.startswith("_") and name != "_"}
    assert not {"LAMBDA_TASK_ROOT", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING"} & seen
    assert "where: /\n" in lambox.log()


def test_flood_registering_twice_and_asking_twice_do_no_harm(start, tmp_path):
    lambox = start(
        {
            "flood": function("echo", layers=[layer(tmp_path, "agent")], environment={"RECORDER_MODE": "flood"}),
            "twice": function("sleep", layers=[layer(tmp_path, "agent")], environment={"RECORDER_MODE": "twice"}),
        }
    )
    client = lambox.client()
    assert invoke(client, "flood", {"n": 1}, LogType="Tail")[:2] == ({"n": 1}, None)
    assert lambox.log().count("x" * 1000) == 5000
    assert invoke(client, "twice", {"ms": 100})[1] is None
    log = lambox.log()
    assert "register 403 " in log and '"errorType":"Extension.InvalidExtensionState"' in log
    assert "State transition from Registered to Registered failed for extension agent." in log


def test_extension_deaf_to_shutdown_is_killed_at_the_end_of_the_budget(start, tmp_path, isolation):
    lambox = start(
        {
            "deaf": function("echo", layers=[layer(tmp_path, "deaf")], environment={"RECORDER_MODE": "deaf"}),
            "unsubscribed": function("echo", layers=[layer(tmp_path, "other", folder="b")], environment={"RECORDER_EVENTS": "INVOKE"}),
        },
        "--isolation",
        isolation,
    )
    client = lambox.client()
    assert invoke(client, "deaf", {})[1] is None
    assert invoke(client, "unsubscribed", {})[1] is None
    assert lambox.stop() == 0
    assert "deaf: SHUTDOWN spindown" in lambox.log() and "other: SHUTDOWN" not in lambox.log()


@pytest.mark.parametrize("isolation", ["process", "sandbox"])
def test_extension_of_the_other_architecture_is_emulated_with_its_function(start, tmp_path, isolation):
    if not shutil.which("qemu-aarch64-static"):
        pytest.skip("SKIPPED: qemu-aarch64-static is not installed")
    for folder in [tmp_path, *tmp_path.parents][:3]:
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IXGRP)
    recorder = HANDLERS / "extension-recorder-arm64" / "extensions" / "recorder"
    lambox = start(
        {
            "same": function("echo", "arm64", timeout=30, layers=[layer(tmp_path, "agent", program=recorder, folder="same")]),
            "other": function("echo", "arm64", timeout=30, layers=[layer(tmp_path, "agent", folder="other")]),
        },
        "--isolation",
        isolation,
    )
    client = lambox.client()
    assert invoke(client, "same", {"n": 1})[:2] == ({"n": 1}, None)
    value, _, _ = invoke(client, "other", {})
    assert value["errorType"] == "Extension.LaunchError" and "exec format error" in value["errorMessage"]
    assert lambox.stop() == 0
    assert "agent: SHUTDOWN spindown" in lambox.log()


def test_extensions_freeze_with_their_environment(start, tmp_path):
    lambox = start({"f": function("echo", layers=[layer(tmp_path, "recorder")])}, "--freeze", "on")
    client = lambox.client()
    for number in range(2):
        assert invoke(client, "f", {"n": number})[0] == {"n": number}
        time.sleep(0.4)  # long enough to be frozen where that can be done; nothing is asserted of it
    assert lambox.stop() == 0
    assert "recorder: SHUTDOWN spindown" in lambox.log()


def test_programs_of_one_sandbox_see_each_other(start, tmp_path):
    # The watcher registers as itself, and looks for the runtime when it is told of the first invocation.
    text = """#!/bin/bash
exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API#*:}"
printf 'POST /2020-01-01/extension/register HTTP/1.1\\r\\nHost: x\\r\\nLambda-Extension-Name: watch\\r\\nContent-Length: 21\\r\\n\\r\\n{"events":["INVOKE"]}' >&3
while read -r line <&3; do
    line=${line%$'\\r'}
    case $line in Lambda-Extension-Identifier:*) id=${line#*: } ;; '{'*) break ;; esac
done
printf 'GET /2020-01-01/extension/event/next HTTP/1.1\\r\\nHost: x\\r\\nLambda-Extension-Identifier: %s\\r\\n\\r\\n' "$id" >&3
read -r line <&3
for comm in /proc/[0-9]*/comm; do read -r name <"$comm"; echo "sees: $name"; done
read -r own </proc/self/comm && echo "itself: $own"
exit 9
"""
    folder = layer(tmp_path, "watch", program=script(tmp_path, "watch", text.replace("\\\\", "\\")))
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(parent.stat().st_mode | stat.S_IXOTH | stat.S_IXGRP)
    lambox = start({"f": function("sleep", layers=[folder])}, "--isolation", "sandbox")
    value, _, _ = invoke(lambox.client(), "f", {"ms": 2000})
    assert value["errorMessage"].endswith("exit status 9"), lambox.log()
    assert "sees: bootstrap" in lambox.log() and "sees: lambox-init" in lambox.log() and "itself: " in lambox.log()
