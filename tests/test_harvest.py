"""What a listing has yielded: each row once, with what the request named, and a word for how it ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from patchlib.errors import CallFailed
from patchlib.harvest import Harvest, blank_record
from patchlib.snapshot import CellFile
from patchlib.sources import source
from tests.sources.asking import CELL, context


@pytest.fixture
def nodes(tmp_path: Path) -> Harvest:
    """A harvest of managed nodes, without a page yet."""
    return Harvest(source("ssm_managed_node"), context(), CellFile(tmp_path / "a" / "b" / "c" / "d.jsonl.gz"))


def test_a_row_on_two_pages_is_remembered_once_as_it_came_last(nodes: Harvest) -> None:
    """A listing that moves between two pages repeats rows; later sources must not ask twice."""
    nodes.source = replace(nodes.source, remember=("InstanceId", "PingStatus"))
    nodes.count({}, [{"InstanceId": "i-1", "PingStatus": "Online"}, {"InstanceId": "i-2", "PingStatus": "Online"}])
    nodes.count({}, [{"InstanceId": "i-2", "PingStatus": "ConnectionLost"}, {"InstanceId": "i-3"}])
    assert [row["InstanceId"] for row in nodes.remembered] == ["i-1", "i-2", "i-3"]
    assert nodes.remembered[1]["PingStatus"] == "ConnectionLost"
    assert (nodes.pages, nodes.items) == (2, 4)


def test_rows_without_their_whole_name_are_all_kept(nodes: Harvest) -> None:
    """Nothing is taken for a repetition that does not say what it is."""
    nodes.count({}, [{"PingStatus": "Online"}, {"PingStatus": "Online"}])
    assert len(nodes.remembered) == 2


def test_request_columns_can_be_remembered(nodes: Harvest) -> None:
    """Where the answer does not repeat what was asked for, the row carries it all the same."""
    nodes.source = replace(
        nodes.source, request_columns={"parent_id": "ParentId"}, remember=("InstanceId", "parent_id")
    )
    nodes.count({"ParentId": "r-1", "MaxResults": 50}, [{"InstanceId": "i-1"}])
    assert nodes.remembered == [{"InstanceId": "i-1", "parent_id": "r-1"}]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *((state, state) for state in ("denied", "denied_by_organization", "role_missing", "disabled", "throttled")),
        ("not_subscribed", "not_subscribed"),
        ("gone", "error"),
        ("error", "error"),
    ],
)
def test_who_refused_is_a_state_of_its_own(nodes: Harvest, state: str, expected: str) -> None:
    """The ledger tells refusals apart by who can undo them; what nobody can is an error."""
    failed = CallFailed(state, "Code", "words", where="here")
    assert nodes.state(failed) == expected
    assert blank_record(nodes.source, CELL, "error", failed).state == expected


def test_some_pages_and_then_a_failure_are_partial(nodes: Harvest) -> None:
    """What came before the failure is on disk, and the listing is not whole."""
    nodes.count({}, [{"InstanceId": "i-1"}])
    assert nodes.state(CallFailed("throttled", "Throttling", "", where="here")) == "partial"
    assert nodes.state(None) == "ok"
