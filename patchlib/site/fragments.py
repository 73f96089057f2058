"""Payloads in, HTML out: the same markup in JupyterLab and on the report's pages.

Every text is escaped here and nowhere else, so a tag such as `<script>` on a node stays text.
A payload is the JSON object that `patchlib.display` stores under `application/vnd.patchlib.<kind>+json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from patchlib.site import wording

__all__ = [
    "caption",
    "conclusion",
    "data_table",
    "empty_state",
    "kpis",
    "note",
    "prose",
    "provenance",
    "shown_value",
    "table",
]

Payload = Mapping[str, Any]

TONE_WORDS = {"good": "on track", "warning": "watch", "bad": "act", "unknown": "not known", "neutral": ""}
MANY_COLUMNS = 8  # from which a table is set smaller on paper
PRINTED_ROWS = 20  # that a table has on paper; report.css hides the others
SHORT_TEXT = 26  # characters up to which a cell is one line: a name must not break at its hyphens
LONG_TEXT = 40  # characters from which a cell is given a reading width
_NOTE_WORDS = {"info": "Note", "warning": "Take care", "bad": "Missing", "good": "Checked"}


def prose(words: str) -> str:
    """Plain words as HTML: escaped, with `code` and **strong** kept as such."""
    safe = escape(words)
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", safe)


def conclusion(payload: Payload) -> str:
    """The sentence a reader takes away."""
    return f'<p class="pl-conclusion">{prose(payload["text"])}</p>'


def note(payload: Payload) -> str:
    """A banner: what the reader must know before trusting what follows."""
    tone = payload.get("tone", "info")
    title = payload.get("title") or _NOTE_WORDS.get(tone, "Note")
    role = "alert" if tone == "bad" else "note"
    return (
        f'<div class="pl-note pl-{escape(tone)}" role="{role}"><strong>{prose(title)}</strong> '
        f"<span>{prose(payload['text'])}</span></div>"
    )


def empty_state(words: str) -> str:
    """Where nothing is to be shown, the reason stands in the space of the chart or table."""
    return f'<div class="pl-empty" role="note"><p>{prose(words)}</p></div>'


def kpis(payload: Payload) -> str:
    """A row of cards, one figure each, with its denominator and how it is counted."""
    cards = "".join(_card(card) for card in payload["cards"])
    return f'<section class="pl-kpis" aria-label="Key figures">{cards}</section>'


def _card(card: Payload) -> str:
    tone, unit = card.get("tone", "neutral"), card.get("unit", "")
    known = card["value"] is not None
    figure = escape(wording.quantity(card["value"], unit))
    unit_text = escape(wording.spell_unit(unit)) if known else ""
    word = TONE_WORDS.get(tone, "")
    chip = f'<span class="pl-chip pl-{escape(tone)}">{word}</span>' if word else ""
    return (
        f'<article class="pl-kpi pl-{escape(tone)}" data-fact="{escape(card["name"])}">'
        f'<p class="pl-label">{prose(card["label"])}{chip}</p>'
        f'<p class="pl-figure"><span class="pl-number">{figure}</span>'
        f' <span class="pl-unit">{unit_text}</span></p>{_interval(card)}{_under(card)}{_trust(card)}</article>'
    )


def _interval(card: Payload) -> str:
    if not card.get("interval"):
        return ""
    low, high = (wording.quantity(end, card.get("unit", "")) for end in card["interval"])
    return f'<p class="pl-under">95 % interval {escape(low)} to {escape(high)}</p>'


def _under(card: Payload) -> str:
    lines = []
    if card.get("denominator"):
        lines.append(f'<p class="pl-under">{prose(card["denominator"])}</p>')
    value, previous = card["value"], card.get("previous")
    if isinstance(value, int | float) and isinstance(previous, int | float):
        moved = wording.change(value, previous, card.get("unit", ""), card.get("better", ""))
        since = card.get("previous_label") or "since the last run"
        lines.append(f'<p class="pl-delta">{escape(moved)} <span>{prose(since)}</span></p>')
    return "".join(lines)


def _trust(card: Payload) -> str:
    rows = [
        (label, card.get(key, ""))
        for label, key in (("Definition", "definition"), ("Glossary", "term"), ("Query", "source"))
        if card.get(key)
    ]
    if not rows:
        return ""
    body = "".join(f"<dt>{label}</dt><dd>{prose(words)}</dd>" for label, words in rows)
    return f'<details class="pl-trust"><summary>How it is counted</summary><dl>{body}</dl></details>'


def caption(payload: Payload) -> str:
    """What a chart's caption says: its title and what to look for."""
    question = payload.get("question", "")
    asked = f'<p class="pl-question">{prose(question)}</p>' if question else ""
    unit = wording.spell_unit(payload.get("unit", ""))
    shown = f' <span class="pl-unit">[{escape(unit)}]</span>' if unit else ""
    return f"<h3>{prose(payload['title'])}{shown}</h3>{asked}"


def data_table(payload: Payload) -> str:
    """The numbers behind a chart, folded away; also what a reader without scripts sees."""
    if not payload["rows"]:
        return ""
    count = wording.quantity(payload["row_count"])
    return (
        f'<details class="pl-data"><summary>Data ({count} rows)</summary>{_grid(payload, "")}{_more(payload)}'
        f"{_on_screen(payload)}</details>"
    )


def table(payload: Payload) -> str:
    """A table with a caption, sortable headings and units; a stated reason when it has no rows."""
    title = payload.get("title", "")
    if not payload["rows"]:
        heading = f"<h3>{prose(title)}</h3>" if title else ""
        return f'<section class="pl-table">{heading}{empty_state(payload["empty"])}</section>'
    remark = f'<p class="pl-question">{prose(payload["note"])}</p>' if payload.get("note") else ""
    return f'<section class="pl-table">{_grid(payload, title)}{remark}{_more(payload)}{_on_screen(payload)}</section>'


def _grid(payload: Payload, title: str) -> str:
    columns = payload["columns"]
    head = "".join(_heading(column) for column in columns)
    body = "".join(_row(row, columns) for row in payload["rows"])
    many = " pl-many" if len(columns) > MANY_COLUMNS else ""
    label = f"<caption>{prose(title)}</caption>" if title else ""
    return (
        '<div class="pl-scroll" tabindex="0" role="region" aria-label="'
        f'{escape(title or "Data")}"><table class="pl-grid{many}">{label}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heading(column: Payload) -> str:
    unit = wording.spell_unit(column.get("unit", ""))
    shown = f' <span class="pl-unit">{escape(unit)}</span>' if unit else ""
    meaning = f' title="{escape(column["meaning"])}"' if column.get("meaning") else ""
    return f'<th scope="col" class="pl-{column["kind"]}"{meaning}>{escape(column["label"])}{shown}</th>'


def _row(row: Sequence[Any], columns: Sequence[Payload]) -> str:
    return "<tr>" + "".join(_cell(*pair) for pair in zip(row, columns, strict=True)) + "</tr>"


def _cell(value: Any, column: Payload) -> str:
    kind = column["kind"]
    if value is None:
        word = column.get("null") or wording.UNKNOWN
        return f'<td class="pl-{kind} pl-null{_width(word, kind)}">{escape(word)}</td>'
    shown = shown_value(value, column)
    sort = "" if shown == str(value) else f' data-sort="{escape(str(value))}"'
    return f'<td class="pl-{kind}{_width(shown, kind)}"{sort}>{escape(shown)}</td>'


def _width(shown: str, kind: str) -> str:
    """How a cell may wrap: a long text in its reading width, a short one never."""
    if len(shown) > LONG_TEXT and kind in ("text", "code"):
        return " pl-long"
    return " pl-short" if len(shown) <= SHORT_TEXT else ""


def shown_value(value: Any, column: Payload) -> str:
    """One cell's text under its column's unit and kind."""
    if column["kind"] == "number":
        return wording.quantity(value, column.get("unit", ""))
    if column["kind"] == "date":
        return str(value)[:10]
    if column["kind"] == "instant":
        return str(value)[:16].replace("T", " ")
    return wording.text(value)


def _more(payload: Payload) -> str:
    shown, total = len(payload["rows"]), payload["row_count"]
    if shown >= total:
        return ""
    source = payload.get("source", "")
    rest = f" All of them: `patchlib query {source}`." if source else ""
    return f'<p class="pl-question">{prose(f"The first {shown:,} of {total:,} rows are shown.{rest}")}</p>'


def _on_screen(payload: Payload) -> str:
    """What paper leaves out of a long table, said on paper only."""
    rest = len(payload["rows"]) - PRINTED_ROWS
    if rest <= 0:
        return ""
    more = "1 row more" if rest == 1 else f"{rest:,} rows more"
    return f'<p class="pl-question pl-print">{prose(f"{more} on screen.")}</p>'


def provenance(payload: Payload) -> str:
    """Facts, queries and snapshots behind a page."""
    facts = "".join(f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in payload["facts"])
    asked = "".join(
        f"<li><code>{escape(run['query'])}</code> {run['rows']:,} rows{escape(_bound(run['parameters']))}</li>"
        for run in payload["queries"]
    )
    return (
        f'<dl class="pl-facts">{facts}</dl><details class="pl-data"><summary>Queries '
        f"({len(payload['queries'])})</summary><ul>{asked}</ul></details>{table(payload['table'])}"
    )


def _bound(parameters: Payload) -> str:
    return f" ({', '.join(f'{key} = {value}' for key, value in parameters.items())})" if parameters else ""
