"""Charts of the risk page: what orders remove, evidence and reach, decisions, scanners, services over time."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme
from patchlib.metrics.risk_item import EVIDENCE, REACHES

__all__ = ["deadline_bars", "evidence_bars", "order_curves", "scanner_bars", "service_lines"]

# Colour and dash of each order; ours is the thick one.
_ORDERS = {
    "this order": (theme.BLUE, "solid", 4),
    "exposure alone": (theme.SKY, "dash", 2),
    "severity alone": (theme.ORANGE, "dot", 2),
    "CVSS alone": (theme.PURPLE, "dashdot", 2),
}
# A hatch repeats what a colour says; what is not known is never the colour of good.
_REACHES = {
    "internet": (theme.VERMILION, ""),
    "no way found": (theme.SKY, "."),
    "not known": (theme.GREY, "/"),
}
_STATES = {
    "breached": theme.VERMILION,
    "not known": theme.GREY,
    "at risk": theme.ORANGE,
    "open": theme.SKY,
}
_LINES = [
    (theme.BLUE, "solid"),
    (theme.VERMILION, "dash"),
    (theme.ORANGE, "dot"),
    (theme.PURPLE, "dashdot"),
    (theme.SKY, "longdash"),
]


def order_curves(steps: pd.DataFrame, compared: pd.DataFrame) -> go.Figure:
    """Share of the exposure removed by hours spent, a line per order; diamonds are the exact optimum.

    steps, compared: of `patchlib.models.agenda.Agenda`.
    """
    if steps["removed_share"].notna().sum() == 0 or compared.empty:
        return theme.empty("No action ends an item that has a score.")
    figure = go.Figure()
    for name, (color, dash, width) in _ORDERS.items():
        rows = steps[steps["order"] == name]
        figure.add_scatter(
            name=name, x=rows["hours_sum"].tolist(), y=rows["removed_share"].tolist(), mode="lines",
            line={"shape": "hv", "color": color, "dash": dash, "width": width},
            text=[f"{count} actions" for count in rows["action_count"]],
            hovertemplate=f"{name}: %{{y:.1%}} after %{{x:.1f}} h, %{{text}}<extra></extra>",
        )  # fmt: skip
    best = compared[compared["order"] == "exact optimum"]
    figure.add_scatter(
        name="exact optimum" if best["is_proven"].astype(bool).all() else "no set removes more",
        x=best["hours"].tolist(), y=best["removed_share"].tolist(), mode="markers",
        marker={"symbol": "diamond", "size": 13, "color": theme.VERMILION},
        hovertemplate="%{y:.1%} is possible in %{x:.1f} h<extra></extra>",
    )  # fmt: skip
    for row in best.itertuples():
        figure.add_vline(x=row.hours, line={"color": theme.GREY, "dash": "dot", "width": 1},
                         annotation_text=f"first {row.first_count}", annotation_position="bottom right")  # fmt: skip
    theme.styled(figure, x_title="hours of people, by the effort assumed [h]", y_title="exposure removed [%]")
    figure.update_xaxes(rangemode="tozero")
    return figure.update_yaxes(rangemode="tozero", tickformat=".0%")


def evidence_bars(counts: pd.DataFrame) -> go.Figure:
    """Items by evidence of exploitation, the strongest on top, stacked by whether the internet reaches them.

    counts: `metrics.risk_item.evidence_counts`.
    """
    if counts.empty:
        return theme.empty("No item is open.")
    sizes = counts.set_index(["reach", "evidence"])["item_count"]
    named = [name for name in REACHES if name in sizes.index.get_level_values("reach")]
    bars = [
        go.Bar(
            name={"internet": "the internet reaches it"}.get(name, name), orientation="h", y=list(EVIDENCE),
            x=sizes[name].reindex(EVIDENCE, fill_value=0).tolist(),
            marker={"color": _REACHES[name][0], "pattern": {"shape": _REACHES[name][1]}},
        )
        for name in named
    ]  # fmt: skip
    figure = go.Figure(bars).update_layout(barmode="stack")
    theme.styled(figure, x_title="open items", height=theme.row_height(len(EVIDENCE)))
    return figure.update_yaxes(**theme.reversed_rows(EVIDENCE))


def scanner_bars(counts: pd.DataFrame) -> go.Figure:
    """Items by who finds them, the most on top; where another scanner of the asset is silent, hatched.

    counts: `metrics.scanner.scanner_counts`.
    """
    if counts.empty:
        return theme.empty("No scanner names a vulnerability.")
    rows = counts.assign(label=counts["asset_kind"] + ": " + counts["scanners"].str.replace("; ", " and "))
    parts = {
        "all that look at the asset find it": (rows["item_count"] - rows["differing_count"], theme.BLUE, ""),
        "another one is silent": (rows["differing_count"], theme.ORANGE, "/"),
    }
    bars = [
        go.Bar(name=name, orientation="h", x=values.tolist(), y=rows["label"].tolist(),
               marker={"color": color, "pattern": {"shape": hatch}})
        for name, (values, color, hatch) in parts.items()
    ]  # fmt: skip
    figure = go.Figure(bars).update_layout(barmode="stack")
    theme.styled(figure, x_title="open items", height=theme.row_height(len(rows)))
    return figure.update_yaxes(**theme.reversed_rows(rows["label"].tolist()))


def service_lines(weeks: pd.DataFrame) -> go.Figure:
    """Item days of exposure by week, a line per service; a week that is not over has a hollow mark.

    weeks: `metrics.risk_action.exposed_weeks`.
    """
    if weeks["week_start_date"].nunique() < 2:
        return theme.empty("A trend is drawn from the second week on.")
    figure = go.Figure()
    names = list(dict.fromkeys(weeks["service_name"]))
    for place, name in enumerate(names):
        rows = weeks[weeks["service_name"] == name]
        color, dash = (theme.GREY, "solid") if name == "all others" else _LINES[place % len(_LINES)]
        symbols = ["circle" if over else "circle-open" for over in rows["is_over"]]
        figure.add_scatter(
            name=name, x=[f"{pd.Timestamp(day):%Y-%m-%d}" for day in rows["week_start_date"]],
            y=rows["item_days"].tolist(), mode="lines+markers", line={"color": color, "dash": dash},
            marker={"symbol": symbols, "size": 8, "line": {"width": 2}},
        )  # fmt: skip
    theme.styled(figure, x_title="week [Monday, UTC]", y_title="exposure [item days]")
    return figure.update_xaxes(type="date").update_yaxes(rangemode="tozero")


def deadline_bars(deadlines: pd.DataFrame) -> go.Figure:
    """Open items by their state towards the deadline, now and after the picked actions.

    deadlines: state, now, then, of `models.whatif.WhatIf`.
    """
    if not deadlines[["now", "then"]].to_numpy().sum():
        return theme.empty("Nothing that is open has a deadline.")
    sizes = deadlines.set_index("state")
    bars = [
        go.Bar(
            name=state, orientation="h", y=["now", "after these actions"],
            x=[sizes["now"][state], sizes["then"][state]],
            marker={"color": color, "pattern": {"shape": "/" if state == "not known" else ""}},
        )
        for state, color in _STATES.items()
    ]  # fmt: skip
    figure = theme.styled(go.Figure(bars), x_title="open patches with a deadline", height=theme.row_height(2))
    return figure.update_layout(barmode="stack").update_yaxes(**theme.reversed_rows(["now", "after these actions"]))
