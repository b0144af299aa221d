"""Goal: with --state-dir, what was acknowledged survives kill -9 at any moment, and what was not is whole or absent.
Method: rounds of a mixed workload against one state folder, each ended by SIGKILL at a random moment; a model of what was acknowledged
is compared with what the next start serves. LAMBOX_KILLS sets the number of rounds (scripts/soak runs 200)."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import threading

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import BINARY
from containment import wait_until
from packages import ROLE, create, shell_zip, zipped

KILLS = int(os.environ.get("LAMBOX_KILLS", "20"))


class Durable:
    def __init__(self, tmp_path, state, *options):
        self.temporary = tmp_path / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.stderr = open(tmp_path / "stderr.txt", "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port", "0", "--json", "--state-dir", state, *options], stdout=subprocess.PIPE,
            stderr=self.stderr, cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.temporary)},
        )
        line = self.process.stdout.readline()
        assert line, (tmp_path / "stderr.txt").read_text()[-2000:]
        self.url = json.loads(line)["url"]

    def client(self):
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=30)
        return boto3.client("lambda", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t",
                            config=config)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.close()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0
        self.close()

    def close(self):
        self.process.stdout.close()
        self.stderr.close()


class Workload:
    """Changes of functions, one after the other; `expected` holds what was acknowledged, `unsure` the one call that was cut off."""

    PACKAGES = [zipped(bootstrap=f"#!/bin/sh\n# {number}\n") for number in range(6)]

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.expected = {}  # name -> (description, CodeSize, versions, aliases)
        self.unsure = None

    def step(self, client):
        name = f"f{self.random.randrange(12)}"
        before = self.expected.get(name)
        package = self.random.choice(self.PACKAGES)
        text = str(self.random.random())
        if before is None:
            after = (text, len(package), 0, ())
            call = lambda: client.create_function(
                FunctionName=name, Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"ZipFile": package}, Description=text
            )
        else:
            description, size, versions, aliases = before
            kind = self.random.choice(["configuration", "code", "publish", "alias", "delete"])
            if kind == "configuration":
                after = (text, size, versions, aliases)
                call = lambda: client.update_function_configuration(FunctionName=name, Description=text)
            elif kind == "code":
                after = (description, len(package), versions, aliases)
                call = lambda: client.update_function_code(FunctionName=name, ZipFile=package)
            elif kind == "publish":
                after = (text, size, versions + 1, aliases)
                call = lambda: (client.update_function_configuration(FunctionName=name, Description=text),
                                client.publish_version(FunctionName=name))
            elif kind == "alias":
                after = (description, size, versions, aliases + (text[2:],)) if len(text[2:]) else before
                call = lambda: client.create_alias(FunctionName=name, Name="a" + text[2:], FunctionVersion="$LATEST")
            else:
                after = None
                call = lambda: client.delete_function(FunctionName=name)
        self.unsure = (name, before, after)
        call()
        self.unsure = None
        if after is None:
            del self.expected[name]
        else:
            self.expected[name] = after


def found(client):
    state = {}
    for page in client.get_paginator("list_functions").paginate():
        for one in page["Functions"]:
            name = one["FunctionName"]
            versions = client.list_versions_by_function(FunctionName=name)["Versions"]
            aliases = client.list_aliases(FunctionName=name)["Aliases"]
            # The package behind it is there too.
            assert client.get_function(FunctionName=name)["Configuration"]["State"] == "Active"
            state[name] = (one["Description"], one["CodeSize"], len(versions) - 1, tuple(sorted(a["Name"] for a in aliases)))
    return state


def normal(state):
    return {name: (d, s, v, tuple(sorted("a" + a for a in aliases))) for name, (d, s, v, aliases) in state.items()}


def matches(seen, workload):
    """Everything acknowledged is there; the call that was cut off has happened, has not, or (two calls in one) has half."""
    name, before, after = workload.unsure or (None, None, None)
    expected = normal(workload.expected)
    others = {one: value for one, value in expected.items() if one != name}
    assert {one: value for one, value in seen.items() if one != name} == others
    if name is None:
        return
    choices = [None if before is None else normal({name: before})[name], None if after is None else normal({name: after})[name]]
    if before and after and after[2] == before[2] + 1:
        choices.append(normal({name: (after[0], before[1], before[2], before[3])})[name])
    assert seen.get(name) in choices
    # From here on what is there is what counts.
    if name in seen:
        d, s, v, aliases = seen[name]
        workload.expected[name] = (d, s, v, tuple(a[1:] for a in aliases))
    else:
        workload.expected.pop(name, None)
    workload.unsure = None


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path):
    state = tmp_path / "state"
    workload = Workload(seed=6)
    steps = 0
    for number in range(KILLS):
        server = Durable(tmp_path, state)
        client = server.client()
        matches(found(client), workload)
        killer = threading.Timer(workload.random.uniform(0.02, 0.25), server.process.kill)
        killer.start()
        try:
            while True:
                workload.step(client)
                steps += 1
        except (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError):
            pass
        killer.join()
        server.kill()
        database = sqlite3.connect(state / "state.sqlite")
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
    server = Durable(tmp_path, state)
    matches(found(server.client()), workload)
    for name in workload.expected:
        server.client().delete_function(FunctionName=name)
    server.stop()
    assert list((state / "code").iterdir()) == []  # no package without a function
    print(f"{KILLS} kills, {steps} acknowledged changes, none lost")


def test_everything_of_a_function_is_there_after_a_restart(tmp_path):
    state = tmp_path / "state"
    server = Durable(tmp_path, state)
    client = server.client()
    layer = client.publish_layer_version(LayerName="l", Content={"ZipFile": zipped(word="hello")})["LayerVersionArn"]
    made = create(client, "kept", {"ZipFile": shell_zip("echo $STAGE")}, Environment={"Variables": {"STAGE": "x"}}, Layers=[layer],
                  Tags={"a": "b"}, Publish=True, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})
    client.create_alias(FunctionName="kept", Name="live", FunctionVersion="1")
    client.put_function_concurrency(FunctionName="kept", ReservedConcurrentExecutions=5)
    client.add_permission(FunctionName="kept", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    client.put_function_event_invoke_config(FunctionName="kept", MaximumRetryAttempts=1)
    client.create_function_url_config(FunctionName="kept", AuthType="NONE")
    mapping = client.create_event_source_mapping(FunctionName="kept", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q")["UUID"]
    client.put_provisioned_concurrency_config(FunctionName="kept", Qualifier="1", ProvisionedConcurrentExecutions=1)

    def everything(one):
        calls = [
            one.get_function(FunctionName="kept"), one.get_function(FunctionName="kept", Qualifier="1"),
            one.get_alias(FunctionName="kept", Name="live"), one.get_function_concurrency(FunctionName="kept"),
            one.get_policy(FunctionName="kept"), one.get_function_event_invoke_config(FunctionName="kept"),
            one.get_function_url_config(FunctionName="kept"), one.get_event_source_mapping(UUID=mapping),
            one.list_layers(), one.list_tags(Resource=made["FunctionArn"].removesuffix(":1")), one.get_account_settings(),
        ]
        for answer in calls:
            answer.pop("ResponseMetadata")
            if "Code" in answer:
                answer["Code"]["Location"] = answer["Code"]["Location"].rsplit("/", 1)[1]
        return calls

    before = everything(client)
    server.kill()
    server = Durable(tmp_path, state)
    assert everything(server.client()) == before
    answer = server.client().invoke(FunctionName="kept", Qualifier="live")
    assert json.loads(answer["Payload"].read()) == "x" and answer["ExecutedVersion"] == "1"
    assert server.client().publish_layer_version(LayerName="l", Content={"ZipFile": zipped(word="y")})["Version"] == 2
    server.stop()


FAILS_UNTIL_FIXED = """#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while :; do
  id=$(curl -sS -D - -o /dev/null $api/next | tr -d '\\r' | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
  echo $id >> "$RUNS"
  if [ -e "$FIXED" ]; then curl -sS -o /dev/null -d '"ok"' $api/$id/response
  else curl -sS -o /dev/null -d '{"errorType":"E","errorMessage":"not yet"}' $api/$id/error; fi
done
"""


def test_an_accepted_event_outlives_a_kill(tmp_path):
    """Accepted, failed once, waiting a minute for its retry; after kill -9 the next start goes on with it, under the same request id."""
    runs, fixed = tmp_path / "runs.txt", tmp_path / "fixed"
    runs.touch()
    settings = {"Environment": {"Variables": {"RUNS": str(runs), "FIXED": str(fixed)}}}
    server = Durable(tmp_path, tmp_path / "state", "--isolation", "process")
    create(server.client(), "later", {"ZipFile": zipped(bootstrap=FAILS_UNTIL_FIXED)}, **settings)
    answer = server.client().invoke(FunctionName="later", InvocationType="Event", Payload=b"{}")
    assert answer["StatusCode"] == 202
    request = answer["ResponseMetadata"]["RequestId"]
    wait_until(lambda: runs.read_text().split() == [request])
    wait_until(lambda: "attempt 1 of 3" in (tmp_path / "stderr.txt").read_text())
    server.kill()
    fixed.touch()
    server = Durable(tmp_path, tmp_path / "state", "--isolation", "process")
    wait_until(lambda: runs.read_text().split() == [request, request])
    wait_until(lambda: "event done" in (tmp_path / "stderr.txt").read_text())
    server.kill()
    server = Durable(tmp_path, tmp_path / "state", "--isolation", "process")  # its end is stored as well
    server.stop()
    assert runs.read_text().split() == [request, request]


def test_a_state_folder_belongs_to_one_process(tmp_path):
    server = Durable(tmp_path, tmp_path / "state")
    second = subprocess.run([BINARY, "serve", "--port", "0", "--state-dir", tmp_path / "state"], capture_output=True, text=True, timeout=30)
    assert second.returncode == 3 and "in use by another lambox" in second.stderr
    server.stop()


@pytest.mark.parametrize("content", [b"this is no database at all, but long enough to be read as a header of one" * 20, None])
def test_a_state_that_cannot_be_read_is_said_at_start(tmp_path, content):
    state = tmp_path / "state"
    state.mkdir()
    if content is None:
        database = sqlite3.connect(state / "state.sqlite")
        database.execute("PRAGMA user_version=99")
        database.close()
    else:
        (state / "state.sqlite").write_bytes(content)
    done = subprocess.run([BINARY, "serve", "--port", "0", "--state-dir", state], capture_output=True, text=True, timeout=30)
    assert done.returncode == 3 and ("newer version" in done.stderr or "not a database" in done.stderr)
