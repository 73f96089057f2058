"""What a request may ask: the limits of the botocore model, and where the real service is stricter.

The texts are those of the services, because a client's reader will search for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from patchlib.sandbox.refusals import ServiceError, refusal

__all__ = ["DEFAULT_PAGE", "Violation", "check", "page_size"]

# Members whose real maximum is below the model's.
_MAXIMUM: dict[tuple[str, str, str], int] = {
    # The model says 100. Two projects met "Value '100' at 'maxResults' failed to satisfy constraint: Member must
    # have value less than or equal to 50": turbot/steampipe-plugin-aws, comment in
    # aws/table_aws_ssm_managed_instance_patch_state.go; flanksource/config-db, which lowered its page to 50.
    ("ssm", "DescribeInstancePatchStates", "MaxResults"): 50,
    ("ssm", "DescribeInstancePatches", "MaxResults"): 50,
    # The model gives no range; earlier ones did, in words: "This value can be between 5 and 1000."
    ("ec2", "DescribeInstances", "MaxResults"): 1000,
    # botocore model, in words only: "This value can be between 5 and 500. If maxResults is given a larger value than
    # 500, you receive an error."; "This value can be between 1 and 200."; "the maximum value is 100".
    ("ec2", "DescribeHosts", "MaxResults"): 500,
    ("ec2", "DescribeLaunchTemplateVersions", "MaxResults"): 200,
    ("autoscaling", "DescribeAutoScalingGroups", "MaxRecords"): 100,
    ("autoscaling", "DescribeInstanceRefreshes", "MaxRecords"): 100,
    ("autoscaling", "DescribeLaunchConfigurations", "MaxRecords"): 100,
    ("autoscaling", "DescribeScalingActivities", "MaxRecords"): 100,
}
_MINIMUM: dict[tuple[str, str, str], int] = {
    ("ec2", "DescribeInstances", "MaxResults"): 5,  # the same sentence
    ("ec2", "DescribeHosts", "MaxResults"): 5,
}

# Parameters that exclude each other, with the service's words for them.
_EXCLUSIVE: dict[tuple[str, str], tuple[tuple[str, str], tuple[str, str]]] = {
    # botocore model, DescribeInstances, MaxResults: "You cannot specify this parameter and the instance IDs
    # parameter in the same request."
    ("ec2", "DescribeInstances"): (("InstanceIds", "instancesSet"), ("MaxResults", "maxResults")),
}

# Rows of a page when the caller sets no limit and the model names no maximum.
DEFAULT_PAGE: dict[str, int] = {
    "autoscaling": 50,  # botocore model, MaxRecords: "The default value is 50 and the maximum value is 100."
    "rds": 100,  # botocore model, MaxRecords: "Default: 100"
    "s3": 1000,  # botocore model, MaxKeys: "By default, the action returns up to 1,000 key names."
}
_OTHERWISE = 1000

_VALUE, _LENGTH = "Member must have value", "Member must have length"


class Violation(NamedTuple):
    """A value that breaks a limit; `path` as the services write it, `filters.1.member.values`."""

    value: Any
    path: str
    constraint: str


def page_size(service: str, operation: str, limit_key: str, limit_shape: Any, asked: int | None) -> int:
    """Rows of one page: as asked (within the service's limits, checked before), else its default."""
    if asked:
        return asked
    of_model = limit_shape.metadata.get("max") if limit_shape is not None else None
    return _MAXIMUM.get((service, operation, limit_key)) or of_model or DEFAULT_PAGE.get(service, _OTHERWISE)


def check(service: str, operation: str, protocol: str, shape: Any, params: dict[str, Any]) -> None:
    """Raise the service's validation error when parameters break a limit of the model or of the service."""
    if shape is None:
        return
    missing = sorted(set(shape.required_members) - params.keys())
    if protocol == "ec2" and missing:
        raise refusal("missing", protocol, f"The request must contain the parameter {missing[0]}")
    found = list(_structure(params, shape, "")) or list(_overrides(service, operation, params))
    if found:
        raise refusal("invalid", protocol, _text(protocol, found))
    _check_exclusive(service, operation, params)


def _check_exclusive(service: str, operation: str, params: dict[str, Any]) -> None:
    (first, its_name), (second, other_name) = _EXCLUSIVE.get((service, operation), (("", ""), ("", "")))
    if params.get(first) and second in params:
        text = f"The parameter {its_name} cannot be used with the parameter {other_name}"
        raise ServiceError("InvalidParameterCombination", text)


def _overrides(service: str, operation: str, params: dict[str, Any]) -> Iterator[Violation]:
    for name, value in params.items():
        key = (service, operation, name)
        if key in _MAXIMUM and value > _MAXIMUM[key]:
            yield Violation(value, _path("", name), f"{_VALUE} less than or equal to {_MAXIMUM[key]}")
        if key in _MINIMUM and value < _MINIMUM[key]:
            yield Violation(value, _path("", name), f"{_VALUE} greater than or equal to {_MINIMUM[key]}")


def _path(outer: str, name: str) -> str:
    inner = name[:1].lower() + name[1:]
    return f"{outer}.{inner}" if outer else inner


def _text(protocol: str, found: list[Violation]) -> str:
    if protocol == "ec2":  # EC2 names one fault at a time, in words of its own
        value, path, constraint = found[0]
        expected = constraint.replace("Member must have", "Expecting a")
        return f"Value ( {_shown(value)} ) for parameter {path} is invalid. {expected}."
    each = [f"Value {_quoted(value)} at '{path}' failed to satisfy constraint: {text}" for value, path, text in found]
    return f"{len(each)} validation error{'s' if len(each) > 1 else ''} detected: " + "; ".join(each)


def _quoted(value: Any) -> str:
    return "null" if value is None else f"'{_shown(value)}'"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value)


def _value(value: Any, shape: Any, path: str) -> Iterator[Violation]:
    inspect = _INSPECTORS.get(shape.type_name)
    if inspect is not None:
        yield from inspect(value, shape, path)


def _structure(value: dict[str, Any], shape: Any, path: str) -> Iterator[Violation]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield Violation(None, _path(path, name), "Member must not be null")
    for name, inner in value.items():
        yield from _value(inner, shape.members[name], _path(path, name))


def _length(value: Any, shape: Any, path: str) -> Iterator[Violation]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield Violation(value, path, f"{_LENGTH} greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield Violation(value, path, f"{_LENGTH} less than or equal to {high}")


def _list(value: list[Any], shape: Any, path: str) -> Iterator[Violation]:
    yield from _length(value, shape, path)
    for position, item in enumerate(value, 1):
        yield from _value(item, shape.member, f"{path}.{position}.member")


def _map(value: dict[str, Any], shape: Any, path: str) -> Iterator[Violation]:
    yield from _length(value, shape, path)
    for key, inner in value.items():
        yield from _value(inner, shape.value, f"{path}.{key}.member")


def _string(value: str, shape: Any, path: str) -> Iterator[Violation]:
    yield from _length(value, shape, path)
    pattern = shape.metadata.get("pattern")
    if pattern and (compiled := _compiled(pattern)) and not compiled.fullmatch(value):
        yield Violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    if shape.enum and value not in shape.enum:
        yield Violation(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")


def _number(value: float, shape: Any, path: str) -> Iterator[Violation]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield Violation(value, path, f"{_VALUE} greater than or equal to {low}")
    if high is not None and value > high:
        yield Violation(value, path, f"{_VALUE} less than or equal to {high}")


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern, or None where Java's regular expressions (the models') say what Python's cannot."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


_INSPECTORS: dict[str, Callable[[Any, Any, str], Iterator[Violation]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "blob": _length,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
}
