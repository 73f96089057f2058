"""Charts of what is seen of the fleet."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme
from patchlib.metrics.share import Share

__all__ = ["account_grid", "coverage_bars", "platform_bars"]


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
        textposition="outside",
        cliponaxis=False,
        hovertext=coverage["opened_by"].tolist(),
    )
    figure = theme.styled(go.Figure(bars), x_title="known nodes [nodes]", height=theme.row_height(len(coverage)))
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
    told = rows.pivot(index="account", columns="region", values="told").reindex_like(share).fillna("not attempted")
    cells = go.Heatmap(
        z=share.to_numpy(),
        x=share.columns.tolist(),
        y=share.index.tolist(),
        text=told.to_numpy(),
        texttemplate="%{text}",
        colorscale="Cividis",
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        colorbar={"title": {"text": "fresh share"}, "tickformat": ".0%"},
        hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
    )
    return theme.styled(go.Figure(cells), x_title="Region", y_title="account", height=theme.row_height(len(share)))


def _named(by_account: pd.DataFrame) -> pd.Series[str]:
    names = by_account["account_name"].fillna("")
    return (names + " " + by_account["account_id"]).str.strip()


def _told(by_account: pd.DataFrame) -> list[str]:
    """What a cell of the grid says: fresh of known nodes, or that nothing or not all was read."""
    columns = ["source_count", "unread_source_count", "fresh_count", "known_node_count"]
    return [_place_words(*map(int, counts)) for counts in by_account[columns].to_numpy()]


def _place_words(sources: int, unread: int, fresh: int, known: int) -> str:
    if sources == unread:
        return "not readable"
    count = f"{fresh}/{known}" if known else "no nodes"
    return f"{count} (partly read)" if unread else count


def platform_bars(platforms: pd.DataFrame) -> go.Figure:
    """Known nodes per platform, freshly scanned and not.

    platforms: query fleet/platforms.
    """
    if platforms.empty:
        return theme.empty("No node is known.")
    summed = platforms.groupby("platform")[["known_node_count", "fresh_count"]].sum()
    rows = summed.sort_values("known_node_count", ascending=False)
    labels = rows.index.tolist()
    unseen = rows["known_node_count"] - rows["fresh_count"]
    figure = go.Figure(
        [
            go.Bar(name="fresh", x=rows["fresh_count"].tolist(), y=labels, orientation="h", marker_color=theme.BLUE),
            go.Bar(
                name="not fresh",
                x=unseen.tolist(),
                y=labels,
                orientation="h",
                marker={"color": theme.GREY, "pattern": {"shape": "/"}},
            ),
        ]
    ).update_layout(barmode="stack")
    theme.styled(figure, x_title="known nodes [nodes]", height=theme.row_height(len(rows)))
    return figure.update_yaxes(**theme.reversed_rows(labels))
