"""Charts of how long services stay vulnerable."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme

__all__ = ["service_dots"]


def service_dots(comparison: pd.DataFrame) -> go.Figure:
    """The mean time by service, a dot; the mean by instance id, which closes at termination, a cross.

    comparison: `metrics.service.comparison`. Rows whose curve ends before the horizon have a cross only.
    """
    if comparison.empty:
        return theme.empty("No service of several nodes has been at risk of a patch that can be timed.")
    order = {name: place for place, name in enumerate(theme.severities(comparison["severity"]))}
    rows = comparison.assign(rank=comparison["severity"].map(order)).sort_values(["rank", "environment"])
    labels = (rows["severity"] + ", " + rows["environment"]).tolist()
    by_service = go.Scatter(
        name="by service, open items counted", x=rows["service_mean_days"].astype(float).tolist(), y=labels,
        mode="markers", marker={"size": 10, "color": [theme.severity_color(name) for name in rows["severity"]]},
    )  # fmt: skip
    by_instance = go.Scatter(
        name="by instance id, closed at termination (wrong)", x=rows["instance_mean_days"].astype(float).tolist(),
        y=labels, mode="markers", marker={"size": 8, "symbol": "x-thin", "line": {"width": 2, "color": theme.GREY}},
    )  # fmt: skip
    figure = go.Figure([by_service, by_instance])
    theme.styled(figure, x_title="mean days vulnerable [d]", height=theme.row_height(len(rows)))
    figure.update_xaxes(rangemode="tozero")
    return figure.update_yaxes(**theme.reversed_rows(labels))
