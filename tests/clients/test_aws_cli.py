"""Goal: the AWS CLI leads a function from create to delete without noticing that it does not speak to AWS.
Method: the real `aws` program of the tests' environment against the real binary."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from conftest import Lambox
from packages import ROLE, echo_zip, shell_zip

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
