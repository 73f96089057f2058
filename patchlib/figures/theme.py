"""One look for every chart: colours by meaning, orders by meaning, axes with units.

Colours are Okabe and Ito's, made for colour-blind readers (Color Universal Design, 2008,
jfly.uni-koeln.de/color); red and green are never set against each other, and a dash or hatch
repeats what a colour says. Fonts and backgrounds belong to the page, which has a light and a dark side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

__all__ = [
    "BLUE",
    "COVERAGE_COLORS",
    "GREY",
    "ORANGE",
    "PALE",
    "PURPLE",
    "SEVERITY_ORDER",
    "SKY",
    "STATUS_COLORS",
    "STATUS_HATCHES",
    "VERMILION",
    "bar_text",
    "empty",
    "panel_gaps",
    "reversed_rows",
    "row_height",
    "severities",
    "severity_color",
    "severity_dash",
    "styled",
]

BLUE, SKY, ORANGE, VERMILION = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
PURPLE, GREY, PALE = "#CC79A7", "#999999", "#D9D9D9"

# Vendor words of the same rank share a colour: Important is what others call High, Moderate is Medium.
SEVERITY_ORDER = (
    "Critical",
    "Important",
    "High",
    "Moderate",
    "Medium",
    "Low",
    "Negligible",
    "Informational",
    "None",
    "Unspecified",
)
_SEVERITY_LOOKS = {
    "Critical": (VERMILION, "solid"),
    "Important": (ORANGE, "dash"),
    "High": (ORANGE, "longdash"),
    "Moderate": (SKY, "dot"),
    "Medium": (SKY, "longdashdot"),
    "Low": (BLUE, "dashdot"),
}
STATUS_COLORS = {
    "compliant": BLUE,
    "non-compliant": VERMILION,
    "past end of support": PURPLE,
    "unknown": GREY,
    "excluded": PALE,
}
STATUS_HATCHES = {"unknown": "/", "past end of support": "x", "excluded": "."}
COVERAGE_COLORS = {
    "fresh": BLUE,
    "stale": ORANGE,
    "never scanned": VERMILION,
    "unmanaged": VERMILION,
    "unsupported OS": PURPLE,
    "not readable": VERMILION,
}
_ROW_PIXELS, _FRAME_PIXELS = 30, 110


def severities(names: Iterable[str]) -> list[str]:
    """The given severities, gravest first; words the order does not know come last, by name."""
    rank = {name: place for place, name in enumerate(SEVERITY_ORDER)}
    return sorted(set(names), key=lambda name: (rank.get(name, len(rank)), name))


def severity_color(name: str) -> str:
    """The colour of a severity; grey for a word without one."""
    return _SEVERITY_LOOKS.get(name, (GREY, ""))[0]


def severity_dash(name: str) -> str:
    """The line dash of a severity, so that curves differ without colour."""
    return _SEVERITY_LOOKS.get(name, (GREY, "2px,6px"))[1]


def row_height(rows: int) -> int:
    """Height of a chart with one horizontal bar per row [px]."""
    return _FRAME_PIXELS + _ROW_PIXELS * max(rows, 3)


def panel_gaps(rows: int, gap_pixels: int, height: int) -> float:
    """Space between the rows of a grid of panels, as plotly wants it: a share of the height [0..1]."""
    return min(gap_pixels / height, 1 / rows) if rows > 1 else 0.0


def bar_text(values: Sequence[float]) -> list[str]:
    """Where each bar's number stands: inside the long bars, beside the short, so that none is cut off when narrow."""
    longest = max(values, default=0)
    return ["inside" if value > longest / 2 else "outside" for value in values]


def styled(figure: go.Figure, *, x_title: str, y_title: str = "", height: int = 360) -> go.Figure:
    """The figure with axis titles (units in brackets), legend below and margins that fit long labels.

    height: [px].
    """
    figure.update_xaxes(title_text=x_title, automargin=True, title_standoff=8)
    figure.update_yaxes(title_text=y_title, automargin=True, title_standoff=8)
    return figure.update_layout(
        height=height,
        margin={"l": 10, "r": 20, "t": 30, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "traceorder": "normal"},
        hovermode="closest",
        bargap=0.25,
    )


def empty(reason: str) -> go.Figure:
    """A chart that says why it is empty: no axes, the reason in the middle."""
    figure = go.Figure()
    figure.add_annotation(text=reason, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"size": 14})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure.update_layout(height=160, margin={"l": 10, "r": 10, "t": 10, "b": 10})


def reversed_rows(labels: Sequence[str]) -> dict[str, object]:
    """Axis setting that puts the first label on top, as a reader expects of horizontal bars."""
    return {"categoryorder": "array", "categoryarray": list(labels)[::-1]}
