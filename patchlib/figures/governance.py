"""Charts of how nodes come to be patched."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme

__all__ = ["regime_bars"]

# Each node stands in the bar of its gravest finding, so this one holds only what nothing graver is found of.
_LABELS = {"default baseline": "default baseline, nothing graver"}
# A default that nobody chose is hatched, so that it differs without colour.
_CHOICES = {
    "patch group": (theme.BLUE, ""),
    "default: no patch group": (theme.VERMILION, "/"),
    "default: group has none for this system": (theme.ORANGE, "x"),
}


def regime_bars(findings: pd.DataFrame) -> go.Figure:
    """Managed nodes per finding, gravest on top, by what chooses their baseline.

    findings: query governance/regime_finding.
    """
    if findings.empty:
        return theme.empty("No managed node was read.")
    names = findings.sort_values("finding_rank", kind="stable")["finding"].unique().tolist()
    labels = [_LABELS.get(name, name) for name in names]
    counts = findings.pivot_table(index="finding", columns="baseline_choice", values="node_count", aggfunc="sum")
    table = counts.reindex(names).fillna(0).astype(int)
    figure = go.Figure(
        [
            go.Bar(
                name=choice, x=table[choice].tolist(), y=labels, orientation="h",
                marker={"color": color, "pattern": {"shape": hatch}},
            )
            for choice, (color, hatch) in _CHOICES.items()
            if choice in table.columns
        ]
    ).update_layout(barmode="stack")  # fmt: skip
    theme.styled(figure, x_title="managed nodes", height=theme.row_height(len(labels)))
    return figure.update_yaxes(**theme.reversed_rows(labels))
