"""What is said of EPSS scores over time: holes, parts and models are told, and nothing is filled in."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from patchlib.metrics.risk import ScoreGap, score_gap_sentence, score_gaps

FIRST = date(2026, 1, 4)


def _weeks(*rows: tuple[int, int, str | None]) -> pd.DataFrame:
    """Days of scores: week, how many are scored, model."""
    return pd.DataFrame(
        [(FIRST + timedelta(weeks=week), model, count, 0.5) for week, count, model in rows],
        columns=["score_date", "model_version", "scored_count", "mean_share"],
    )


def _week(number: int) -> date:
    return FIRST + timedelta(weeks=number)


def test_whole_weeks_of_one_model_have_no_gap() -> None:
    """More are scored every week; a few that were withdrawn are no part."""
    days = _weeks((0, 100, "v4"), (1, 103, "v4"), (2, 102, "v4"), (3, 110, "v4"))
    assert score_gaps(days) == []
    assert score_gap_sentence(days) == "EPSS scores of 4 days are held, 2026-01-04 to 2026-01-25."


def test_holes_parts_and_models_are_named() -> None:
    """In the order of their days; two partial weeks in a row are one stretch."""
    days = _weeks(
        (0, 100, "v3"), (1, 100, "v3"), (2, 60, "v3"), (3, 61, "v3"), (4, 120, "v3"), (5, 120, "v4"), (20, 130, "v4"),
    )  # fmt: skip
    assert score_gaps(days) == [
        ScoreGap("partial", _week(2), _week(3)),
        ScoreGap("model", _week(4), _week(5)),
        ScoreGap("hole", _week(5), _week(20)),
    ]
    assert "another model between 2026-02-01 and 2026-02-08" in score_gap_sentence(days)


def test_a_model_that_is_not_known_compares_with_nothing() -> None:
    """Not even with the day before, of which it is not known either."""
    days = _weeks((0, 100, "v3"), (1, 100, None), (2, 100, None), (3, 100, "v3"))
    assert [(gap.first_date, gap.last_date) for gap in score_gaps(days) if gap.kind == "model"] == [
        (_week(0), _week(1)),
        (_week(1), _week(2)),
        (_week(2), _week(3)),
    ]


def test_one_day_is_no_trend() -> None:
    """And none is an order to get some."""
    assert "no trend yet" in score_gap_sentence(_weeks((0, 100, "v4")))
    assert "feeds update epss" in score_gap_sentence(_weeks())


@pytest.mark.published
def test_the_published_history_has_its_known_gaps(published: Path) -> None:
    """170 weeks: a hole of 242 days, two stretches of partial weeks, and the models that changed."""
    path = str(published / "threat" / "kev_epss_weekly.parquet")
    with duckdb.connect() as connection:
        days = connection.execute(
            "select cast(snapshot_date as date) as score_date, 'v' as model_version, count(*) as scored_count, "
            "avg(epss) as mean_share from read_parquet($path) group by all order by all",
            {"path": path},
        ).df()
    assert len(days) == 170
    gaps = score_gaps(days)
    assert [gap for gap in gaps if gap.kind == "hole"] == [ScoreGap("hole", date(2023, 10, 25), date(2024, 6, 23))]
    assert gaps[0].days == 242
    assert [gap for gap in gaps if gap.kind == "partial"] == [
        ScoreGap("partial", date(2025, 4, 20), date(2025, 8, 20)),
        ScoreGap("partial", date(2026, 6, 14), date(2026, 6, 14)),
    ]
