"""The trend is each week's own answer; what a run could not read is carried, for a while, and said."""

from __future__ import annotations

import pandas as pd
import pytest

from patchlib.metrics import trend as facts

WEEKS = [pd.Timestamp("2026-09-07T06:00:00") + pd.Timedelta(days=7 * n) for n in range(7)]


def cells(weeks: int, refused: dict[int, float] | None = None) -> pd.DataFrame:
    """Two accounts in so many weeks; the second is carried, so many days, in some of them."""
    rows = [
        {
            "week_start_date": at.normalize(),
            "taken_at": at,
            "is_week_over": number < weeks - 1,
            "account_id": account,
            "region": "eu",
            "is_carried": account == "2" and number in (refused or {}),
            "carried_days": (refused or {}).get(number, 0.0) if account == "2" else 0.0,
        }
        for number, at in enumerate(WEEKS[:weeks])
        for account in ("1", "2")
    ]
    return pd.DataFrame(rows)


def nodes(*by_week: dict[str, str | None]) -> pd.DataFrame:
    """Statuses by node; a node is named by its account and a letter; `not readable` is what it says."""
    rows = [
        {
            "taken_at": at,
            "account_id": name[0],
            "region": "eu",
            "node_id": name,
            "environment": "production" if name[0] == "1" else "test",
            "owner": None if name[1] == "z" else "shop",
            "coverage_state": "not readable" if status == "not readable" else "fresh",
            "compliance_status": "unknown" if status == "not readable" else status,
        }
        for at, week in zip(WEEKS, by_week, strict=False)
        for name, status in week.items()
    ]
    return pd.DataFrame(rows)


READ: dict[str, str | None] = {"1a": "compliant", "1b": "non-compliant", "2a": "compliant", "2z": None}
REFUSED = READ | {"2a": "not readable", "2z": "not readable"}


def test_a_refused_account_does_not_bend_the_trend() -> None:
    """Its nodes keep the status they had, the excluded one included, and the point says how many and how old."""
    weekly = facts.statuses(cells(3, {1: 7.0}), nodes(READ, REFUSED, READ))
    found = facts.trend(weekly)
    assert found["compliant_share"].tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3])
    assert found["expected_count"].tolist() == [3, 3, 3]
    assert found["unknown_count"].tolist() == [0, 0, 0]
    assert found["carried_node_count"].tolist() == [0, 2, 0]
    assert found["carried_cell_count"].tolist() == [0, 1, 0]
    assert found["oldest_carried_days"].tolist() == [0, 7, 0]


def test_what_was_never_read_is_unknown_and_not_carried() -> None:
    """Nothing stands for it."""
    one = cells(2)[lambda rows: rows["account_id"] == "1"]
    found = facts.trend(facts.statuses(one, nodes(REFUSED, REFUSED)))
    assert found["unknown_count"].tolist() == [2, 2]
    assert found["carried_node_count"].tolist() == [0, 0]


def test_a_status_is_not_carried_for_ever() -> None:
    """After four weeks without an answer its nodes are unknown: a lost account must not look compliant."""
    refused = {number: 7.0 * number for number in range(1, 6)}
    found = facts.trend(facts.statuses(cells(6, refused), nodes(READ, *[REFUSED] * 5)))
    assert found["compliant_count"].tolist() == [2, 2, 2, 2, 2, 1]
    assert found["unknown_count"].tolist() == [0, 0, 0, 0, 0, 2]


def test_groups_add_up_to_the_whole() -> None:
    """A node without the tag has a group of its own."""
    weekly = facts.statuses(cells(2), nodes(READ, READ))
    whole = facts.trend(weekly)
    for by in ("environment", "owner"):
        groups = facts.trend(weekly, by)
        assert groups.groupby("taken_at")["known_node_count"].sum().tolist() == whole["known_node_count"].tolist()
    assert set(facts.trend(weekly, "owner")["owner"]) == {"shop", "unknown"}


def test_a_month_is_four_weeks_back() -> None:
    """Of seven weeks the last is compared with the third; what was not there then has no change."""
    better = READ | {"1b": "compliant"}
    weekly = facts.statuses(cells(7), nodes(READ, READ, READ, READ, READ, READ, better))
    whole, groups = facts.trend(weekly), facts.trend(weekly, "environment")
    row = facts.compared(whole).iloc[0]
    assert row["then_week_start_date"] == WEEKS[2].normalize()
    assert row["change_points"] == pytest.approx(100 / 3)
    assert facts.moved_sentence(whole, groups, "environment") == (
        "3 of 3 nodes (100 %) are compliant, up 33 points since the week of 2026-09-21; "
        "in the last 7 observed weeks between 67 % (2026-09-07) and 100 % (2026-10-19); "
        "production moved most, between 50 % (2026-09-07) and 100 % (2026-10-19)."
    )


def test_a_sawtooth_is_told_by_its_range() -> None:
    """Where both ends are alike the weeks between them speak, for the whole and for the group that moved most."""
    none = READ | {"1a": "non-compliant"}
    weekly = facts.statuses(cells(6), nodes(READ, READ, none, READ | {"1b": "compliant"}, READ, READ))
    whole, groups = facts.trend(weekly), facts.trend(weekly, "environment")
    assert facts.moved_sentence(whole, groups, "environment") == (
        "2 of 3 nodes (67 %) are compliant, as before to the nearest point since the week of 2026-09-14; "
        "in the last 6 observed weeks between 33 % (2026-09-21) and 100 % (2026-09-28); "
        "production moved most, between 0 % (2026-09-21) and 100 % (2026-09-28)."
    )
    rows = facts.compared(groups, "environment").set_index("environment")
    assert rows.loc["production", ["lowest_share", "highest_share", "change_points"]].tolist() == [0.0, 1.0, 0.0]
    assert rows.loc["test", ["lowest_share", "highest_share"]].tolist() == [1.0, 1.0]


def test_the_range_is_that_of_eight_weeks() -> None:
    """A low of nine weeks ago is no part of it; where no week differs the share is said once."""
    weeks = [pd.Timestamp("2026-09-07") + pd.Timedelta(days=7 * n) for n in range(9)]
    whole = pd.DataFrame(
        {"taken_at": weeks, "week_start_date": weeks, "group": "all nodes", "compliant_count": [0] + [2] * 8,
         "expected_count": 4, "compliant_share": [0.0] + [0.5] * 8},
    )  # fmt: skip
    assert facts.moved_sentence(whole, whole, "group").endswith("; in the last 8 observed weeks always 50 %.")


def test_one_observation_is_no_trend() -> None:
    """It says when there will be one."""
    one = cells(1)
    weekly = facts.statuses(one, nodes(READ))
    assert facts.compared(facts.trend(weekly)).empty
    assert facts.next_week(one) == "2026-09-14"
    assert facts.next_week(cells(2)) == facts.next_week(one.head(0)) == ""
    said = facts.moved_sentence(facts.trend(weekly), facts.trend(weekly, "environment"), "environment")
    assert said == "There is no second observation to compare with."


def test_nothing_observed_is_said() -> None:
    """Empty frames make empty answers."""
    weekly = facts.statuses(cells(1).head(0), nodes(READ).head(0))
    assert facts.trend(weekly).empty
    assert facts.trend(weekly, "environment").empty
    assert facts.carried_sentence(facts.trend(weekly)) == "Nothing has been observed."


def test_what_rests_on_carried_rows_is_named() -> None:
    """By its week, with how much and how old; and that the last week is not over."""
    whole = facts.trend(facts.statuses(cells(3, {1: 7.0}), nodes(READ, REFUSED, READ)))
    assert facts.carried_sentence(whole) == (
        "Hollow points rest in part on what was carried forward, up to 2 nodes and 7 days old: the week of 2026-09-14. "
        "The last week is not over, and a later observation takes its place."
    )
    over = whole.assign(is_week_over=True, carried_node_count=0)
    assert facts.carried_sentence(over) == "Every point was read by its own observation."


def test_the_recorded_past_stands_apart() -> None:
    """Its first and last week are told with their denominators; without one, how to ask for it."""
    recorded = pd.DataFrame(
        {
            "week_start_date": pd.to_datetime(["2026-07-06", "2026-08-03"]),
            "node_count": [2, 1200],
            "open_node_count": [2, 300],
        }
    )
    said = facts.recorded_sentence(recorded)
    assert said.startswith("2 of 2 recorded nodes had an open patch by the end of the week of 2026-07-06; 300 of 1,200")
    assert "no part of the trend" in said
    assert facts.recorded_sentence(recorded.tail(1)).startswith("300 of 1,200 recorded nodes")
    assert "config_history_days" in facts.recorded_sentence(recorded.head(0))
