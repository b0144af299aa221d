"""Goal: functions made through the API behave as on AWS, from create to delete, with every resource that hangs on them.
Method: boto3 against one server without configured functions; each test uses names of its own."""

import base64
import concurrent.futures
import hashlib
import http.server
import io
import json
import threading
import time
import urllib.request
import zipfile

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import Lambox, in_parallel, invoke
from packages import ROLE, create, echo_zip, shell_zip, zipped


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    lambox = Lambox(tmp_path_factory.mktemp("control"), {})
    yield lambox
    assert lambox.stop() == 0
    assert "internal error" not in lambox.log() and "Sanitizer" not in lambox.log()


@pytest.fixture(scope="module")
def client(server):
    return server.client()


def refused(call, **arguments):
    """(error name, message, status) of a call that must fail."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_function_is_created_invoked_updated_published_aliased_and_deleted(client):
    package = echo_zip()
    made = create(client, "whole-life", {"ZipFile": package}, Description="first", Environment={"Variables": {"STAGE": "one"}})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["State"], made["StateReasonCode"], made["Version"]) == ("Pending", "Creating", "$LATEST")
    assert made["CodeSize"] == len(package)
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    now = client.get_function_configuration(FunctionName="whole-life")
    assert (now["State"], now["LastUpdateStatus"]) == ("Active", "Successful")
    assert now["RevisionId"] == made["RevisionId"]
    value, error, answer = invoke(client, "whole-life", {"a": 1})
    assert (value, error, answer["ExecutedVersion"]) == ({"a": 1}, None, "$LATEST")

    first = client.publish_version(FunctionName="whole-life", Description="v1")
    assert (first["Version"], first["Description"]) == ("1", "v1")
    assert first["FunctionArn"].endswith(":function:whole-life:1")
    other = shell_zip("echo $AWS_LAMBDA_FUNCTION_VERSION-$STAGE")
    changed = client.update_function_code(FunctionName="whole-life", ZipFile=other)
    assert changed["LastUpdateStatus"] == "InProgress" and changed["CodeSize"] == len(other)
    client.update_function_configuration(FunctionName="whole-life", MemorySize=256, Environment={"Variables": {"STAGE": "two"}})
    second = client.publish_version(FunctionName="whole-life")
    assert (second["Version"], second["MemorySize"]) == ("2", 256)
    assert invoke(client, "whole-life", {"b": 2}, Qualifier="1")[0] == {"b": 2}
    assert invoke(client, "whole-life:2")[0] == "2-two"
    assert invoke(client, "whole-life")[0] == "$LATEST-two"

    alias = client.create_alias(FunctionName="whole-life", Name="live", FunctionVersion="1")
    assert alias["AliasArn"].endswith(":function:whole-life:live")
    assert invoke(client, alias["AliasArn"], {"c": 3})[0] == {"c": 3}
    client.update_alias(FunctionName="whole-life", Name="live", FunctionVersion="2")
    value, _, answer = invoke(client, "whole-life", Qualifier="live")
    assert (value, answer["ExecutedVersion"]) == ("2-two", "2")
    versions = [one["Version"] for one in client.list_versions_by_function(FunctionName="whole-life")["Versions"]]
    assert versions == ["$LATEST", "1", "2"]

    assert refused(client.delete_function, FunctionName="whole-life", Qualifier="2")[0] == "ResourceConflictException"
    client.delete_function(FunctionName="whole-life", Qualifier="1")
    assert refused(invoke, client=client, name="whole-life", Qualifier="1")[2] == 404
    client.delete_function(FunctionName="whole-life")
    name, message, status = refused(client.get_function, FunctionName="whole-life")
    assert (name, status) == ("ResourceNotFoundException", 404)
    assert message == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:whole-life"


def test_an_update_replaces_running_environments_and_the_next_call_sees_it(client):
    create(client, "replaced", {"ZipFile": shell_zip("echo $MARK")}, Environment={"Variables": {"MARK": "old"}})
    assert invoke(client, "replaced")[0] == "old"
    for mark in ("new", "newer", "newest"):
        client.update_function_configuration(FunctionName="replaced", Environment={"Variables": {"MARK": mark}})
        assert invoke(client, "replaced")[0] == mark


def test_an_invocation_that_runs_while_its_function_is_changed_and_deleted_still_answers(client):
    create(client, "long", {"ZipFile": shell_zip("sleep 1; echo $MARK")}, Environment={"Variables": {"MARK": "old"}})

    def change():
        time.sleep(0.4)
        client.update_function_configuration(FunctionName="long", Environment={"Variables": {"MARK": "new"}})
        client.delete_function(FunctionName="long")

    answers = in_parallel([lambda: invoke(client, "long")[0], change])
    assert answers[0] == "old"


def test_a_weighted_alias_is_executed_by_its_weights(client):
    create(client, "weighted", {"ZipFile": echo_zip()}, Publish=True)
    client.update_function_configuration(FunctionName="weighted", Description="other")
    client.publish_version(FunctionName="weighted")
    client.create_alias(
        FunctionName="weighted", Name="split", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.3}}
    )
    ran = [invoke(client, "weighted", Qualifier="split")[2]["ExecutedVersion"] for _ in range(200)]
    assert 30 <= ran.count("2") <= 95  # six standard deviations around 60
    assert ran.count("1") + ran.count("2") == 200
    client.update_alias(FunctionName="weighted", Name="split", RoutingConfig={"AdditionalVersionWeights": {}})
    assert {invoke(client, "weighted", Qualifier="split")[2]["ExecutedVersion"] for _ in range(20)} == {"1"}
    found = client.list_aliases(FunctionName="weighted", FunctionVersion="1")["Aliases"]
    assert [one["Name"] for one in found] == ["split"]


def test_revision_ids_guard_changes(client):
    made = create(client, "guarded")
    stale = made["RevisionId"]
    client.update_function_configuration(FunctionName="guarded", Description="x", RevisionId=stale)
    for call in (
        lambda: client.update_function_configuration(FunctionName="guarded", Description="y", RevisionId=stale),
        lambda: client.update_function_code(FunctionName="guarded", ZipFile=echo_zip(), RevisionId=stale),
        lambda: client.publish_version(FunctionName="guarded", RevisionId=stale),
    ):
        assert refused(call)[0::2] == ("PreconditionFailedException", 412)


def test_publishing_twice_without_a_change_makes_one_version(client):
    create(client, "same")
    assert client.publish_version(FunctionName="same")["Version"] == "1"
    assert client.publish_version(FunctionName="same")["Version"] == "1"
    client.update_function_configuration(FunctionName="same", Timeout=9)
    assert client.publish_version(FunctionName="same")["Version"] == "2"
    client.delete_function(FunctionName="same", Qualifier="2")
    client.update_function_configuration(FunctionName="same", Timeout=8)
    assert client.publish_version(FunctionName="same")["Version"] == "3"  # numbers are not used twice


def test_reserved_concurrency_of_nothing_throttles(client):
    create(client, "closed")
    client.put_function_concurrency(FunctionName="closed", ReservedConcurrentExecutions=0)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        invoke(client, "closed")
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert client.get_function_concurrency(FunctionName="closed")["ReservedConcurrentExecutions"] == 0
    client.delete_function_concurrency(FunctionName="closed")
    assert invoke(client, "closed", {"x": 1})[0] == {"x": 1}
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="closed")
    name, message, _ = refused(client.put_function_concurrency, FunctionName="closed", ReservedConcurrentExecutions=901)
    assert name == "InvalidParameterValueException" and "below its minimum value of [100]" in message


def test_all_versions_share_the_reservation(client):
    create(client, "shared", {"ZipFile": shell_zip("sleep 2; echo done")}, Publish=True)
    client.put_function_concurrency(FunctionName="shared", ReservedConcurrentExecutions=1)

    def second():
        time.sleep(1)
        return refused(invoke, client=client, name="shared", Qualifier="1")[0]

    answers = in_parallel([lambda: invoke(client, "shared")[0], second])
    assert answers == ["done", "TooManyRequestsException"]


def test_provisioned_environments_are_ready_before_the_first_invocation(server, client):
    code = {"ZipFile": shell_zip("echo $AWS_LAMBDA_INITIALIZATION_TYPE")}
    create(client, "warm", code, Publish=True)
    assert refused(
        client.put_provisioned_concurrency_config, FunctionName="warm", Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
    )[0] == "InvalidParameterValueException"
    begun = client.put_provisioned_concurrency_config(FunctionName="warm", Qualifier="1", ProvisionedConcurrentExecutions=2)
    assert begun["RequestedProvisionedConcurrentExecutions"] == 2
    end = time.monotonic() + 10
    while True:
        status = client.get_provisioned_concurrency_config(FunctionName="warm", Qualifier="1")
        if status["Status"] == "READY" or time.monotonic() > end:
            break
    assert (status["Status"], status["AvailableProvisionedConcurrentExecutions"]) == ("READY", 2)
    value, _, answer = invoke(client, "warm", Qualifier="1", LogType="Tail")
    assert value == "provisioned-concurrency"
    assert "Init Duration" not in base64.b64decode(answer["LogResult"]).decode()
    listed = client.list_provisioned_concurrency_configs(FunctionName="warm")["ProvisionedConcurrencyConfigs"]
    assert [one["FunctionArn"].rsplit(":", 1)[1] for one in listed] == ["1"]
    client.delete_provisioned_concurrency_config(FunctionName="warm", Qualifier="1")
    assert (
        refused(client.get_provisioned_concurrency_config, FunctionName="warm", Qualifier="1")[0]
        == "ProvisionedConcurrencyConfigNotFoundException"
    )
    create(client, "warm-not", {"ZipFile": zipped(bootstrap="#!/bin/sh\nexit 3\n")}, Publish=True)
    client.put_provisioned_concurrency_config(FunctionName="warm-not", Qualifier="1", ProvisionedConcurrentExecutions=1)
    server.wait_log("could not be initialised ahead")
    status = client.get_provisioned_concurrency_config(FunctionName="warm-not", Qualifier="1")
    assert (status["Status"], status["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")


def test_layers_are_versioned_and_merged_in_order(client):
    first = client.publish_layer_version(
        LayerName="tools", Content={"ZipFile": zipped(word="one", only="first")}, CompatibleRuntimes=["provided.al2023"], Description="d"
    )
    second = client.publish_layer_version(LayerName="tools2", Content={"ZipFile": zipped(word="two")})
    assert first["LayerVersionArn"] == "arn:aws:lambda:us-east-1:000000000000:layer:tools:1"
    assert client.publish_layer_version(LayerName="tools", Content={"ZipFile": zipped(word="x")})["Version"] == 2
    arns = [first["LayerVersionArn"], second["LayerVersionArn"]]
    script = 'for i in /opt "${LD_LIBRARY_PATH##*:}"; do d="${i%/lib}"; [ -f "$d/word" ] && break; done; cat "$d/only" "$d/word"'
    made = create(client, "layered", {"ZipFile": shell_zip(script)}, Layers=arns)
    assert [one["Arn"] for one in made["Layers"]] == arns
    assert invoke(client, "layered")[0] == "firsttwo"
    client.update_function_configuration(FunctionName="layered", Layers=arns[:1])
    assert invoke(client, "layered")[0] == "firstone"
    assert client.get_layer_version_by_arn(Arn=arns[0])["Version"] == 1
    assert client.get_layer_version(LayerName="tools", VersionNumber=1)["CompatibleRuntimes"] == ["provided.al2023"]
    assert [one["Version"] for one in client.list_layer_versions(LayerName="tools")["LayerVersions"]] == [2, 1]
    assert {"tools", "tools2"} <= {one["LayerName"] for one in client.list_layers()["Layers"]}
    client.delete_layer_version(LayerName="tools", VersionNumber=1)
    assert refused(client.get_layer_version, LayerName="tools", VersionNumber=1)[0] == "ResourceNotFoundException"
    assert invoke(client, "layered")[0] == "firstone"  # functions that have it keep it
    assert "does not exist" in refused(client.update_function_configuration, FunctionName="layered", Layers=arns[:1])[1]
    name, message, _ = refused(
        client.update_function_configuration, FunctionName="layered", Layers=[second["LayerVersionArn"]] * 2
    )
    assert "Two different versions of the same layer" in message
    statement = client.add_layer_version_permission(
        LayerName="tools", VersionNumber=2, StatementId="s", Action="lambda:GetLayerVersion", Principal="*"
    )
    assert json.loads(statement["Statement"])["Principal"] == "*"
    assert json.loads(client.get_layer_version_policy(LayerName="tools", VersionNumber=2)["Policy"])["Statement"][0]["Sid"] == "s"


def test_tags_policies_and_settings_come_back(client):
    arn = create(client, "described", Tags={"team": "a b"})["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"stage": "test"})
    client.untag_resource(Resource=arn, TagKeys=["team"])
    assert client.list_tags(Resource=arn)["Tags"] == {"stage": "test"}
    assert client.get_function(FunctionName="described")["Tags"] == {"stage": "test"}

    permission = dict(FunctionName="described", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    client.add_permission(**permission, SourceArn="arn:aws:s3:::bucket", SourceAccount="111111111111")
    assert refused(client.add_permission, **permission)[0] == "ResourceConflictException"
    statement = json.loads(client.get_policy(FunctionName="described")["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"} and statement["Resource"] == arn
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
        "StringEquals": {"AWS:SourceAccount": "111111111111"},
    }
    client.remove_permission(FunctionName="described", StatementId="s3")
    assert refused(client.get_policy, FunctionName="described")[0] == "ResourceNotFoundException"

    url = client.create_function_url_config(FunctionName="described", AuthType="NONE", Cors={"AllowOrigins": ["*"], "MaxAge": 5})
    assert url["FunctionUrl"].startswith("https://") and ".lambda-url.us-east-1.on.aws/" in url["FunctionUrl"]
    assert client.get_function_url_config(FunctionName="described")["Cors"] == {"AllowOrigins": ["*"], "MaxAge": 5}
    assert client.update_function_url_config(FunctionName="described", AuthType="AWS_IAM")["AuthType"] == "AWS_IAM"
    assert len(client.list_function_url_configs(FunctionName="described")["FunctionUrlConfigs"]) == 1
    client.delete_function_url_config(FunctionName="described")
    assert refused(client.get_function_url_config, FunctionName="described")[0] == "ResourceNotFoundException"

    client.put_function_event_invoke_config(FunctionName="described", MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60)
    queue = "arn:aws:sqs:us-east-1:000000000000:dead"
    client.update_function_event_invoke_config(FunctionName="described", DestinationConfig={"OnFailure": {"Destination": queue}})
    config = client.get_function_event_invoke_config(FunctionName="described")
    assert (config["MaximumRetryAttempts"], config["DestinationConfig"]["OnFailure"]["Destination"]) == (1, queue)
    assert abs(config["LastModified"].timestamp() - time.time()) < 60
    client.delete_function_event_invoke_config(FunctionName="described")

    assert client.get_function_recursion_config(FunctionName="described")["RecursiveLoop"] == "Terminate"
    client.put_function_recursion_config(FunctionName="described", RecursiveLoop="Allow")
    assert client.get_function_recursion_config(FunctionName="described")["RecursiveLoop"] == "Allow"
    assert client.get_runtime_management_config(FunctionName="described")["UpdateRuntimeOn"] == "Auto"
    client.put_runtime_management_config(FunctionName="described", UpdateRuntimeOn="FunctionUpdate")
    assert client.get_runtime_management_config(FunctionName="described")["UpdateRuntimeOn"] == "FunctionUpdate"


def test_configuration_comes_back_as_it_was_sent(client):
    sent = {
        "Description": "ä description",
        "MemorySize": 512,
        "Timeout": 30,
        "EphemeralStorage": {"Size": 1024},
        "TracingConfig": {"Mode": "Active"},
        "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"},
        "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
        "FileSystemConfigs": [
            {
                "Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0",
                "LocalMountPath": "/mnt/data",
            }
        ],
        "Architectures": ["x86_64"],
        "Environment": {"Variables": {"B2": "", "A1": "ü"}},
    }
    create(client, "complete", **sent, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
           LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    now = client.get_function_configuration(FunctionName="complete")
    assert {name: now[name] for name in sent} == sent
    assert now["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert now["LoggingConfig"] == {
        "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN", "LogGroup": "/aws/lambda/complete",
    }
    assert now["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}


def test_event_source_mappings_are_kept(client):
    create(client, "polled")
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    made = client.create_event_source_mapping(FunctionName="polled", EventSourceArn=queue, BatchSize=5, Tags={"team": "x"})
    assert (made["State"], made["BatchSize"]) == ("Creating", 5)
    assert client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Enabled"
    assert refused(client.create_event_source_mapping, FunctionName="polled", EventSourceArn=queue)[0] == "ResourceConflictException"
    client.update_event_source_mapping(UUID=made["UUID"], Enabled=False, BatchSize=7)
    now = client.get_event_source_mapping(UUID=made["UUID"])
    assert (now["State"], now["BatchSize"], now["EventSourceArn"]) == ("Disabled", 7, queue)
    assert len(client.list_event_source_mappings(FunctionName="polled")["EventSourceMappings"]) == 1
    arn = made["EventSourceMappingArn"]
    client.tag_resource(Resource=arn, Tags={"stage": "test"})
    client.untag_resource(Resource=arn, TagKeys=["team"])
    assert client.list_tags(Resource=arn)["Tags"] == {"stage": "test"}
    assert refused(client.tag_resource, Resource=arn, Tags={f"k{i}": "" for i in range(50)})[0] == "InvalidParameterValueException"
    elsewhere = arn.replace(":000000000000:", ":111122223333:")
    assert refused(client.list_tags, Resource=elsewhere)[0] == "ResourceNotFoundException"
    client.delete_event_source_mapping(UUID=made["UUID"])
    assert refused(client.list_tags, Resource=arn)[0] == "ResourceNotFoundException"
    assert refused(client.get_event_source_mapping, UUID=made["UUID"])[0] == "ResourceNotFoundException"


def test_lists_come_in_pages(server):
    client = boto3.client(
        "lambda", endpoint_url=server.url, region_name="eu-north-1", aws_access_key_id="222222222222", aws_secret_access_key="x"
    )
    package = echo_zip()
    for number in range(7):
        create(client, f"page-{number}", {"ZipFile": package})
    pages = list(client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["Functions"]) for page in pages] == [3, 3, 1]
    names = [one["FunctionName"] for page in pages for one in page["Functions"]]
    assert names == sorted(names) and len(set(names)) == 7
    usage = client.get_account_settings()["AccountUsage"]
    assert usage == {"TotalCodeSize": 7 * len(package), "FunctionCount": 7}


def test_accounts_and_regions_do_not_see_each_other(server, client):
    def of(account, region):
        return boto3.client(
            "lambda", endpoint_url=server.url, region_name=region, aws_access_key_id=account, aws_secret_access_key="x",
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    create(client, "mine")
    other_account = of("333333333333", "us-east-1")
    other_region = of("test", "eu-west-1")
    assert refused(other_account.get_function, FunctionName="mine")[2] == 404
    assert refused(other_region.invoke, FunctionName="mine")[2] == 404
    made = create(other_account, "mine", {"ZipFile": shell_zip("echo $AWS_REGION")})
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:333333333333:function:mine"
    create(other_region, "mine", {"ZipFile": shell_zip("echo $AWS_REGION")})
    assert invoke(other_region, "mine")[0] == "eu-west-1"
    assert invoke(client, made["FunctionArn"])[0] == "us-east-1"  # by ARN into another account
    assert invoke(client, "mine", {"own": 1})[0] == {"own": 1}


def test_every_name_form_leads_to_the_function(client):
    create(client, "named", Publish=True)
    for form in ("named", "000000000000:function:named", "arn:aws:lambda:us-east-1:000000000000:function:named"):
        assert client.get_function_configuration(FunctionName=form)["Version"] == "$LATEST"
        assert client.get_function_configuration(FunctionName=form + ":1")["Version"] == "1"
        assert client.get_function_configuration(FunctionName=form, Qualifier="1")["Version"] == "1"
    assert refused(client.get_function, FunctionName="named:1", Qualifier="2")[0] == "InvalidParameterValueException"


def test_a_hot_folder_is_used_where_it_lies(client, tmp_path):
    tmp_path.chmod(0o755)  # for sbx_user1051
    (tmp_path / "bootstrap").write_text(zip_script("echo before"))
    (tmp_path / "bootstrap").chmod(0o755)
    code = {"S3Bucket": "hot-reload", "S3Key": str(tmp_path)}
    made = create(client, "hot", code)
    assert made["CodeSize"] == 0
    assert invoke(client, "hot")[0] == "before"
    (tmp_path / "bootstrap").write_text(zip_script("echo after"))
    client.update_function_code(FunctionName="hot", **code)
    assert invoke(client, "hot")[0] == "after"
    missing = refused(client.create_function, FunctionName="cold", Runtime="provided.al2023", Role=ROLE, Handler="x",
                      Code={"S3Bucket": "hot-reload", "S3Key": "/does/not/exist"})
    assert missing[0] == "InvalidParameterValueException"


def zip_script(expression):
    from packages import SHELL

    return SHELL.replace("{expression}", expression)


def test_the_package_can_be_fetched_back(client):
    package = echo_zip()
    create(client, "fetched", {"ZipFile": package})
    location = client.get_function(FunctionName="fetched")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert answer.read() == package


@pytest.mark.parametrize("package", [b"not a zip", b"", zipped()[:10], b"PK\x03\x04" + b"\0" * 100])
def test_packages_that_are_none_are_refused(client, package):
    name, message, status = refused(
        client.create_function, FunctionName="broken", Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"ZipFile": package}
    )
    assert (name, status) == ("InvalidParameterValueException", 400)
    assert refused(client.get_function, FunctionName="broken")[2] == 404


def test_a_zip_that_leaves_its_folder_or_bursts_is_refused(client):
    bomb = zipped(**{f"f{i}": b"\0" * 30_000_000 for i in range(9)})
    assert len(bomb) < 1_000_000
    for package in (zipped(**{"../evil": "x"}), bomb):
        assert refused(
            client.create_function, FunctionName="evil", Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"ZipFile": package}
        )[0] == "InvalidParameterValueException"


def test_what_is_not_supported_says_so(client):
    name, message, status = refused(client.list_code_signing_configs)
    assert (name, status) == ("NotImplementedException", 501) and "ListCodeSigningConfigs" in message
    image = dict(FunctionName="image", Role=ROLE, PackageType="Image", Code={"ImageUri": "1.dkr.ecr/x"})
    assert "container images" in refused(client.create_function, **image)[1]
    bucket = dict(FunctionName="s3", Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"S3Bucket": "abc", "S3Key": "k"})
    assert "--s3-endpoint" in refused(client.create_function, **bucket)[1]


def test_several_violations_come_in_one_message(server):
    client = server.client(parameter_validation=False)
    name, message, status = refused(client.create_function, FunctionName="many", MemorySize=1, Timeout=901)
    assert (name, status) == ("ValidationException", 400)
    assert message.startswith("4 validation errors detected: ")
    assert "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900" in message
    assert "Value '1' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128" in message
    assert "Value null at 'role' failed to satisfy constraint: Member must not be null" in message


def test_reserved_and_too_many_variables_are_refused(client):
    common = dict(FunctionName="vars", Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"ZipFile": echo_zip()})
    name, message, _ = refused(client.create_function, **common, Environment={"Variables": {"AWS_REGION": "x"}})
    assert name == "InvalidParameterValueException" and "reserved keys" in message and "AWS_REGION" in message
    name, message, _ = refused(client.create_function, **common, Environment={"Variables": {"BIG": "x" * 5000}})
    assert name == "InvalidParameterValueException" and "4KB" in message
    name, message, _ = refused(client.create_function, **{**common, "Runtime": "cobol85"})
    assert name == "InvalidParameterValueException" and "at 'runtime'" in message


def test_events_are_accepted_for_functions_of_the_api(server, client):
    create(client, "event", {"ZipFile": shell_zip("echo ran-the-event >&2; echo ok")})
    assert client.invoke(FunctionName="event", InvocationType="Event")["StatusCode"] == 202
    server.wait_log("ran-the-event")
    assert client.invoke(FunctionName="event", InvocationType="DryRun")["StatusCode"] == 204


class Bucket(http.server.BaseHTTPRequestHandler):
    """An S3-compatible server of one object."""

    content = b""
    asked = []

    def do_GET(self):  # noqa: N802 - the name that http.server wants
        Bucket.asked.append(self.path)
        found = self.path == "/code/folder/a%20b.zip"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(Bucket.content) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(Bucket.content)

    def log_message(self, *arguments):
        pass


def test_a_package_comes_from_an_s3_compatible_server(tmp_path):
    Bucket.content = echo_zip()
    objects = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=objects.serve_forever, daemon=True).start()
    server = Lambox(tmp_path, {}, "--s3-endpoint", f"http://127.0.0.1:{objects.server_port}")
    try:
        client = server.client()
        made = create(client, "from-s3", {"S3Bucket": "code", "S3Key": "folder/a b.zip"})
        assert made["CodeSize"] == len(Bucket.content)
        assert invoke(client, "from-s3", {"x": 1})[0] == {"x": 1}
        layer = client.publish_layer_version(LayerName="l", Content={"S3Bucket": "code", "S3Key": "folder/a b.zip"})
        assert layer["Content"]["CodeSize"] == len(Bucket.content)
        missing = dict(FunctionName="none", Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"S3Bucket": "code", "S3Key": "none"})
        name, message, _ = refused(client.create_function, **missing)
        assert name == "InvalidParameterValueException" and "NoSuchKey" in message
    finally:
        assert server.stop() == 0
        objects.shutdown()
        objects.server_close()


def test_a_package_is_unpacked_beside_the_invocations(server, client):
    """While 240 MB are unpacked, others are served: on one thread alone hardly any would come between."""
    create(client, "quick", {"ZipFile": echo_zip()})
    client.invoke(FunctionName="quick", Payload=b"1")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
        for number in range(12):
            archive.writestr(f"part-{number}", bytes(20_000_000))
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        made = other.submit(create, server.client(), "large", {"ZipFile": buffer.getvalue()})
        served = 0
        while not made.done():
            assert client.invoke(FunctionName="quick", Payload=b"1")["Payload"].read() == b"1"
            served += 1
        made.result()
    assert served >= 10
