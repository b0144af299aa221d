"""The service port's entry: who may come in, which service answers, what happens to the others, health, state and reset."""

import http.client
import http.server
import json
import threading

import boto3
import botocore.config
import botocore.exceptions
import pytest
from conftest import function, invoke, run_lambox


def raw(server, method, path, body=None, headers=None, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{server.port}")
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body or "")))
    connection.endheaders((body or "").encode())
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def aws(server, service, **settings):
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name=settings.pop("region", "us-east-1"),
        aws_access_key_id=settings.pop("key", "test"),
        aws_secret_access_key=settings.pop("secret", "test"),
        config=botocore.config.Config(retries={"total_max_attempts": 1}, **settings),
    )


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:4566", "echo.localhost", "127.0.0.1", "127.9.9.9:1", "[::1]:4566", "localhost."])
def test_loopback_names_and_addresses_come_in(start, host):
    server = start({"echo": function("echo")})
    assert raw(server, "GET", "/_lambox/health", host=host)[0].status == 200


def test_other_hosts_are_refused_whatever_they_ask_for(start):
    server = start({"echo": function("echo")})
    for host in ["evil.example", "evil.example:4566", "localhost.evil.example", "192.168.1.5", "169.254.169.254", "[2001:db8::1]", "a b"]:
        for method, path in [("GET", "/_lambox/health"), ("POST", "/_lambox/reset"), ("POST", "/2015-03-31/functions/echo/invocations")]:
            answer, text = raw(server, method, path, "{}", host=host)
            assert answer.status in (400, 403), host
    answer, text = raw(server, "GET", "http://evil.example/_lambox/health")
    assert answer.status in (400, 403)


def test_allowed_hosts_and_origins_are_let_in_and_no_others(start):
    server = start({}, "--allowed-hosts", "lambox,.internal.example", "--allowed-origins", "http://localhost:3000")
    for host, status in [("lambox:4566", 200), ("a.internal.example", 200), ("internal.example", 200), ("xinternal.example", 403)]:
        assert raw(server, "GET", "/_lambox/health", host=host)[0].status == status, host
    page = {"Origin": "http://localhost:3000"}
    answer, _ = raw(server, "GET", "/_lambox/health", headers=page)
    assert answer.status == 200 and answer.getheader("Access-Control-Allow-Origin") == "http://localhost:3000"
    answer, _ = raw(server, "OPTIONS", "/x", headers={**page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-y"})
    assert answer.status == 204 and answer.getheader("Access-Control-Allow-Headers") == "x-y"
    answer, _ = raw(server, "GET", "/_lambox/health", headers={"Origin": "http://localhost:3001"})
    assert answer.status == 403 and answer.getheader("Access-Control-Allow-Origin") is None


def test_localstack_s_variables_and_health_path_are_understood(start, tmp_path):
    server = start({})
    answer, text = raw(server, "GET", "/_localstack/health")
    assert answer.status == 200 and json.loads(text)["services"]["lambda"] == "running"
    code, _, error = run_lambox("serve", env={"GATEWAY_LISTEN": "127.0.0.1:not-a-port"})
    assert code == 2 and "GATEWAY_LISTEN" in error


@pytest.mark.parametrize("service, call", [("s3", "list_buckets"), ("sqs", "list_queues"), ("ec2", "describe_regions"), ("dynamodb", "list_tables"), ("sns", "list_topics")])
def test_other_services_get_501_that_names_them_in_their_own_protocol(start, service, call):
    server = start({})
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        getattr(aws(server, service), call)()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert f"'{service}'" in caught.value.response["Error"]["Message"] and "--forward-endpoint" in caught.value.response["Error"]["Message"]


class Other(http.server.BaseHTTPRequestHandler):
    """An emulator of something else, which shows what reached it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = json.dumps({"path": self.path, "host": self.headers["Host"], "authorization": self.headers["Authorization"], "body": body.decode()})
        self.send_response(200)
        self.send_header("X-Seen", "yes")
        self.send_header("Content-Length", str(len(seen)))
        self.end_headers()
        self.wfile.write(seen.encode())

    def log_message(self, *arguments):
        pass


def test_other_services_are_forwarded_whole_when_an_endpoint_is_configured(start):
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    try:
        server = start({}, "--forward-endpoint", f"http://127.0.0.1:{other.server_port}")
        signature = "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00"
        answer, text = raw(server, "POST", "/a%20b?c=d", "body", {"Authorization": signature, "Connection": "keep-alive"}, host="localhost:1")
        assert answer.status == 200 and answer.getheader("X-Seen") == "yes"
        assert json.loads(text) == {"path": "/a%20b?c=d", "host": "localhost:1", "authorization": signature, "body": "body"}
    finally:
        other.shutdown()
        other.server_close()
        thread.join()
    answer, text = raw(server, "POST", "/", "body", {"Authorization": signature})
    assert answer.status == 502 and b"kinesis" in text


def test_reset_ends_environments_and_forgets_logs_roles_and_events_and_the_functions_go_on(start):
    server = start({"echo": function("echo"), "sleep": function("sleep", timeout=30), "fail": function("fail")})
    client, logs, iam = server.client(), aws(server, "logs"), aws(server, "iam")
    invoke(client, "echo", {})
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    client.invoke(FunctionName="fail", InvocationType="Event", Payload=b"{}")
    client.invoke(FunctionName="sleep", InvocationType="Event", Payload=b'{"ms": 25000}')
    server.wait_log("event failed, attempt 1 of 3, the next in 60 s")
    state = json.loads(raw(server, "GET", "/_lambox/state")[1])
    assert {one["name"] for one in state["functions"]} == {"echo", "fail", "sleep"}
    assert {one["state"] for one in state["environments"]} <= {"idle", "busy", "reset", "resetting", "answered"}
    assert state["queue"]["events"] == 2 and state["logs"]["groups"] == 3
    assert raw(server, "POST", "/_lambox/reset")[0].status == 200
    state = json.loads(raw(server, "GET", "/_lambox/state")[1])
    assert state["environments"] == [] and state["queue"]["events"] == 0 and state["logs"] == {"groups": 0, "bytes": 0}
    assert iam.list_roles()["Roles"] == []
    assert logs.describe_log_groups()["logGroups"] == []
    assert invoke(client, "echo", {"again": 1})[0] == {"again": 1}


def test_unknown_admin_paths_say_what_there_is(start):
    server = start({})
    answer, text = raw(server, "GET", "/_lambox/nothing")
    assert answer.status == 404 and b"/_lambox/state" in text
    assert raw(server, "GET", "/_lambox/reset")[0].status == 405


SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def test_with_auth_only_requests_signed_with_a_known_key_are_answered(start):
    server = start({"echo": function("echo")}, "--auth", "sigv4", "--credentials", f"AKIDEXAMPLE:{SECRET},111122223333:other")
    good = aws(server, "lambda", key="AKIDEXAMPLE", secret=SECRET)
    assert invoke(good, "echo", {"a": "ü /?"})[0] == {"a": "ü /?"}
    assert invoke(good, "echo:$LATEST", {})[1] is None
    assert aws(server, "sts", key="111122223333", secret="other").get_caller_identity()["Account"] == "111122223333"
    assert aws(server, "logs", key="AKIDEXAMPLE", secret=SECRET).describe_log_groups()["logGroups"] != []
    for service, call, wrong, unknown in [
        ("lambda", lambda client: invoke(client, "echo", {}), "InvalidSignatureException", "UnrecognizedClientException"),
        ("logs", lambda client: client.describe_log_groups(), "InvalidSignatureException", "UnrecognizedClientException"),
        ("sts", lambda client: client.get_caller_identity(), "SignatureDoesNotMatch", "InvalidClientTokenId"),
    ]:
        for key, code in [("AKIDEXAMPLE", wrong), ("AKIDOTHER", unknown)]:
            with pytest.raises(botocore.exceptions.ClientError) as caught:
                call(aws(server, service, key=key, secret="wrong"))
            assert caught.value.response["Error"]["Code"] == code
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_with_auth_lent_keys_are_good_with_their_token_alone(start):
    server = start({"echo": function("echo")}, "--auth", "sigv4", "--credentials", f"AKIDEXAMPLE:{SECRET}")
    sts = aws(server, "sts", key="AKIDEXAMPLE", secret=SECRET)
    lent = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/r", RoleSessionName="session")["Credentials"]

    def account_of(**keys):
        made = {"aws_access_key_id": lent["AccessKeyId"], "aws_secret_access_key": lent["SecretAccessKey"]}
        made.update(keys)
        config = botocore.config.Config(retries={"total_max_attempts": 1})
        return boto3.client("sts", endpoint_url=server.url, region_name="us-east-1", config=config, **made).get_caller_identity()["Account"]

    assert account_of(aws_session_token=lent["SessionToken"]) == "111122223333"
    for wrong, code in [({}, "InvalidClientTokenId"), ({"aws_session_token": "0" * 128}, "InvalidClientTokenId"),
                        ({"aws_session_token": lent["SessionToken"], "aws_secret_access_key": "other"}, "SignatureDoesNotMatch"),
                        ({"aws_session_token": lent["SessionToken"], "aws_access_key_id": "AKIDEXAMPLE"}, "InvalidClientTokenId")]:
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            account_of(**wrong)
        assert caught.value.response["Error"]["Code"] == code


def test_lambox_invoke_signs_with_the_keys_of_its_environment(start):
    server = start({"echo": function("echo")}, "--auth", "sigv4", "--credentials", f"AKIDEXAMPLE:{SECRET}")
    arguments = ("invoke", "echo", "--endpoint", server.url, "--event", "-", "--qualifier", "$LATEST")
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}
    code, output, error = run_lambox(*arguments, stdin=b'{"a": 1}', env=keys)
    assert (code, json.loads(output)) == (0, {"a": 1}), error
    code, _, error = run_lambox(*arguments, stdin=b"{}", env=dict(keys, AWS_SECRET_ACCESS_KEY="wrong"))
    assert code == 1 and "InvalidSignatureException" in error
    code, _, error = run_lambox(*arguments, stdin=b"{}")
    assert code == 1 and "MissingAuthenticationTokenException" in error


def test_with_auth_unsigned_requests_reach_nothing_but_health(start):
    server = start({"echo": function("echo")}, "--auth", "sigv4", "--credentials", f"AKIDEXAMPLE:{SECRET}")
    for method, path in [("POST", "/2015-03-31/functions/echo/invocations"), ("POST", "/_lambox/reset"), ("GET", "/_lambox/state")]:
        answer, _ = raw(server, method, path, "{}")
        assert answer.status == 403 and answer.getheader("x-amzn-ErrorType") == "MissingAuthenticationTokenException"
    half = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/lambda/aws4_request"}
    answer, text = raw(server, "POST", "/2015-03-31/functions/echo/invocations", "{}", half)
    assert answer.status == 403 and answer.getheader("x-amzn-ErrorType") == "IncompleteSignatureException" and b"SignedHeaders" in text
    assert raw(server, "GET", "/_lambox/health")[0].status == 200
    code, _, error = run_lambox("serve", "--auth", "sigv4")
    assert code == 2 and "--credentials" in error
