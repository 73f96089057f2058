"""A trend's points say what they rest on."""

from __future__ import annotations

import pandas as pd

from patchlib.figures.trend import trend_lines

WHOLE = pd.DataFrame(
    {
        "taken_at": pd.to_datetime(["2026-10-19T06:00", "2026-10-26T06:00", "2026-11-02T06:00"]),
        "week_start_date": pd.to_datetime(["2026-10-19", "2026-10-26", "2026-11-02"]),
        "is_week_over": [True, True, False],
        "group": "all nodes",
        "expected_count": [4, 4, 4],
        "compliant_share": [0.5, 0.25, 0.75],
        "carried_node_count": [0, 2, 0],
    }
)
GROUPS = pd.concat(
    [WHOLE.assign(environment=name, expected_count=size) for name, size in (("test", 1), ("production", 3), ("no", 0))],
    ignore_index=True,
)


def test_carried_points_are_hollow_and_the_open_week_is_shaded() -> None:
    """The fleet first, then the groups with nodes, largest first."""
    figure = trend_lines(WHOLE, GROUPS, "environment")
    assert [line.name for line in figure.data] == ["all nodes", "production", "test"]
    assert list(figure.data[0].marker.symbol) == ["circle", "circle-open", "circle"]
    assert list(figure.data[0].y) == [0.5, 0.25, 0.75]
    assert figure.layout.shapes[0].x0 == "2026-11-02"
    assert not trend_lines(WHOLE.assign(is_week_over=True), GROUPS, "environment").layout.shapes


def test_lines_differ_without_colour() -> None:
    """Each has its dash."""
    dashes = [line.line.dash for line in trend_lines(WHOLE, GROUPS, "environment").data]
    assert len(set(dashes)) == len(dashes)


def test_one_observation_says_when_there_will_be_a_trend() -> None:
    """And none says so."""
    one = trend_lines(WHOLE.head(1), GROUPS.head(1), "environment", "2026-10-26")
    assert one.layout.annotations[0].text == "A trend is drawn from the second observation, week of 2026-10-26."
    none = trend_lines(WHOLE.head(0), GROUPS.head(0), "environment")
    assert none.layout.annotations[0].text == "No observation."
