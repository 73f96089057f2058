"""Promises of form-encoded requests that the round trips do not tell."""

from __future__ import annotations

import pytest

from patchlib import shapes
from patchlib.sandbox.protocol_query import form_fields, read_form
from patchlib.sandbox.scalars import Mismatch

INSTANCES = shapes.operation_model("ec2", "DescribeInstances").input_shape
GROUPS = shapes.operation_model("autoscaling", "DescribeAutoScalingGroups").input_shape


def test_lists_are_in_the_order_of_their_positions() -> None:
    """Ten comes after two, and positions may have gaps."""
    fields = {"InstanceId.10": "c", "InstanceId.2": "b", "InstanceId.1": "a"}
    assert read_form(fields, INSTANCES, ec2=True) == {"InstanceIds": ["a", "b", "c"]}


def test_an_empty_list_is_said_by_an_empty_value() -> None:
    """In the query protocol."""
    assert read_form({"AutoScalingGroupNames": ""}, GROUPS, ec2=False) == {"AutoScalingGroupNames": []}


def test_blank_values_are_kept() -> None:
    """A parameter that is empty is not a parameter that is absent."""
    assert form_fields(b"Action=A&Marker=&Name=a+b%26c") == {"Action": "A", "Marker": "", "Name": "a b&c"}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"InstanceIds.1": "a"}, "has no parameter 'InstanceIds'"),
        ({"Filter.first.Name": "a"}, "Filters: 'first' is not a position in a list"),
        ({"Filter.1.Nme": "a"}, r"Filters\[1\]: .* has no parameter 'Nme'"),
        ({"MaxResults": "many"}, "MaxResults: 'many' is str, not an integer"),
        ({"MaxResults.1": "5"}, "MaxResults: a value of type integer has no member '1'"),
        ({"Filter.1": "a"}, r"Filters\[1\]: 'a' is text, not a structure"),
        ({"InstanceId": "a"}, "InstanceIds: 'a' is text, not a list"),
        ({"Filter.1": "a", "Filter.1.Name": "b"}, "both a value and a structure"),
    ],
)
def test_a_form_that_does_not_fit_is_a_mismatch(fields: dict[str, str], complaint: str) -> None:
    """With the place, so that a client's mistake is found."""
    with pytest.raises(Mismatch, match=complaint):
        read_form(fields, INSTANCES, ec2=True)


def test_an_operation_without_input_takes_no_parameters() -> None:
    """Action and Version aside."""
    assert read_form({"Action": "A", "Version": "1"}, None, ec2=False) == {}
    with pytest.raises(Mismatch, match="unknown parameters Surprise"):
        read_form({"Action": "A", "Surprise": "1"}, None, ec2=False)
