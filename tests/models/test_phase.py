"""A window's phase has a price in days, and it is the one that arithmetic by hand gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.models.phase import (
    PhaseAssumptions,
    best_phase,
    designed_delay,
    even_delay,
    merged,
    patch_tuesdays,
    phase_lint,
    phase_sentence,
)

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store's instants are naive UTC
FIRST = datetime(2026, 1, 13, tzinfo=UTC)
ASSUMED = PhaseAssumptions()


def every(days: int, count: int, *, first: datetime = FIRST, plus: int = 0) -> list[datetime]:
    """`count` instants, `days` apart, the first of them `plus` days after `first`."""
    return [first + timedelta(days=plus + days * each) for each in range(count)]


@pytest.mark.parametrize(("approval", "phase", "delay"), [(7, 4, 32), (7, 11, 11), (3, 4, 4), (7, 7, 7), (0, 0, 0)])
def test_a_cycle_of_28_days(approval: int, phase: int, delay: int) -> None:
    """A + ((d - A) mod W): four days after the release misses an approval of seven and waits for the next."""
    found = designed_delay(every(28, 13), every(28, 16, plus=phase), approval)
    assert (found.worst_days, found.mean_days, found.best_days) == (delay, delay, delay)
    assert (found.release_count, found.replaced_count, found.phase_days) == (12, 0, phase)


def test_a_gap_of_35_days() -> None:
    """Every third month has five weeks between its Patch Tuesdays: 39 days."""
    releases = [FIRST, FIRST + timedelta(days=35), FIRST + timedelta(days=63)]
    runs = [each + timedelta(days=4) for each in releases]
    found = designed_delay(releases, runs, 7)
    assert (found.worst_days, found.best_days, found.mean_days) == (39, 32, 35.5)


def test_the_best_phase_is_the_approval() -> None:
    """Moved by three days the window meets the approval: 7 days in place of 32."""
    shift, best = best_phase(every(28, 13), every(28, 17, plus=4 - 28), 7)
    assert (shift, best.phase_days, best.mean_days, best.worst_days) == (3, 7, 7, 7)
    assert best_phase(every(28, 13), every(28, 17, plus=7 - 28), 7)[0] == 0


@pytest.mark.parametrize(("approval", "replaced"), [(27, 0), (28, 12), (35, 12)])
def test_an_approval_as_long_as_the_cycle_approves_nothing(approval: int, replaced: int) -> None:
    """The next release replaces this one in the instant in which it would be approved."""
    found = designed_delay(every(28, 13), every(7, 70), approval)
    assert found.replaced_count == replaced
    assert (found.mean_days is None) == (replaced == 12)


@pytest.mark.parametrize(("approval", "cycle", "mean"), [(7, 7, 10.5), (7, 30, 22.0), (3, 7, 6.5), (0, 7, 3.5)])
def test_releases_spread_evenly(approval: int, cycle: int, mean: float) -> None:
    """A + W/2 on average, A + W at worst, whatever the phase."""
    found = even_delay(every(cycle, 12), approval)
    assert (found.worst_days, found.mean_days, found.best_days) == (approval + cycle, mean, approval)


def test_a_long_gap_weighs_by_its_length() -> None:
    """Gaps of 10 and 30 days: a release falls into the long one three times as often, (100 + 900) / 80 = 12.5."""
    found = even_delay([FIRST, FIRST + timedelta(days=10), FIRST + timedelta(days=40)], 0)
    assert (found.mean_days, found.worst_days) == (12.5, 30)
    assert even_delay([FIRST], 0).mean_days is None


def test_patch_tuesdays_are_second_tuesdays_and_one_more() -> None:
    """10 November and 8 December 2026 at ten in the morning in Redmond, and the one that ends the last's time."""
    found = patch_tuesdays(AS_OF, datetime(2026, 12, 31, tzinfo=UTC))
    assert [f"{each:%m-%d %H}" for each in found] == ["11-10 18", "12-08 18", "01-12 18"]


def rule(**row: Any) -> dict[str, Any]:
    """A lag/window_rule row: a Windows server patched on the second Tuesday's Saturday, seven days of approval."""
    return {
        "account_id": "1", "region": "eu", "window_id": "mw-1", "window_name": "w", "baseline_name": "b",
        "schedule": "cron(0 22 ? * TUE#2 *)", "schedule_timezone": None, "schedule_offset_days": 4,
        "is_enabled": True, "starts_at": None, "ends_at": None, "next_execution_at": None, "observed_at": None,
        "operating_system": "WINDOWS", "baseline_id": "pb-1", "node_count": 3, "rule_number": 1,
        "approve_after_days": 7, "approve_until_date": None,
    } | row  # fmt: skip


def judged(**row: Any) -> dict[str, Any]:
    """The one row that comes of a rule."""
    (found,) = phase_lint(pd.DataFrame([rule(**row)]), AS_OF, ASSUMED).to_dict("records")
    return found


def test_a_window_out_of_phase() -> None:
    """Real Patch Tuesdays are 28 or 35 days apart: 32 or 39 days and a few hours, three days later 7."""
    found = judged()
    assert (int(found["best_days"]), int(found["worst_days"])) == (32, 39)
    assert int(found["phase_days"]) == 4
    assert int(found["best_phase_days"]) == int(found["best_phase_mean_days"]) == 7
    assert found["verdict"] == "out of phase"
    assert found["note"].startswith("3 days later saves 2")


def test_a_window_in_phase_and_one_every_day() -> None:
    """The offset of the API ends at six days; a weekly window reaches the seventh."""
    assert judged(approve_after_days=3)["verdict"] == "in phase"
    assert judged(schedule="cron(0 22 ? * * *)", schedule_offset_days=None)["verdict"] == "in phase"


def test_linux_has_no_phase() -> None:
    """Releases on any day: a weekly window costs 3.5 days on average, and another weekday as much."""
    found = judged(operating_system="UBUNTU", schedule="cron(0 2 ? * SUN *)", schedule_offset_days=None)
    assert (found["best_days"], found["verdict"], found["releases"]) == (7, "any phase", "any day")
    assert found["mean_days"] == pytest.approx(10.5)
    assert pd.isna(found["best_phase_days"])


def test_a_rule_with_a_date_and_a_delay_beyond_the_cycle_approve_nothing() -> None:
    """Both are said, and neither has a delay."""
    dated = judged(approve_until_date=pd.Timestamp("2026-09-15"), approve_after_days=None)
    assert (dated["verdict"], dated["note"]) == ("never approved", "nothing released after 2026-09-15 is ever approved")
    long = judged(approve_after_days=36)
    assert long["verdict"] == "never approved"
    assert "replaced by the next before the 36 days" in long["note"]
    assert pd.isna(dated["mean_days"])
    assert pd.isna(long["mean_days"])


def test_some_releases_are_replaced() -> None:
    """Thirty days are longer than the gaps of four weeks and shorter than those of five: figures and a note."""
    found = judged(approve_after_days=30)
    assert found["mean_days"] > 30
    assert "are replaced by the next" in found["note"]


@pytest.mark.parametrize(
    ("row", "verdict", "says"),
    [
        ({"is_enabled": False}, "disabled", "does not run"),
        ({"node_count": 0, "baseline_id": None}, "unknown", "no node"),
        ({"baseline_id": None}, "unknown", "baseline of these nodes"),
        ({"rule_number": None}, "unknown", "no rule"),
        ({"schedule": "cron(0 2 * *)", "schedule_offset_days": None}, "unreadable", "6 fields"),
        ({"schedule": "at(2026-03-14T22:00:00)", "schedule_offset_days": None}, "never runs", "no run after"),
        ({"schedule": "rate(7 days)", "schedule_offset_days": None}, "unknown", "not listed"),
    ],
)
def test_what_has_no_delay_is_said(row: dict[str, Any], verdict: str, says: str) -> None:
    """No figure is guessed, and the reason is told."""
    found = judged(**row)
    assert (found["verdict"], says in found["note"]) == (verdict, True), found["note"]
    assert pd.isna(found["mean_days"])


def test_a_schedule_that_ends_within_the_horizon_says_so() -> None:
    """Releases after its last run reach no window."""
    found = judged(ends_at="2027-03-01T00:00:00Z")
    assert found["note"].endswith("the last run is on 2027-02-13")


def test_a_rate_goes_on_from_what_aws_told() -> None:
    """Every 28 days from a run that AWS named: the gap is known although the start is not."""
    rate = {"schedule": "rate(28 days)", "schedule_offset_days": None, "operating_system": "UBUNTU"}
    found = judged(**rate, next_execution_at="2026-11-14T22:00Z")
    assert (found["mean_days"], found["worst_days"]) == (21, 35)


def test_no_rules_are_no_rows() -> None:
    """An estate without windows gives the same columns."""
    empty = phase_lint(pd.DataFrame([rule()]).iloc[:0], AS_OF, ASSUMED)
    assert list(empty.columns) == list(phase_lint(pd.DataFrame([rule()]), AS_OF, ASSUMED).columns)


def test_a_horizon_without_a_patch_tuesday_is_refused() -> None:
    """Nothing could be followed."""
    with pytest.raises(ParameterInvalid, match="horizon_days cannot be 20"):
        PhaseAssumptions(horizon_days=20)


def test_the_sentence_names_the_costliest_window() -> None:
    """Its days now and at the best phase, and how many rules approve nothing."""
    rows = [rule(), rule(window_name="x", approve_after_days=3), rule(approve_after_days=36), rule(baseline_id=None)]
    said = phase_sentence(phase_lint(pd.DataFrame(rows), AS_OF, ASSUMED))
    assert said.startswith("Of 1 row out of phase, w costs most: 3")
    assert "39 at worst, and 7 at its best phase." in said
    assert said.endswith("1 approve nothing, 0 never run again; of 1 the delay is not known.")
    empty = phase_lint(pd.DataFrame([rule()]).iloc[:0], AS_OF, ASSUMED)
    assert phase_sentence(empty) == "No maintenance window was read."
    calm = phase_lint(pd.DataFrame([rule(approve_after_days=3)]), AS_OF, ASSUMED)
    assert phase_sentence(calm) == "No window would gain a day by another phase."


def test_rules_with_one_answer_are_one_row_and_say_how_they_approve() -> None:
    """Two equal rules count once; no days is at once, a date is named, an unread baseline is not known."""
    rows = [
        rule(rule_number=1),
        rule(rule_number=2),
        rule(rule_number=3, approve_after_days=None),
        rule(rule_number=4, approve_after_days=None, approve_until_date=pd.Timestamp("2026-03-31")),
        rule(baseline_id=None, rule_number=None, approve_after_days=None),
    ]
    lint = phase_lint(pd.DataFrame(rows), AS_OF, ASSUMED)
    assert merged(lint)["approval"].tolist() == ["after 7 days", "at once", "until 2026-03-31", "not known"]
    assert phase_sentence(lint) == phase_sentence(lint.drop(index=1))
