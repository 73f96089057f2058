"""Charts of how long patches stay open."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from patchlib.figures import theme

__all__ = ["median_dots", "release_bars", "survival_curves", "waiting_bars"]

_PARTS = {
    "before approval (design)": ("design_days", theme.SKY, "."),
    "after approval (execution)": ("execution_days", theme.VERMILION, ""),
    "waiting for a reboot": ("reboot_days", theme.PURPLE, "/"),
}
_COLUMNS, _PANEL_PIXELS = 2, 240


def survival_curves(survival: pd.DataFrame) -> go.Figure:
    """Share of patches still open by days since release: a panel per environment, a line per severity.

    survival: query lag/survival.
    """
    if survival.empty:
        return theme.empty("No patch can be timed.")
    environments = sorted(survival["environment"].unique())
    grid_rows = -(-len(environments) // _COLUMNS)
    columns = min(_COLUMNS, len(environments))
    figure = make_subplots(grid_rows, columns, subplot_titles=environments, shared_xaxes="all", shared_yaxes="all")
    seen: set[str] = set()
    for name in theme.severities(survival["severity"]):
        for environment, rows in survival[survival["severity"] == name].groupby("environment"):
            row, column = divmod(environments.index(environment), columns)
            figure.add_trace(_curve(name, rows, shows_name=name not in seen), row=row + 1, col=column + 1)
            seen.add(name)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    theme.styled(
        figure, x_title="days since release [d]", y_title="still open [%]", height=_PANEL_PIXELS * grid_rows + 90
    )
    return figure.update_layout(margin_t=70, legend_y=1.08)


def _curve(name: str, rows: pd.DataFrame, *, shows_name: bool) -> go.Scatter:
    return go.Scatter(
        name=name,
        legendgroup=name,
        showlegend=shows_name,
        x=[0, *rows["day"].tolist()],
        y=[1.0, *rows["survival_share"].tolist()],
        mode="lines",
        line={"shape": "hv", "color": theme.severity_color(name), "dash": theme.severity_dash(name)},
        hovertemplate=f"{name}: %{{y:.0%}} open after %{{x}} days<extra></extra>",
    )


def median_dots(medians: pd.DataFrame) -> go.Figure:
    """The median lag of each stratum with its 95 % interval; strata whose median is not reached are named so.

    medians: `metrics.lag.median_interval` of query lag/survival.
    """
    if medians.empty:
        return theme.empty("No patch can be timed.")
    order = theme.severities(medians["severity"])
    rows = medians.assign(rank=medians["severity"].map({name: place for place, name in enumerate(order)}))
    rows = rows.sort_values(["rank", "environment"], ignore_index=True)
    ends = ["median_days", "median_low_days", "median_high_days"]
    middle, low, high = (rows[name].astype(float) for name in ends)
    labels = (rows["severity"] + ", " + rows["environment"]).where(middle.notna(), lambda text: text + " (not reached)")
    dots = go.Scatter(
        x=middle.tolist(),
        y=labels.tolist(),
        mode="markers",
        marker={"size": 10, "color": [theme.severity_color(name) for name in rows["severity"]]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (high.fillna(middle) - middle).tolist(),
            "arrayminus": (middle - low).tolist(),
            "color": theme.GREY,
        },
    )
    figure = theme.styled(go.Figure(dots), x_title="median days from release to effective [d]",
                          height=theme.row_height(len(rows)))  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    return figure.update_yaxes(**theme.reversed_rows(labels.tolist()))


def waiting_bars(decomposition: pd.DataFrame) -> go.Figure:
    """Mean days before approval, after it and before a reboot, closed and open episodes apart.

    decomposition: query lag/decomposition.
    """
    rows = decomposition[decomposition["total_days"] > 0]
    if rows.empty:
        return theme.empty("No approval is known for any timed patch.")
    order = {name: place for place, name in enumerate(theme.severities(rows["severity"]))}
    rows = rows.assign(rank=rows["severity"].map(order)).sort_values(["rank", "environment", "is_event"])
    ends = rows["is_event"].astype(bool).map({True: "effective", False: "still open"})
    labels = (rows["severity"] + ", " + rows["environment"] + ", " + ends).tolist()
    figure = go.Figure(
        [
            go.Bar(name=part, x=rows[f"mean_{column}"].astype(float).tolist(), y=labels, orientation="h",
                   marker={"color": color, "pattern": {"shape": hatch}})
            for part, (column, color, hatch) in _PARTS.items()
        ]
    ).update_layout(barmode="stack")  # fmt: skip
    theme.styled(figure, x_title="mean days per patch [d]", height=theme.row_height(len(rows)))
    return figure.update_yaxes(**theme.reversed_rows(labels))


def release_bars(release_known: pd.DataFrame) -> go.Figure:
    """What part of each platform's patch rows can be timed, and why the rest cannot.

    release_known: query lag/release_known.
    """
    if release_known.empty:
        return theme.empty("No patch row was read.")
    rows = release_known.sort_values("patch_row_count", ascending=False)
    unlisted = rows["listed_once_installed_count"]
    rest = rows["release_known_count"] - rows["episode_count"] - rows["came_with_image_count"] - unlisted
    parts = {
        "timed": (rows["episode_count"], theme.BLUE, ""),
        "came with the image": (rows["came_with_image_count"], theme.SKY, "."),
        "not approved, listed only once installed": (unlisted, theme.PURPLE, "+"),
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
    theme.styled(figure, x_title="applicable node and patch pairs [patches]", height=theme.row_height(len(rows)))
    return figure.update_yaxes(**theme.reversed_rows(labels))
