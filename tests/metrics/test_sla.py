"""Attainment is over what fell due; what is broken stays broken, and what is accepted stands apart."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.metrics.deadline import accept, set_deadlines
from patchlib.metrics.sla import (
    AGES,
    STATES,
    accepted_items,
    assess,
    attainment,
    attainment_headline,
    attainment_sentence,
    breach_forecast,
    forecast_sentence,
    judge,
    listed_sentence,
    undecided_sentence,
)
from patchlib.remediation import AcceptedRisk
from tests.metrics.sla_data import items, policy

AS_OF = datetime(2026, 11, 2)  # noqa: DTZ001 - the store's instants are naive UTC
MONTH = datetime(2026, 10, 3)  # noqa: DTZ001
TAGS = pd.DataFrame(columns=["account_id", "region", "node_id", "tag_key", "tag_value"])
FOURTEEN = policy({"days": 14})
CLOSED: dict[str, Any] = {"is_event": True, "last_seen_at": None}


def state(**row: Any) -> str:
    """The state of one item, released on 1 October with fourteen days."""
    (found,) = judge(set_deadlines(items(row), FOURTEEN), AS_OF)["sla_state"]
    assert found in STATES
    return str(found)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (CLOSED | {"closed_at": "2026-10-15"}, "met"),
        (CLOSED | {"closed_at": "2026-10-15T00:00:01"}, "late"),
        ({"last_seen_at": "2026-11-01"}, "breached"),
        ({"last_seen_at": "2026-10-14"}, "not known"),
        ({"last_seen_at": None}, "not known"),
        (CLOSED, "not known"),
        ({"is_listed": False, "last_seen_at": "2026-10-14"}, "gone"),
        ({"is_listed": False, "last_seen_at": "2026-10-20"}, "late"),
        ({"released_at": "2026-10-21"}, "at risk"),
        ({"released_at": "2026-10-23"}, "open"),
        (CLOSED | {"released_at": "2026-10-23"}, "met"),
        ({"released_at": None}, "no deadline"),
    ],
)
def test_every_item_is_in_one_state(row: dict[str, Any], expected: str) -> None:
    """The deadline is included; a scan older than the deadline does not tell what happened at it."""
    assert state(**row) == expected


def test_at_risk_begins_at_eighty_per_cent() -> None:
    """11.2 of 14 days: 2 November 00:00 less 11 days and 4 h 48 min."""
    edge = pd.Timestamp(AS_OF) - pd.Timedelta(days=11.2)
    assert state(released_at=edge) == "at risk"
    assert state(released_at=edge + pd.Timedelta(seconds=1)) == "open"


def test_a_breached_item_stays_open() -> None:
    """However long ago its deadline was, as long as scans list it."""
    assert state(released_at="2024-01-01", under_care_at=None) == "breached"


def cohort() -> pd.DataFrame:
    """Two met, one late, three breached, one not known, one gone; two not due; one due before the month."""
    return judge(
        set_deadlines(
            items(
                *[CLOSED | {"closed_at": "2026-10-10"}] * 2,
                CLOSED | {"closed_at": "2026-10-30", "severity": "Low"},
                *[{}] * 3,
                {"last_seen_at": "2026-10-10"},
                {"is_listed": False, "last_seen_at": "2026-10-10"},
                *[{"released_at": "2026-11-01"}] * 2,
                {"released_at": "2026-09-01"},
            ),
            FOURTEEN,
        ),
        AS_OF,
    )


def test_attainment_is_of_what_fell_due() -> None:
    """Open and not due, and due before the period, are not in the denominator; gone is counted apart."""
    (row,) = attainment(cohort(), MONTH, AS_OF, AS_OF, by=()).to_dict("records")
    counts = {name: row[name] for name in row if name.endswith("_count")}
    assert counts == {
        "due_count": 7, "met_count": 2, "late_count": 1, "breached_count": 3, "not_known_count": 1,
        "accepted_count": 0, "gone_count": 1,
    }  # fmt: skip
    assert row["attainment_share"] == pytest.approx(2 / 7)


def test_attainment_by_severity_adds_up() -> None:
    """Groups are parts of the whole."""
    parts = attainment(cohort(), MONTH, AS_OF, AS_OF)
    assert dict(zip(parts["severity"], parts["due_count"], strict=True)) == {"Critical": 6, "Low": 1}
    assert dict(zip(parts["severity"], parts["attainment_share"], strict=True)) == {"Critical": 2 / 6, "Low": 0.0}


def test_nothing_due_is_no_share_and_a_period_must_be_over() -> None:
    """Neither 0 nor 1 is made of nothing, and nothing is told of days to come."""
    early = datetime(2025, 1, 1)  # noqa: DTZ001
    (row,) = attainment(cohort(), early, early + timedelta(days=30), AS_OF, by=()).to_dict("records")
    assert row["due_count"] == 0
    assert pd.isna(row["attainment_share"])
    for since, until in ((MONTH, AS_OF + timedelta(days=1)), (AS_OF, MONTH)):
        with pytest.raises(ParameterInvalid, match="empty or not over"):
            attainment(cohort(), since, until, AS_OF)


def test_the_due_cohort_is_the_truth_and_the_closed_alone_are_not() -> None:
    """Exponential lags of mean 25 days, a year of releases, 30 days to remediate: 1 - exp(-30/25) = 0.699."""
    draw = np.random.default_rng(20260)
    count, year = 20_000, pd.Timestamp(AS_OF) - pd.Timedelta(days=365)
    released = year + pd.to_timedelta(draw.uniform(0, 365, count), unit="D").round("s")
    closed = released + pd.to_timedelta(draw.exponential(25, count), unit="D").round("s")
    is_event = closed <= pd.Timestamp(AS_OF)
    frame = items(*[{}] * count).assign(released_at=released, under_care_at=pd.NaT, is_event=is_event)
    frame["closed_at"] = pd.Series(closed).where(is_event)
    frame["under_care_at"] = pd.to_datetime(frame["under_care_at"])
    judged = judge(set_deadlines(frame, policy({"days": 30})), AS_OF)
    (row,) = attainment(judged, year.to_pydatetime(), AS_OF, AS_OF, by=()).to_dict("records")
    in_time = 1 - np.exp(-30 / 25)
    assert row["attainment_share"] == pytest.approx(in_time, abs=0.01)
    # With u days left to the report, uniform on 0..365: closed in time F(min(30, u)), closed at all F(u).
    of_all = (30 - 25 * in_time + 335 * in_time) / 365
    of_closed = of_all / (1 - 25 / 365)
    met = (judged["closed_at"] - judged["released_at"]).dt.days < 30
    assert met.mean() == pytest.approx(of_all, abs=0.01)
    assert met[is_event].mean() == pytest.approx(of_closed, abs=0.01)
    assert of_all + 0.02 < in_time < of_closed - 0.02


def accepted(expires: date) -> pd.DataFrame:
    """The cohort with every patch of the node accepted until that day."""
    risk = AcceptedRisk(owner="db", reason="spring", expires_on=expires, node_id="i-1")
    return judge(accept(cohort().drop(columns="sla_state"), [risk], TAGS, AS_OF), AS_OF)


def test_what_is_accepted_is_shown_apart() -> None:
    """Out of the denominator, in a count of its own; what was met stays met."""
    judged = accepted(date(2026, 12, 31))
    (row,) = attainment(judged, MONTH, AS_OF, AS_OF, by=()).to_dict("records")
    assert (row["due_count"], row["met_count"], row["accepted_count"], row["gone_count"]) == (2, 2, 5, 1)
    (shown,) = accepted_items(judged).to_dict("records")
    assert (shown["accepted_by"], shown["accepted_count"], shown["resurfaced_count"]) == ("db", 8, 0)


def test_what_was_accepted_resurfaces() -> None:
    """The exception ended yesterday: open items count again and are said; what was closed under it stays accepted."""
    judged = accepted(date(2026, 11, 1))
    (row,) = attainment(judged, MONTH, AS_OF, AS_OF, by=()).to_dict("records")
    assert (row["due_count"], row["breached_count"], row["late_count"], row["accepted_count"]) == (6, 3, 0, 1)
    (shown,) = accepted_items(judged).to_dict("records")
    assert (shown["accepted_ended"], shown["accepted_count"], shown["resurfaced_count"]) == (True, 1, 7)


def curve(days: list[int], shares: list[float], clock: str = "released") -> pd.DataFrame:
    """A lag/survival frame of one stratum."""
    frame = {"severity": "Critical", "environment": "prod", "day": days, "survival_share": shares}
    return pd.DataFrame({"clock": clock, **frame})


def test_a_forecast_is_conditional_on_age() -> None:
    """A constant hazard forgets age: after ten open days the next four cost 1 - 0.9^4, as the first four would."""
    steady = curve(list(range(1, 41)), [0.9**day for day in range(1, 41)])
    judged = judge(set_deadlines(items({"released_at": "2026-10-23"}), FOURTEEN), AS_OF)
    (row,) = breach_forecast(judged, steady, AS_OF).to_dict("records")
    assert row["breach_probability"] == pytest.approx(0.9**4)


def test_what_the_curve_does_not_tell_stays_unknown() -> None:
    """The curve ends open at day 12, before the deadline; another severity has none; a curve at zero tells it all."""
    rows = items({"released_at": "2026-10-23"}, {"released_at": "2026-10-23", "severity": "Low"})
    judged = judge(set_deadlines(rows, FOURTEEN), AS_OF)
    assert breach_forecast(judged, curve([5, 12], [0.8, 0.5]), AS_OF)["breach_probability"].isna().all()
    ended = breach_forecast(judged, curve([5, 12], [0.8, 0.0]), AS_OF)["breach_probability"]
    assert list(ended[ended.notna()]) == [0.0]
    assert forecast_sentence(breach_forecast(judged, curve([5, 12], [0.8, 0.0]), AS_OF)) == (
        "2 items have a deadline ahead, 0 with 80 % of the time over; at the pace so far 0 of 1 are expected to miss "
        "it; of 1 the curve does not tell."
    )


def test_a_forecast_reads_the_curve_of_the_policy_s_clock() -> None:
    """Seen on the 28th and due 14 days later: ten more days from age 4, on the curve that counts from first sight."""
    rules = policy({"days": 14}, clock="first observed")
    rows = items({"released_at": "2026-09-01", "first_observed_at": "2026-10-29"})
    judged = judge(set_deadlines(rows, rules), AS_OF)
    seen = curve(list(range(1, 41)), [0.9**day for day in range(1, 41)], "first observed")
    curves = pd.concat([curve([1], [0.1]), seen])
    (row,) = breach_forecast(judged, curves, AS_OF, clock="first observed").to_dict("records")
    assert row["breach_probability"] == pytest.approx(0.9**10)
    assert breach_forecast(judged, curve([1], [0.1]), AS_OF, clock="first observed")["breach_probability"].isna().all()


def test_only_what_is_not_due_is_forecast() -> None:
    """What is breached is no forecast any more."""
    assert len(breach_forecast(cohort(), curve([1], [0.5]), AS_OF)) == 2
    assert forecast_sentence(breach_forecast(cohort().iloc[:0], curve([1], [0.5]), AS_OF)).startswith("Nothing")


def test_sentences_and_headline() -> None:
    """The denominator and the owner are in the words; without a policy nothing is called late."""
    whole = attainment(cohort(), MONTH, AS_OF, AS_OF, by=())
    said = attainment_sentence(whole, FOURTEEN)
    assert said.startswith("2 of 7 items that fell due (29 %) were effective in time by our handbook (platform answers")
    assert "3 breached and still open, 1 not known" in said
    assert attainment_sentence(whole, None) == "No policy is named, so nothing is called late: ages only."
    card, none = attainment_headline(whole, FOURTEEN), attainment_headline(None, None)
    assert (card["value"], card["denominator"]) == (2 / 7, "2 of 7 items that fell due, ours")
    assert (none["value"], none["denominator"]) == (None, "no policy named: ages only")


def test_why_items_have_no_deadline() -> None:
    """Each reason with its count."""
    rules = policy({"severities": ("Critical",), "known_exploited": True, "days": 3})
    judged = judge(set_deadlines(items({}, {"severity": "Low"}, {"known_exploited": True}), rules), AS_OF)
    assert undecided_sentence(judged) == (
        "Of 3 items 1 are of no rule; 1 are undecided, for what is not known of them would decide."
    )
    assert undecided_sentence(judge(set_deadlines(items({}), FOURTEEN), AS_OF)) == ""


def assessed(rules: Any, days: int = 30) -> Any:
    """The cohort's items, assessed."""
    rows = cohort().drop(columns=["sla_state", "due_at", "clock_at", "limit", "also", "basis"])
    return assess(rows, curve([1], [0.5]), TAGS, policy=rules, exceptions=(), as_of=AS_OF, period_days=days)


def test_an_assessment_with_a_policy() -> None:
    """Where each item of the period stands, what is open beside it, and the words for all of it."""
    found = assessed(FOURTEEN)
    counts = found.standing.groupby("standing")["item_count"].sum().to_dict()
    assert counts == {"met": 2, "late": 1, "breached": 4, "not known": 1, "gone": 1, "open": 2}
    assert found.whole["due_count"].iloc[0] == 7
    assert found.sentence.startswith("2 of 7 items")
    assert found.sentence.endswith("of 2 the curve does not tell.")


def test_an_assessment_without_a_policy_is_ages_only() -> None:
    """Nothing is late; what scans list as open is counted by its age."""
    found = assessed(None)
    assert (found.whole, len(found.forecast), set(found.judged["sla_state"])) == (None, 0, {"no deadline"})
    counts = found.standing.groupby("standing")["item_count"].sum().to_dict()
    assert counts == {AGES[0]: 2, AGES[1]: 5}
    assert found.sentence == "No policy is named, so nothing is called late: ages only."
    with pytest.raises(ParameterInvalid, match="is empty"):
        assessed(None, days=0)


def test_what_scans_list_and_what_is_timed_are_told_apart() -> None:
    """First listed by the last scan; timed, on a node that is scanned no more; effective; both."""
    found = items(
        {"is_timed_open": False},
        {"is_listed": False},
        {"is_event": True, "is_timed_open": False},
        {},
    )
    assert listed_sentence(found) == (
        "The latest scans list 2 as open, 1 of which cannot be timed (yet): only one scan has listed them, or no "
        "release date is known. Open now counts 2, the timed ones, with 1 on nodes that no scan lists any more."
    )
    assert listed_sentence(items({})) == "The latest scans list 1 as open, all of them timed."
