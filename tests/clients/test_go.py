"""Real aws-lambda-go binaries over both protocols: the newest release and 1.13.3, which knows only go1.x's RPC (runtime-clients A)."""

import base64
import json
import re
import time

import pytest
from conftest import function, go1x, invoke

RPC = {
    "newest-rpc": go1x("probe-newest-go1.x-x86_64", "probe"),
    "old-rpc": go1x("probe-rpc-only-go1.x-x86_64", "probe"),
}
API = {
    "newest-api": function("probe-newest"),
    "newest-api-arm64": function("probe-newest", "arm64"),
}
ALL = {**RPC, **API}


@pytest.fixture
def server(start):
    return start(ALL)


@pytest.mark.parametrize("name", ALL)
def test_values_errors_and_panics_arrive_as_the_library_sends_them(server, name):
    client = server.client()
    assert invoke(client, name, {"do": "echo", "value": {"a": ["ü", 1]}})[0] == {"a": ["ü", 1]}
    value, error, _ = invoke(client, name, {"do": "error", "message": "no"})
    assert error == "Unhandled" and value == {"errorMessage": "no", "errorType": "errorString"}
    value, error, _ = invoke(client, name, {"do": "custom-error", "message": "mine"})
    assert error == "Unhandled" and value == {"errorMessage": "mine", "errorType": "CustomError"}
    value, error, _ = invoke(client, name, {"do": "panic", "message": "boom"})
    assert error == "Unhandled" and value["errorMessage"] == "boom" and value["errorType"] == "string"
    assert value["stackTrace"] and set(value["stackTrace"][0]) == {"path", "line", "label"}
    value, error, _ = invoke(client, name, {"do": "nil-panic"})
    assert "nil pointer dereference" in value["errorMessage"]
    assert invoke(client, name, {"do": "echo", "value": 1})[0] == 1


@pytest.mark.parametrize("name", RPC)
def test_a_panic_over_rpc_replaces_the_process(server, name):
    client = server.client()
    streams = []
    for event in ({"do": "context"}, {"do": "error", "message": "x"}, {"do": "context"}, {"do": "panic", "message": "x"}, {"do": "context"}):
        value, error, _ = invoke(client, name, event, LogType="Tail")
        streams.append((value, error))
    assert server.log().count("INIT_START") == 1  # the second generation's init is suppressed
    tail = base64.b64decode(invoke(client, name, {"do": "panic", "message": "x"}, LogType="Tail")[2]["LogResult"]).decode()
    assert "Status: error\tError Type: " in tail.splitlines()[-1]


@pytest.mark.parametrize("name", ALL)
def test_an_exit_is_an_exit_error(server, name):
    client = server.client()
    value, error, answer = invoke(client, name, {"do": "exit", "code": 7})
    request = answer["ResponseMetadata"]["RequestId"]
    assert value == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request} Error: Runtime exited with error: exit status 7"}
    assert invoke(client, name, {"do": "echo", "value": "on"})[0] == "on"


@pytest.mark.parametrize("name", ALL)
def test_the_context_is_what_the_caller_and_the_configuration_say(server, name):
    context = {"client": {"installation_id": "i-1", "app_title": "t"}, "custom": {"k": "v"}, "env": {"e": "f"}}
    encoded = base64.b64encode(json.dumps(context).encode()).decode()
    value, error, answer = invoke(server.client(), name, {"do": "context"}, ClientContext=encoded)
    assert error is None
    seen = value["LambdaContext"]
    assert seen["AwsRequestID"] == answer["ResponseMetadata"]["RequestId"]
    assert seen["InvokedFunctionArn"] == f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert seen["ClientContext"]["Client"]["installation_id"] == "i-1"
    assert seen["ClientContext"]["custom"] == {"k": "v"} and seen["ClientContext"]["env"] == {"e": "f"}
    assert value["HasDeadline"] and 0 < value["RemainingMs"] <= 3000
    assert abs(value["DeadlineMs"] - time.time() * 1000) < 60000
    assert value["TraceValue"] == answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"]
    assert value["FunctionName"] == name and value["FunctionVersion"] == "$LATEST" and value["MemoryLimitMB"] == 128
    assert value["LogGroupName"] == f"/aws/lambda/{name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", value["LogStreamName"])


def test_a_launch_sets_the_port_for_go1_x_only_and_the_runtime_api_for_the_others_only(server):
    client = server.client()
    for name in ALL:
        port = invoke(client, name, {"do": "env", "name": "_LAMBDA_SERVER_PORT"})[0]["_LAMBDA_SERVER_PORT"]
        api = invoke(client, name, {"do": "env", "name": "AWS_LAMBDA_RUNTIME_API"})[0]["AWS_LAMBDA_RUNTIME_API"]
        system = invoke(client, name, {"do": "env", "name": "AWS_EXECUTION_ENV"})[0]["AWS_EXECUTION_ENV"]
        if name in RPC:
            assert port.isdigit() and api == "" and system == "AWS_Lambda_go1.x"
        else:
            assert port == "" and re.fullmatch(r"127\.0\.0\.1:\d+", api) and system == ""


@pytest.mark.parametrize("name", ALL)
def test_six_megabytes_pass_each_way(server, name):
    client = server.client()
    text = "y" * (6 * 1024 * 1024 - 100)
    value, error, _ = invoke(client, name, {"do": "echo", "value": text})
    assert error is None and value == text
    _, error, answer = invoke(client, name, {"do": "big", "bytes": 6291556})
    assert error is None and len(answer["Body"]) == 6291556
    value, error, _ = invoke(client, name, {"do": "big", "bytes": 6291557})
    assert error == "Unhandled" and value["errorType"] == "Function.ResponseSizeTooLarge"
    assert invoke(client, name, {"do": "echo", "value": 1})[0] == 1


@pytest.mark.parametrize("name", RPC)
def test_a_handler_that_sleeps_past_its_deadline_is_ended(start, name):
    server = start({name: {**RPC[name], "timeout": 1}})
    value, error, _ = invoke(server.client(), name, {"do": "sleep", "ms": 5000})
    assert error == "Unhandled" and value["errorType"] == "Sandbox.Timedout"
    assert invoke(server.client(), name, {"do": "echo", "value": 1})[0] == 1


@pytest.mark.parametrize("name", ALL)
def test_what_a_handler_prints_is_in_its_invocation_s_log(server, name):
    client = server.client()
    for text in ("first", "second"):
        tail = base64.b64decode(invoke(client, name, {"do": "stderr", "message": text}, LogType="Tail")[2]["LogResult"]).decode()
        lines = tail.splitlines()
        assert lines.index(text) == len(lines) - 3 and lines[-2].startswith("END")


FAKE_RPC = """#!/usr/bin/env python3
import os, socket
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(os.environ["_LAMBDA_SERVER_PORT"])))
listener.listen()
while True:
    connection, _ = listener.accept()
    connection.recv(4096)
    {misdeed}
"""


@pytest.mark.parametrize(
    "misdeed, expected",
    [
        ("connection.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n' * 9)", "Runtime.ExitError"),
        ("connection.sendall(bytes([0xf8]) + b'\\xff' * 64)", "Runtime.ExitError"),
        ("connection.sendall(bytes([0xfb, 0x7f, 0xff, 0xff, 0xff, 0xff]))", "Runtime.ExitError"),
        ("connection.close()", "Sandbox.Timedout"),
        ("os._exit(5)", "Runtime.ExitError"),
    ],
)
def test_garbage_from_a_go1_x_program_is_an_error_for_its_caller_and_nothing_else(start, tmp_path, misdeed, expected):
    folder = tmp_path / "fake"
    folder.mkdir()
    (folder / "main").write_text(FAKE_RPC.replace("{misdeed}", misdeed))
    (folder / "main").chmod(0o755)
    server = start({"fake": {"runtime": "go1.x", "handler": "main", "code": str(folder), "timeout": 1}, "good": RPC["newest-rpc"]})
    client = server.client()
    value, error, _ = invoke(client, "fake", {})
    assert error == "Unhandled" and value["errorType"] == expected
    assert invoke(client, "good", {"do": "echo", "value": 1})[0] == 1
