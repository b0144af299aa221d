"""The Runtime API as a runtime sees it, byte for byte (behaviour §1.2–§1.8, §10): a bootstrap that makes the calls one by one and
answers with what it got."""

import json

import pytest
from conftest import function, invoke

# Runs `scenario(call, event, request_id)` in its first invocation; `call` gives status, headers and body.
BOOTSTRAP = """#!/usr/bin/env python3
import http.client, json, os, socket, sys
address = os.environ["AWS_LAMBDA_RUNTIME_API"]
connection = http.client.HTTPConnection(address)
BASE = "/2018-06-01/runtime"

def call(method, path, body=None, headers=None, **more):
    connection.request(method, path, body, headers or {}, **more)
    answer = connection.getresponse()
    return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read().decode("latin-1")

def raw(data):
    with socket.create_connection(tuple(address.split(":"))) as other:
        other.sendall(data)
        other.shutdown(socket.SHUT_WR)
        received = b""
        while True:
            piece = other.recv(65536)
            if not piece:
                return received.decode("latin-1")
            received += piece

before = []
{init}
status, headers, body = call("GET", BASE + "/invocation/next")
request_id = headers["lambda-runtime-aws-request-id"]
results = list(before)
{scenario}
call("POST", BASE + "/invocation/" + request_id + "/response", json.dumps(results))
while True:
    status, headers, body = call("GET", BASE + "/invocation/next")
    call("POST", BASE + "/invocation/" + headers["lambda-runtime-aws-request-id"] + "/response", json.dumps(globals().get("late", [])))
"""


@pytest.fixture
def play(start, tmp_path):
    def player(scenario="", init="", event=None, **arguments):
        folder = tmp_path / "scenario"
        folder.mkdir()
        (folder / "bootstrap").write_text(BOOTSTRAP.replace("{init}", init).replace("{scenario}", scenario))
        (folder / "bootstrap").chmod(0o755)
        server = start({"f": function("echo", code=str(folder), timeout=5)})
        value, error, answer = invoke(server.client(), "f", event if event is not None else {}, **arguments)
        return server, value, error, answer

    return player


def error_body(message, kind):
    return json.dumps({"errorMessage": message, "errorType": kind}, separators=(",", ":")) + "\n"


def transition(before, after):
    return error_body(f"State transition from {before} to {after} failed for runtime. Error: State transition is not allowed", "InvalidStateTransition")


def test_next_carries_the_event_and_its_headers_and_repeats_them(play):
    _, value, error, answer = play("results += [[status, headers, body], list(call('GET', BASE + '/invocation/next'))]", event={"a": 1})
    first, second = value
    assert error is None and first == second
    status, headers, body = first
    assert status == 200 and json.loads(body) == {"a": 1}
    assert headers["content-type"] == "application/json"
    assert headers["lambda-runtime-aws-request-id"] == answer["ResponseMetadata"]["RequestId"]
    assert headers["lambda-runtime-deadline-ms"].isdigit()
    assert headers["lambda-runtime-invoked-function-arn"] == "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert headers["lambda-runtime-trace-id"].startswith("Root=1-")
    assert len(headers["lambda-runtime-invocation-id"]) == 36
    assert "lambda-runtime-client-context" not in headers


def test_ping_has_aws_s_body(play):
    _, value, _, _ = play("results.append(list(call('GET', '/2018-06-01/ping')))")
    assert value[0][0] == 200 and value[0][2] == "pong"


def test_unknown_paths_and_methods(play):
    _, value, _, _ = play(
        "results.append(list(call('GET', '/2018-06-01/nothing')))\n"
        "results.append(list(call('GET', '/')))\n"
        "results.append(list(call('POST', BASE + '/invocation/next', '')))\n"
        "results.append(list(call('GET', BASE + '/invocation/' + request_id + '/response')))\n"
        "results.append(list(call('GET', BASE + '/restore/next')))\n"
    )
    assert [(status, body) for status, _, body in value] == [
        (404, "404 page not found\n"),
        (404, "404 page not found\n"),
        (405, ""),
        (405, ""),
        (404, "404 page not found\n"),
    ]


def test_wrong_ids_are_refused_before_the_state_is_looked_at(play):
    _, value, _, _ = play(
        "results.append(list(call('POST', BASE + '/invocation/other/response', '1')))\n"
        "results.append(list(call('POST', BASE + '/invocation/other/error', '1')))\n",
        init="before.append(list(call('POST', BASE + '/invocation/invented/response', '1')))",
    )
    for status, headers, body in value:
        assert status == 400 and headers["content-type"] == "application/json"
        assert body == error_body("Invalid request ID", "InvalidRequestID")


def test_second_answers_are_refused_with_the_state_s_names(play):
    server, _, _, _ = play(
        "path = BASE + '/invocation/' + request_id\n"
        "late = [list(call('POST', path + '/response', 'true'))]\n"
        "late.append(list(call('POST', path + '/response', '2')))\n"
        "late.append(list(call('POST', path + '/error', '3')))\n"
        "late.append(list(call('POST', BASE + '/init/error', '4')))\n"
    )
    late, _, _ = invoke(server.client(), "f")
    assert (late[0][0], late[0][2]) == (202, '{"status":"OK"}\n')
    sent = "RuntimeResponseSentState"
    assert [(status, body) for status, _, body in late[1:]] == [
        (403, transition(sent, "InvocationResponse")),
        (403, transition(sent, "InvocationErrorResponse")),
        (403, transition(sent, "InitError")),
    ]


def test_an_id_of_an_earlier_invocation_is_no_longer_valid(play):
    server, _, _, _ = play(
        "late = []\n"
        "call('POST', BASE + '/invocation/' + request_id + '/response', 'true')\n"
        "old = request_id\n"
        "status, headers, body = call('GET', BASE + '/invocation/next')\n"
        "request_id = headers['lambda-runtime-aws-request-id']\n"
        "results = [list(call('POST', BASE + '/invocation/' + old + '/response', '1'))]\n"
    )
    value, error, _ = invoke(server.client(), "f")
    assert error is None and value[0][0] == 400 and "InvalidRequestID" in value[0][2]


def test_a_stale_invocation_id_is_refused_and_a_right_one_accepted(play):
    _, value, error, _ = play(
        "mine = headers['lambda-runtime-invocation-id']\n"
        "results.append(list(call('POST', BASE + '/invocation/' + request_id + '/response', '1', {'Lambda-Runtime-Invocation-Id': 'stale'})))\n"
    )
    assert error is None and value[0][0] == 400 and "InvalidInvocationId" in value[0][2]


@pytest.mark.parametrize(
    "header, expected",
    [(None, None), ("Function.MyReason", "Function.MyReason"), ("nonsense", "Runtime.Unknown"), ("Function.x", "Function.Unknown")],
)
def test_error_reaches_the_caller_verbatim_and_its_type_the_report(play, header, expected):
    headers = {"Lambda-Runtime-Function-Error-Type": header} if header else {}
    server, value, error, answer = play(
        f"late = [list(call('POST', BASE + '/invocation/' + request_id + '/error', '{{\"odd\": [1]}}', {headers!r}))]", LogType="Tail"
    )
    import base64

    assert error == "Unhandled" and answer["Body"] == b'{"odd": [1]}'
    report = base64.b64decode(answer["LogResult"]).decode().splitlines()[-1]
    assert report.endswith("Error Type: " + (expected or "Runtime.Unknown") + "\t")
    late, _, _ = invoke(server.client(), "f")
    assert (late[0][0], late[0][2]) == (202, '{"status":"OK"}\n')


@pytest.mark.parametrize(
    "body, expected",
    [
        ('{"errorMessage":"m","errorType":"t","stackTrace":[],"errorCause":"secret"}', {"errorMessage": "m", "errorType": "t", "stackTrace": []}),
        ("broken", "Invalid error body"),
    ],
)
def test_the_error_cause_does_not_reach_the_caller(play, body, expected):
    headers = {"Content-Type": "application/vnd.aws.lambda.error.cause+json"}
    _, value, error, _ = play(f"call('POST', BASE + '/invocation/' + request_id + '/error', {body!r}, {headers!r})")
    assert error == "Unhandled" and value == expected


def test_an_init_error_after_init_is_refused(play):
    _, value, _, _ = play("results.append(list(call('POST', BASE + '/init/error', '{}')))")
    assert (value[0][0], value[0][2]) == (403, transition("Running", "InitError"))


@pytest.mark.parametrize("mode", ["Streaming", "buffered", " "])
def test_an_unknown_response_mode_fails_the_invocation_with_an_empty_payload(play, mode):
    server, value, error, answer = play(
        f"print(call('POST', BASE + '/invocation/' + request_id + '/response', '1', {{'Lambda-Runtime-Function-Response-Mode': {mode!r}}})[::2], flush=True)\n"
        "print(call('GET', BASE + '/invocation/next')[::2], flush=True)\n"
        "sys.exit(1)\n"
    )
    assert error == "Unhandled" and answer["Body"] == b""
    server.wait_log("REPORT RequestId")
    log = server.log()
    assert str((400, error_body("Invalid function response mode", "InvalidFunctionResponseMode"))) in log
    assert str((403, transition("InvocationResponse", "Ready"))) in log


def test_a_streamed_response_is_buffered_for_a_plain_invoke(play):
    _, value, error, _ = play(
        "def pieces():\n    yield b'[1,'\n    yield b'2]'\n"
        "call('POST', BASE + '/invocation/' + request_id + '/response', pieces(), {'Lambda-Runtime-Function-Response-Mode': 'streaming', 'Transfer-Encoding': 'chunked'}, encode_chunked=True)"
    )
    assert error is None and value == [1, 2]


def test_trailers_are_taken_in_and_a_late_error_is_the_caller_s(play):
    _, value, error, _ = play(
        "import base64\n"
        "body = base64.b64encode(b'{\"errorMessage\":\"late\",\"errorType\":\"T\"}').decode()\n"
        "head = 'POST ' + BASE + '/invocation/' + request_id + '/response HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n'\n"
        "head += 'Lambda-Runtime-Function-Response-Mode: streaming\\r\\nTrailer: Lambda-Runtime-Function-Error-Type\\r\\nTrailer: Lambda-Runtime-Function-Error-Body\\r\\n\\r\\n'\n"
        "head += '3\\r\\n[1,\\r\\n0\\r\\nLambda-Runtime-Function-Error-Type: Function.Late\\r\\nLambda-Runtime-Function-Error-Body: ' + body + '\\r\\n\\r\\n'\n"
        "raw(head.encode())\n"
    )
    assert error == "Unhandled" and value == {"errorMessage": "late", "errorType": "T"}


def test_a_truncated_body_is_told_to_the_runtime_and_the_caller(play):
    server, value, error, _ = play(
        "late = [raw(('POST ' + BASE + '/invocation/' + request_id + '/response HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 50\\r\\n\\r\\nhalf').encode())]"
    )
    assert error == "Unhandled" and value["errorType"] == "Runtime.TruncatedResponse"
    late, _, _ = invoke(server.client(), "f")
    assert late[0].startswith("HTTP/1.1 400 ") and "TruncatedHTTPRequest" in late[0]


def test_a_response_over_the_limit_is_413_and_the_connection_lives(play):
    server, value, error, _ = play("late = [list(call('POST', BASE + '/invocation/' + request_id + '/response', b'x' * 6291557))]")
    assert error == "Unhandled" and value["errorType"] == "Function.ResponseSizeTooLarge"
    late, error, _ = invoke(server.client(), "f")
    assert error is None and late[0][0] == 413
    assert late[0][2] == error_body("Exceeded maximum allowed payload size (6291556 bytes).", "RequestEntityTooLarge")


def test_large_request_headers_are_accepted(play):
    _, value, error, _ = play(
        "results.append(list(call('GET', '/2018-06-01/ping', None, {'Lambda-Runtime-Function-XRay-Error-Cause': 'x' * 60000})))"
    )
    assert error is None and value[0][0] == 200


def test_several_connections_may_wait_for_the_next_event(play):
    server, value, error, _ = play(
        "others = [http.client.HTTPConnection(address) for _ in range(3)]\n"
        "call('POST', BASE + '/invocation/' + request_id + '/response', 'true')\n"
        "for other in others: other.request('GET', BASE + '/invocation/next')\n"
        "import select\n"
        "ready, _, _ = select.select([o.sock for o in others], [], [], 20)\n"
        "answer = next(o for o in others if o.sock is ready[0]).getresponse()\n"
        "request_id = answer.getheader('Lambda-Runtime-Aws-Request-Id')\n"
        "results = [len(ready) > 0]\n"
    )
    assert value is True
    value, error, _ = invoke(server.client(), "f")
    assert error is None and value == [True]  # how many have it by then is a matter of time: all that wait are given it
