"""The IAM action of every source, against the Service Authorization Reference as cfn-lint carries it."""

import functools
import importlib.resources

import orjson
import pytest

from patchlib.sources import SOURCES, Source
from patchlib.sources.actions import action_of


@functools.cache
def reference() -> dict[str, set[str]]:
    """IAM's actions in lower case, by prefix."""
    data = importlib.resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_bytes()
    return {prefix: set(service["Actions"]) for prefix, service in orjson.loads(data).items()}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_action_is_iams(source: Source) -> None:
    """A mistyped action would be accepted by IAM and permit nothing."""
    prefix, name = source.action.split(":")
    assert name.lower() in reference()[prefix]


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("ssm", "DescribeInstancePatches", "ssm:DescribeInstancePatches"),
        ("ssm-quicksetup", "ListConfigurationManagers", "ssm-quicksetup:ListConfigurationManagers"),
        ("elbv2", "DescribeTargetHealth", "elasticloadbalancing:DescribeTargetHealth"),
        ("service-quotas", "ListServiceQuotas", "servicequotas:ListServiceQuotas"),
        ("pricing", "GetProducts", "pricing:GetProducts"),
        ("savingsplans", "DescribeSavingsPlans", "savingsplans:DescribeSavingsPlans"),
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "HeadBucket", "s3:ListBucket"),
        ("s3", "GetObject", "s3:GetObject"),
        ("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms"),
        ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
        ("events", "ListRules", "events:ListRules"),
        ("inspector2", "ListFindings", "inspector2:ListFindings"),
        ("resource-explorer-2", "Search", "resource-explorer-2:Search"),
        ("docdb", "DescribeDBClusters", "rds:DescribeDBClusters"),
        ("opensearch", "DescribeDomains", "es:DescribeDomains"),
    ],
)
def test_prefixes_and_names(service: str, operation: str, action: str) -> None:
    """boto3's names and IAM's differ for some services and for S3's operations; the reference knows each."""
    assert action_of(service, operation) == action
    prefix, name = action.split(":")
    assert name.lower() in reference()[prefix]
