"""Charts of the risk page: what orders remove, evidence and reach, decisions, scanners, services over time."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from patchlib.figures import theme
from patchlib.metrics.risk_item import EVIDENCE, REACHES

__all__ = ["deadline_bars", "evidence_bars", "order_curves", "scanner_bars", "service_lines"]

# Colour and dash of each order; ours is the thick one.
_ORDERS = {
    "this order": (theme.BLUE, "solid", 4),
    "exposure alone": (theme.SKY, "dash", 2),
    "exploited and reached first": (theme.SKY, "dash", 2),
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
_TWO_WEEKS = 14 * 86_400_000  # plotly counts dates in milliseconds
_TOP_PIXELS, _GAP_PIXELS, _BAR_PIXELS = 76, 74, 26
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
        if rows.empty:
            continue
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
    """Items by evidence of exploitation, the strongest on top: what the internet reaches on a scale of its own.

    counts: `metrics.risk_item.evidence_counts`.
    """
    if counts.empty:
        return theme.empty("No item is known to be open.")
    sizes = counts.set_index(["reach", "evidence"])["item_count"]
    labels = [name for name in EVIDENCE if name in set(counts["evidence"])]
    titles = ("on assets that the internet reaches", "on all others, another scale")
    inner = _GAP_PIXELS + 2 * _BAR_PIXELS * max(len(labels), 3)
    height = _TOP_PIXELS + inner + 50
    figure = make_subplots(2, 1, subplot_titles=titles, vertical_spacing=theme.panel_gaps(2, _GAP_PIXELS, inner))
    figure.update_annotations(font_size=12)
    for name in REACHES:
        values = sizes[sizes.index.get_level_values("reach") == name].droplevel("reach").reindex(labels, fill_value=0)
        color, hatch = _REACHES[name]
        bar = go.Bar(
            name={"internet": "the internet reaches it"}.get(name, name), orientation="h", y=labels, x=values.tolist(),
            marker={"color": color, "pattern": {"shape": hatch}},
            text=[f"{count:,}" for count in values] if name == "internet" else None,
            textposition=theme.bar_text(values.tolist()) if name == "internet" else None,
        )  # fmt: skip
        figure.add_trace(bar, row=1 if name == "internet" else 2, col=1)
    figure.update_layout(barmode="stack")
    theme.styled(figure, x_title="open items", height=height)
    figure.update_xaxes(title_standoff=4)
    figure.update_layout(margin_t=_TOP_PIXELS, legend_y=1 + 34 / inner)
    return figure.update_yaxes(**theme.reversed_rows(labels))


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
    """Item days of exposure by whole week, a line per named service; all others are in the data only.

    weeks: `metrics.risk_action.exposed_weeks`.
    """
    if weeks["week_start_date"].nunique() < 2:
        return theme.empty("A trend is drawn from the second whole week on.")
    figure = go.Figure()
    known = weeks[weeks["item_days"].notna()]  # each line from when its service was watched
    named = [name for name in dict.fromkeys(known["service_name"]) if name != "all others"]
    for place, name in enumerate(named):
        rows = known[known["service_name"] == name]
        color, dash = _LINES[place % len(_LINES)]
        figure.add_scatter(
            name=name, x=[f"{pd.Timestamp(day):%Y-%m-%d}" for day in rows["week_start_date"]],
            y=rows["item_days"].tolist(), mode="lines+markers", line={"color": color, "dash": dash},
            marker={"symbol": place, "size": 8, "color": color},
        )  # fmt: skip
    theme.styled(figure, x_title="week [Monday, UTC]", y_title="exposure [item days]")
    first = f"{pd.Timestamp(weeks['week_start_date'].min()):%Y-%m-%d}"
    figure.update_xaxes(type="date", tick0=first, dtick=_TWO_WEEKS, tickformat="%b %-d")
    return figure.update_yaxes(rangemode="tozero")


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
