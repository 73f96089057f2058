"""Promises of JSON bodies that the round trips do not tell."""

from __future__ import annotations

import pytest

from patchlib import shapes
from patchlib.sandbox.protocol_json import decoder, encoder
from patchlib.sandbox.scalars import Mismatch

REGISTRATION = shapes.operation_model("ssm", "GetPatchBaseline").output_shape


def test_none_leaves_a_member_out() -> None:
    """As AWS leaves out what it does not know."""
    assert encoder(REGISTRATION)({"Name": None, "BaselineId": "pb-1"}) == {"BaselineId": "pb-1"}


def test_none_in_a_list_is_a_mismatch() -> None:
    """No list of the API holds nothing."""
    with pytest.raises(Mismatch, match=r"PatchGroups\[1\]: None is NoneType, not a string"):
        encoder(REGISTRATION)({"PatchGroups": ["a", None]})


def test_wire_names_are_used() -> None:
    """Where the model renames a member, both ways; the handler knows only the member's name."""
    shape = shapes.operation_model("mq", "ListBrokers").output_shape
    summary = {"BrokerSummaries": [{"BrokerId": "b-1"}]}
    wire = {"brokerSummaries": [{"brokerId": "b-1"}]}
    assert encoder(shape)(summary) == wire
    assert decoder(shape)(wire) == summary


def test_an_unknown_parameter_is_a_mismatch() -> None:
    """A filter that is silently ignored would answer more than was asked."""
    shape = shapes.operation_model("ssm", "DescribePatchGroups").input_shape
    with pytest.raises(Mismatch, match="has no parameter 'Filter'"):
        decoder(shape)({"Filter": []})


def test_a_recursive_shape_ends_with_its_value() -> None:
    """Cost Explorer's expressions hold expressions."""
    shape = shapes.operation_model("ce", "GetCostAndUsage").input_shape
    nested = {"Filter": {"Not": {"Not": {"Dimensions": {"Key": "SERVICE", "Values": ["ec2"]}}}}}
    assert decoder(shape)(nested) == nested
