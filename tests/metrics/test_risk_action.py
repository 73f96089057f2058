"""What the risk page says of exposure and of what to do next."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from patchlib.metrics.risk_action import (
    action_headline,
    action_sentence,
    exposed_weeks,
    served_by,
    service_trend,
    trend_sentence,
)
from patchlib.models.action import RankingAssumptions, rank_actions
from patchlib.models.overlap import overlap
from tests.models.risk_data import actions, ends, weighted


def ranked(*shares: float | None) -> pd.DataFrame:
    """Two actions over three items, the first of two."""
    frame = weighted(*shares, is_known_exploited=[True, False, False])
    over = overlap(actions({"a": 2, "b": 2}), ends(frame, {"a": [0, 1], "b": [2]}), frame)
    return rank_actions(over, RankingAssumptions())


def test_what_the_first_actions_do() -> None:
    """Hours, items and share; the share is left out where nothing has a score."""
    assert action_sentence(ranked(0.1, 0.1, 0.1), 1) == (
        "The first 1 of 2 actions take 2.0 hours by the effort assumed and remove 2 items, 1 item known to be "
        "exploited among them and 66.7 % of the exposure."
    )
    assert action_headline(ranked(0.1, 0.1, 0.1), 1)["value"] == pytest.approx(2 / 3)
    assert "exposure" not in action_sentence(ranked(None, None, None), 2)
    assert action_headline(ranked(None, None, None), 2)["value"] is None
    assert action_sentence(ranked(0.1, 0.1, 0.1).head(0), 10).startswith("No action is known")


def weeks(**by_service: list[float] | list[float | None]) -> pd.DataFrame:
    """A risk/service_exposure frame: item days of each week, the last of them not over."""
    rows = [
        {
            "account_id": "1", "region": "eu", "service_kind": "tags", "service_id": name, "service_name": name,
            "item_kind": "cve", "week_start_date": date(2026, 9, 7) + timedelta(weeks=n), "item_days": days,
            "node_days": None if days is None else days / 2, "is_over": n < len(values) - 1,
        }
        for name, values in by_service.items()
        for n, days in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"node_days": "float64", "item_days": "float64"})


def test_four_weeks_against_four_weeks() -> None:
    """The week that is not over is left out; a service that was clear before has no change."""
    trend = service_trend(weeks(shop=[10.0] * 4 + [12.0] * 4 + [99.0], new=[0.0] * 4 + [1.0] * 4 + [99.0]))
    assert trend["service_id"].tolist() == ["shop", "new"]
    assert trend["change_share"].tolist() == pytest.approx([0.2, float("nan")], nan_ok=True)
    assert trend["node_days"].tolist() == [24, 2]
    assert trend_sentence(trend) == (
        "In the last four weeks item days of exposure grew by 30.0 %, to 52; it grew most on shop, by 8."
    )


def test_a_trend_needs_a_past() -> None:
    """Nothing before is told as that; a fall names no service."""
    assert trend_sentence(service_trend(weeks(shop=[0.0] * 4 + [1.0] * 5))) == (
        "Nothing was open in the four weeks before."
    )
    assert trend_sentence(service_trend(weeks(shop=[0.0] * 9))) == "Nothing was open in the last eight weeks."
    assert trend_sentence(service_trend(weeks(shop=[4.0] * 4 + [2.0] * 5))) == (
        "In the last four weeks item days of exposure fell by 50.0 %, to 8."
    )


@pytest.mark.parametrize("unknown", [2, 6])
def test_weeks_before_anybody_looked_are_no_zeros(unknown: int) -> None:
    """Six weeks of watching, and two: no change is told, and what is known is charted from its first week on."""
    frame = weeks(shop=[None] * unknown + [10.0] * (8 - unknown) + [99.0])
    trend = service_trend(frame).iloc[0]
    assert pd.isna(trend["change_share"])
    assert pd.isna(trend["earlier_item_days"])
    assert trend["item_days"] == 40 if unknown == 2 else pd.isna(trend["item_days"])
    said = "No service has been watched for eight whole weeks: there is no trend yet."
    assert trend_sentence(service_trend(frame)) == said
    assert exposed_weeks(frame)["item_days"].tolist() == [10.0] * (8 - unknown)
    beside = pd.concat([frame, weeks(old=[4.0] * 4 + [2.0] * 5)])
    assert trend_sentence(service_trend(beside)) == (
        "In the last four weeks item days of exposure fell by 50.0 %, to 8. Not watched for eight whole weeks, and so "
        "without a trend: 1 service."
    )
    assert exposed_weeks(beside).groupby("service_name", sort=False)["item_days"].count().tolist() == [8 - unknown, 8]


def test_the_services_with_most_are_named_and_the_others_are_one_line() -> None:
    """Every whole week of each, also one without exposure; nothing of them is lost."""
    frame = weeks(shop=[10.0] * 9, new=[0.0] * 4 + [20.0] * 5, old=[1.0] * 9, lab=[2.0] * 9)
    found = exposed_weeks(frame, first=2)
    assert list(dict.fromkeys(found["service_name"])) == ["new", "shop", "all others"]
    assert found["item_days"].sum() == frame.loc[frame["is_over"], "item_days"].sum()
    assert found.groupby("service_name").size().tolist() == [8, 8, 8]
    twins = pd.concat([weeks(shop=[10.0] * 9), weeks(shop=[1.0] * 9).assign(account_id="2")])
    assert list(dict.fromkeys(exposed_weeks(twins)["service_name"])) == ["shop (1, eu)", "shop (2, eu)"]
    assert exposed_weeks(frame.head(0)).empty


def test_an_owner_s_services_are_those_with_an_item_of_the_owner() -> None:
    """Without an owner all are kept."""
    frame = weeks(shop=[1.0], new=[2.0])
    items = pd.DataFrame(
        {"account_id": "1", "region": "eu", "service_kind": "tags", "service_id": ["shop"], "owner": "web"}
    )
    assert served_by(frame, items, "web")["service_id"].tolist() == ["shop"]
    assert len(served_by(frame, items, "")) == 2
