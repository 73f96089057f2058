"""Charts of how long patches stay open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from patchlib.figures import theme

__all__ = ["incidence_curves", "median_dots", "release_bars", "survival_curves", "trend_bars", "waiting_bars"]

_PARTS = {
    "before approval (design)": ("approval_days", theme.SKY, "."),
    "waiting for the first window (design)": ("window_days", theme.BLUE, "-"),
    "after that window (execution)": ("execution_days", theme.VERMILION, ""),
    "waiting for a reboot (execution)": ("reboot_days", theme.PURPLE, "/"),
    "not known": ("unknown_days", theme.GREY, "x"),
}
_COLUMNS, _PANEL_PIXELS, _GAP_PIXELS, _TOP_PIXELS, _LINE_PIXELS = 2, 158, 74, 76, 24
# Vendors' words for one rank.
_VENDOR_WORDS = {"Moderate": "Moderate (Windows, Red Hat)", "Medium": "Medium (Amazon Linux, Ubuntu)"}


def _named(severity: str) -> str:
    return _VENDOR_WORDS.get(severity, severity)


def _grid(titles: Sequence[str], panel_pixels: int, **sharing: Any) -> go.Figure:
    """Panels in two columns, each `panel_pixels` tall, with room between them for ticks and axis title."""
    rows, columns = -(-len(titles) // _COLUMNS), min(_COLUMNS, len(titles))
    inner = panel_pixels * rows + _GAP_PIXELS * (rows - 1)
    figure = make_subplots(
        rows, columns, subplot_titles=titles, vertical_spacing=theme.panel_gaps(rows, _GAP_PIXELS, inner),
        horizontal_spacing=0.06, **sharing,
    )  # fmt: skip
    figure.update_annotations(font_size=12)
    return figure.update_layout(height=inner + _TOP_PIXELS + 50)


def _finished(figure: go.Figure, *, x_title: str, y_title: str = "") -> go.Figure:
    """Units on every panel; the legend above all of them."""
    height = figure.layout.height
    theme.styled(figure, x_title=x_title, height=height)
    figure.update_xaxes(showticklabels=True, title_standoff=4)
    if y_title:
        figure.update_yaxes(title_text=y_title, col=1)
    top = 1 + 34 / (height - _TOP_PIXELS - 50)
    return figure.update_layout(margin_t=_TOP_PIXELS, legend_y=top)


def survival_curves(survival: pd.DataFrame) -> go.Figure:
    """Share of patches still open by days on one clock: a panel per environment, a line per severity.

    survival: rows of query lag/survival on one clock.
    """
    if survival.empty:
        return theme.empty("No patch can be timed.")
    environments = sorted(survival["environment"].unique())
    figure = _grid(environments, _PANEL_PIXELS, shared_xaxes="all", shared_yaxes="all")
    seen: set[str] = set()
    for name in theme.severities(survival["severity"]):
        for environment, rows in survival[survival["severity"] == name].groupby("environment"):
            row, column = divmod(environments.index(environment), min(_COLUMNS, len(environments)))
            figure.add_trace(_curve(name, rows, shows_name=name not in seen), row=row + 1, col=column + 1)
            seen.add(name)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return _finished(figure, x_title="days on the clock [d]", y_title="still open [%]")


def _curve(name: str, rows: pd.DataFrame, *, shows_name: bool) -> go.Scatter:
    return go.Scatter(
        name=_named(name),
        legendgroup=name,
        showlegend=shows_name,
        x=[0, *rows["day"].tolist()],
        y=[1.0, *rows["survival_share"].tolist()],
        mode="lines",
        line={"shape": "hv", "color": theme.severity_color(name), "dash": theme.severity_dash(name)},
        hovertemplate=f"{_named(name)}: %{{y:.0%}} open after %{{x}} days<extra></extra>",
    )


def median_dots(medians: pd.DataFrame) -> go.Figure:
    """The median lag with its 95 % interval, a panel per severity; beside it what closed items alone would say.

    medians: `metrics.lag.summary`. An environment whose median is not reached is named so.
    """
    if medians.empty:
        return theme.empty("No patch can be timed.")
    names = theme.severities(medians["severity"])
    environments = sorted(medians["environment"].unique())
    panel = _LINE_PIXELS * max(len(environments), 3) + 16
    figure = _grid([_named(name) for name in names], panel, shared_xaxes="all", shared_yaxes="all")
    columns = min(_COLUMNS, len(names))
    for place, name in enumerate(names):
        row, column = divmod(place, columns)
        rows = medians[medians["severity"] == name].sort_values("environment", ignore_index=True)
        for trace in _medians(name, rows, shows_name=place == 0):
            figure.add_trace(trace, row=row + 1, col=column + 1)
    figure.update_yaxes(**theme.reversed_rows(environments), range=[-0.6, len(environments) - 0.4])
    figure.update_xaxes(rangemode="tozero")
    return _finished(figure, x_title="median lag [d]")


def _medians(name: str, rows: pd.DataFrame, *, shows_name: bool) -> list[go.Scatter]:
    labels = rows["environment"].tolist()
    ends = ["median_days", "median_low_days", "median_high_days", "closed_median_days"]
    middle, low, high, closed = (rows[column].astype(float) for column in ends)
    estimate = go.Scatter(
        name="open items counted, 95 % interval", legendgroup="all", showlegend=shows_name,
        x=middle.tolist(), y=labels, mode="markers",
        marker={"size": 10, "color": theme.severity_color(name)},
        error_x={
            "type": "data", "symmetric": False, "color": theme.GREY,
            "array": (high.fillna(middle) - middle).tolist(), "arrayminus": (middle - low.fillna(middle)).tolist(),
        },
    )  # fmt: skip
    naive = go.Scatter(
        name="closed items alone", legendgroup="closed", showlegend=shows_name,
        x=closed.tolist(), y=labels, mode="markers",
        marker={"size": 8, "symbol": "x-thin", "line": {"width": 2, "color": theme.GREY}},
    )  # fmt: skip
    endless = rows.loc[middle.isna(), "environment"].tolist()
    words = go.Scatter(
        showlegend=False, x=[0] * len(endless), y=endless, mode="text", text=[" not reached"] * len(endless),
        textposition="middle right", hoverinfo="skip",
    )  # fmt: skip
    return [estimate, naive, words] if endless else [estimate, naive]


def waiting_bars(decomposition: pd.DataFrame) -> go.Figure:
    """Days per episode of each part of the open time, known or not; effective and open episodes side by side.

    decomposition: query lag/decomposition, with or without schedules.
    """
    rows = decomposition[decomposition["total_days"] > 0]
    if rows.empty:
        return theme.empty("No patch can be timed.")
    order = {name: place for place, name in enumerate(theme.severities(rows["severity"]))}
    rows = rows.assign(rank=rows["severity"].map(order)).sort_values(["rank", "environment"])
    named = rows.assign(label=rows["severity"] + ", " + rows["environment"])
    labels = named["label"].drop_duplicates().tolist()
    titles = {True: "effective", False: "still open"}
    figure = make_subplots(
        1, 2, subplot_titles=list(titles.values()), shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.05
    )
    figure.update_annotations(font_size=12)
    for column, is_event in enumerate(titles, start=1):
        shown = named[named["is_event"].astype(bool) == is_event]
        for part, (days, color, hatch) in _PARTS.items():
            bar = go.Bar(
                name=part, legendgroup=part, showlegend=column == 1, orientation="h",
                x=(shown[days] / shown["episode_count"]).tolist(), y=shown["label"].tolist(),
                marker={"color": color, "pattern": {"shape": hatch}},
            )  # fmt: skip
            figure.add_trace(bar, row=1, col=column)
    figure.update_layout(barmode="stack", height=_TOP_PIXELS + 50 + _LINE_PIXELS * max(len(labels), 3))
    figure.update_yaxes(**theme.reversed_rows(labels))
    return _finished(figure, x_title="days per patch, so far where open [d]")


def incidence_curves(curves: pd.DataFrame) -> go.Figure:
    """Share patched and share gone with their node, a panel per severity.

    curves: `metrics.incidence.ended_by`.
    """
    if curves.empty:
        return theme.empty("No patch that can be timed has ended.")
    names = theme.severities(curves["severity"])
    figure = _grid([_named(name) for name in names], _PANEL_PIXELS, shared_xaxes="all", shared_yaxes="all")
    columns = min(_COLUMNS, len(names))
    looks = {"patched": (theme.BLUE, "solid"), "gone": (theme.ORANGE, "dash")}
    for place, name in enumerate(names):
        row, column = divmod(place, columns)
        for cause, (color, dash) in looks.items():
            rows = curves[(curves["severity"] == name) & (curves["cause"] == cause)]
            line = go.Scatter(
                name="patched" if cause == "patched" else "gone with the node", legendgroup=cause,
                showlegend=place == 0, x=[0, *rows["day"].tolist()], y=[0.0, *rows["incidence_share"].tolist()],
                mode="lines", line={"shape": "hv", "color": color, "dash": dash},
            )  # fmt: skip
            figure.add_trace(line, row=row + 1, col=column + 1)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return _finished(figure, x_title="days since first observed [d]", y_title="ended [%]")


def trend_bars(weeks: pd.DataFrame, *, tau_days: int) -> go.Figure:
    """Share effective within the horizon by week of release; weeks that are not complete in grey.

    weeks: `metrics.cohort.weekly`; tau_days: its horizon [d].
    """
    if weeks.empty:
        return theme.empty("No patch can be timed.")
    is_complete = weeks["is_complete"].astype(bool)
    kinds = {
        f"watched for {tau_days} days": (is_complete, theme.BLUE, ""),
        "incomplete, may still move": (~is_complete, theme.GREY, "/"),
    }
    figure = go.Figure(
        [
            go.Bar(name=name, x=[f"{day:%Y-%m-%d}" for day in pd.to_datetime(weeks.loc[rows, "week_date"])],
                   y=weeks.loc[rows, "effective_share"].tolist(), marker={"color": color, "pattern": {"shape": hatch}})
            for name, (rows, color, hatch) in kinds.items()
        ]
    )  # fmt: skip
    theme.styled(figure, x_title="week of release [Monday, UTC]", y_title=f"effective within {tau_days} d [%]")
    figure.update_xaxes(type="date")
    return figure.update_yaxes(range=[0, 1.02], tickformat=".0%")


def release_bars(release_known: pd.DataFrame) -> go.Figure:
    """What part of each platform's patch rows can be timed, and why the rest cannot.

    release_known: query lag/release_known.
    """
    if release_known.empty:
        return theme.empty("No patch row was read.")
    rows = release_known.sort_values("patch_row_count", ascending=False)
    unlisted, silent = rows["listed_once_installed_count"], rows["no_install_time_count"]
    rest = rows["release_known_count"] - rows["episode_count"] - rows["came_with_image_count"] - unlisted - silent
    parts = {
        "timed": (rows["episode_count"], theme.BLUE, ""),
        "came with the image": (rows["came_with_image_count"], theme.SKY, "."),
        "not approved, listed only once installed": (unlisted, theme.PURPLE, "+"),
        "installed, but when is not told": (silent, theme.PALE, "\\"),
        "left out for another reason": (rest, theme.ORANGE, "x"),
        "no release date": (rows["patch_row_count"] - rows["release_known_count"], theme.GREY, "/"),
    }  # fmt: skip
    labels = rows["platform"].tolist()
    figure = go.Figure(
        [
            go.Bar(name=part, x=counts.tolist(), y=labels, orientation="h",
                   marker={"color": color, "pattern": {"shape": hatch}})
            for part, (counts, color, hatch) in parts.items()
        ]
    ).update_layout(barmode="stack")  # fmt: skip
    theme.styled(figure, x_title="node and patch pairs [patches]", height=theme.row_height(len(rows)))
    return figure.update_yaxes(**theme.reversed_rows(labels))
