"""What is said of EPSS scores over time: holes, parts and models are told, and nothing is filled in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from patchlib import queries
from patchlib.feeds.epss import model_on
from patchlib.feeds.update import update
from patchlib.metrics.risk import ScoreGap, gap_table, score_gap_sentence, score_gaps, score_stretches
from patchlib.store import connect

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


@pytest.mark.parametrize(
    ("days", "holes"),
    [
        ((1, 2, 102), [(2, 102)]),
        ((1, 102), [(1, 102)]),
        ((1, 2, 3, 103, 203, 303), [(3, 103), (103, 203), (203, 303)]),
        ((1, 31, 61), []),
        ((1, 57), []),
        ((1, 58), [(1, 58)]),
    ],
    ids=str,
)
def test_few_days_hide_no_hole(days: tuple[int, ...], holes: list[tuple[int, int]]) -> None:
    """A pause of a hundred days is one beside a single step, alone, and where most steps are as long."""
    year = date(2025, 12, 31)
    frame = pd.DataFrame(
        [(year + timedelta(days=day), "v4", 100, 0.5) for day in days],
        columns=["score_date", "model_version", "scored_count", "mean_share"],
    )
    found = [((gap.first_date - year).days, (gap.last_date - year).days) for gap in score_gaps(frame)]
    assert found == holes


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


def test_a_line_ends_at_every_gap() -> None:
    """A part belongs to no stretch; what is only a part on the day of a new model does not hide the change."""
    days = _weeks((0, 100, "v3"), (1, 60, "v3"), (2, 100, "v3"), (3, 100, "v4"), (4, 100, "v4"), (20, 100, "v4"))
    assert score_stretches(days)["stretch"].fillna(0).tolist() == [1, 0, 2, 3, 3, 4]
    hidden = _weeks((0, 100, "v3"), (1, 60, "v4"), (2, 100, "v4"))
    assert score_stretches(hidden)["stretch"].fillna(0).tolist() == [1, 0, 2]
    assert score_stretches(_weeks()).empty


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


def _no_score_is_compared_across_models_or_a_hole(history: duckdb.DuckDBPyConnection) -> None:
    days = [
        row[0] for row in history.execute("select distinct score_date from core.epss_history order by 1").fetchall()
    ]
    # The first day after the hole, and the first of the fifth model: their own scores have nothing to compare with.
    fresh, compared = (date(2024, 6, 23), date(2026, 6, 21)), 0
    for day in sorted({*days[::10], *fresh}):
        found = queries.run(history, "risk/epss_score", as_of=datetime.combine(day, datetime.min.time()))
        rows = found[found["earlier_date"].notna()]
        compared += len(rows)
        pairs = {(a.date(), b.date()) for a, b in zip(rows["score_date"], rows["earlier_date"], strict=True)}
        for latest, earlier in pairs:
            assert model_on(latest) == model_on(earlier) != ""
            assert 28 <= (latest - earlier).days <= 56
        if day in fresh:
            assert day not in {latest for latest, _ in pairs}
    assert compared > 5_000


def _no_line_crosses_a_gap(history: duckdb.DuckDBPyConnection) -> None:
    days = queries.run(history, "risk/epss_day", as_of=datetime(2026, 11, 2))  # noqa: DTZ001
    found = score_stretches(days)
    assert len(found) == len(days) == 170
    for _, stretch in found.groupby("stretch"):
        assert stretch["model_version"].nunique() <= 1
        assert stretch["score_date"].diff().max() <= pd.Timedelta(days=21) or len(stretch) == 1
    when = found.set_index(found["score_date"].dt.date)["stretch"]
    assert when[date(2025, 4, 20) : date(2025, 8, 20)].isna().all()
    assert pd.isna(when[date(2026, 6, 14)])
    # Where the level of all scores jumped, another stretch begins: no threshold is read across.
    for before, after in ((date(2025, 3, 16), date(2025, 3, 23)), (date(2026, 6, 7), date(2026, 6, 21))):
        assert when[before] != when[after]
    assert when[date(2023, 10, 25)] != when[date(2024, 6, 23)]


@pytest.mark.published
def test_nothing_is_read_across_a_gap_of_the_published_history(published: Path, tmp_path: Path) -> None:
    """Taken in by the feed door, as of every tenth of 170 weeks: an earlier score is of the same known model and one
    to two months older, or there is none; and no line joins two models, two sides of a hole, or a partial week.
    """
    update(["epss_history"], str(published), tmp_path / "store.duckdb", datetime(2026, 11, 2))  # noqa: DTZ001
    history = connect(tmp_path / "store.duckdb")
    _no_score_is_compared_across_models_or_a_hole(history)
    _no_line_crosses_a_gap(history)


def test_gaps_are_rows_with_their_days() -> None:
    """A change of model between two weeks; without scores there is no gap."""
    days = _weeks((0, 100, "v4"), (1, 100, "v5"))
    assert gap_table(days).values.tolist() == [["another model between", _week(0), _week(1), 7]]
    assert gap_table(days.head(0)).empty
