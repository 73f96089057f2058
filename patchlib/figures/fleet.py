"""Charts of what is seen of the fleet."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme
from patchlib.metrics.share import Share

__all__ = ["account_grid", "coverage_bars", "platform_bars"]

_CELL_PIXELS, _COLUMN_PIXELS, _LABEL_PIXELS = 36, 64, 150  # two lines of text, and their width; an account's name
_LEVEL_REGIONS = 8  # up to which their names stand level
_SEEN = [[0.0, theme.VERMILION], [0.5, "#F2E2D0"], [1.0, theme.BLUE]]  # none fresh to all fresh
_DARK = [[0.0, "rgba(0,0,0,0)"], [1.0, "#D9D9D9"]]  # not readable, not attempted


def coverage_bars(coverage: pd.DataFrame) -> go.Figure:
    """Nodes in each coverage state, in order of precedence.

    coverage: query fleet/coverage.
    """
    total = int(coverage["node_count"].sum())
    if not total:
        return theme.empty("No node is known.")
    bars = go.Bar(
        x=coverage["node_count"].tolist(),
        y=coverage["coverage_state"].tolist(),
        orientation="h",
        marker_color=[theme.COVERAGE_COLORS.get(state, theme.GREY) for state in coverage["coverage_state"]],
        text=[f"{count:,} ({Share(int(count), total).percent})" for count in coverage["node_count"]],
        textposition=theme.bar_text(coverage["node_count"].tolist()),
        insidetextanchor="end",
        cliponaxis=False,
        hovertext=coverage["opened_by"].tolist(),
    )
    figure = theme.styled(go.Figure(bars), x_title="known nodes", height=theme.row_height(len(coverage)))
    figure.update_yaxes(**theme.reversed_rows(coverage["coverage_state"].tolist()))
    return figure.update_layout(margin_r=80)


def account_grid(by_account: pd.DataFrame) -> go.Figure:
    """Share of freshly scanned nodes per account and Region; what could not be read is marked, not blank.

    by_account: query fleet/by_account.
    """
    if by_account.empty:
        return theme.empty("No account was attempted.")
    rows = by_account.assign(account=_named(by_account), told=_told(by_account))
    share = (
        rows.pivot(index="account", columns="region", values="fresh_share").astype(float).sort_index(ascending=False)
    )
    told = rows.pivot(index="account", columns="region", values="told").reindex_like(share).fillna("not<br>attempted")
    place = {"x": share.columns.tolist(), "y": share.index.tolist(), "xgap": 2, "ygap": 2, "zmin": 0, "zmax": 1}
    look: dict[str, Any] = {"texttemplate": "%{text}", "textfont": {"size": 12}, "showscale": False}
    hover = "%{y}, %{x}: %{text}<extra></extra>"
    # Words on grey belong to the grey layer: plotly chooses a letter's shade by the ground of its own layer.
    dark = go.Heatmap(
        **place, **look, z=share.isna().astype(int).to_numpy(), text=told.where(share.isna(), "").to_numpy(),
        colorscale=_DARK, hovertemplate=hover,
    )  # fmt: skip
    cells = go.Heatmap(
        **place, **look, z=share.to_numpy(), text=told.where(share.notna(), "").to_numpy(),
        colorscale=_SEEN, hovertemplate=hover,
    )  # fmt: skip
    figure = theme.styled(go.Figure([dark, cells]), x_title="Region", height=110 + _CELL_PIXELS * max(len(share), 3))
    figure.update_yaxes(showgrid=False)
    figure.update_xaxes(showgrid=False, side="top", tickangle=0 if len(share.columns) <= _LEVEL_REGIONS else -90)
    return figure.update_layout(meta={"min_width": _LABEL_PIXELS + _COLUMN_PIXELS * len(share.columns)})


def _named(by_account: pd.DataFrame) -> pd.Series[str]:
    """The account's name; with its id where the name is missing or not unique."""
    names = by_account["account_name"].fillna("")
    owners = by_account.groupby("account_name")["account_id"].nunique()
    is_told = names.map(owners).fillna(0) == 1
    return names.where(is_told, (names + " " + by_account["account_id"]).str.strip())


def _told(by_account: pd.DataFrame) -> list[str]:
    """What a cell of the grid says: fresh of known nodes, or that nothing or not all was read."""
    columns = ["source_count", "unread_source_count", "fresh_count", "known_node_count", "is_closed"]
    return [_place_words(*map(int, counts)) for counts in by_account[columns].to_numpy()]


def _place_words(sources: int, unread: int, fresh: int, known: int, is_closed: int) -> str:
    if is_closed:
        return "closed"
    if sources == unread:
        return "no<br>answer"
    count = f"{fresh}/{known}" if known else "no nodes"
    return f"{count}<br>partly read" if unread else count


def platform_bars(platforms: pd.DataFrame) -> go.Figure:
    """Known nodes per platform: freshly scanned, of these past end of support, and not fresh.

    platforms: query fleet/platforms.
    """
    if platforms.empty:
        return theme.empty("No node is known.")
    is_past = platforms["is_past_end_of_support"].astype(object).fillna(False).astype(bool)
    split = platforms.assign(past_count=platforms["fresh_count"].where(is_past, 0))
    summed = split.groupby("platform")[["known_node_count", "fresh_count", "past_count"]].sum()
    rows = summed.sort_values("known_node_count", ascending=False)
    labels = rows.index.tolist()
    unseen = rows["known_node_count"] - rows["fresh_count"]
    parts = {
        "fresh, supported or date unknown": (rows["fresh_count"] - rows["past_count"], theme.BLUE, ""),
        "fresh, past end of support": (rows["past_count"], theme.PURPLE, "x"),
        "not fresh": (unseen, theme.GREY, "/"),
    }
    figure = go.Figure(
        [
            go.Bar(name=part, x=counts.tolist(), y=labels, orientation="h",
                   marker={"color": color, "pattern": {"shape": hatch}})
            for part, (counts, color, hatch) in parts.items()
        ]
    ).update_layout(barmode="stack")  # fmt: skip
    theme.styled(figure, x_title="known nodes", height=theme.row_height(len(rows)))
    return figure.update_yaxes(**theme.reversed_rows(labels))
