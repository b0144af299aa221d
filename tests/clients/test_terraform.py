"""Goal: Terraform leads functions and what hangs on them from apply to destroy, and sees no difference to its configuration in between.
Method: the real program with hashicorp/aws 5 from a local mirror against the real binary; SKIPPED where there is none.
Its configurations are in terraform/; article.tf is that of the comparison between go1.x and provided.al2."""

import json

import boto3
import botocore.config
import pytest

from conftest import invoke
from terraform_program import Terraform, changed_resources, find, managed_resources, write_article_packages, write_wider_packages


@pytest.fixture(scope="module")
def terraform_found():
    found = find()
    if isinstance(found, str):
        pytest.skip("SKIPPED: " + found)
    return found


@pytest.fixture
def server(start):
    return start({})


def api(server, service):
    return boto3.client(service, endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def everything(server):
    """What is left of each kind."""
    functions, iam, logs = server.client(), api(server, "iam"), api(server, "logs")
    return {
        "functions": [one["FunctionName"] for one in functions.list_functions()["Functions"]],
        "layers": [one["LayerName"] for one in functions.list_layers()["Layers"]],
        "mappings": [one["UUID"] for one in functions.list_event_source_mappings()["EventSourceMappings"]],
        "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
        "policies": [one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]],
        "groups": [one["logGroupName"] for one in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/wider")["logGroups"]],
    }


NOTHING = {"functions": [], "layers": [], "mappings": [], "roles": [], "policies": [], "groups": []}
COMPARED = ("sample-lambda-amd64", "sample-lambda-arm64")


def settings(client, name):
    found = client.get_function_configuration(FunctionName=name)
    return found["Runtime"], found["Architectures"], found["Handler"], found["MemorySize"], found["CodeSha256"]


def assert_answers(client, name, memory):
    value, error, _ = invoke(client, name, {"foo": "bar"})
    assert (error, value["statusCode"]) == (None, 200)
    assert json.loads(value["body"])["Context"]["InvokedFunctionArn"].endswith(":function:" + name)
    assert client.get_function_configuration(FunctionName=name)["MemorySize"] == memory


def test_the_article_s_role_and_functions_are_applied_invoked_changed_and_destroyed(terraform_found, server, tmp_path):
    terraform = Terraform(terraform_found, tmp_path / "article", server.url, ["article"])
    write_article_packages(terraform.folder, "first")
    client = server.client()
    terraform.run("init")
    assert "Resources: 3 added, 0 changed, 0 destroyed." in terraform.apply()
    terraform.assert_nothing_to_do()
    before = [settings(client, name) for name in COMPARED]
    assert before[0][:4] == ("go1.x", ["x86_64"], "go-lambda-skeleton-amd64", 128)
    assert before[1][:4] == ("provided.al2", ["arm64"], "bootstrap", 128)
    for name in COMPARED:
        assert_answers(client, name, 128)

    write_article_packages(terraform.folder, "second")
    terraform.add("article_memory_override")
    assert "Resources: 0 added, 2 changed, 0 destroyed." in terraform.apply()
    terraform.assert_nothing_to_do()
    for name, old in zip(COMPARED, before):
        assert settings(client, name)[4] != old[4]
        assert_answers(client, name, 256)

    assert "Resources: 3 destroyed." in terraform.destroy()
    assert terraform.resources() == set()
    assert everything(server) == NOTHING


def test_one_of_each_resource_is_applied_changed_and_destroyed(terraform_found, server, tmp_path):
    terraform = Terraform(terraform_found, tmp_path / "wider", server.url, ["wider", "further"])
    write_wider_packages(terraform.folder)
    changing = managed_resources("wider") - {"aws_iam_role_policy_attachment.managed"}  # which has nothing to change
    declared = managed_resources("wider") | managed_resources("further")
    terraform.run("init")
    assert f"Resources: {len(declared)} added, 0 changed, 0 destroyed." in terraform.apply(stage="one")
    terraform.assert_nothing_to_do(stage="one")
    assert terraform.resources() == declared
    assert terraform.outputs() == {"account": "000000000000", "answer": "layer-one one one", "functions": ["hot", "vpc", "wider"],
                                   "memory": 128, "roles": ["further", "wider"]}
    assert invoke(server.client(), "wider", Qualifier="live")[0] == "layer-one one one"

    assert changed_resources(terraform.apply(stage="two")) == changing
    terraform.assert_nothing_to_do(stage="two")
    assert terraform.outputs()["answer"] == "layer-two two two" and terraform.outputs()["memory"] == 256
    assert_second_stage(server.client())

    assert f"Resources: {len(declared)} destroyed." in terraform.destroy(stage="two")
    assert terraform.resources() == set()
    assert everything(server) == NOTHING


def assert_second_stage(client):
    """What Terraform cannot say, because it compares with its own state: the service runs by the new settings."""
    alias = client.get_alias(FunctionName="wider", Name="live")
    assert (alias["FunctionVersion"], alias["RoutingConfig"]["AdditionalVersionWeights"]) == ("1", {"2": 0.5})
    ran = {invoke(client, "wider", Qualifier="live")[0] for _ in range(40)}
    assert ran == {"layer-one one one", "layer-two two two"}
    assert client.get_function_concurrency(FunctionName="wider")["ReservedConcurrentExecutions"] == 20
    url = client.get_function_url_config(FunctionName="wider", Qualifier="live")
    assert (url["AuthType"], url["Cors"]["AllowOrigins"]) == ("AWS_IAM", ["https://two.example.com"])
    mapping = client.list_event_source_mappings(FunctionName="wider")["EventSourceMappings"][0]
    assert (mapping["BatchSize"], mapping["State"]) == (20, "Disabled")
    assert client.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"] == {"stage": "two"}
    assert "bucket-two" in client.get_policy(FunctionName="wider", Qualifier="live")["Policy"]
