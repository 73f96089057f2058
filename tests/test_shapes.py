"""What the service models say, as the rest of the project reads it."""

import pytest

from patchlib import shapes


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("InstanceId", "instance_id"),
        ("KBId", "kb_id"),
        ("CVEIds", "cve_ids"),
        ("TargetGroupARNs", "target_group_arns"),
        ("VCpuInfo", "vcpu_info"),
        ("IPAddress", "ip_address"),
        ("Ipv6Address", "ipv6_address"),
        ("OptInStatus", "opt_in_status"),
        ("AgentVersion", "agent_version"),
    ],
)
def test_column_names_read_as_words(name: str, column: str) -> None:
    """A column name is the API's member name in snake case, with AWS's compounds kept whole."""
    assert shapes.snake(name) == column


def test_nested_lists_are_followed() -> None:
    """A path through two lists ends at the inner row, with its types."""
    found = shapes.item_members("ec2", "DescribeInstances", "Reservations[].Instances[]")
    members = {m.column: m.type for m in found}
    assert members["instance_id"] == "VARCHAR"
    assert members["launch_time"] == "TIMESTAMP"
    assert members["tags"] == "JSON"


def test_a_path_that_does_not_exist_is_an_error() -> None:
    """A mistyped path fails; it never yields an empty row."""
    with pytest.raises(KeyError):
        shapes.item_members("ssm", "DescribeInstancePatches", "Patch[]")


def test_columns_of_a_row_are_unique() -> None:
    """Two members never meet in one column."""
    from patchlib.sources import SOURCES

    for source in SOURCES:
        columns = [m.column for m in source.members]
        assert len(columns) == len(set(columns)), source.name


def test_what_a_row_says_of_itself_is_kept_beside_where_it_was_read() -> None:
    """A member named like a column of provenance gets a column of its own."""
    plans = shapes.item_members("savingsplans", "DescribeSavingsPlans", "savingsPlans[]")
    assert {m.name: m.column for m in plans}["region"] == "own_region"
    nodes = shapes.item_members("inspector2", "ListCoverage", "coveredResources[]")
    assert {m.name: m.column for m in nodes}["accountId"] == "own_account_id"
