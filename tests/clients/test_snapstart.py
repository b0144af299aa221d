"""SnapStart through the real server (behaviour §1.10): hooks of a raw runtime client and of AWS's own for Python, credentials, figures,
errors, and what the API says and refuses. The limit of 10 s is tested on manual time, in tests/unit/engine/snap_start_test.cpp."""

import base64
import json
import re

import botocore.exceptions
import pytest
from conftest import HANDLERS, invoke, run_lambox
from languages import clients_option, hello, runtimes
from packages import create, zipped

RUNTIME = "python3.12"

# A Python package may bring its own runtime client; this one makes the calls one by one.
CLIENT = """
import http.client, json, os, urllib.parse
address = os.environ["AWS_LAMBDA_RUNTIME_API"]
connection = http.client.HTTPConnection(address)
BASE = "/2018-06-01/runtime"

def call(method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read().decode()

def status_and_body(*arguments):
    status, _, body = call(*arguments)
    return [status, body]

results = []
{init}
while True:
    status, headers, event = call("GET", BASE + "/invocation/next")
    {scenario}
    call("POST", BASE + "/invocation/" + headers["lambda-runtime-aws-request-id"] + "/response", json.dumps(results))
"""
WITH_HOOKS = """
print("before the snapshot", flush=True)
results.append(status_and_body("GET", BASE + "/restore/next"))
print("after the restore", flush=True)
"""


def source(init="", scenario="pass"):
    return CLIENT.replace("{init}", init).replace("{scenario}", scenario)


def package(init="", scenario="pass"):
    return {"ZipFile": zipped(**{"awslambdaric/__init__.py": "", "awslambdaric/__main__.py": source(init, scenario)})}


def write_package(tmp_path, init="", scenario="pass"):
    folder = tmp_path / "package" / "awslambdaric"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "__main__.py").write_text(source(init, scenario))
    return folder.parent


@pytest.fixture
def configured(start, tmp_path):
    """`configured(init, scenario)`: a server with such a function in its lambox.yaml."""

    def starter(init="", scenario="pass", *arguments, **settings):
        code = str(write_package(tmp_path, init, scenario))
        definition = {"runtime": RUNTIME, "handler": "app.handler", "code": code, "snap_start": {"apply_on": "PublishedVersions"}}
        return start({"f": {**definition, **settings}}, *arguments)

    return starter


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"], caught.value.response


def transition(before, after):
    message = f"State transition from {before} to {after} failed for runtime. Error: State transition is not allowed"
    return json.dumps({"errorMessage": message, "errorType": "InvalidStateTransition"}, separators=(",", ":")) + "\n"


def test_a_runtime_with_hooks_is_released_and_its_restore_reported(configured):
    server = configured(WITH_HOOKS)
    value, error, _ = invoke(server.client(), "f")
    assert error is None and value == [[200, ""]]
    server.wait_log("REPORT RequestId")
    log = server.log()
    order = ["INIT_START", "before the snapshot", "INIT_REPORT Init Duration: ", "RESTORE_START", "after the restore",
             "RESTORE_REPORT Restore Duration: ", "START RequestId: ", "END RequestId: ", "\tRestore Duration: "]
    at = [log.index(text) for text in order]
    assert at == sorted(at), log
    report = re.search(r"REPORT RequestId: .*", log)[0]
    duration, restore = (float(re.search(name + r": ([0-9.]+) ms", report)[1]) for name in ("\tDuration", "\tRestore Duration"))
    names = ("\tBilled Duration", "\tBilled Restore Duration")
    billed, billed_restore = (int(re.search(name + r": (\d+) ms", report)[1]) for name in names)
    assert "Init Duration" not in report
    assert restore <= billed_restore <= restore + 1.01
    assert billed_restore + duration - 0.01 <= billed <= billed_restore + duration + 1.01


def test_a_runtime_without_hooks_asks_for_its_event_at_once(configured):
    server = configured("")
    assert invoke(server.client(), "f")[0] == []
    server.wait_log("REPORT RequestId")
    assert "RESTORE_REPORT Restore Duration: 0.00 ms" in server.log()
    assert "\tRestore Duration: 0.00 ms\tBilled Restore Duration: 0 ms\t" in server.log()


def test_an_error_of_the_hooks_is_the_caller_s(configured):
    report = """
call("GET", BASE + "/restore/next")
headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.AfterRestoreError"}
print(call("POST", BASE + "/restore/error", '{"errorMessage":"no"}', headers)[::2], flush=True)
print(call("GET", BASE + "/invocation/next")[::2], flush=True)
"""
    server = configured(report)
    for _ in range(2):  # a failed environment is not used again
        code, message, answer = refused(server.client().invoke, FunctionName="f")
        assert code == "SnapStartException" and answer["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert "afterRestore() runtime hook encountered an error" in message
    log = server.log()
    assert log.count("RESTORE_REPORT Restore Duration: ") == 2
    assert "\tStatus: error\tError Type: Runtime.AfterRestoreError\n" in log
    assert "REPORT RequestId" not in log


def test_a_runtime_that_ends_in_its_hooks(configured):
    server = configured("call('GET', BASE + '/restore/next')\nos._exit(3)")
    assert refused(server.client().invoke, FunctionName="f")[0] == "SnapStartException"
    server.wait_log("Error Type: Runtime.ExitError")


def test_an_error_before_the_snapshot_is_the_answer(configured):
    report = """
headers = {"Lambda-Runtime-Function-Error-Type": "Runtime.BeforeSnapshotError"}
call("POST", BASE + "/init/error", '{"errorMessage":"early"}', headers)
os._exit(1)
"""
    server = configured(report)
    value, error, _ = invoke(server.client(), "f")
    assert (value, error) == ({"errorMessage": "early"}, "Unhandled")
    assert server.log().count("INIT_REPORT") == 1  # never repeated, as it would have been when the version was published
    assert "Status: error\tError Type: Runtime.BeforeSnapshotError" in server.log()


def test_calls_in_wrong_states_and_ways_are_refused(configured):
    early = "results.append(status_and_body('POST', BASE + '/restore/error', '{}'))\n"
    late = (
        "results += [status_and_body('GET', BASE + '/restore/next'), status_and_body('POST', BASE + '/restore/error', '{}'), "
        "status_and_body('POST', BASE + '/restore/next', ''), status_and_body('GET', BASE + '/restore/other')]"
    )
    value, error, _ = invoke(configured(early + WITH_HOOKS, late).client(), "f")
    assert error is None and value == [
        [403, transition("Started", "RuntimeRestoreErrorState")],
        [200, ""],
        [403, transition("Running", "Ready")],
        [403, transition("Running", "RuntimeRestoreErrorState")],
        [405, ""],
        [404, "404 page not found\n"],
    ]


def test_credentials_are_fetched_with_the_token(configured):
    fetch = """
uri = urllib.parse.urlsplit(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
results.append(uri.netloc == address)
for headers in ({"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}, {"Authorization": "other"}, {}):
    status, _, body = call("GET", uri.path, None, headers)
    results.append([status, body])
results.append(sorted(name for name in os.environ if name.startswith(("AWS_LAMBDA_LOG", "AWS_ACCESS", "AWS_SECRET", "AWS_SESSION"))))
results.append(os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"])
"""
    (same, right, wrong, none, variables, kind), error, _ = invoke(configured(fetch).client(), "f")
    assert error is None and same is True and variables == [] and kind == "snap-start"
    assert right[0] == 200
    lent = json.loads(right[1])
    assert sorted(lent) == ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lent["Expiration"])
    assert wrong == none == [404, "cannot get credentials for the provided token"]


def test_an_extension_is_in_the_snapshot_and_hears_of_the_restore(configured, tmp_path):
    file = tmp_path / "events.jsonl"
    layer = {"layers": [str(HANDLERS / "telemetry-extension-x86_64")], "environment": {"TELEMETRY_FILE": str(file)}}
    server = configured(WITH_HOOKS, "pass", "--isolation", "process", **layer)
    assert invoke(server.client(), "f")[0] == [[200, ""]]
    assert invoke(server.client(), "f")[1] is None
    assert server.stop() == 0
    events = [json.loads(line) for line in file.read_text().splitlines()]
    platform = [event["type"].removeprefix("platform.") for event in events if event["type"].startswith("platform.")]
    begin = platform.index("restoreStart")
    assert platform[0] == "initStart" and platform[begin - 1] == "initReport"
    assert platform[begin:] == ["restoreStart", "restoreRuntimeDone", "restoreReport", *["start", "runtimeDone", "report"] * 2]
    records = {event["type"]: event["record"] for event in reversed(events)}
    assert records["platform.initStart"]["initializationType"] == "snap-start"
    assert records["platform.restoreRuntimeDone"] == {"status": "success"}
    metrics = records["platform.report"]["metrics"]
    assert metrics["restoreDurationMs"] == records["platform.restoreReport"]["metrics"]["durationMs"]
    assert metrics["billedRestoreDurationMs"] - metrics["restoreDurationMs"] < 1 and "initDurationMs" not in metrics


def test_only_published_versions_start_from_snapshots(start):
    client = start({}).client()
    kind = "results[:] = [os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], os.environ['AWS_LAMBDA_FUNCTION_VERSION']]"
    hooks = "status, _, body = call('GET', BASE + '/restore/next')\n"
    create(client, "f", package(hooks, kind), Runtime=RUNTIME, Handler="app.handler", SnapStart={"ApplyOn": "PublishedVersions"})
    latest = client.get_function_configuration(FunctionName="f")
    assert latest["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    assert invoke(client, "f")[0] == ["on-demand", "$LATEST"]
    made = client.publish_version(FunctionName="f")
    assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"} and made["State"] == "Pending"
    client.get_waiter("published_version_active").wait(FunctionName="f", Qualifier="1")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    for qualifier in ("1", "live"):
        assert invoke(client, "f", Qualifier=qualifier)[0] == ["snap-start", "1"]
    assert invoke(client, "f")[0] == ["on-demand", "$LATEST"]
    client.update_function_configuration(FunctionName="f", SnapStart={"ApplyOn": "None"})
    client.publish_version(FunctionName="f")
    assert invoke(client, "f", Qualifier="2")[0] == ["on-demand", "2"]
    assert client.get_function_configuration(FunctionName="f", Qualifier="2")["SnapStart"]["OptimizationStatus"] == "Off"
    assert invoke(client, "f", Qualifier="1")[0] == ["snap-start", "1"]


def test_what_aws_does_not_allow_is_refused(start):
    client = start({}).client()
    on = {"ApplyOn": "PublishedVersions"}
    code, message, _ = refused(lambda: create(client, "f", SnapStart=on))
    assert (code, message) == ("InvalidParameterValueException", "provided.al2023 is not supported for SnapStart enabled functions.")
    python = {"code": package(), "Runtime": RUNTIME, "Handler": "app.handler", "SnapStart": on}
    large = refused(lambda: create(client, "f", **python, EphemeralStorage={"Size": 1024}))
    assert large[0] == "InvalidParameterValueException" and "SnapStart" in large[1]
    mount = {"Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0", "LocalMountPath": "/mnt/data"}
    assert refused(lambda: create(client, "f", **python, FileSystemConfigs=[mount]))[0] == "InvalidParameterValueException"
    create(client, "f", **python, Publish=True)
    for change in ({"Runtime": "python3.11"}, {"EphemeralStorage": {"Size": 1024}}, {"FileSystemConfigs": [mount]}):
        assert refused(client.update_function_configuration, FunctionName="f", **change)[0] == "InvalidParameterValueException", change
    provisioned = {"FunctionName": "f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1}
    assert refused(client.put_provisioned_concurrency_config, **provisioned)[0] == "InvalidParameterValueException"


def test_an_event_that_cannot_be_restored_is_tried_again(configured):
    server = configured("call('GET', BASE + '/restore/next')\nos._exit(3)", "pass", "--async-retry-pause", "0")
    server.client().invoke(FunctionName="f", InvocationType="Event")
    server.wait_log("is given up after 3 attempts")
    assert "SnapStartException" in server.log()


def test_run_takes_it_as_an_option(tmp_path):
    code_folder = write_package(tmp_path, WITH_HOOKS)
    option = ["--snap-start", "PublishedVersions"]
    code, out, err = run_lambox("run", code_folder, "--runtime", RUNTIME, "--handler", "app.handler", "--json", *option)
    assert code == 0, err
    figures = json.loads(out)["figures"]
    assert json.loads(out)["payload"] == [[200, ""]]
    assert figures["restore_duration_ms"] <= figures["billed_restore_duration_ms"] and "init_duration_ms" not in figures
    code, _, err = run_lambox("run", code_folder, *option)
    assert code == 2 and "provided.al2023 is not supported for SnapStart enabled functions." in err


def test_a_comparison_says_what_its_costs_leave_out(tmp_path):
    settings = {"runtime": RUNTIME, "handler": "app.handler", "code": str(write_package(tmp_path, WITH_HOOKS, "results.clear()"))}
    functions = {"plain": {**settings, "code": str(write_package(tmp_path / "plain"))},
                 "snap": {**settings, "snap_start": {"apply_on": "PublishedVersions"}}}
    (tmp_path / "lambox.yaml").write_text(json.dumps({"functions": functions}))
    code, out, err = run_lambox("compare", tmp_path / "lambox.yaml", "--cold", 2, "--requests", 3, "--json", tmp_path / "out.json")
    assert code == 0, err
    measured = {function["name"]: function for function in json.loads((tmp_path / "out.json").read_text())["functions"]}
    assert measured["snap"]["cold"]["count"] == 2 and measured["snap"]["cold"]["init_ms"] is None
    assert measured["plain"]["cold"]["init_ms"]["mean"] > 0
    assert "INIT of snap is on no bill, its restores are; AWS's price for snapshots is in no cost here" in out


HOOKED = """
import os
from snapshot_restore_py import register_after_restore, register_before_snapshot

calls = []
register_before_snapshot(calls.append, "before")
register_after_restore(calls.append, "after")
if os.environ.get("FAIL") == "yes":
    register_after_restore(lambda: 1 / 0)

def handler(event, context):
    return [*calls, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
"""


@pytest.fixture
def hooked(start):
    """AWS's own client with a handler that registers hooks: a boto3 client and the function's version."""
    if not runtimes()[RUNTIME]["runs_here"]:
        pytest.skip(f"SKIPPED: {RUNTIME} does not run here: {runtimes()[RUNTIME]['how']}")

    def starter(**variables):
        server = start({}, *clients_option())
        client = server.client()
        settings = {"Runtime": RUNTIME, "Handler": "app.handler", "SnapStart": {"ApplyOn": "PublishedVersions"}, "Timeout": 30}
        create(client, "f", {"ZipFile": zipped(**{"app.py": HOOKED})}, Environment={"Variables": variables}, Publish=True, **settings)
        return server, client

    return starter


def test_aws_s_python_client_runs_its_hooks(hooked):
    server, client = hooked()
    assert invoke(client, "f", Qualifier="1")[0] == ["before", "after", "snap-start"]
    assert invoke(client, "f", Qualifier="1")[0] == ["before", "after", "snap-start"]
    server.wait_log("REPORT RequestId")
    assert server.log().count("RESTORE_REPORT") == 1
    assert invoke(client, "f")[0] == ["on-demand"]


def test_an_error_in_a_hook_of_aws_s_python_client(hooked):
    server, client = hooked(FAIL="yes")
    assert refused(client.invoke, FunctionName="f", Qualifier="1")[0] == "SnapStartException"
    server.wait_log("Error Type: Runtime.AfterRestoreError")


def test_aws_s_java_client_waits_for_its_restore(start):
    client = start({"f": hello("java", snap_start={"apply_on": "PublishedVersions"})}, *clients_option()).client()
    value, error, answer = invoke(client, "f", {"a": 1}, LogType="Tail")
    assert error is None and value == {"a": 1}
    restore = re.search(r"\tRestore Duration: ([0-9.]+) ms\t", base64.b64decode(answer["LogResult"]).decode())
    assert float(restore[1]) > 0  # without hooks it would have been none
