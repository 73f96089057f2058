"""Promises of displayed things."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from patchlib.display import PLOTLY_MIME, conclusion, fact, figure, kpi, kpis, mime, note, table

FRAME = pd.DataFrame({"platform": ["Ubuntu", "<b>"], "node_count": [3, 4]})


def _chart(frame: pd.DataFrame = FRAME) -> Any:
    drawing = go.Figure(go.Bar(x=[3, 4], y=["Ubuntu", "<b>"], orientation="h")).update_layout(title="own title")
    return figure(drawing, title="Nodes", question="Which is longest?", finding="Ubuntu has 3.", table=frame)


def test_every_thing_has_a_text_form_and_its_content() -> None:
    """A terminal can read it, and a machine gets its content without parsing HTML."""
    card = kpi("fresh_share", "Fresh", 0.5, "share", definition="d", source="fleet/coverage", denominator="1 of 2")
    for thing in (conclusion("So."), note("Old."), kpis([card]), table(FRAME, title="T"), _chart()):
        bundle = thing._repr_mimebundle_()
        assert bundle["text/plain"]
        assert json.dumps(bundle[mime(thing.kind)])


def test_a_card_reads_in_plain_text() -> None:
    """Label, value, unit and denominator are in the text form."""
    card = kpi("fresh_share", "Fresh", 0.5, "share", definition="d", source="fleet/coverage", denominator="1 of 2")
    assert repr(kpis([card])) == "Fresh: 50 % (1 of 2)"


def test_an_unknown_card_is_never_good() -> None:
    """Without a value the tone is unknown, whatever was asked."""
    card = kpi("a", "A", float("nan"), "nodes", definition="d", source="s", tone="good")
    assert (card.value, card.tone) == (None, "unknown")


def test_numpy_values_become_plain() -> None:
    """What comes out of a frame can be written as JSON."""
    frame = pd.DataFrame({"n": [3], "at": [pd.Timestamp("2026-11-02 06:00")]})
    contents = [fact("n", frame[name].iloc[0], "", definition="d").content["value"] for name in frame]
    assert contents == [3, "2026-11-02T06:00:00Z"]


def test_a_fact_is_not_shown() -> None:
    """Facts are for summary.json; the page has cards for people."""
    assert "text/html" not in fact("n", 1, "nodes", definition="d")._repr_mimebundle_()


def test_a_chart_drops_its_template_and_title() -> None:
    """The page has one template and shows the title itself; both would be most of the bytes."""
    drawing = _chart()._repr_mimebundle_()[PLOTLY_MIME]
    assert set(drawing["layout"]).isdisjoint({"template", "title"})
    assert drawing["config"]["displayModeBar"] is False


def test_a_chart_shows_caption_chart_and_finding_in_jupyterlab() -> None:
    """Three outputs, of which the outer two are for the screen only: the middle one holds everything."""
    before, middle, after = _chart().outputs()
    assert mime("screen") in before
    assert mime("screen") in after
    assert "Which is longest?" in before["text/html"]
    assert "Ubuntu has 3." in after["text/html"]
    assert middle[mime("figure")]["table"]["row_count"] == 2


def test_a_chart_without_rows_says_why() -> None:
    """No blank axes: the reason takes the chart's place."""
    chart = _chart(FRAME.head(0))
    assert PLOTLY_MIME not in chart._repr_mimebundle_()
    assert "There is no data for this chart." in chart.outputs()[2]["text/html"]
    assert "There is no data for this chart." in repr(chart)


def test_plotly_renderers_are_never_touched() -> None:
    """A chart is shown by its own bundle: no renderer, no script from another host."""
    assert "cdn" not in json.dumps(_chart().outputs())


def test_a_table_in_text_form_shows_labels() -> None:
    """The text form has the labels of the page."""
    assert repr(table(FRAME, title="Platforms")).splitlines()[:2] == ["Platforms", "Platform Node"]
