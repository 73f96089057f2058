"""Windows run when their schedules say, or the difference is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from patchlib.metrics.governance import doubtful, schedule_sentence, window_schedule

# A Monday; AWS was asked two minutes before.
AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store's instants are naive UTC
SUNDAYS = {"schedule": "cron(0 2 ? * SUN *)", "schedule_timezone": "Europe/Warsaw"}


def windows(*rows: dict[str, Any]) -> pd.DataFrame:
    """A governance/window_schedules frame."""
    empty = {
        "account_id": "1", "region": "eu", "window_id": "mw-1", "window_name": "w", "schedule_timezone": None,
        "schedule_offset_days": None, "is_enabled": True, "starts_at": None, "ends_at": None,
        "next_execution_at": None, "observed_at": pd.Timestamp("2026-11-02T05:58:00"),
    }  # fmt: skip
    return pd.DataFrame([empty | row for row in rows], columns=[*empty, "schedule"])


def judged(**row: Any) -> dict[str, Any]:
    """The one row that comes of a window."""
    (found,) = window_schedule(windows(row), AS_OF).to_dict("records")
    return found


@pytest.mark.parametrize(
    "told",
    [
        "2026-11-08T01:00:00Z",
        "2026-11-08T02:00+01:00",
        "2026-11-08T11:00+10:00",
        "2026-11-08T01:00",
        "2026-11-08T02:00",
    ],
)
def test_forms_in_which_aws_tells_the_same(told: str) -> None:
    """Sunday 8 November, 02:00 in Warsaw (+1): in UTC, with an offset, and without any."""
    found = judged(**SUNDAYS, next_execution_at=told)
    assert (found["agreement"], found["note"]) == ("agrees", "")
    assert found["next_at"] == found["expected_at"] == pd.Timestamp("2026-11-08T01:00:00")


def test_seconds_that_aws_leaves_out_are_not_compared() -> None:
    """09:30:24 is told as 09:30; told as 09:30:25 it is another time."""
    daily = {"schedule": "cron(24 30 9 ? * * *)"}
    assert judged(**daily, next_execution_at="2026-11-02T09:30Z")["agreement"] == "agrees"
    assert judged(**daily, next_execution_at="2026-11-02T09:30:25Z")["agreement"] == "differs"


def test_another_time_is_told_with_both() -> None:
    """A reader sees what the schedule says and what AWS said."""
    found = judged(**SUNDAYS, next_execution_at="2026-11-08T02:00Z")
    assert found["agreement"] == "differs"
    assert found["note"] == "the schedule says 2026-11-08T01:00:00Z, AWS said 2026-11-08T02:00Z"
    assert judged(**SUNDAYS)["note"].endswith("AWS said none")


def test_what_is_over_has_no_next_run() -> None:
    """Neither AWS nor the schedule names a run: they agree, and nothing is next."""
    found = judged(schedule="at(2026-03-14T22:00:00)")
    assert found["agreement"] == "agrees"
    assert pd.isna(found["next_at"])


def test_the_next_run_is_after_the_report_what_aws_told_after_it_was_asked() -> None:
    """A report of a later day does not call an answer of an earlier day wrong."""
    asked = {"observed_at": pd.Timestamp("2026-10-30T06:00:00")}
    found = judged(**SUNDAYS, **asked, next_execution_at="2026-11-01T02:00+01:00")
    assert found["agreement"] == "agrees"
    assert found["next_at"] == pd.Timestamp("2026-11-08T01:00:00")
    assert found["told_at"] == pd.Timestamp("2026-11-01T01:00:00")


def test_a_rate_without_a_start_goes_on_from_what_aws_told() -> None:
    """Its beginning is not listed: no agreement is claimed, and the next run follows from AWS's word."""
    asked = {"observed_at": pd.Timestamp("2026-10-20T06:00:00")}
    found = judged(schedule="rate(7 days)", **asked, next_execution_at="2026-10-22T12:00Z")
    assert found["agreement"] == "unknown"
    assert found["next_at"] == pd.Timestamp("2026-11-05T12:00:00")
    assert pd.isna(judged(schedule="rate(7 days)")["next_at"])


def test_a_rate_with_a_start_is_compared() -> None:
    """Seven days from Thursday 1 January 2026: Thursdays; the first after 2 November is the 5th."""
    rate = {"schedule": "rate(7 days)", "starts_at": "2026-01-01T00:00Z"}
    assert judged(**rate, next_execution_at="2026-11-05T00:00Z")["agreement"] == "agrees"
    assert pd.isna(judged(**rate, ends_at="2026-11-04T00:00Z")["expected_at"])


def test_an_offset_counts() -> None:
    """The second Tuesday, 10 November, and four days."""
    row = {"schedule": "cron(0 22 ? * TUE#2 *)", "schedule_offset_days": 4}
    assert judged(**row, next_execution_at="2026-11-14T22:00Z")["agreement"] == "agrees"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"schedule": "cron(0 2 * *)"}, "6 fields"),
        (SUNDAYS | {"schedule_timezone": "Mars/Base"}, "no such time zone"),
        (SUNDAYS | {"next_execution_at": "soon"}, "AWS's next run is not an instant"),
        (SUNDAYS | {"starts_at": "soon"}, "the start date is not an instant"),
    ],
)
def test_what_cannot_be_read_is_said_of_its_window_only(row: dict[str, Any], says: str) -> None:
    """One window that cannot be read spoils no other."""
    bad, good = window_schedule(windows(row, SUNDAYS), AS_OF).to_dict("records")
    assert bad["agreement"] == "unreadable"
    assert says in bad["note"]
    assert good["agreement"] == "differs"


def test_a_disabled_window_is_not_judged() -> None:
    """Nothing runs, whatever the schedule says."""
    found = judged(**SUNDAYS, is_enabled=False)
    assert found["agreement"] == "disabled"
    assert pd.isna(found["next_at"])


def test_no_windows_are_no_rows() -> None:
    """An estate without windows gives the same columns."""
    assert list(window_schedule(windows(), AS_OF).columns) == list(window_schedule(windows(SUNDAYS), AS_OF).columns)


def test_only_windows_that_say_something_are_listed() -> None:
    """What differs first; what agrees or is off is a number in the sentence."""
    rows = pd.DataFrame({"agreement": ["agrees", "unknown", "disabled", "differs", "unreadable"]})
    assert doubtful(rows)["agreement"].tolist() == ["differs", "unreadable", "unknown"]
    assert doubtful(rows.head(1)).empty


def test_the_sentence_keeps_what_cannot_be_told_apart() -> None:
    """What is off is in no denominator; what cannot be read is no agreement."""
    rows = pd.DataFrame({"agreement": ["agrees", "differs", "disabled", "unknown", "unreadable"]})
    assert schedule_sentence(rows) == (
        "1 of 4 windows that run (25 %) run otherwise than their schedule says; of 2 it cannot be told. 1 are switched "
        "off."
    )
    assert schedule_sentence(rows.head(0)) == "No maintenance window was read."
