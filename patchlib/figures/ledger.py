"""The coverage ledger as a grid: places down, systems across, and in each cell how reading it ended."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme

__all__ = ["ledger_grid"]

_CELL_PIXELS, _FRAME_PIXELS = 27, 190  # one line of text; names above, legend below
_LEAST_COLUMN_PIXELS, _LABEL_PIXELS = 35, 205  # a word in a cell; an account and its Region
_LEVEL_COLUMNS = 9  # up to which names of systems stand level


@dataclass(frozen=True)
class _Look:
    """Cells of one kind: colour, words of the legend, and the word in the cell by ledger state."""

    color: str
    legend: str
    words: dict[str, str]


_LOOKS = (
    _Look(theme.BLUE, "answered in full", {"ok": "✓", "empty": "✓"}),
    _Look(theme.SKY, "kept: an earlier answer still stands", {"kept": "kept"}),
    _Look(theme.PALE, "not asked: no node, or closed by policy", {"absent": "–", "closed": "shut", "removed": "left"}),
    _Look("#BBBBBB", "waits for what it needs", {"skipped": "waits"}),
    _Look("#666666", "account, Region, service off", {"suspended": "off", "disabled": "off", "not_subscribed": "off"}),
    _Look(theme.ORANGE, "in part or failed: extract again", {"partial": "part", "throttled": "slow", "error": "error"}),
    _Look(theme.VERMILION, "kept out by role or IAM policy", {"role_missing": "role", "denied": "IAM"}),
    _Look(theme.PURPLE, "denied by an organisation's policy", {"denied_by_organization": "org"}),
)
_OTHER = _Look(theme.GREY, "a state that this version does not know", {})


def ledger_grid(grid: pd.DataFrame) -> go.Figure:
    """How each system could be read in each place: a colour and a word; blank is not asked in this place.

    grid: `patchlib.metrics.ledger.grid`.
    """
    if grid.empty:
        return theme.empty("Nothing was attempted.")
    systems = grid.sort_values(["system_number", "system"], kind="stable")["system"].unique().tolist()
    places = grid.groupby("row")["place"].first()
    figure = go.Figure()
    left = grid
    for look in (*_LOOKS, _OTHER):
        is_own = left["state"].isin(list(look.words)) if look.words else left["state"].notna()
        if is_own.any():
            figure.add_traces(_layer(look, left[is_own], systems, places.index.tolist()))
        left = left[~is_own]
    theme.styled(figure, x_title="system", height=_FRAME_PIXELS + _CELL_PIXELS * max(len(places), 2))
    level = len(systems) <= _LEVEL_COLUMNS
    figure.update_xaxes(
        showgrid=False, zeroline=False, side="top", tickangle=0 if level else -90, range=[-0.5, len(systems) - 0.5],
        tickvals=list(range(len(systems))), ticktext=[name.replace(" ", "<br>") if level else name for name in systems],
    )  # fmt: skip
    figure.update_yaxes(
        showgrid=False, zeroline=False, range=[len(places) - 0.5, -0.5],
        tickvals=places.index.tolist(), ticktext=places.tolist(),
    )  # fmt: skip
    width = _LABEL_PIXELS + _LEAST_COLUMN_PIXELS * len(systems)
    return figure.update_layout(legend={"y": 0, "yanchor": "top"}, meta={"min_width": width})


def _layer(look: _Look, cells: pd.DataFrame, systems: list[str], rows: list[int]) -> list[go.Heatmap | go.Scatter]:
    """The cells of one kind, and its entry in the legend, which plotly does not give a heatmap."""
    here = cells.assign(column=cells["system"].map(systems.index), z=1.0, word=_words(look, cells), told=_told(cells))
    z, words, told = (
        here.pivot(index="row", columns="column", values=name).reindex(index=rows, columns=range(len(systems)))
        for name in ("z", "word", "told")
    )
    heat = go.Heatmap(
        x=list(range(len(systems))), y=rows, xgap=2, ygap=2, zmin=0, zmax=1, showscale=False, hoverongaps=False,
        z=z.to_numpy(), text=words.fillna("").to_numpy(), customdata=told.fillna("").to_numpy(),
        texttemplate="%{text}", textfont={"size": 11}, hovertemplate="%{customdata}<extra></extra>",
        colorscale=[[0.0, look.color], [1.0, look.color]],
    )  # fmt: skip
    marker = {"symbol": "square", "size": 13, "color": look.color}
    return [heat, go.Scatter(x=[None], y=[None], mode="markers", marker=marker, name=look.legend, hoverinfo="skip")]


def _words(look: _Look, cells: pd.DataFrame) -> pd.Series[str]:
    return cells["state"].map(lambda state: look.words.get(state, state))


def _told(cells: pd.DataFrame) -> list[str]:
    """What hovering says: the place, the system, its state, and how many of its sources were answered."""
    columns = ["place", "system", "state", "answered_count", "source_count"]
    return [
        f"{place}<br>{system}: {state.replace('_', ' ')}, {answered} of {sources} sources answered"
        for place, system, state, answered, sources in cells[columns].itertuples(index=False, name=None)
    ]
