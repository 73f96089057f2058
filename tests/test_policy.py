"""The policy allows what the catalogue calls and nothing else, and content on named resources only."""

import csv
import fnmatch
import functools
import importlib.resources
import re
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib import paths
from patchlib.errors import ParameterInvalid
from patchlib.policy import (
    MANAGED_POLICY_LIMIT,
    lacking,
    managed_policies,
    policy_document,
    policy_size,
    split_document,
)
from patchlib.sources import SOURCES, Scope, Source
from patchlib.terms import Part

# Reads that hand out text a customer wrote, found by reading the Service Authorization Reference, not the catalogue.
CONTENT = {
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "ec2:GetLaunchTemplateData",
    "ec2:GetPasswordData",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "lambda:GetFunction",
    "lambda:GetLayerVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:GetSecretValue",
    "ssm:GetAutomationExecution",
    "ssm:GetCommandInvocation",
    "ssm:GetDocument",
    "ssm:GetOpsItem",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
}
# Of these nothing that patchlib says needs any.
NEVER = CONTENT - {
    "s3:GetObject",
    "ssm:GetDocument",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
}

Grant = tuple[str, str, str]


def grants(*documents: dict[str, Any]) -> set[Grant]:
    """What documents allow: action, resource, condition."""
    return {
        (action, resource, str(statement.get("Condition", "")))
        for document in documents
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def content_source(action: str, *resources: str) -> Source:
    """A source that returns content, on these resources."""
    service, _, operation = action.partition(":")
    return Source(
        "x_y", service, operation, Scope.CELL, "", "", "", iam_resources=resources or ("*",), returns_content=True
    )


@functools.cache
def resource_types() -> dict[str, tuple[str, ...]]:
    """The resource types that IAM knows for each action, from the Service Authorization Reference."""
    data = importlib.resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_bytes()
    return {
        f"{prefix}:{name}": tuple(action.get("Resources", ()))
        for prefix, service in orjson.loads(data).items()
        for name, action in service["Actions"].items()
    }


def test_the_policy_is_the_catalogue() -> None:
    """Every source's action is allowed on its resources, and no other; buckets are the exception, nobody names them."""
    expected = {(source.action, resource) for source in SOURCES for resource in source.iam_resources}
    expected -= {("s3:GetObject", "*"), ("s3:ListBucket", "*")}
    assert {(action, resource) for action, resource, _ in grants(policy_document())} == expected


def test_the_policy_only_reads() -> None:
    """No wildcard in an action, nothing but Allow, and every action reads."""
    for statement in policy_document(buckets=["central-sync"])["Statement"]:
        assert statement["Effect"] == "Allow"
        assert all(
            re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List|Lookup|Search|Select|BatchGet)[A-Za-z]+", action)
            for action in statement["Action"]
        )
        assert re.fullmatch("[A-Za-z0-9]+", statement["Sid"])


def test_content_is_never_allowed_on_all_resources() -> None:
    """Neither what the catalogue marks as content nor what this file knows as content has `*` as its resource."""
    content = CONTENT | {source.action for source in SOURCES if source.returns_content}
    for action, resource, _ in grants(policy_document(buckets=["central-sync"])):
        assert action not in NEVER
        if action in content:
            assert resource.startswith("arn:"), action
            assert not re.fullmatch(r"arn:\*:s3:::\*.*", resource)
        if action.startswith("ssm:GetParameter"):
            assert ":parameter/aws/service/" in resource


def test_content_on_all_resources_would_be_seen() -> None:
    """The proof above fails for a source that reads every parameter."""
    document = policy_document(sources=[content_source("ssm:GetParameters")])
    assert grants(document) == {("ssm:GetParameters", "*", "")}


def test_a_source_of_objects_opens_no_bucket() -> None:
    """What is read from buckets is allowed on those that are named, whatever the source says."""
    objects = [content_source("s3:GetObject"), content_source("s3:ListObjectsV2")]
    assert policy_document(sources=objects)["Statement"] == []
    own = content_source("s3:GetObject", "arn:*:s3:::aws-quicksetup-patchpolicy-*")
    assert grants(policy_document(sources=[own])) == {("s3:GetObject", "arn:*:s3:::aws-quicksetup-patchpolicy-*", "")}


def test_narrow_resources_are_of_a_type_that_iam_knows() -> None:
    """An ARN beside an action that knows no resource would permit nothing."""
    for action, resource, _ in grants(policy_document(buckets=["central-sync"], role="PatchlibReader")):
        if resource != "*":
            assert resource_types()[action.lower()], action


def test_documents_are_read_as_calendars_only() -> None:
    """The content of a document is narrowed by its type, which its ARN does not tell."""
    document = policy_document(sources=[content_source("ssm:GetDocument", "arn:*:ssm:*:*:document/*")])
    (statement,) = document["Statement"]
    assert statement["Condition"] == {"StringEquals": {"ssm:DocumentType": "ChangeCalendar"}}


def test_conditions_are_of_keys_that_iam_knows() -> None:
    """A condition key that its resource does not have would never match, and so permit nothing."""
    data = importlib.resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_bytes()
    document = orjson.loads(data)["ssm"]["Resources"]["document"]
    assert "ssm:DocumentType" in document["ConditionKeys"]
    assert resource_types()["ssm:getdocument"] == ("document",)


def test_public_parameters_are_allowed_in_both_spellings() -> None:
    """A public parameter has no account in its ARN, but a path is refused with the caller's account in it.

    Such a refusal: "not authorized to perform: ssm:GetParametersByPath on resource: arn:aws:ssm:<Region>:<account>:
    parameter/<path>", as users of the service quote it (2026-11-25); no source tells how a public path is spelled.
    """
    allowed: dict[str, set[str]] = {}
    for action, resource, _ in grants(policy_document()):
        allowed.setdefault(action, set()).add(resource)
    for action in [action for action in allowed if action.startswith("ssm:GetParameter")]:
        for account in ("", "111122223333"):
            arn = f"arn:aws:ssm:eu-central-1:{account}:parameter/aws/service/ami-windows-latest"
            assert any(fnmatch.fnmatchcase(arn, pattern) for pattern in allowed[action]), (action, account)


def test_named_buckets_are_listed_and_their_objects_read() -> None:
    """A bucket is listed by its own ARN, its objects by theirs."""
    added = grants(policy_document(buckets=["central-sync", "b2b.sync"])) - grants(policy_document())
    assert added == {
        ("s3:ListBucket", "arn:*:s3:::central-sync", ""),
        ("s3:ListBucket", "arn:*:s3:::b2b.sync", ""),
        ("s3:GetObject", "arn:*:s3:::central-sync/*", ""),
        ("s3:GetObject", "arn:*:s3:::b2b.sync/*", ""),
    }


@pytest.mark.parametrize("name", ["*", "central-*", "s3://central-sync", "a", "Central", "x" * 64, ""])
def test_what_is_no_bucket_is_refused(name: str) -> None:
    """A wildcard among the names would open every bucket."""
    with pytest.raises(ParameterInvalid, match="bucket"):
        policy_document(buckets=[name])


def test_the_caller_may_assume_the_role_and_nothing_else() -> None:
    """One role name in any account; a wildcard would be every role."""
    added = grants(policy_document(role="/audit/PatchlibReader")) - grants(policy_document())
    assert added == {("sts:AssumeRole", "arn:*:iam::*:role/audit/PatchlibReader", "")}
    with pytest.raises(ParameterInvalid, match="role"):
        policy_document(role="*")


def test_the_parts_are_the_whole() -> None:
    """What members need and what only the caller needs are disjoint and together everything."""
    member, caller = grants(policy_document(Part.MEMBER)), grants(policy_document(Part.CALLER))
    assert member | caller == grants(policy_document())
    assert {action for action, _, _ in caller} >= {"organizations:DescribeOrganization", "organizations:ListAccounts"}
    assert not [action for action, _, _ in member if action.startswith("organizations:")]


def test_a_members_part_holds_no_bucket_and_no_role() -> None:
    """Both are the caller's, and what was asked for must not be dropped unsaid."""
    for asked in ({"buckets": ["central-sync"]}, {"role": "PatchlibReader"}):
        with pytest.raises(ParameterInvalid, match="caller's"):
            policy_document(Part.MEMBER, **asked)  # type: ignore[arg-type]


def test_the_catalogues_policies_fit() -> None:
    """Each document fits a managed policy, and the whole fits the ten that a role may have."""
    documents = split_document(policy_document(buckets=["central-sync"], role="PatchlibReader"))
    assert all(policy_size(document) <= MANAGED_POLICY_LIMIT for document in documents)
    assert len(documents) <= 10


@given(limit=st.integers(300, 4000))
def test_splitting_loses_nothing(limit: int) -> None:
    """Whatever the limit, the documents fit it and allow exactly what the whole allows."""
    whole = policy_document(buckets=["central-sync"], role="PatchlibReader")
    documents = split_document(whole, limit)
    assert grants(*documents) == grants(whole)
    assert all(policy_size(document) <= limit for document in documents)
    assert all(document["Statement"] and document["Version"] == whole["Version"] for document in documents)
    if limit >= policy_size(whole):
        assert documents == (whole,)


def test_resources_too_long_for_any_policy_are_refused() -> None:
    """An action's resources cannot be divided over documents."""
    with pytest.raises(ParameterInvalid, match="more resources"):
        split_document(policy_document(buckets=[f"bucket-{number:0>50}" for number in range(200)]))


def test_size_counts_no_white_space() -> None:
    """IAM counts characters, and white space is none."""
    assert policy_size({"Version": "2012-10-17", "Statement": []}) == len('{"Version":"2012-10-17","Statement":[]}')


def test_beside_a_managed_policy_only_the_rest_is_left() -> None:
    """SecurityAudit lists nodes and patches, but reads no baseline: what is left is what it does not allow."""
    left = {action for action, _, _ in grants(lacking(policy_document(), "SecurityAudit"))}
    assert "ssm:GetPatchBaseline" in left
    assert "ssm:DescribeInstancePatches" not in left
    assert "ec2:DescribeInstances" not in left
    assert left == {
        action
        for action in {source.action for source in SOURCES}
        if not any(
            re.fullmatch(pattern.replace("*", ".*"), action, flags=re.IGNORECASE)
            for pattern in managed_policies()["SecurityAudit"][1]
        )
    }


def test_an_unknown_managed_policy_is_refused() -> None:
    """Leaving out what a policy nobody tabulated allows would print too little."""
    with pytest.raises(ParameterInvalid, match="SecurityAudit"):
        lacking(policy_document(), "SecurityAudti")


def test_managed_policies_are_tabulated_for_every_service_of_the_catalogue() -> None:
    """A service that the table does not name counts as not allowed; each is named, with the day it was read."""
    prefixes = {source.action.partition(":")[0] for source in SOURCES}
    with (paths.reference_folder() / "managed_policy_action.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in managed_policies():
        assert {row["service"] for row in rows if row["policy"] == name} >= prefixes, name
    for row in rows:
        assert row["action_pattern"] == "" or row["action_pattern"].startswith(f"{row['service']}:")
        assert date.fromisoformat(row["created_date"]) <= date.fromisoformat(row["as_of_date"])
