"""The files of a site: one run's own folder, and the front, which keeps the last good page of a failed notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patchlib import __version__, kernel
from patchlib.notebook import Session
from patchlib.reports import changes
from patchlib.reports.definition import ReportDefinition
from patchlib.reports.reading import Page
from patchlib.reports.rendering import PageWriter
from patchlib.reports.summary import NotebookSummary, Summary
from patchlib.site import wording

FEWEST_FIGURES = 3  # on the first screen

__all__ = ["Made", "front_files", "run_files"]


@dataclass(frozen=True)
class Made:
    """Everything a run made, before it is written.

    before: the front's summary until now. age_days: of the latest snapshot when the run was made; in the sandbox, which
    lives in its own time, at the as-of instant [d]. moved: what the store says has changed since then.
    in_force: each notebook's parameters, defaults too.
    """

    definition: ReportDefinition
    session: Session
    summary: Summary
    pages: list[Page]
    before: Summary | None
    age_days: float | None
    previous_run: str
    moved: changes.Moved = field(default_factory=changes.Moved)
    in_force: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def run_files(made: Made) -> dict[str, bytes]:
    """The run's own site: all pages, failed ones with what they had."""
    writer = PageWriter(_site(made, f"../{made.previous_run}/index.html"))
    files = {f"{page.name}.html": _page(made, writer, page) for page in made.pages}
    files["index.html"] = writer.index(_index(made, failed_at="")).encode()
    return files | {"summary.json": _summary(made)}


def front_files(made: Made, executed: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """The front's new files, and the names it keeps: the last good page and notebook where this run failed."""
    writer = PageWriter(_site(made, f"runs/{made.previous_run}/index.html"))
    files: dict[str, bytes] = {}
    kept: list[str] = []
    for page, entry in zip(made.pages, made.summary.notebooks, strict=True):
        mine = {f"{page.name}.html": _page(made, writer, page)}
        notebook = f"notebooks/{page.name}.ipynb"
        mine |= {notebook: executed[notebook]} if notebook in executed else {}
        if page.has_failed and entry.published_run_id:
            kept += list(mine | {notebook: b""})
        else:
            files |= mine
    index = _index(made, failed_at=f"runs/{made.summary.run_id}/")
    files |= {"index.html": writer.index(index).encode(), "summary.json": _summary(made)}
    return files, kept


def _summary(made: Made) -> bytes:
    return (made.summary.model_dump_json(indent=2) + "\n").encode()


def _page(made: Made, writer: PageWriter, page: Page) -> bytes:
    cards = [_compared(made, page.name, card) for card in page.cards]
    shown = Page(**{**vars(page), "cards": cards})
    empty = kernel.nbformat().v4.new_notebook()
    return writer.page(shown, empty, _notices(made)).encode()


def _site(made: Made, previous: str) -> dict[str, Any]:
    summary, session = made.summary, made.session
    return {
        "title": made.definition.title,
        "description": made.definition.description,
        "report": made.definition.name,
        "run_id": summary.run_id,
        "as_of_text": wording.text(session.as_of),
        "taken_at_text": wording.text(session.coverage.taken_at),
        "organization_id": session.organization_id,
        "is_sandbox": session.is_sandbox,
        "coverage_sentence": session.coverage.sentence,
        "version": __version__,
        "previous_run": previous if made.previous_run else "",
        "nav": [
            {"name": entry.name, "page": entry.page, "label": _label(entry.name), "status": entry.status}
            for entry in summary.notebooks
        ],
    }


def _label(name: str) -> str:
    words = name.lstrip("0123456789_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _notices(made: Made) -> list[dict[str, str]]:
    """What the report's own gates have to say, on the first screen of every page."""
    return [
        {"tone": "bad", "title": f"Gate tripped: {gate.name}", "text": gate.message}
        for gate in made.summary.gates
        if gate.is_tripped
    ]


def _warnings(made: Made) -> list[dict[str, str]]:
    """Limits that are broken and do not end the run: said once, on the first page."""
    return [
        {"kind": "gate", "tone": "warning", "title": f"Gate warns: {gate.name}", "text": gate.message}
        for gate in made.summary.gates
        if gate.is_warned
    ]


def _compared(made: Made, notebook: str, card: Mapping[str, Any]) -> dict[str, Any]:
    """A card with its change since the last run, when that run spoke of an earlier instant."""
    if card.get("previous") is not None or made.before is None or made.before.as_of >= made.summary.as_of:
        return dict(card)
    found = [
        fact.value
        for entry in made.before.notebooks
        for fact in entry.facts
        if (entry.name, fact.name, fact.unit) == (notebook, card["name"], card["unit"])
    ]
    return dict(card) | {"previous": found[-1] if found else None, "previous_label": f"since {made.before.as_of[:10]}"}


def _index(made: Made, *, failed_at: str) -> dict[str, Any]:
    """What the index shows; failed_at: folder of this run as seen from the index, "" in the run's own folder."""
    pairs = list(zip(made.pages, made.summary.notebooks, strict=True))
    leading = next((page.name for page in made.pages if page.conclusion and not page.has_failed), "")
    good = sum(1 for page in made.pages if page.cards and not page.has_failed)
    each = math.ceil(FEWEST_FIGURES / max(good, 1))
    own = [banner for banner in made.session.banners() if banner["kind"] != "sandbox"]
    cards, top, headline = [], [], ""
    for page, entry in pairs:
        figures = [] if page.has_failed else [_compared(made, page.name, card) for card in page.cards]
        top += figures[:each]
        said = page.lead if page.name == leading else page.conclusion
        headline = page.conclusion if page.name == leading else headline
        cards.append(_index_card(page, entry, figures[each : each + 3], failed_at) | {"conclusion": said})
    return {
        "cards": cards,
        "headline": headline,
        "top": top[:5],
        "gates": [gate.model_dump() for gate in made.summary.gates],
        "banners": [*_notices(made), *_warnings(made), *own],
        "age_sentence": _age_sentence(made),
        "changes": {
            "since": made.summary.changes.since_as_of[:10],
            "sentences": changes.sentences(made.summary.changes),
            "tables": changes.tables(made.moved),
        },
        "parameters": _parameters(made),
    }


def _parameters(made: Made) -> list[tuple[str, str]]:
    """Every parameter with its value in this run, and the pages it holds for where it is not the same on all."""
    values: dict[str, dict[str, list[str]]] = {}
    for notebook, in_force in made.in_force.items():
        given = made.summary.parameters.get(notebook, {})
        for name, value in in_force.items():
            if name not in {"store", "as_of"}:
                shown = f"{value if value != '' else 'none'}{'' if name in given else ' (default)'}"
                values.setdefault(name, {}).setdefault(shown, []).append(_label(notebook))
    rows = [("as_of", wording.text(made.session.as_of))]
    for name, found in sorted(values.items()):
        if len(found) == 1:
            rows.append((name, next(iter(found))))
        else:
            rows += [(name, f"{shown}: {', '.join(pages)}") for shown, pages in found.items()]
    return rows


def _age_sentence(made: Made) -> str:
    """The data age, and up to when it counts: as of its snapshot a report is young, however late it is made."""
    seen = made.session.coverage
    if made.age_days is None:
        return ""
    age = wording.quantity(made.age_days, "d")
    until = "at the as-of instant" if made.age_days == seen.age_days else "when this report was made"
    days = "day" if age == "1" else "days"
    return f"Data age {until}: {age} {days}, since the latest snapshot of {wording.text(seen.taken_at)}."


def _index_card(page: Page, entry: NotebookSummary, figures: list[dict[str, Any]], failed_at: str) -> dict[str, Any]:
    kept = entry.published_as_of[:10] if page.has_failed and failed_at else ""
    return {
        "title": page.title,
        "page": entry.page,
        "cards": figures,
        "failure": entry.failure.model_dump() if entry.failure else None,
        "kept_as_of": kept,
        "failed_page": f"{failed_at if kept else ''}{entry.page}",
    }
