"""Promises of the limits: what the services refuse, in their words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patchlib import shapes
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.limits import check, page_size
from patchlib.sandbox.refusals import ServiceError
from tests.sandbox.conftest import Connect

NODE = "i-0123456789abcdef0"


def refused(service: str, operation: str, protocol: str, **params: Any) -> ServiceError:
    """The error that parameters meet."""
    with pytest.raises(ServiceError) as caught:
        check(service, operation, protocol, shapes.operation_model(service, operation).input_shape, params)
    return caught.value


def accepted(service: str, operation: str, protocol: str, **params: Any) -> None:
    """Check parameters that fit."""
    check(service, operation, protocol, shapes.operation_model(service, operation).input_shape, params)


@pytest.mark.parametrize(
    ("operation", "params"),
    [("DescribeInstancePatches", {"InstanceId": NODE}), ("DescribeInstancePatchStates", {"InstanceIds": [NODE]})],
)
def test_patch_listings_take_fifty_rows_and_no_more(operation: str, params: dict[str, Any]) -> None:
    """The service is stricter than its model, which says 100."""
    accepted("ssm", operation, "json", **params, MaxResults=50)
    error = refused("ssm", operation, "json", **params, MaxResults=100)
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value '100' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 50"
    )


def test_fifty_nodes_per_call_of_patch_states() -> None:
    """The model's own limit of the list."""
    accepted("ssm", "DescribeInstancePatchStates", "json", InstanceIds=[NODE] * 50)
    error = refused("ssm", "DescribeInstancePatchStates", "json", InstanceIds=[NODE] * 51)
    assert "at 'instanceIds' failed to satisfy constraint: Member must have length less than or equal to 50" in str(
        error
    )


def test_instance_ids_and_max_results_exclude_each_other(connect: Connect) -> None:
    """EC2's own text, as boto3 raises it."""
    endpoint = Endpoint(
        {("ec2", "DescribeInstances"): lambda _: {"Reservations": []}}, as_of=datetime(2026, 1, 1, tzinfo=UTC)
    )
    client = connect(endpoint, "ec2")
    client.describe_instances(InstanceIds=[NODE])
    expected = "The parameter instancesSet cannot be used with the parameter maxResults"
    with pytest.raises(ClientError, match=expected) as caught:
        client.describe_instances(InstanceIds=[NODE], MaxResults=10)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterCombination"


@pytest.mark.parametrize("rows", [4, 1001])
def test_ec2_pages_hold_five_to_a_thousand(rows: int) -> None:
    """In EC2's own words."""
    error = refused("ec2", "DescribeInstances", "ec2", MaxResults=rows)
    assert error.code == "InvalidParameterValue"
    assert error.message.startswith(f"Value ( {rows} ) for parameter maxResults is invalid. Expecting a value")


@pytest.mark.parametrize(
    ("operation", "params", "constraint"),
    [
        ("DescribeInstanceInformation", {"MaxResults": 4}, "Value '4' at 'maxResults'"),
        ("GetPatchBaseline", {"BaselineId": "pb"}, "length greater than or equal to 20"),
        ("GetMaintenanceWindow", {"WindowId": "mw-0123456789ABCDEF0"}, "regular expression pattern"),
        ("GetPatchBaseline", {}, "Value null at 'baselineId' failed to satisfy constraint: Member must not be null"),
        ("GetDefaultPatchBaseline", {"OperatingSystem": "BEOS"}, "Member must satisfy enum value set: [WINDOWS, "),
        (
            "DescribePatchGroups",
            {"Filters": [{"Key": "", "Values": []}]},
            "Value '' at 'filters.1.member.key' failed to satisfy constraint",
        ),
    ],
)
def test_every_kind_of_limit_of_the_model_is_kept(operation: str, params: dict[str, Any], constraint: str) -> None:
    """Ranges, lengths, patterns, required members and enums, with the path to the value."""
    assert constraint in refused("ssm", operation, "json", **params).message


def test_all_faults_of_a_request_are_told_at_once() -> None:
    """With their number."""
    error = refused("ssm", "GetPatchBaseline", "json", BaselineId="?")
    assert error.message.startswith("2 validation errors detected: ")


def test_a_missing_parameter_of_ec2_has_its_own_code() -> None:
    """MissingParameter, not a validation error."""
    error = refused("ec2", "DescribeImageAttribute", "ec2", ImageId="ami-1")
    assert (error.code, error.message) == ("MissingParameter", "The request must contain the parameter Attribute")


@pytest.mark.parametrize(
    ("service", "operation", "limit_key", "rows"),
    [
        ("ssm", "DescribeInstancePatches", "MaxResults", 50),
        ("ssm", "DescribeAvailablePatches", "MaxResults", 100),
        ("organizations", "ListAccounts", "MaxResults", 20),
        ("ec2", "DescribeInstances", "MaxResults", 1000),
        ("ec2", "DescribeHosts", "MaxResults", 500),
        ("ec2", "DescribeLaunchTemplateVersions", "MaxResults", 200),
        ("autoscaling", "DescribeScalingActivities", "MaxRecords", 100),
        ("rds", "DescribeDBInstances", "MaxRecords", 100),
        ("s3", "ListObjectsV2", "MaxKeys", 1000),
    ],
)
def test_a_page_without_a_wish_is_the_services_largest(service: str, operation: str, limit_key: str, rows: int) -> None:
    """The service's real limit first, then the model's, then the documented default."""
    limit_shape = shapes.operation_model(service, operation).input_shape.members[limit_key]
    assert page_size(service, operation, limit_key, limit_shape, None) == rows
    assert page_size(service, operation, limit_key, limit_shape, 7) == 7
