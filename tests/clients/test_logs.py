"""CloudWatch Logs over the functions' own logs, as boto3 sees it."""

import time

import boto3
import botocore.config
import botocore.exceptions
import pytest
from conftest import function, invoke


def logs_of(server, key="test", region="us-east-1"):
    return boto3.client("logs", endpoint_url=server.url, region_name=region, aws_access_key_id=key, aws_secret_access_key="test",
                        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def server(start):
    return start({"echo": function("echo"), "chatter": function("chatter")})


def test_a_function_s_log_is_a_group_with_a_stream_of_one_event_a_line(server):
    client, logs = server.client(), logs_of(server)
    request = invoke(client, "echo", {})[2]["ResponseMetadata"]["RequestId"]
    invoke(client, "echo", {}, LogType="Tail")
    group, = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/echo")["logGroups"]
    assert group["logGroupName"] == "/aws/lambda/echo"
    assert group["arn"] == "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/echo:*"
    stream, = logs.describe_log_streams(logGroupName="/aws/lambda/echo", orderBy="LastEventTime", descending=True)["logStreams"]
    assert "[$LATEST]" in stream["logStreamName"] and abs(stream["lastEventTimestamp"] / 1000 - time.time()) < 60
    events = logs.get_log_events(logGroupName="/aws/lambda/echo", logStreamName=stream["logStreamName"], startFromHead=True)["events"]
    messages = [event["message"] for event in events]
    assert messages[0] == "INIT_START \n" and f"START RequestId: {request} Version: $LATEST\n" in messages
    assert sum(message.startswith("REPORT ") for message in messages) == 2
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_filtering_finds_terms_over_all_streams(server):
    client, logs = server.client(), logs_of(server)
    ids = [invoke(client, "echo", {}, LogType="Tail")[2]["ResponseMetadata"]["RequestId"] for _ in range(3)]

    def found(pattern, **arguments):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/echo", filterPattern=pattern, **arguments)
        return [event["message"] for page in pages for event in page["events"]]

    assert len(found("REPORT")) == 3 and len(found(f'"RequestId: {ids[1]}" -REPORT')) == 2
    assert len(found(f"?{ids[0]} ?{ids[2]}")) == 6 and found('"no such text"') == []
    assert len(found("RequestId", PaginationConfig={"PageSize": 2})) == 9
    assert refused(logs.filter_log_events, logGroupName="/aws/lambda/echo", filterPattern="{ $.a = 1 }") == "InvalidParameterException"
    assert refused(logs.filter_log_events, logGroupName="/aws/lambda/nope") == "ResourceNotFoundException"


def test_groups_and_streams_of_one_s_own_take_events_in_order_and_give_them_in_pages(server):
    logs = logs_of(server)
    logs.create_log_group(logGroupName="mine", tags={"a": "b"})
    assert refused(logs.create_log_group, logGroupName="mine") == "ResourceAlreadyExistsException"
    assert refused(logs.put_log_events, logGroupName="mine", logStreamName="s", logEvents=[{"timestamp": 1, "message": "x"}]) == (
        "ResourceNotFoundException"
    )
    logs.create_log_stream(logGroupName="mine", logStreamName="s")
    now = int(time.time() * 1000)
    old = [{"timestamp": now - 15 * 86400000, "message": "too old"}]
    answer = logs.put_log_events(logGroupName="mine", logStreamName="s",
                                 logEvents=old + [{"timestamp": now + i, "message": f"m{i}"} for i in range(10)])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    unordered = [{"timestamp": now + 1, "message": "b"}, {"timestamp": now, "message": "a"}]
    assert refused(logs.put_log_events, logGroupName="mine", logStreamName="s", logEvents=unordered) == "InvalidParameterException"

    where = {"logGroupName": "mine", "logStreamName": "s"}
    latest = logs.get_log_events(**where, limit=4)
    assert [event["message"] for event in latest["events"]] == ["m6", "m7", "m8", "m9"]
    before = logs.get_log_events(**where, limit=4, nextToken=latest["nextBackwardToken"])
    assert [event["message"] for event in before["events"]] == ["m2", "m3", "m4", "m5"]
    end = logs.get_log_events(**where, nextToken=latest["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == latest["nextForwardToken"]
    logs.put_log_events(**where, logEvents=[{"timestamp": now + 20, "message": "late"}])
    more = logs.get_log_events(**where, nextToken=end["nextForwardToken"])
    assert [event["message"] for event in more["events"]] == ["late"]
    part = logs.get_log_events(**where, startTime=now + 2, endTime=now + 4, startFromHead=True)
    assert [event["message"] for event in part["events"]] == ["m2", "m3"]
    assert refused(logs.get_log_events, **where, nextToken="f/1") == "InvalidParameterException"


def test_retention_tags_and_deletion_are_there_for_tools(server):
    logs = logs_of(server)
    logs.create_log_group(logGroupName="t", tags={"a": "b"})
    arn = logs.describe_log_groups(logGroupNamePrefix="t")["logGroups"][0]["logGroupArn"]
    logs.put_retention_policy(logGroupName="t", retentionInDays=14)
    assert logs.describe_log_groups(logGroupNamePrefix="t")["logGroups"][0]["retentionInDays"] == 14
    assert refused(logs.put_retention_policy, logGroupName="t", retentionInDays=2) == "InvalidParameterException"
    logs.delete_retention_policy(logGroupName="t")
    logs.tag_resource(resourceArn=arn, tags={"c": "d"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "d"}
    logs.delete_log_group(logGroupName="t")
    assert refused(logs.delete_log_group, logGroupName="t") == "ResourceNotFoundException"
    assert refused(logs.describe_queries) == "UnknownOperationException"


def test_lists_come_in_pages_and_accounts_and_regions_are_apart(server):
    logs = logs_of(server, key="111122223333")
    for i in range(7):
        logs.create_log_group(logGroupName=f"g{i}")
    pages = list(logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["logGroups"]) for page in pages] == [3, 3, 1]
    assert ":111122223333:" in pages[0]["logGroups"][0]["arn"]
    assert logs_of(server).describe_log_groups()["logGroups"] == []
    assert logs_of(server, key="111122223333", region="eu-west-1").describe_log_groups()["logGroups"] == []
