"""IAM and STS, as far as tools that deploy functions insist on them, as boto3 sees them."""

import json

import boto3
import botocore.config
import botocore.exceptions
import pytest

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def client(start):
    server = start({})

    def make(service, key="test"):
        return boto3.client(service, endpoint_url=server.url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key="test",
                            config=botocore.config.Config(retries={"total_max_attempts": 1}))

    return make


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_a_role_lives_from_creation_to_deletion(client):
    iam = client("iam")
    made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST, Path="/app/", Description="a < b & c", Tags=[{"Key": "k", "Value": "v"}])["Role"]
    assert made["Arn"] == "arn:aws:iam::000000000000:role/app/worker" and made["RoleId"].startswith("AROA")
    role = iam.get_role(RoleName="worker")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST) and role["Description"] == "a < b & c"
    assert role["MaxSessionDuration"] == 3600 and role["Tags"] == [{"Key": "k", "Value": "v"}]
    assert refused(iam.create_role, RoleName="worker", AssumeRolePolicyDocument=TRUST) == "EntityAlreadyExists"
    iam.attach_role_policy(RoleName="worker", PolicyArn=BASIC)
    assert iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"] == [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}]
    iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=ALLOW)
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == ["inline"]
    assert iam.get_role_policy(RoleName="worker", PolicyName="inline")["PolicyDocument"] == json.loads(ALLOW)
    assert refused(iam.delete_role, RoleName="worker") == "DeleteConflict"
    iam.detach_role_policy(RoleName="worker", PolicyArn=BASIC)
    iam.delete_role_policy(RoleName="worker", PolicyName="inline")
    assert iam.list_instance_profiles_for_role(RoleName="worker")["InstanceProfiles"] == []
    iam.tag_role(RoleName="worker", Tags=[{"Key": "l", "Value": "w"}])
    iam.untag_role(RoleName="worker", TagKeys=["k"])
    assert iam.get_role(RoleName="worker")["Role"]["Tags"] == [{"Key": "l", "Value": "w"}]
    iam.delete_role(RoleName="worker")
    assert refused(iam.get_role, RoleName="worker") == "NoSuchEntity"


def test_a_policy_has_versions_and_cannot_go_while_it_is_attached(client):
    iam = client("iam")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
    assert arn == "arn:aws:iam::000000000000:policy/p"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert policy["DefaultVersionId"] == "v1" and policy["AttachmentCount"] == 0
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(ALLOW)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW, SetAsDefault=True)
    assert [one["IsDefaultVersion"] for one in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == [False, True]
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert refused(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == "NoSuchEntity"
    assert iam.get_policy(PolicyArn=BASIC)["Policy"]["PolicyName"] == "AWSLambdaBasicExecutionRole"


def test_wrong_documents_names_and_actions_get_aws_s_errors(client):
    iam = client("iam")
    assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument="{") == "MalformedPolicyDocument"
    assert refused(iam.create_role, RoleName="a b", AssumeRolePolicyDocument=TRUST) == "ValidationError"
    assert refused(iam.attach_role_policy, RoleName="none", PolicyArn=BASIC) == "NoSuchEntity"
    assert refused(iam.list_users) == "InvalidAction"


def test_lists_come_in_pages_and_accounts_are_apart(client):
    iam = client("iam", key="111122223333")
    for i in range(5):
        iam.create_role(RoleName=f"r{i}", AssumeRolePolicyDocument=TRUST)
    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
    assert client("iam").list_roles()["Roles"] == []


def test_sts_says_whose_key_it_is_and_lends_roles(client):
    assert client("sts").get_caller_identity()["Account"] == "000000000000"
    sts = client("sts", key="111122223333")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:root"
    lent = sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/app/worker", RoleSessionName="session")
    assert lent["AssumedRoleUser"]["Arn"] == "arn:aws:sts::444455556666:assumed-role/worker/session"
    assert client("sts", key=lent["Credentials"]["AccessKeyId"]).get_caller_identity()["Account"] == "444455556666"
    assert refused(sts.assume_role, RoleArn="arn:aws:iam::444455556666:role/x", RoleSessionName="session", DurationSeconds=50000) == "ValidationError"
    assert refused(sts.get_session_token) == "InvalidAction"


def test_descriptions_boundaries_sessions_and_tags_of_roles_and_policies_change(client):
    iam = client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=BASIC)
    assert iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BASIC
    iam.delete_role_permissions_boundary(RoleName="r")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="r")["Role"]
    assert refused(iam.delete_role_permissions_boundary, RoleName="r") == "NoSuchEntity"
    arn = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW, Path="/team/", Tags=[{"Key": "k", "Value": "v"}])["Policy"]["Arn"]
    assert arn.endswith(":policy/team/p")
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=arn)
    assert refused(iam.put_role_permissions_boundary, RoleName="r", PermissionsBoundary=arn + "x") == "NoSuchEntity"
    iam.update_role(RoleName="r", MaxSessionDuration=7200)
    assert iam.update_role_description(RoleName="r", Description="new")["Role"]["Description"] == "new"
    role = iam.get_role(RoleName="r")["Role"]
    assert (role["MaxSessionDuration"], role["Description"]) == (7200, "new")
    assert role["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "l", "Value": "w"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["k"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert refused(iam.set_default_policy_version, PolicyArn=arn, VersionId="v9") == "NoSuchEntity"


def test_values_out_of_their_bounds_are_refused(start):
    server = start({})
    iam = boto3.client("iam", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                       config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False))
    for wrong in ({"MaxSessionDuration": 3599}, {"MaxSessionDuration": 43201}, {"Path": "no/slash"}, {"Description": "d" * 1001},
                  {"Tags": [{"Key": f"k{i}", "Value": "v"} for i in range(51)]}, {"Tags": [{"Key": "", "Value": "v"}]}):
        assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=TRUST, **wrong) == "ValidationError"
    assert refused(iam.create_policy, PolicyName="p", PolicyDocument=ALLOW, Path="x") == "ValidationError"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(50)])
    assert refused(iam.tag_role, RoleName="r", Tags=[{"Key": "more", "Value": "v"}]) == "LimitExceeded"
    assert iam.list_roles()["Roles"][0]["RoleName"] == "r"
