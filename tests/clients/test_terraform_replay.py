"""Goal: machines without Terraform, too, notice when lambox answers its provider otherwise than when that saw no difference to the
article's configuration.
Method: the requests of the provider, recorded by record_terraform.py from one apply to the destroy, in their order against the real binary;
every answer must be the recorded one, but for ids and times. Between the steps both functions are invoked."""

import http.client
import json

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import invoke
from record_terraform import TABLE, packages
from recorded import body_of, each, plain_answer

STEPS = json.loads(TABLE.read_text())
KEYS = botocore.credentials.Credentials("test", "test")


@pytest.fixture
def server(start):
    return start({})


def send(server, request, known):
    """Signed as the provider signs, for the service that it asked."""
    content_type = request["headers"].get("Content-Type", "application/json")
    body = body_of(content_type, each(request["body"], known.shown))
    signed = botocore.awsrequest.AWSRequest(request["method"], server.url + request["path"], dict(request["headers"]), body)
    botocore.auth.SigV4Auth(KEYS, request["service"], request["region"]).add_auth(signed)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(request["method"], request["path"], body, dict(signed.headers))
        answer = connection.getresponse()
        return plain_answer(answer.status, answer.headers, answer.read(), known)
    finally:
        connection.close()


def test_terraform_s_requests_get_the_answers_that_it_was_content_with(server):
    known = packages()
    client = server.client()
    invoked = 0
    for step in STEPS:
        for number, exchange in enumerate(step["exchanges"]):
            request = exchange["request"]
            answer = send(server, request, known)
            assert answer == exchange["answer"], f"{step['step']} {number}: {request['service']} {request['method']} {request['path']}"
        if step["step"] in ("apply", "change"):
            for name in ("sample-lambda-amd64", "sample-lambda-arm64"):
                value, error, _ = invoke(client, name, {"foo": "bar"})
                assert (error, value["statusCode"]) == (None, 200)
                invoked += 1
    assert invoked == 4
    assert client.list_functions()["Functions"] == []


def test_the_recording_is_of_the_whole_life():
    assert [step["step"] for step in STEPS] == ["apply", "plan", "change", "plan", "destroy"]
    asked = {(one["request"]["method"], one["request"]["path"]) for step in STEPS for one in step["exchanges"]}
    functions = "/2015-03-31/functions"
    assert ("POST", functions) in asked
    for name in ("sample-lambda-amd64", "sample-lambda-arm64"):
        for wanted in (("PUT", "/code"), ("PUT", "/configuration"), ("GET", ""), ("DELETE", "")):
            assert (wanted[0], f"{functions}/{name}{wanted[1]}") in asked, (wanted, sorted(asked))
    forms = {one["request"]["body"]["Action"] for step in STEPS for one in step["exchanges"] if one["request"]["service"] == "iam"}
    assert {"CreateRole", "GetRole", "DeleteRole"} <= forms
