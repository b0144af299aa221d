"""Telemetry as a real extension gets it, and logs in JSON as the SDK shows them."""

import base64
import json
import re

import boto3
import botocore.config
from conftest import HANDLERS, function, invoke
from containment import Level
from packages import create, echo_zip, shell_zip

LAYER = str(HANDLERS / "telemetry-extension-x86_64")
REPORT = re.compile(
    r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB\t"
    r"(?:Init Duration: ([\d.]+) ms\t)?"
)


def watched(name, events, **settings):
    """A sample handler with the telemetry extension beside it."""
    environment = {"TELEMETRY_FILE": str(events), **settings.pop("environment", {})}
    return function(name, layers=[LAYER], environment=environment, **settings)


def taken(events):
    return [json.loads(line) for line in events.read_text().splitlines()]


def types(events):
    return [event["type"] for event in events]


def log_result(answer):
    return base64.b64decode(answer.get("LogResult", "")).decode()


def logs_of(server):
    return boto3.client("logs", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def test_an_extension_gets_every_event_with_the_figures_of_report(start, tmp_path):
    file = tmp_path / "events.jsonl"
    server = start({"echo": watched("echo", file)}, "--isolation", "process")
    client = server.client()
    reports = [REPORT.search(log_result(invoke(client, "echo", {"a": 1}, LogType="Tail")[2])).groups() for _ in range(3)]
    assert server.stop() == 0
    events = taken(file)
    begin = types(events).index("platform.start")
    init = types(events)[:begin]
    assert init[0] == "platform.initStart" and init[-2:] == ["platform.extension", "platform.initReport"]
    assert sorted(init[1:-2]) == ["platform.initRuntimeDone", "platform.telemetrySubscription"]
    assert types(events)[begin:] == ["platform.start", "platform.runtimeDone", "platform.report"] * 3
    extension = next(event for event in events if event["type"] == "platform.extension")
    assert extension["record"] == {"name": "telemetry-extension", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}
    ends = [event["record"] for event in events if event["type"] == "platform.report"]
    for record, (request, duration, billed, size, used, init) in zip(ends, reports, strict=True):
        metrics = record["metrics"]
        assert record["requestId"] == request and record["status"] == "success"
        assert f"{metrics['durationMs']:.2f}" == duration or abs(metrics["durationMs"] - float(duration)) < 0.0051
        assert metrics["billedDurationMs"] == int(billed)
        assert metrics["memorySizeMB"] == int(size) and metrics["maxMemoryUsedMB"] == int(used)
        assert ("initDurationMs" in metrics) == (init is not None)
        assert [span["name"] for span in record["spans"]] == ["extensionOverhead"]
    for done in (event["record"] for event in events if event["type"] == "platform.runtimeDone"):
        assert [span["name"] for span in done["spans"]] == ["responseLatency", "responseDuration", "runtimeOverhead"]
        assert done["metrics"]["producedBytes"] == len('{"a": 1}')
        assert sum(span["durationMs"] for span in done["spans"]) <= done["metrics"]["durationMs"] + 0.01


def test_lines_of_the_function_come_between_start_and_runtime_done(start, tmp_path):
    file = tmp_path / "events.jsonl"
    server = start({"chatter": watched("chatter", file)}, "--isolation", "process")
    invoke(server.client(), "chatter", {"do": "lines", "count": 5, "bytes": 20, "stream": "stdout"})
    assert server.stop() == 0
    events = taken(file)
    part = types(events)[types(events).index("platform.start"):]
    assert part[0] == "platform.start" and part[-2:] == ["platform.runtimeDone", "platform.report"]
    assert part[1:-2].count("function") >= 5
    assert all(event["record"].endswith("\n") for event in events if event["type"] == "function")


def test_the_report_of_a_crash_goes_to_the_next_generation(start, tmp_path):
    file = tmp_path / "events.jsonl"
    server = start({"crash": watched("crash", file)}, "--isolation", "process")
    client = server.client()
    first = invoke(client, "crash", {"mode": "exit", "code": 3})
    assert first[1] == "Unhandled"
    invoke(client, "crash", {"mode": "exit", "code": 3})
    assert server.stop() == 0
    events = taken(file)
    id_of_first = first[2]["ResponseMetadata"]["RequestId"]
    report = next(event["record"] for event in events if event["type"] == "platform.report")
    assert report["requestId"] == id_of_first and report["status"] == "error" and report["errorType"] == "Runtime.ExitError"
    subscriptions = [event["record"]["state"] for event in events if event["type"] == "platform.telemetrySubscription"]
    assert subscriptions == ["Subscribed", "Already subscribed"]
    assert [event["record"]["phase"] for event in events if event["type"] == "platform.initStart"] == ["init", "invoke"]


def test_inside_a_sandbox_the_subscriber_has_its_name_and_is_reached(start):
    # Without a file it prints what it gets; its own lines are of type extension, so it is not told of them.
    definition = function("echo", layers=[LAYER])
    server = start({"echo": definition})
    invoke(server.client(), "echo", {})
    server.wait_log('"type":"platform.initReport"')
    assert server.stop() == 0
    assert '"type":"platform.report"' in server.log()


def test_inside_a_sandbox_the_hosts_file_has_the_destination_s_name(start):
    client = start({}, *Level("sandbox", "off").need().arguments).client()
    create(client, "hosts", {"ZipFile": shell_zip("grep sandbox.localdomain /etc/hosts")})
    assert invoke(client, "hosts", {})[0] == "127.0.0.1 sandbox.localdomain sandbox"


def test_switched_off_it_is_not_supported(start):
    server = start({"echo": function("echo", layers=[LAYER])}, "--telemetry", "off")
    invoke(server.client(), "echo", {})
    assert '202 {"errorType":"Telemetry.NotSupported","errorMessage":"Telemetry API is not supported"}' in server.log()


def test_a_json_log_has_records_filtered_by_level(start):
    server = start({})
    client = server.client()
    create(client, "json", {"ZipFile": echo_zip()}, LoggingConfig={"LogFormat": "JSON"})
    answer = invoke(client, "json", {}, LogType="Tail")[2]
    records = [json.loads(line) for line in log_result(answer).splitlines()]
    assert types(records) == ["platform.start", "platform.report"]
    assert list(records[1]["record"]) == ["requestId", "status", "metrics"]
    assert records[1]["record"]["requestId"] == answer["ResponseMetadata"]["RequestId"]
    assert records[1]["record"]["metrics"]["initDurationMs"] > 0

    create(client, "debug", {"ZipFile": echo_zip()}, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
    records = [json.loads(line) for line in log_result(invoke(client, "debug", {}, LogType="Tail")[2]).splitlines()]
    assert types(records)[-3:] == ["platform.start", "platform.runtimeDone", "platform.report"]
    create(client, "warn", {"ZipFile": echo_zip()}, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    assert log_result(invoke(client, "warn", {}, LogType="Tail")[2]) == ""
    assert logs_of(server).describe_log_groups(logGroupNamePrefix="/aws/lambda/json")["logGroups"]


def test_lines_of_a_json_log_pass_by_their_own_level(start):
    script = (
        """echo plain >&2; echo '{"level":"DEBUG","a":1}' >&2; echo '{"level":"ERROR"}' >&2; """
        "echo $AWS_LAMBDA_LOG_FORMAT-$AWS_LAMBDA_LOG_LEVEL"
    )
    server = start({})
    client = server.client()
    expected = {
        "INFO": ["plain", '{"level":"ERROR"}'],
        "DEBUG": ["plain", '{"level":"DEBUG","a":1}', '{"level":"ERROR"}'],
        "ERROR": ['{"level":"ERROR"}'],
    }
    for level, lines in expected.items():
        logging = {"LogFormat": "JSON", "ApplicationLogLevel": level, "SystemLogLevel": "WARN"}
        create(client, level, {"ZipFile": shell_zip(script)}, LoggingConfig=logging)
        value, _, answer = invoke(client, level, {}, LogType="Tail")
        assert value == f"JSON-{level}"
        assert log_result(answer).splitlines() == lines


def test_a_log_group_of_one_s_own_is_named_to_the_function_and_used(start):
    server = start({})
    client = server.client()
    code = {"ZipFile": shell_zip("echo $AWS_LAMBDA_LOG_GROUP_NAME-$AWS_LAMBDA_LOG_FORMAT")}
    create(client, "grouped", code, LoggingConfig={"LogFormat": "Text", "LogGroup": "/shared/logs"})
    assert invoke(client, "grouped", {})[0] == "/shared/logs-"
    assert [group["logGroupName"] for group in logs_of(server).describe_log_groups()["logGroups"]] == ["/shared/logs"]


def test_a_configured_function_can_log_in_json(start):
    settings = {"logging_config": {"log_format": "JSON", "system_log_level": "DEBUG", "log_group": "/mine"}}
    server = start({"echo": function("echo", **settings)})
    answer = invoke(server.client(), "echo", {}, LogType="Tail")[2]
    assert types(map(json.loads, log_result(answer).splitlines()))[-1] == "platform.report"
    logging = server.client().get_function_configuration(FunctionName="echo")["LoggingConfig"]
    assert logging == {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "DEBUG", "LogGroup": "/mine"}
