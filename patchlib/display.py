"""Frames in, displayable things out: what a notebook cell ends with.

Each thing carries three forms in one output: plain text for a terminal, HTML for JupyterLab, and its own
content as JSON (`application/vnd.patchlib.<kind>+json`), from which the report pages are made and the
facts of `summary.json` are collected. No form is derived from another by parsing.

    conclusion      the sentence to take away              note     a banner
    kpis, kpi       a row of figures with trust lines      fact     a number for machines, not shown
    figure          a chart, its question, its finding     table    rows under units and meanings
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import pandas as pd

from patchlib.site import fragments, wording
from patchlib.tables import Column, payload_of

__all__ = [
    "Chart",
    "Column",
    "Drawing",
    "Fact",
    "Kpi",
    "Shown",
    "conclusion",
    "fact",
    "figure",
    "kpi",
    "kpis",
    "mime",
    "note",
    "show",
    "table",
]

Tone = Literal["good", "warning", "bad", "neutral", "unknown"]
NoteTone = Literal["info", "warning", "bad", "good"]
PLOTLY_MIME = "application/vnd.plotly.v1+json"


def mime(kind: str) -> str:
    """The MIME type under which a thing's content is stored, e.g. `fact`."""
    return f"application/vnd.patchlib.{kind}+json"


class Drawing(Protocol):
    """What is needed of a plotly figure: its own JSON."""

    def to_json(self) -> str:
        """The figure as plotly's JSON."""


@dataclass(frozen=True)
class Fact:
    """One number for machines. `unit` is a word or symbol; shares are 0..1 with unit `share`."""

    name: str
    value: float | str | None
    unit: str
    definition: str
    denominator: str = ""
    source: str = ""


@dataclass(frozen=True)
class Kpi(Fact):
    """A fact that is also a card. `better` says which direction is good; `previous` an earlier value."""

    label: str = ""
    tone: Tone = "neutral"
    better: Literal["", "higher", "lower"] = ""
    previous: float | None = None
    previous_label: str = ""
    interval: tuple[float | None, float | None] | None = None
    term: str = ""


class Shown:
    """A thing to show: its kind, its content, and its two readable forms."""

    def __init__(self, kind: str, content: Mapping[str, Any], *, html: str, plain: str) -> None:
        self.kind = kind
        self.content = dict(content)
        self.html = html
        self.plain = plain

    def __repr__(self) -> str:
        return self.plain

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {mime(self.kind): self.content, "text/plain": self.plain}
        if self.html:
            bundle["text/html"] = f'<div class="pl">{self.html}</div>'
        return bundle


class Chart(Shown):
    """A chart with its question, its finding and its data.

    In JupyterLab three outputs: the caption, plotly's own, then finding and data. Report pages read the
    middle one, which holds everything, and skip the two marked `screen`.
    """

    def __init__(self, content: Mapping[str, Any], drawing: dict[str, Any] | None, *, plain: str) -> None:
        super().__init__("figure", content, html="", plain=plain)
        self.drawing = drawing

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_()
        if self.drawing is not None:
            bundle[PLOTLY_MIME] = self.drawing | {"config": {"displayModeBar": False, "responsive": True}}
        return bundle

    def outputs(self) -> list[dict[str, Any]]:
        """The MIME bundles shown in JupyterLab, in order."""
        finding = fragments.prose(self.content["finding"])
        below = f'<p class="pl-finding">{finding}</p>' if finding else ""
        if self.drawing is None:
            below = fragments.empty_state(self.content["empty"])
        after = below + fragments.data_table(self.content["table"])
        return [_screen(fragments.caption(self.content)), self._repr_mimebundle_(), _screen(after)]

    def _ipython_display_(self) -> None:
        for bundle in self.outputs():
            _publish(bundle, raw=True)


def _screen(html: str) -> dict[str, Any]:
    """An output for the eye in JupyterLab only; report pages skip it."""
    return {"text/html": f'<div class="pl">{html}</div>', mime("screen"): {}, "text/plain": ""}


def conclusion(text: str) -> Shown:
    """The sentence a reader takes away; the report's index quotes it."""
    content = {"text": text}
    return Shown("conclusion", content, html=fragments.conclusion(content), plain=text)


def note(text: str, *, tone: NoteTone = "info", title: str = "") -> Shown:
    """A banner: what must be known before trusting what follows. The tone is also said in words."""
    content = {"text": text, "tone": tone, "title": title}
    return Shown("note", content, html=fragments.note(content), plain=f"{title or tone}: {text}")


def fact(
    name: str,
    value: Any,
    unit: str,
    *,
    definition: str,
    denominator: str = "",
    source: str = "",
) -> Shown:
    """A number for machines: goes to `summary.json` and is not shown on the page.

    name: stable key, e.g. "fresh_share"; value: number, text or None when unknown; shares are 0..1.
    source: query the number comes from, e.g. "fleet/coverage".
    """
    content = asdict(Fact(name, _scalar(value), unit, definition, denominator, source))
    return Shown("fact", content, html="", plain=f"{name} = {_spoken(value, unit)}")


def kpi(
    name: str,
    label: str,
    value: Any,
    unit: str,
    *,
    definition: str,
    source: str,
    denominator: str = "",
    tone: Tone = "neutral",
    better: Literal["", "higher", "lower"] = "",
    previous: Any = None,
    previous_label: str = "",
    interval: tuple[Any, Any] | None = None,
    term: str = "",
) -> Kpi:
    """One card's figure, which is also a fact.

    value, previous, interval: in `unit`; None is shown as unknown, and an unknown value is never "good".
    denominator: shown under the figure, e.g. "668 of 812 known nodes". term: glossary entry.
    """
    known = _scalar(value)
    ends = (_scalar(interval[0]), _scalar(interval[1])) if interval else None
    return Kpi(
        name, known, unit, definition, denominator, source, label,
        tone if known is not None else "unknown", better, _scalar(previous), previous_label, ends, term,
    )  # fmt: skip


def kpis(cards: Sequence[Kpi]) -> Shown:
    """A row of three to five cards; each is also collected as a fact."""
    content = {"cards": [asdict(card) for card in cards]}
    lines = [
        f"{card.label}: {_spoken(card.value, card.unit)}" + (f" ({card.denominator})" if card.denominator else "")
        for card in cards
    ]
    return Shown("kpis", content, html=fragments.kpis(content), plain="\n".join(lines))


def table(
    frame: pd.DataFrame,
    *,
    title: str = "",
    columns: Mapping[str, str | Column] | Sequence[str] | None = None,
    note: str = "",
    source: str = "",
    empty: str = "Nothing to show.",
    max_rows: int = 200,
) -> Shown:
    """Rows under labels, units and meanings; sortable on the page, escaped everywhere.

    columns: which, in which order, and their label or Column; unnamed parts come from the query's header
        (kept on frames that `Session.query` returns) or from the column's suffix.
    empty:   the sentence shown when the frame has no rows.
    """
    content = payload_of(frame, columns, max_rows=max_rows, source=source)
    content |= {"title": title, "note": note, "empty": empty}
    plain = _plain_table(content) if content["rows"] else empty
    return Shown("table", content, html=fragments.table(content), plain=f"{title}\n{plain}".lstrip())


def figure(
    drawing: Drawing,
    *,
    title: str,
    question: str,
    finding: str,
    table: pd.DataFrame,
    columns: Mapping[str, str | Column] | Sequence[str] | None = None,
    unit: str = "",
    source: str = "",
    empty: str = "There is no data for this chart.",
    max_rows: int = 200,
) -> Chart:
    """A chart: what to look for above it, the computed sentence below it, its data folded behind it.

    drawing: plotly figure; its own title and template are dropped, the page draws both.
    table:   the rows the chart shows; without rows the reason in `empty` takes the chart's place.
    """
    data = payload_of(table, columns, max_rows=max_rows, source=source)
    content = {
        "title": title, "question": question, "finding": finding, "unit": unit, "empty": empty,
        "source": data["source"], "table": data, "is_empty": not data["rows"],
    }  # fmt: skip
    drawn = None if not data["rows"] else _stripped(json.loads(drawing.to_json()))
    said = finding if data["rows"] else empty
    return Chart(content, drawn, plain=f"{title}\n{question}\n{said}\n{_plain_table(data)}".rstrip())


def show(*things: Any) -> None:
    """Show several things from one cell, in order."""
    for thing in things:
        _publish(thing)


def _publish(thing: Any, **how: Any) -> None:
    # IPython is imported where a notebook runs, not wherever a table is made.
    publish: Any = importlib.import_module("IPython.display").display
    publish(thing, **how)


def _stripped(drawing: dict[str, Any]) -> dict[str, Any]:
    """A figure without its title and template: the page has one of each; a template is most of the bytes."""
    layout = {key: value for key, value in drawing.get("layout", {}).items() if key not in ("template", "title")}
    return {"data": drawing.get("data", []), "layout": layout}


def _scalar(value: Any) -> Any:
    """A plain JSON value from whatever a frame holds (numpy numbers, NaN, NaT, timestamps)."""
    if value is not None and not isinstance(value, str) and pd.isna(value):
        return None
    return wording.plain(value.item() if hasattr(value, "item") else value)


def _spoken(value: Any, unit: str) -> str:
    known = _scalar(value)
    figure_text = wording.quantity(known, unit)
    return figure_text if known is None else f"{figure_text} {wording.spell_unit(unit)}".rstrip()


def _plain_table(content: Mapping[str, Any]) -> str:
    rows = [
        [
            (column["null"] or wording.UNKNOWN) if cell is None else fragments.shown_value(cell, column)
            for cell, column in pairs
        ]
        for pairs in (zip(row, content["columns"], strict=True) for row in content["rows"][:20])
    ]
    heads = [column["label"] for column in content["columns"]]
    return pd.DataFrame(rows, columns=heads).to_string(index=False) if rows else ""
