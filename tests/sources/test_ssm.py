"""When the patches of a node need not be listed again, and how one sees that they were listed whole."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.sources import source
from patchlib.sources.ssm import agrees

STATES = {
    "Installed": "InstalledCount",
    "InstalledOther": "InstalledOtherCount",
    "InstalledPendingReboot": "InstalledPendingRebootCount",
    "InstalledRejected": "InstalledRejectedCount",
    "Missing": "MissingCount",
    "Failed": "FailedCount",
    "AvailableSecurityUpdate": "AvailableSecurityUpdateCount",
}
ROWS = [{"State": "Installed"}, {"State": "Installed"}, {"State": "Missing"}, {"State": "NotApplicable"}]
STATE = {"InstalledCount": 2, "MissingCount": 1, "FailedCount": 0, "NotApplicableCount": 900}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"NotApplicableCount": 1}, True),  # AWS may cut it off
        ({"MissingCount": 2}, False),
        ({"FailedCount": 1}, False),
        ({"AvailableSecurityUpdateCount": 0}, True),
        ({"AvailableSecurityUpdateCount": 3}, False),
        ({"InstalledRejectedCount": None}, True),
    ],
)
def test_counts_and_rows_tell_the_same(changed: dict[str, int | None], expected: bool) -> None:
    """State by state, except NotApplicable; a count that is not given is not compared."""
    assert agrees({**STATE, **changed}, ROWS) is expected


def test_the_models_spelling_of_a_state_counts_too() -> None:
    """The model says INSTALLED_OTHER where the service says InstalledOther."""
    assert agrees({"InstalledOtherCount": 1, "InstalledCount": 0}, [{"State": "INSTALLED_OTHER"}])


@given(st.lists(st.sampled_from([*STATES, "NotApplicable"])), st.sampled_from(sorted(STATES)), st.integers(-3, 3))
def test_any_difference_is_seen(states: list[str], moved: str, by: int) -> None:
    """The counts of any rows agree with them, and no longer once one count is off."""
    counts = Counter(states)
    state = {member: counts[name] for name, member in STATES.items()}
    rows = [{"State": name} for name in states]
    assert agrees(state, rows)
    assert agrees({**state, STATES[moved]: counts[moved] + by}, rows) is (by == 0)


@given(st.lists(st.sampled_from(sorted(STATES)), min_size=1), st.data())
def test_a_lost_row_is_seen(states: list[str], data: st.DataObject) -> None:
    """A page that did not come makes the counts disagree."""
    state = {member: states.count(name) for name, member in STATES.items()}
    rows = [{"State": name} for name in states]
    del rows[data.draw(st.integers(0, len(rows) - 1))]
    assert not agrees(state, rows)


def test_a_nodes_patches_stand_until_its_scan_changes() -> None:
    """What decides is remembered, and one node's state can be asked once more."""
    detail = source("ssm_patch").detail
    assert detail is not None
    state = source(detail.of)
    assert {"OperationEndTime", "SnapshotId", *STATES.values()} <= set(detail.unchanged) <= set(state.remember)
    assert detail.agrees is agrees
    assert detail.again is not None
    assert detail.again("i-1").params == {"InstanceIds": ["i-1"]}
    counts = {member.name for member in state.members if member.name.endswith("Count")}
    assert counts <= set(detail.unchanged)
