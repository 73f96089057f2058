"""Charts of deadlines: what was kept, what was not, and what is open."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme

__all__ = ["standing_bars"]

# In the order of the stack; a hatch repeats what a colour says.
_LOOKS = {
    "met": (theme.BLUE, ""),
    "late": (theme.SKY, "/"),
    "breached": (theme.VERMILION, "x"),
    "not known": (theme.GREY, "."),
    "at risk": (theme.ORANGE, "+"),
    "open": (theme.PALE, ""),
    "accepted": (theme.PURPLE, "-"),
    "gone": (theme.PALE, "|"),
    "open 0-30 d": (theme.SKY, ""),
    "open 31-90 d": (theme.ORANGE, "+"),
    "open over 90 d": (theme.VERMILION, "x"),
    "open, release not known": (theme.GREY, "."),
}


def standing_bars(standing: pd.DataFrame) -> go.Figure:
    """Items by severity, gravest first, stacked by where they stand.

    standing: `metrics.sla.standing`.
    """
    if standing.empty:
        return theme.empty("No item is open, and none fell due.")
    labels = list(theme.severities(standing["severity"]))
    counts = standing.set_index(["standing", "severity"])["item_count"]
    figure = go.Figure(
        [
            go.Bar(
                name=name, orientation="h", y=labels, x=counts[name].reindex(labels, fill_value=0).tolist(),
                marker={"color": color, "pattern": {"shape": hatch}},
            )
            for name, (color, hatch) in _LOOKS.items()
            if name in counts.index.get_level_values("standing")
        ]
    ).update_layout(barmode="stack")  # fmt: skip
    theme.styled(figure, x_title="node and patch pairs [patches]", height=theme.row_height(len(labels)))
    return figure.update_yaxes(**theme.reversed_rows(labels))
