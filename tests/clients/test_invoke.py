"""Invoke as AWS's own Python SDK sees it: types, headers, errors (behaviour §7.1, §7.2)."""

import base64
import http.client
import json
import re
import uuid

import botocore.exceptions
import pytest
from conftest import function, invoke

REPORT = re.compile(
    r"^REPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d{2} ms\tBilled Duration: \d+ ms\tMemory Size: \d+ MB\t"
    r"Max Memory Used: \d+ MB\t(Init Duration: \d+\.\d{2} ms\t)?(Status: \w+\t(Error Type: [\w.]+\t)?)?\n$"
)


@pytest.fixture
def server(start):
    return start({"echo": function("echo"), "fail": function("fail"), "sleep": function("sleep", timeout=1)})


def raw(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def test_a_request_response_invocation_returns_the_function_s_bytes_and_aws_s_headers(server):
    value, error, answer = invoke(server.client(), "echo", {"a": [1, "ü", None]})
    assert value == {"a": [1, "ü", None]} and error is None
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert uuid.UUID(headers["x-amzn-requestid"])
    assert headers["content-type"] == "application/json"
    assert headers["x-amzn-remapped-content-length"] == "0"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0", headers["x-amzn-trace-id"])


def test_an_error_of_the_function_is_status_200_with_the_error_header_and_its_body_verbatim(server):
    value, error, answer = invoke(server.client(), "fail", {"type": "My.Error", "message": "no <b>"})
    assert answer["StatusCode"] == 200 and error == "Unhandled"
    assert value["errorType"] == "My.Error" and value["errorMessage"] == "no <b>"


def test_the_log_tail_holds_start_end_and_the_report_line_byte_for_byte(server):
    client = server.client()
    tails = []
    for _ in range(2):
        _, _, answer = invoke(client, "echo", {}, LogType="Tail")
        tails.append(base64.b64decode(answer["LogResult"]).decode())
        request = answer["ResponseMetadata"]["RequestId"]
        lines = tails[-1].splitlines(keepends=True)
        assert lines[0] == f"START RequestId: {request} Version: $LATEST\n"
        assert lines[-2] == f"END RequestId: {request}\n"
        assert REPORT.match(lines[-1]), lines[-1]
        assert f"RequestId: {request}\t" in lines[-1]
    assert "Init Duration" in tails[0] and "Init Duration" not in tails[1]
    assert "INIT_START" not in tails[0]
    server.wait_log("INIT_START \n")


def test_dry_run_and_event_answer_at_once_and_without_a_body(server):
    client = server.client()
    dry = client.invoke(FunctionName="echo", InvocationType="DryRun", Payload=b"{}")
    assert dry["StatusCode"] == 204 and dry["Payload"].read() == b"" and "ExecutedVersion" not in dry
    event = client.invoke(FunctionName="fail", InvocationType="Event", Payload=b'{"type":"T","message":"async-message"}')
    assert event["StatusCode"] == 202 and event["Payload"].read() == b"" and "ExecutedVersion" not in event
    server.wait_log("event failed, attempt 1 of 3, the next in 60 s")
    assert "async-message" in server.log()


@pytest.mark.parametrize(
    "name, qualifier",
    [
        ("echo", None),
        ("echo", "$LATEST"),
        ("echo:$LATEST", None),
        ("000000000000:function:echo", None),
        ("arn:aws:lambda:us-east-1:000000000000:function:echo", None),
        ("arn:aws:lambda:us-east-1:000000000000:function:echo:$LATEST", None),
    ],
)
def test_every_form_of_the_function_s_name_is_understood(server, name, qualifier):
    arguments = {"Qualifier": qualifier} if qualifier else {}
    value, error, _ = invoke(server.client(), name, {"x": 1}, **arguments)
    assert value == {"x": 1} and error is None


def test_an_unknown_function_or_version_is_aws_s_resource_not_found(server):
    client = server.client()
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        invoke(client, "nope")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    _, text = raw(server, "POST", "/2015-03-31/functions/nope/invocations", "{}")
    assert json.loads(text) == {"Type": "User", "Message": "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope"}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        invoke(client, "echo", Qualifier="7")
    assert "function:echo:7" in caught.value.response["Message"]


def test_two_different_qualifiers_are_refused(server):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        invoke(server.client(), "echo:$LATEST", Qualifier="live")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.parametrize("body", [b"{", b"not json", b'{"a":"\xff"}', b"{} {}"])
def test_a_body_that_is_not_json_is_refused_with_aws_s_words(server, body):
    answer, text = raw(server, "POST", "/2015-03-31/functions/echo/invocations", body)
    assert answer.status == 400 and answer.getheader("x-amzn-ErrorType") == "InvalidRequestContentException"
    assert json.loads(text)["message"].startswith("Could not parse request body into json: Could not parse payload into json: ")


@pytest.mark.parametrize("body", [b"", b"null", b"17", b'"text"', b"[]", b"  {} "])
def test_any_json_value_is_delivered_and_an_empty_body_becomes_an_object(server, body):
    answer, text = raw(server, "POST", "/2015-03-31/functions/echo/invocations", body)
    assert answer.status == 200 and text == (body or b"{}")


def test_six_megabytes_pass_and_one_byte_more_does_not(server):
    limit = 6291456
    fits = b'"' + b"x" * (limit - 2) + b'"'
    answer, text = raw(server, "POST", "/2015-03-31/functions/echo/invocations", fits)
    assert answer.status == 200 and text == fits
    answer, text = raw(server, "POST", "/2015-03-31/functions/echo/invocations", fits[:-1] + b'x"')
    assert answer.status == 413 and answer.getheader("x-amzn-ErrorType") == "RequestTooLargeException"
    assert json.loads(text)["Type"] == "User"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        server.client().invoke(FunctionName="echo", InvocationType="Event", Payload=b'"' + b"x" * 1048576 + b'"')
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.parametrize(
    "headers, status, name",
    [
        ({"X-Amz-Invocation-Type": "Later"}, 400, "ValidationException"),
        ({"X-Amz-Log-Type": "All"}, 400, "ValidationException"),
        ({"X-Amz-Client-Context": "%%%"}, 400, "InvalidRequestContentException"),
        ({"X-Amz-Client-Context": base64.b64encode(b"{").decode()}, 400, "InvalidRequestContentException"),
        ({"X-Amz-Client-Context": "A" * 3584}, 400, "InvalidParameterValueException"),
        ({"x-amzn-RequestId": "no-uuid"}, 400, "InvalidRequestContentException"),
        ({"Origin": "http://evil.example"}, 403, "AccessDeniedException"),
    ],
)
def test_bad_headers_are_named(server, headers, status, name):
    answer, text = raw(server, "POST", "/2015-03-31/functions/echo/invocations", "{}", headers)
    assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (status, name)
    assert json.loads(text).get("Type") == (None if name == "ValidationException" else "User")
    assert uuid.UUID(answer.getheader("x-amzn-RequestId"))


def test_the_caller_s_request_id_is_the_function_s(server):
    wanted = str(uuid.uuid4())
    answer, _ = raw(server, "POST", "/2015-03-31/functions/echo/invocations", "{}", {"x-amzn-RequestId": wanted, "X-Amz-Log-Type": "Tail"})
    assert answer.getheader("x-amzn-RequestId") == wanted
    assert f"START RequestId: {wanted} " in base64.b64decode(answer.getheader("X-Amz-Log-Result")).decode()


@pytest.mark.parametrize("name", ["a b", "x" * 65, "a/b", "", "arn:aws:lambda:us-east-1:0:function:echo"])
def test_names_that_are_none_are_refused(server, name):
    from urllib.parse import quote

    answer, _ = raw(server, "POST", f"/2015-03-31/functions/{quote(name, safe='')}/invocations", "{}")
    assert answer.status in (400, 404)


def test_other_paths_say_what_is_served(server):
    answer, text = raw(server, "GET", "/2015-03-31/nothing")
    assert answer.status == 404 and b"Invoke" in text
    answer, text = raw(server, "PATCH", "/2015-03-31/functions/echo")
    assert answer.status == 405
    answer, _ = raw(server, "GET", "/2015-03-31/functions/echo/invocations")
    assert answer.status == 405
    answer, text = raw(server, "GET", "/_lambox/health")
    assert answer.status == 200 and json.loads(text)["status"] == "ok"


def test_a_timeout_is_answered_as_aws_does_and_billed_to_the_millisecond(server):
    client = server.client()
    value, error, answer = invoke(client, "sleep", {"ms": 5000}, LogType="Tail")
    request = answer["ResponseMetadata"]["RequestId"]
    assert error == "Unhandled"
    assert answer["Body"].decode() == (
        f'{{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: {request} Error: Task timed out after 1.00 seconds"}}'
    )
    report = base64.b64decode(answer["LogResult"]).decode().splitlines(keepends=True)[-1]
    init = float(re.search(r"Init Duration: ([\d.]+) ms", report).group(1))
    billed = int(re.search(r"Billed Duration: (\d+) ms", report).group(1))
    assert "\tDuration: 1000.00 ms\t" in report and "Status: timeout" in report
    # The printed init is rounded to two decimals; the billed sum is rounded up once from microseconds.
    assert billed in (int(1000 + init + 0.994), int(1000 + init) + 1)
    # Warm again after the reset, without Init Duration.
    value, error, answer = invoke(client, "sleep", {"ms": 1}, LogType="Tail")
    assert value == {"slept_ms": 1} and error is None
    assert "Init Duration" not in base64.b64decode(answer["LogResult"]).decode()
