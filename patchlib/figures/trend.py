"""A share week by week: what was carried forward is hollow, a week that is not over is shaded."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme

__all__ = ["trend_lines"]

_LOOKS = [
    (theme.BLUE, "longdashdot"),
    (theme.VERMILION, "dash"),
    (theme.SKY, "dot"),
    (theme.ORANGE, "dashdot"),
    (theme.PURPLE, "longdash"),
]


def trend_lines(whole: pd.DataFrame, groups: pd.DataFrame, by: str, next_week: str = "") -> go.Figure:
    """The compliant share of the fleet and of each group at each week's observation.

    whole, groups: `metrics.trend.trend` without and with `by`. next_week: where there is one observation only, the
    Monday from which a second makes a trend.
    """
    instants = sorted(whole["taken_at"].unique()) if len(whole) else []
    if len(instants) < 2:
        week = f", week of {next_week}" if next_week else ""
        return theme.empty(f"A trend is drawn from the second observation{week}." if instants else "No observation.")
    figure = go.Figure([_line(whole, "all nodes", theme.GREY, "solid", width=4)])
    largest = groups.groupby(by)["expected_count"].max().sort_values(ascending=False, kind="stable")
    for place, name in enumerate(largest[largest > 0].index):
        color, dash = _LOOKS[place % len(_LOOKS)]
        figure.add_trace(_line(groups[groups[by] == name], str(name), color, dash))
    if not bool(whole["is_week_over"].iloc[-1]):
        start = pd.Timestamp(whole["week_start_date"].iloc[-1])
        end = start + pd.Timedelta(days=7)
        figure.add_vrect(x0=f"{start:%Y-%m-%d}", x1=f"{end:%Y-%m-%d}", fillcolor=theme.PALE, opacity=0.4, line_width=0,
                         annotation_text="week not over", annotation_position="bottom left")  # fmt: skip
    theme.styled(figure, x_title="observed at [UTC]", y_title="compliant [share of expected nodes]")
    return figure.update_yaxes(rangemode="tozero", tickformat=".0%")


def _line(rows: pd.DataFrame, name: str, color: str, dash: str, width: int = 2) -> go.Scatter:
    rows = rows[rows["compliant_share"].notna()]
    symbols = ["circle-open" if count else "circle" for count in rows["carried_node_count"]]
    return go.Scatter(
        name=name,
        x=[f"{pd.Timestamp(at):%Y-%m-%dT%H:%M:%S}" for at in rows["taken_at"]],
        y=rows["compliant_share"].astype(float).tolist(),
        mode="lines+markers",
        line={"color": color, "dash": dash, "width": width},
        marker={"symbol": symbols, "size": 9, "color": color, "line": {"width": 2}},
        text=[f"{count:,} nodes carried forward" if count else "" for count in rows["carried_node_count"]],
    )
