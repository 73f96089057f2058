"""A policy gives each item the deadline that can be told, and an exception what it names and no more."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from patchlib.metrics.deadline import accept, set_deadlines
from patchlib.remediation import AcceptedRisk, load_policy
from tests.metrics.sla_data import items, policy

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store's instants are naive UTC
TAG = {"account_id": "1", "region": "eu", "node_id": "i-1", "tag_key": "Tier", "tag_value": "lab"}
TAGS = pd.DataFrame([TAG])


def one(frame: pd.DataFrame) -> dict[str, Any]:
    """The one row of a frame."""
    (row,) = frame.to_dict("records")
    return row


@pytest.mark.parametrize(
    ("clock", "due"), [("released", "2026-10-15"), ("approved", "2026-10-22"), ("first observed", "2026-10-17")]
)
def test_three_clocks_never_mixed(clock: str, due: str) -> None:
    """The same fourteen days end on three days, by the clock that the policy names."""
    row = {"approved_at": "2026-10-08", "first_observed_at": "2026-10-03"}
    found = one(set_deadlines(items(row), policy({"days": 14}, clock=clock)))
    assert (str(found["due_at"])[:10], found["basis"], found["limit"]) == (due, "rule", "14 days")


def test_no_time_counts_before_the_node_was_there() -> None:
    """A node launched after the release had no day before its launch; without a release there is no clock at all."""
    found = set_deadlines(items({"under_care_at": "2026-10-20"}, {"released_at": None}), policy({"days": 14}))
    assert str(found["due_at"][0])[:10] == "2026-11-03"
    assert list(found["basis"]) == ["rule", "no clock"]
    assert pd.isna(found["due_at"][1])


@pytest.mark.parametrize(("released", "due"), [("2026-01-31", "2026-02-28"), ("2026-03-15T10:00", "2026-04-15")])
def test_a_month_is_a_calendar_month(released: str, due: str) -> None:
    """It ends on the same day of the month, or on the last."""
    found = one(set_deadlines(items({"released_at": released, "under_care_at": None}), policy({"months": 1})))
    assert str(found["due_at"])[:10] == due


def test_the_first_rule_that_holds() -> None:
    """In the order of the file; who is of no rule has no deadline."""
    rules = policy(
        {"severities": ("Critical",), "environments": ("prod",), "days": 7}, {"severities": ("Critical",), "days": 14}
    )
    found = set_deadlines(items({}, {"environment": "dev"}, {"severity": "Low"}), rules)
    assert list(found["limit"]) == ["7 days", "14 days", ""]
    assert list(found["basis"]) == ["rule", "rule", "no rule"]


def test_what_is_not_known_decides_only_where_it_makes_no_difference() -> None:
    """Exploited or not: 3 or 14 days is undecided; with the same limit either way it does not matter."""
    split = policy({"known_exploited": True, "days": 3}, {"days": 14})
    same = policy({"known_exploited": True, "days": 14}, {"days": 14})
    unknown, yes, no = items({}), items({"known_exploited": True}), items({"known_exploited": False})
    assert one(set_deadlines(unknown, split))["basis"] == "undecided"
    assert one(set_deadlines(unknown, same))["limit"] == "14 days"
    assert one(set_deadlines(yes, split))["limit"] == "3 days"
    assert one(set_deadlines(no, split))["limit"] == "14 days"
    assert one(set_deadlines(unknown, policy({"known_exploited": True, "days": 3})))["basis"] == "undecided"


def test_the_directive_with_and_without_the_owners_answer() -> None:
    """Exploited, automatable, total: three days and triage either way. Partial: 14 days, exposed 3."""
    bod = load_policy("cisa-bod-26-04", owner="ciso", clock="released")
    worst = {"known_exploited": True, "automatable": True, "total_impact": True}
    found = one(set_deadlines(items(worst), bod))
    assert (found["limit"], found["also"]) == ("3 days", "forensic triage")
    partial = worst | {"total_impact": False}
    assert one(set_deadlines(items(partial), bod))["basis"] == "undecided"
    assert one(set_deadlines(items(partial | {"exposed": True}), bod))["limit"] == "3 days"
    assert one(set_deadlines(items(partial | {"exposed": False}), bod))["limit"] == "14 days"
    nothing = dict.fromkeys(("known_exploited", "automatable", "total_impact", "exposed"), False)
    least = one(set_deadlines(items(nothing), bod))
    assert (least["basis"], least["limit"]) == ("event", "until next major upgrade")
    assert pd.isna(least["due_at"])


def exception(expires: date = date(2027, 1, 1), owner: str = "db", **scope: Any) -> AcceptedRisk:
    """An exception with that scope."""
    return AcceptedRisk(owner=owner, reason="certified in spring", expires_on=expires, **scope)


@pytest.mark.parametrize(
    ("scope", "accepted"),
    [
        ({"node_id": "i-1"}, [True, True, False]),
        ({"tag_key": "Tier", "tag_value": "lab"}, [True, True, False]),
        ({"tag_key": "Tier", "tag_value": "front"}, [False, False, False]),
        ({"patch_ref": "KB1"}, [True, False, True]),
        ({"patch_ref": "KB1", "node_id": "i-1"}, [True, False, False]),
        ({"cve_id": "CVE-2026-1001"}, [True, False, True]),
    ],
)
def test_an_exception_holds_for_its_scope(scope: dict[str, str], accepted: list[bool]) -> None:
    """A node, a tag, a patch, a vulnerability; the second patch fixes another vulnerability as well."""
    rows = items(
        {"cve_ids": "CVE-2026-1001"},
        {"patch_ref": "KB2", "cve_ids": "CVE-2026-1001;CVE-2026-1002"},
        {"node_id": "i-2", "cve_ids": "CVE-2026-1001"},
    )
    found = accept(rows, [exception(**scope)], TAGS, AS_OF)
    assert list(found["accepted_by"] == "db") == accepted
    assert list(found["accepted_until"].notna()) == accepted


def test_a_patch_is_accepted_while_all_that_it_fixes_is() -> None:
    """Two vulnerabilities, accepted until January and until March: the patch until January."""
    rows = items({"cve_ids": "CVE-2026-1001;CVE-2026-1002"})
    two = [exception(date(2027, 3, 1), cve_id="CVE-2026-1001"), exception(cve_id="CVE-2026-1002", node_id="i-1")]
    assert one(accept(rows, two, TAGS, AS_OF))["accepted_until"] == pd.Timestamp("2027-01-01")


def test_an_exception_that_has_ended_is_said_unless_another_holds() -> None:
    """The last day is the day of the report: it holds; a day before: it has ended."""
    assert not one(accept(items({}), [exception(date(2026, 11, 2), node_id="i-1")], TAGS, AS_OF))["accepted_ended"]
    ended = exception(date(2026, 11, 1), "old", node_id="i-1")
    found = one(accept(items({}), [ended], TAGS, AS_OF))
    assert (found["accepted_ended"], found["accepted_by"]) == (True, "old")
    again = one(accept(items({}), [exception(patch_ref="KB1"), ended], TAGS, AS_OF))
    assert (again["accepted_ended"], again["accepted_by"]) == (False, "db")


def test_no_items_and_no_exceptions() -> None:
    """The columns are there all the same."""
    empty = accept(set_deadlines(items(), policy({"days": 1})), [], TAGS, AS_OF)
    full = accept(set_deadlines(items({}), policy({"days": 1})), [exception(node_id="i-1")], TAGS, AS_OF)
    assert list(empty.columns) == list(full.columns)
