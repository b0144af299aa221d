"""Goal: the AWS CLI leads a function from create to delete without noticing that it does not speak to AWS.
Method: the real `aws` program of the tests' environment against the real binary."""

import base64
import json
import os
import pathlib
import subprocess
import sys

import pytest

from conftest import HANDLERS, Lambox, in_parallel
from packages import ROLE, echo_zip, shell_zip, zipped_folder

AWS = pathlib.Path(sys.executable).parent / "aws"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    lambox = Lambox(tmp_path_factory.mktemp("cli"), {})
    yield lambox
    assert lambox.stop() == 0


def aws(server, tmp_path, *arguments, fails=False):
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
    }
    done = subprocess.run(
        [sys.executable, AWS, "--endpoint-url", server.url, "lambda", *map(str, arguments)],
        capture_output=True, text=True, env=environment, timeout=60, cwd=tmp_path,
    )
    if fails:
        assert done.returncode != 0
        return done.stderr
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_create_invoke_update_publish_alias_weights_throttle_delete(server, tmp_path):
    (tmp_path / "one.zip").write_bytes(echo_zip())
    (tmp_path / "two.zip").write_bytes(shell_zip("echo two"))

    def run(*arguments, **settings):
        return aws(server, tmp_path, *arguments, **settings)

    def invoked(name, *more):
        run("invoke", "--function-name", name, "--payload", '{"n": 1}', *more, "out.json")
        return json.loads((tmp_path / "out.json").read_text())

    made = run("create-function", "--function-name", "cli", "--runtime", "provided.al2023", "--handler", "bootstrap", "--role", ROLE,
               "--zip-file", "fileb://one.zip", "--environment", "Variables={A_B=c}", "--tags", "team=x")
    assert made["State"] == "Pending"
    run("wait", "function-active-v2", "--function-name", "cli")
    assert invoked("cli") == {"n": 1}
    run("update-function-code", "--function-name", "cli", "--zip-file", "fileb://two.zip", "--publish")
    run("wait", "function-updated-v2", "--function-name", "cli")
    assert invoked("cli", "--qualifier", "1") == "two"
    run("update-function-configuration", "--function-name", "cli", "--memory-size", "256")
    assert run("publish-version", "--function-name", "cli")["Version"] == "2"
    run("create-alias", "--function-name", "cli", "--name", "live", "--function-version", "1",
        "--routing-config", "AdditionalVersionWeights={2=0.5}")
    assert invoked("cli:live") == "two"
    run("put-function-concurrency", "--function-name", "cli", "--reserved-concurrent-executions", "0")
    assert "TooManyRequestsException" in run("invoke", "--function-name", "cli", "out.json", fails=True)
    run("delete-function", "--function-name", "cli")
    assert "ResourceNotFoundException" in run("get-function", "--function-name", "cli", fails=True)
    assert run("list-functions") == {"Functions": []}


def test_an_alias_s_weights_send_invocations_to_both_versions(server, tmp_path):
    (tmp_path / "echo.zip").write_bytes(echo_zip())

    def run(*arguments):
        return aws(server, tmp_path, *arguments)

    run("create-function", "--function-name", "split", "--runtime", "provided.al2023", "--handler", "bootstrap", "--role", ROLE,
        "--zip-file", "fileb://echo.zip", "--publish")
    run("wait", "function-active-v2", "--function-name", "split")
    run("update-function-configuration", "--function-name", "split", "--description", "other")
    run("publish-version", "--function-name", "split")
    run("create-alias", "--function-name", "split", "--name", "live", "--function-version", "1",
        "--routing-config", "AdditionalVersionWeights={2=0.5}")

    def version(number):
        return run("invoke", "--function-name", "split", "--qualifier", "live", f"out-{number}.json")["ExecutedVersion"]

    ran = in_parallel([lambda number=number: version(number) for number in range(24)])
    assert set(ran) == {"1", "2"}  # one of them alone once in eight million runs
    run("delete-function", "--function-name", "split")


def test_failures_logs_reasons_and_long_lists_come_through(server, tmp_path):
    (tmp_path / "fail.zip").write_bytes(zipped_folder(HANDLERS / "fail-x86_64"))

    def run(*arguments, **settings):
        return aws(server, tmp_path, *arguments, **settings)

    run("create-function", "--function-name", "fails", "--runtime", "provided.al2023", "--handler", "bootstrap", "--role", ROLE,
        "--zip-file", "fileb://fail.zip")
    run("wait", "function-active-v2", "--function-name", "fails")
    answer = run("invoke", "--function-name", "fails", "--log-type", "Tail", "out.json")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads((tmp_path / "out.json").read_text())["errorType"] == "Function.Failed"
    assert "\nREPORT RequestId: " in base64.b64decode(answer["LogResult"]).decode()
    assert "Rate Exceeded" in throttled(run)
    assert "ResourceNotFoundException" in run("invoke", "--function-name", "none", "out.json", fails=True)
    client, small = server.client(), {"ZipFile": shell_zip("echo small")}
    for number in range(55):
        client.create_function(FunctionName=f"many-{number}", Runtime="provided.al2023", Handler="bootstrap", Role=ROLE, Code=small)
    assert len(run("list-functions")["Functions"]) == 56  # two of AWS's pages
    first = run("list-functions", "--max-items", "10", "--page-size", "3")
    assert len(first["Functions"]) == 10 and first["NextToken"]
    for one in run("list-functions")["Functions"]:
        client.delete_function(FunctionName=one["FunctionName"])


def throttled(run):
    run("put-function-concurrency", "--function-name", "fails", "--reserved-concurrent-executions", "0")
    return run("invoke", "--function-name", "fails", "out.json", fails=True)
