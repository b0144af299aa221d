"""Managed Instances (behaviour §1.11) with real processes: several invocations in one environment, whose workers are threads, processes or
the tasks of AWS's own client. That invocations overlap is shown by meeting: each waits until all are there."""

import base64
import http.client
import json
import os
import platform
import resource
import shutil
import subprocess

import botocore.exceptions
import languages
import pytest
from conftest import ROOT, function, in_parallel, invoke, run_lambox
from packages import create, zipped

# Workers are threads of one process. What an event asks for is done before its answer.
THREADS = """#!/usr/bin/env python3
import http.client, json, os, resource, threading
ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
WORKERS = int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"])
together = threading.Barrier(WORKERS)
released, recorded = threading.Event(), threading.Event()
statuses = []

def call(connection, method, path, body=None):
    connection.request(method, "/2018-06-01/runtime" + path, body)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()

def work(number):
    connection = http.client.HTTPConnection(ADDRESS)
    while True:
        _, headers, body = call(connection, "GET", "/invocation/next")
        path = "/invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.loads(body)
        # In a sandbox every environment has process numbers of its own.
        result = {"process": [os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], os.getpid()], "worker": number}
        result["files"] = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if event.get("meet"):
            together.wait()
        if event.get("exit") and number == 0:
            os._exit(event["exit"])
        if event.get("hang") or event.get("exit"):
            released.wait()
        if event.get("release"):
            released.set()
            recorded.wait()
            result["statuses"] = statuses
        answer = call(connection, "POST", path + "/response", json.dumps(result))
        if event.get("hang"):
            statuses.append([answer[0], answer[2]])
            again = call(connection, "POST", path + "/response", "1")
            statuses.append([again[0], again[2]])
            recorded.set()
        if event.get("twice"):
            again = call(connection, "POST", path + "/error", "{}")
            statuses.append([again[0], again[2]])
            recorded.set()

for number in range(WORKERS):
    threading.Thread(target=work, args=(number,)).start()
"""

# Workers are processes, and the parent puts another one in the place of one that ends.
PROCESSES = """#!/usr/bin/env python3
import http.client, json, os
WORKERS = int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"])
reading, writing = os.pipe()

def work():
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = connection.getresponse()
        request_id, event = answer.getheader("Lambda-Runtime-Aws-Request-Id"), json.loads(answer.read())
        if event.get("crash"):
            os.write(writing, b"x")
            os.abort()
        if event.get("after_the_crash"):
            os.read(reading, 1)
        connection.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", json.dumps([os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], os.getpid()]))
        connection.getresponse().read()

def start():
    if os.fork() == 0:
        work()

for _ in range(WORKERS):
    start()
while True:
    os.wait()
    start()
"""


def bootstrap(tmp_path, text, name="code"):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "bootstrap").write_text(text)
    (folder / "bootstrap").chmod(0o755)
    return str(folder)


def managed(tmp_path, text, concurrency, **settings):
    return function("echo", code=bootstrap(tmp_path, text), per_execution_environment_max_concurrency=concurrency, **settings)


def environments(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/_lambox/state")
    return json.loads(connection.getresponse().read())["environments"]


def processes(answers):
    return {tuple(value["process"]) for value, _, _ in answers}


def meet(client, count, **event):
    return in_parallel([lambda: invoke(client, "f", {"meet": True, **event}) for _ in range(count)])


def test_as_many_invocations_as_configured_run_in_one_process_at_once(start, tmp_path):
    server = start({"f": managed(tmp_path, THREADS, 4, timeout=30)})
    client = server.client()
    for _ in range(2):  # cold, then warm
        answers = meet(client, 4)
        assert [error for _, error, _ in answers] == [None] * 4
        assert len(processes(answers)) == 1
        assert {value["worker"] for value, _, _ in answers} == {0, 1, 2, 3}
    assert len(environments(server)) == 1


def wait_until_busy(server):
    while not any(one["state"] == "busy" for one in environments(server)):
        pass


def test_beyond_the_maximum_another_environment_is_started(start, tmp_path):
    server = start({"f": managed(tmp_path, THREADS, 1, timeout=5)})
    client = server.client()
    first = invoke(client, "f")[0]["process"]

    def another():
        wait_until_busy(server)
        return invoke(client, "f")

    hanging, answered = in_parallel([lambda: invoke(client, "f", {"hang": True}), another])
    assert hanging[1] == "Unhandled"  # its timeout
    assert answered[1] is None and answered[0]["process"] != first
    assert len(environments(server)) == 2


def test_reserved_concurrency_bounds_invocations(start, tmp_path):
    server = start({"f": managed(tmp_path, THREADS, 4, timeout=3, reserved_concurrent_executions=1)})
    client = server.client()

    def refused():
        wait_until_busy(server)
        with pytest.raises(client.exceptions.TooManyRequestsException):
            invoke(client, "f")

    hanging, _ = in_parallel([lambda: invoke(client, "f", {"hang": True}), refused])
    assert hanging[1] == "Unhandled"


def test_a_timeout_fails_one_of_several_and_its_late_answer_is_refused_once(start, tmp_path):
    server = start({"f": managed(tmp_path, THREADS, 4, timeout=2)})
    client = server.client()
    (first, _, _) = invoke(client, "f")
    value, error, _ = invoke(client, "f", {"hang": True})
    assert error == "Unhandled" and value["errorType"] == "Sandbox.Timedout"
    assert value["errorMessage"].endswith("Task timed out after 2.00 seconds")
    # The same process goes on, and its worker is told that it comes too late.
    value, error, _ = invoke(client, "f", {"release": True})
    assert error is None and value["process"] == first["process"]
    late, unknown = value["statuses"]
    assert late[0] == 410 and json.loads(late[1]) == {"errorMessage": "Invoke timeout", "errorType": "InvokeTimeout"}
    assert unknown[0] == 400 and json.loads(unknown[1]) == {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}
    answers = meet(client, 4)  # and all four workers are there again
    assert processes(answers) == {tuple(first["process"])}


def test_a_second_answer_is_refused(start, tmp_path):
    client = start({"f": managed(tmp_path, THREADS, 2, timeout=30)}).client()
    invoke(client, "f", {"twice": True})
    value, error, _ = invoke(client, "f", {"release": True})
    assert error is None and value["statuses"] == [[400, '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}\n']]


def test_the_main_process_takes_all_invocations_in_flight_with_it(start, tmp_path):
    server = start({"f": managed(tmp_path, THREADS, 3, timeout=30)})
    client = server.client()
    answers = meet(client, 3, exit=7)
    assert [error for _, error, _ in answers] == ["Unhandled"] * 3
    ids = [answer["ResponseMetadata"]["RequestId"] for _, _, answer in answers]
    for (value, _, _), request_id in zip(answers, ids):
        assert value == {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: exit status 7",
        }
    answers = meet(client, 3)  # in another process
    assert [error for _, error, _ in answers] == [None] * 3


def test_a_crash_of_one_worker_process_is_none_of_the_others_business(start, tmp_path):
    server = start({"f": managed(tmp_path, PROCESSES, 2, timeout=3)})
    client = server.client()
    (environment, _), _, _ = invoke(client, "f")
    crashed, waited = in_parallel([lambda: invoke(client, "f", {"crash": True}), lambda: invoke(client, "f", {"after_the_crash": True})])
    assert crashed[1] == "Unhandled" and crashed[0]["errorType"] == "Sandbox.Timedout"  # nobody answers for it
    assert waited[1] is None and waited[0][0] == environment
    values = [invoke(client, "f")[0] for _ in range(4)]
    assert {value[0] for value in values} == {environment}
    assert len(environments(server)) == 1


def test_the_log_has_reports_of_the_duration_alone_and_files_are_many(start, tmp_path):
    server = start({"f": managed(tmp_path, THREADS, 2, timeout=30)})
    value, _, answer = invoke(server.client(), "f", LogType="Tail")
    assert value["files"] == min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    lines = [json.loads(line) for line in base64.b64decode(answer["LogResult"]).decode().splitlines()]
    by_type = {line["type"]: line["record"] for line in lines}
    assert "platform.runtimeDone" not in by_type and "platform.start" in by_type
    report = by_type["platform.report"]
    assert list(report["metrics"]) == ["durationMs"] and report["status"] == "success"
    assert by_type["platform.initReport"]["initializationType"] == "lambda-managed-instances"


def test_it_is_refused_where_it_cannot_be(tmp_path):
    code = bootstrap(tmp_path, THREADS)
    flag = "--per-execution-environment-max-concurrency"
    exit_code, _, err = run_lambox("run", code, flag, 4, "--runtime", "provided.al2")
    assert exit_code == 2 and "not for provided.al2" in err
    exit_code, _, err = run_lambox("run", code, flag, 1601)
    assert exit_code == 2 and "1600" in err
    exit_code, out, err = run_lambox("run", code, flag, 4)
    assert exit_code == 0 and json.loads(out)["worker"] in range(4), err


PROVIDER = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:mine"


def test_the_api_takes_keeps_and_returns_the_setting(start):
    server = start({})
    client = server.client()
    config = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": PROVIDER, "PerExecutionEnvironmentMaxConcurrency": 3}}
    code = {"ZipFile": zipped(bootstrap=THREADS)}
    made = create(client, "f", code, CapacityProviderConfig=config, Timeout=30)
    assert made["CapacityProviderConfig"] == config and made["LoggingConfig"]["LogFormat"] == "JSON"
    client.get_waiter("function_active_v2").wait(FunctionName="f")
    answers = meet(client, 3)
    assert len(processes(answers)) == 1
    changed = {"LambdaManagedInstancesCapacityProviderConfig": {
        "CapacityProviderArn": PROVIDER, "PerExecutionEnvironmentMaxConcurrency": 2, "ExecutionEnvironmentMemoryGiBPerVCpu": 4.0}}
    client.update_function_configuration(FunctionName="f", CapacityProviderConfig=changed)
    client.get_waiter("function_updated_v2").wait(FunctionName="f")
    assert client.get_function_configuration(FunctionName="f")["CapacityProviderConfig"] == changed
    answers = meet(client, 2)
    assert len(processes(answers)) == 1
    client.update_function_configuration(FunctionName="f", Description="and nothing else")
    assert client.get_function(FunctionName="f")["Configuration"]["CapacityProviderConfig"] == changed
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="must be JSON"):
        client.update_function_configuration(FunctionName="f", LoggingConfig={"LogFormat": "Text"})
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="not for provided.al2"):
        create(client, "g", code, CapacityProviderConfig=config, Runtime="provided.al2")
    with pytest.raises(botocore.exceptions.ClientError, match="less than or equal to 1600"):
        too_many = {"CapacityProviderArn": PROVIDER, "PerExecutionEnvironmentMaxConcurrency": 1601}
        create(client, "g", code, CapacityProviderConfig={"LambdaManagedInstancesCapacityProviderConfig": too_many})


# Each invocation leaves its mark in the environment's /tmp and goes on when there are as many as can be at once.
PYTHON_HANDLER = """
import os, tempfile

def handler(event, context):
    marks = tempfile.gettempdir() + "/" + event["round"]
    os.makedirs(marks, exist_ok=True)
    open(f"{marks}/{os.getpid()}", "w").close()
    while len(os.listdir(marks)) < int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"]):
        pass
    return {"process": [os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], os.getppid()], "worker": os.getpid()}
"""


def test_aws_client_for_python_serves_as_many_at_once(start, tmp_path):
    languages.need("python")
    if not languages.runtimes()["python3.13"]["runs_here"]:
        pytest.skip("SKIPPED: python3.13 does not run here: " + languages.runtimes()["python3.13"]["how"])
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_text(PYTHON_HANDLER)
    definition = {"runtime": "python3.13", "handler": "app.handler", "architectures": [languages.ARCHITECTURE], "code": str(folder)}
    definition.update(memory_size=512, timeout=30, per_execution_environment_max_concurrency=3)
    server = start({"f": definition}, *languages.clients_option())
    client = server.client()
    for number in range(2):
        answers = in_parallel([lambda: invoke(client, "f", {"round": str(number)}) for _ in range(3)])
        assert [error for _, error, _ in answers] == [None] * 3, server.log()
        assert len(processes(answers)) == 1 and len({value["worker"] for value, _, _ in answers}) == 3


RUST_MAIN = """
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use std::sync::Arc;
use tokio::sync::Barrier;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let workers: usize = std::env::var("AWS_LAMBDA_MAX_CONCURRENCY")?.parse()?;
    let together = Arc::new(Barrier::new(workers));
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<Value>| {
        let together = together.clone();
        async move {
            together.wait().await;
            let stream = std::env::var("AWS_LAMBDA_LOG_STREAM_NAME")?;
            Ok::<Value, Error>(json!({"process": [stream, std::process::id()], "number": event.payload["number"]}))
        }
    }))
    .await
}
"""
RUST_MANIFEST = """
[package]
name = "meeting"
version = "0.1.0"
edition = "2021"
publish = false

[[bin]]
name = "meeting"
path = "src/main.rs"

[dependencies]
lambda_runtime = { version = "1.1.3", default-features = false, features = ["concurrency-tokio"] }
serde_json = "1"
tokio = { version = "1", features = ["rt-multi-thread", "macros", "sync"] }

[profile.release]
opt-level = 2
strip = true
"""
RUST = ROOT / "build" / "handlers" / "meeting-rust"


@pytest.fixture(scope="module")
def rust_client():
    """AWS's client for Rust, whose `run_concurrent` has a task for each invocation; built once."""
    if platform.machine() != "x86_64" or shutil.which("cargo") is None:
        pytest.skip("SKIPPED: there is no cargo to build AWS's client for Rust with")
    source = ROOT / "build" / "meeting-rust"
    (source / "src").mkdir(parents=True, exist_ok=True)
    for path, text in ((source / "Cargo.toml", RUST_MANIFEST), (source / "src" / "main.rs", RUST_MAIN)):
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    shared = ROOT / "build" / "rust"  # the sample's: most of what both need is compiled there already
    environment = {**os.environ, "CARGO_TARGET_DIR": str(shared)}
    command = ["cargo", "build", "--quiet", "--release"]
    built = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, timeout=800)
    if built.returncode != 0 and "failed to download" in built.stderr + built.stdout:
        pytest.skip("SKIPPED: cargo cannot reach its registry")
    assert built.returncode == 0, built.stderr
    RUST.mkdir(parents=True, exist_ok=True)
    shutil.copy2(shared / "release" / "meeting", RUST / "bootstrap")
    return str(RUST)


def test_aws_client_for_rust_serves_as_many_at_once(start, rust_client):
    server = start({"f": function("echo", code=rust_client, timeout=30, per_execution_environment_max_concurrency=4)})
    client = server.client()
    for _ in range(2):
        answers = in_parallel([lambda number=number: invoke(client, "f", {"number": number}) for number in range(4)])
        assert [(value["number"], error) for value, error, _ in answers] == [(number, None) for number in range(4)]
        assert len(processes(answers)) == 1
    assert len(environments(server)) == 1
