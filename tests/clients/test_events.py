"""Event invocations with retries and their ends, on a server whose first retry comes after moments instead of a minute."""

import http.client
import json
import re

from conftest import function


def state(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/_lambox/state")
    document = json.loads(connection.getresponse().read())
    connection.close()
    return document


def test_a_failing_event_runs_three_times_with_one_request_id_and_is_given_up(start):
    server = start({"fail": function("fail")}, "--async-retry-pause", "0.05")
    answer = server.client().invoke(FunctionName="fail", InvocationType="Event", Payload=b'{"type":"T","message":"async-message"}')
    assert answer["StatusCode"] == 202
    request = answer["ResponseMetadata"]["RequestId"]
    server.wait_log("event failed and is given up after 3 attempts")
    assert len(re.findall(f"START RequestId: {request} ", server.log())) == 3
    assert "attempt 1 of 3" in server.log() and "attempt 2 of 3" in server.log() and "async-message" in server.log()
    assert state(server)["queue"] == {"events": 0, "bytes": 0}


def test_a_good_event_runs_once(start):
    server = start({"echo": function("echo")}, "--async-retry-pause", "0")
    server.client().invoke(FunctionName="echo", InvocationType="Event", Payload=b"{}")
    server.wait_log("event done")
    assert server.log().count("START RequestId") == 1


def test_an_event_for_a_function_without_concurrency_is_given_up_at_once(start):
    server = start({"echo": function("echo", reserved_concurrent_executions=0)})
    server.client().invoke(FunctionName="echo", InvocationType="Event", Payload=b"{}")
    server.wait_log("event given up: the function's reserved concurrency is 0")
    assert "START RequestId" not in server.log()


def test_a_stop_between_two_attempts_is_quick_and_says_what_is_lost(start):
    server = start({"fail": function("fail")})
    server.client().invoke(FunctionName="fail", InvocationType="Event", Payload=b"{}")
    server.wait_log("the next in 60 s")
    assert server.stop(seconds=10) == 0
    assert "event lost: lambox stopped before its next attempt" in server.log()
