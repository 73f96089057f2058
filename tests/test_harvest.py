"""What a listing has yielded: each row once, with what the request named, and a word for how it ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from patchlib.errors import CallFailed
from patchlib.harvest import Harvest, Streak, blank_record
from patchlib.snapshot import CellFile
from patchlib.sources import source
from tests.sources.asking import CELL, context


@pytest.fixture
def nodes(tmp_path: Path) -> Harvest:
    """A harvest of managed nodes, without a page yet."""
    return Harvest(source("ssm_managed_node"), context(), CellFile(tmp_path / "a" / "b" / "c" / "d.jsonl.gz"))


def test_a_row_on_two_pages_is_remembered_once_as_it_came_last(nodes: Harvest) -> None:
    """A listing that moves between two pages repeats rows; later sources must not ask twice."""
    nodes = replace(nodes, source=replace(nodes.source, remember=("InstanceId", "PingStatus")))
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
    asked = replace(nodes.source, request_columns={"parent_id": "ParentId"}, remember=("InstanceId", "parent_id"))
    nodes = replace(nodes, source=asked)
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


def test_of_several_failures_the_refusal_is_told(nodes: Harvest) -> None:
    """Somebody must lift a refusal; what is gone, failed or was throttled heals by itself."""
    nodes.miss(CallFailed("denied", "AccessDenied", "", where="here"))
    nodes.miss(CallFailed("gone", "NoSuchKey", "", where="here"))
    nodes.count({}, [{"InstanceId": "i-1"}])
    record = nodes.record(0.0, CallFailed("throttled", "Throttling", "", where="here"))
    assert (record.state, record.refusal, record.error_code) == ("partial", "denied", "AccessDenied")
    nodes.missed = None
    record = nodes.record(0.0, CallFailed("throttled", "Throttling", "", where="here"))
    assert (record.state, record.refusal, record.error_code) == ("partial", None, "Throttling")


@pytest.mark.parametrize(
    ("states", "ends"),
    [
        (("denied", "denied", "denied"), [False, False, True]),
        (("denied", "error", "denied_by_organization"), [False, False, True]),
        (("denied", "denied", "gone", "denied"), [False, False, False, False]),
        (("throttled",), [True]),
        (("disabled",), [True]),
    ],
)
def test_three_failures_in_a_row_are_the_operations_own(states: tuple[str, ...], ends: list[bool]) -> None:
    """What is gone was looked for, so the operation works; what is throttled is so for all."""
    streak = Streak()
    assert [streak.ends(CallFailed(state, "Code", "", where="here")) for state in states] == ends
