"""What AWS's own service models say: operations, item members, paging and types.

The models are data that ship with botocore; reading them sends nothing. Every other room asks here,
so that the catalogue, the raw tables, the policy and the sandbox cannot disagree about an operation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model
import botocore.paginate

__all__ = [
    "Member",
    "has_operation",
    "item_members",
    "item_shape",
    "known_regions",
    "operation_model",
    "paginator",
    "service_model",
    "snake",
]

# What a shape becomes in the store. Nested members stay JSON: their inner form is AWS's, and queries/core
# unfolds what the field needs.
_STORE_TYPES = {
    "string": "VARCHAR",
    "character": "VARCHAR",
    "integer": "BIGINT",
    "long": "BIGINT",
    "double": "DOUBLE",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "blob": "VARCHAR",
}

# Words that plain snake case would tear apart come first ("Ipv6", "S3").
_WORDS = re.compile(r"I[Pp]v[46]|S3|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


# Columns of every raw table that say where a row was read. A member of the same name says something else (the Region
# that a Savings Plan covers, the account that a node belongs to) and is kept beside them as `own_<name>`.
_PROVENANCE = frozenset({"account_id", "region", "observation_id", "item"})


@dataclass(frozen=True)
class Member:
    """One member of a row: its API name, column name, store type and AWS's own description."""

    name: str
    column: str
    type: str
    documentation: str


@cache
def _loader() -> Any:
    return botocore.loaders.Loader()


@cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """The botocore model of a boto3 service name such as `ssm`."""
    return botocore.model.ServiceModel(_loader().load_service_model(service, "service-2"), service_name=service)


@cache
def known_regions() -> frozenset[str]:
    """Every Region of every partition that the installed botocore knows."""
    partitions = _loader().load_data("endpoints")["partitions"]
    return frozenset(region for partition in partitions for region in partition["regions"])


def has_operation(service: str, operation: str) -> bool:
    """Whether the installed botocore knows the operation, by exact name."""
    return operation in service_model(service).operation_names


def operation_model(service: str, operation: str) -> botocore.model.OperationModel:
    """The model of one operation; botocore's OperationNotFoundError for an unknown name."""
    return service_model(service).operation_model(operation)


@cache
def paginator(service: str, operation: str) -> dict[str, Any] | None:
    """botocore's paging description of an operation; derived from its shapes where botocore has none.

    Several operations return a token that botocore does not follow (DescribeInstanceRefreshes,
    ListInventoryEntries, DescribeSavingsPlans): without paging their listings would end at the first page.
    None for an operation that answers everything at once.
    """
    try:
        pages = _loader().load_service_model(service, "paginators-1")
    except botocore.loaders.UnknownServiceError:
        pages = {"pagination": {}}
    found: dict[str, Any] | None = pages["pagination"].get(operation)
    return found or _derived_paginator(service, operation)


_TOKENS = ("NextToken", "nextToken", "NextPageToken", "Marker", "marker")
_LIMITS = ("MaxResults", "maxResults", "MaxRecords", "MaxItems", "PageSize", "Limit", "limit")


def _derived_paginator(service: str, operation: str) -> dict[str, Any] | None:
    model = operation_model(service, operation)
    inputs = model.input_shape.members if model.input_shape else {}
    outputs = model.output_shape.members if model.output_shape else {}
    asked = next((name for name in _TOKENS if name in inputs), None)
    given = next((name for name in (asked, f"Next{asked}") if name in outputs), None)
    rows = [name for name, member in outputs.items() if member.type_name == "list"]
    if asked is None or given is None or not rows:
        return None
    limit = next((name for name in _LIMITS if name in inputs), None)
    paging: dict[str, Any] = {"input_token": asked, "output_token": given, "result_key": rows[0]}
    return paging | ({"limit_key": limit} if limit else {})


def snake(name: str) -> str:
    """A column name from an API member name: `KBId` -> `kb_id`, `CVEIds` -> `cve_ids`."""
    name = name.replace("KBId", "KbId").replace("CVEIds", "CveIds").replace("OSs", "Oss").replace("AMIs", "Amis")
    name = name.replace("ARNs", "Arns").replace("VCpu", "Vcpu")
    return "_".join(word.lower() for word in _WORDS.findall(name))


def _plain(documentation: str) -> str:
    """First sentence of an API description, without markup."""
    text = " ".join(re.sub(r"<[^>]+>", " ", documentation or "").split())
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]


def item_shape(service: str, operation: str, path: str) -> Any:
    """The shape of the rows an operation returns along a path.

    path: members joined by dots, each list marked `[]`, such as `Reservations[].Instances[]`; an empty
    path means that the response itself is the one row. Raises KeyError when the path does not exist.
    """
    shape: Any = operation_model(service, operation).output_shape
    for step in filter(None, path.split(".")):
        shape = shape.members[step.removesuffix("[]")]
        if step.endswith("[]"):
            shape = shape.member
    return shape


def _column(name: str) -> str:
    column = snake(name)
    return f"own_{column}" if column in _PROVENANCE else column


@cache
def item_members(service: str, operation: str, path: str) -> tuple[Member, ...]:
    """Members of one row of an operation's answer, in the model's order.

    A list of plain strings yields one member named `Value`.
    """
    shape = item_shape(service, operation, path)
    if shape.type_name != "structure":
        return (Member("Value", "value", _STORE_TYPES.get(shape.type_name, "JSON"), _plain(shape.documentation)),)
    return tuple(
        Member(name, _column(name), _STORE_TYPES.get(member.type_name, "JSON"), _plain(member.documentation))
        for name, member in shape.members.items()
        if not (path == "" and name in {"NextToken", "nextToken"})
    )
