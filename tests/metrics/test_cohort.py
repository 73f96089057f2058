"""Young cohorts are incomplete and said so; a first look claims no trend."""

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from patchlib.metrics.cohort import lookback_sentence, month_sentence, months, trend_sentence, weekly

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store is naive UTC


def cohort(*rows: tuple[date, float, int, int, int, int]) -> pd.DataFrame:
    """A lag/cohort frame: week, day, entered, ended, effective, open."""
    columns = ["week_date", "day", "entry_count", "exit_count", "event_count", "open_count"]
    return pd.DataFrame(rows, columns=columns).assign(gone_count=0)


OLD, OPEN, YOUNG = date(2026, 6, 1), date(2026, 7, 27), date(2026, 10, 19)
WEEKS = cohort(
    (OLD, 0, 4, 0, 0, 0), (OLD, 5, 0, 3, 3, 0), (OLD, 95, 0, 1, 1, 0),
    (OPEN, 0, 4, 0, 0, 0), (OPEN, 5, 0, 2, 2, 0), (OPEN, 92, 0, 2, 0, 2),
    (YOUNG, 0, 4, 0, 0, 0), (YOUNG, 5, 0, 1, 1, 0), (YOUNG, 10, 0, 3, 0, 3),
)  # fmt: skip


def test_a_week_is_complete_once_its_open_items_were_watched_for_the_horizon() -> None:
    """Nothing open, open for longer than 90 days, and a fortnight old; at 120 days the middle one is young too."""
    found = weekly(WEEKS, AS_OF, tau_days=90)
    assert found["effective_share"].tolist() == pytest.approx([0.75, 0.5, 0.25])
    assert found["is_complete"].tolist() == [True, True, False]
    assert found["episode_count"].tolist() == [4, 4, 4]
    assert weekly(WEEKS, AS_OF, tau_days=120)["is_complete"].tolist() == [True, False, False]


def test_a_week_in_which_nothing_ended_is_at_zero() -> None:
    """No effective patch is a share of zero, not a missing week."""
    (row,) = weekly(cohort((YOUNG, 0, 2, 0, 0, 0), (YOUNG, 9, 0, 2, 0, 2)), AS_OF, tau_days=30).to_dict("records")
    assert (row["effective_share"], row["open_count"], row["is_complete"]) == (0.0, 2, False)
    assert weekly(WEEKS.head(0), AS_OF, tau_days=30).empty


def test_the_trend_leaves_incomplete_weeks_out_and_says_so() -> None:
    """Two complete weeks pooled by their patches; one alone is no trend."""
    weeks = weekly(WEEKS, AS_OF, tau_days=90)
    assert trend_sentence(weeks, tau_days=90) == (
        "Of what was released in the last 2 complete weeks 62 % was effective within 90 days. 1 week younger "
        "than that, in grey, rest on few patches and may still move either way."
    )
    assert trend_sentence(weeks.tail(2), tau_days=90).startswith(
        "No trend yet: 1 week of releases watched for 90 days."
    )


def month(**row: Any) -> dict[str, Any]:
    """A lag/month row."""
    usual = {"month_date": pd.Timestamp("2026-10-01"), "open_start_count": 10, "arrived_count": 10,
             "first_seen_count": 0, "event_count": 5, "gone_count": 0, "withdrawn_count": 0, "open_end_count": 15,
             "capacity_share": 0.25, "is_over": True}  # fmt: skip
    return usual | row


def test_months_are_told_by_the_last_two_that_are_over() -> None:
    """A running month is shown and not compared."""
    rows = pd.DataFrame(
        [month(month_date=pd.Timestamp("2026-09-01"), event_count=9, capacity_share=0.45, open_end_count=10),
         month(), month(month_date=pd.Timestamp("2026-11-01"), is_over=False, event_count=0)]
    )  # fmt: skip
    seen = look(first_taken_at=pd.Timestamp("2026-08-10"))
    assert month_sentence(rows, seen) == (
        "In October 2026 5 patches became effective, 25 % of what was open or came (the month before 9, 45 %); what is "
        "open grew by 5 to 15."
    )
    assert months(rows, seen)["open_change_count"].tolist() == [0, 5, 5]
    first = rows.assign(first_seen_count=[0, 7, 0])
    assert "7 more did not come: they were there at our first look" in month_sentence(first, seen)
    assert month_sentence(rows.tail(2), seen) == "There are not two whole months of snapshots to compare."


def test_months_before_the_first_snapshot_are_marked_and_not_compared() -> None:
    """Nodes that went before it left nothing: the month it lies in counts too few at its start, like those before."""
    rows = pd.DataFrame([month(month_date=pd.Timestamp(f"2026-{number:02}-01")) for number in (8, 9, 10)])
    seen = look(first_taken_at=pd.Timestamp("2026-09-07T06:00"))
    assert months(rows, seen)["month_basis"].tolist() == ["rebuilt, too low", "rebuilt, too low", "snapshots"]
    told = month_sentence(rows, seen)
    assert told.startswith("There are not two whole months of snapshots to compare. Months that began before the first")
    assert "(2026-09-07)" in told
    assert "(2026-08-10)" in month_sentence(rows, look(first_taken_at=pd.Timestamp("2026-08-10")))
    unread = look(snapshot_count=0, first_taken_at=pd.NaT)
    assert month_sentence(rows.head(1), unread) == "There are not two whole months of snapshots to compare."


def look(**row: Any) -> pd.DataFrame:
    """A lag/lookback frame."""
    usual = {"snapshot_count": 1, "first_taken_at": pd.Timestamp(AS_OF), "last_taken_at": pd.Timestamp(AS_OF),
             "open_count": 40, "seen_end_count": 0, "told_end_count": 60, "missed_end_count": 0,
             "provisional_count": 3, "flapped_count": 0, "reopened_count": 0}  # fmt: skip
    return pd.DataFrame([usual | row])


def test_one_snapshot_claims_no_trend() -> None:
    """What is open, what installation times tell, and from when more is known."""
    told = lookback_sentence(look(), AS_OF)
    assert told.startswith("One snapshot so far: 40 timed patches are open at these ages. 60 installations before")
    assert "a trend from week 4" in told
    assert told.endswith("3 ends are provisional.")


def test_history_is_told_by_what_it_saw() -> None:
    """Weeks, ends that were seen, re-openings; no snapshot is said."""
    told = lookback_sentence(
        look(snapshot_count=9, first_taken_at=pd.Timestamp("2026-09-07"), seen_end_count=7, reopened_count=2),
        AS_OF,
    )
    assert told.startswith(
        "9 snapshots over 8 weeks: 40 timed patches are open, 7 were seen open and then effective, 2"
    )
    assert lookback_sentence(look(snapshot_count=0), AS_OF) == "No snapshot was read."


def test_what_no_snapshot_saw_is_told_apart_and_flaps_are_counted() -> None:
    """Ends between two snapshots are not ends before the first; what was soon open again was never closed."""
    told = lookback_sentence(look(snapshot_count=9, missed_end_count=4, flapped_count=5), AS_OF)
    assert "60 installations before the first snapshot are known only from their installation times" in told
    assert "; 4 more came and ended between two snapshots. 3 ends are provisional; 5 that were open again" in told
