"""Promises of the site's files: which are new, which stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchlib.display import kpi
from patchlib.reports import site
from patchlib.reports.definition import NotebookEntry, ReportDefinition
from patchlib.reports.reading import Page
from patchlib.reports.summary import FactValue, Failure, NotebookSummary, Summary
from tests.reports.sample import SampleSession


def _summary(as_of: str, pages: list[Page], published: str) -> Summary:
    entries = [
        NotebookSummary(
            name=page.name, title=page.title, status="failed" if page.has_failed else "ok", page=f"{page.name}.html",
            conclusion=page.conclusion, facts=page.facts, failure=page.failure, published_run_id=published,
            published_as_of=as_of if published else "",
        )
        for page in pages
    ]  # fmt: skip
    return Summary(
        report="r", title="T", run_id="x-002", as_of=as_of, status="ok", exit_code=0, organization_id="o-1",
        is_sandbox=True, parameters={}, coverage={}, gates=[], notebooks=entries,
    )  # fmt: skip


def _page(name: str, share: float = 0.5, *, failed: bool = False) -> Page:
    cards = [vars(kpi(f"{name}_{n}", f"Card {n}", share, "share", definition="d", source="s")) for n in range(5)]
    facts = [FactValue(name=card["name"], value=share, unit="share", definition="d") for card in cards]
    failure = Failure(heading="H", cell=3, cause="boom") if failed else None
    return Page(name, title=f"Is {name} well?", conclusion=f"{name} is.", cards=cards, facts=facts, failure=failure)


def _made(*pages: Page, published: str = "x-001", before: Summary | None = None) -> site.Made:
    session: Any = SampleSession(Path("x.duckdb"), "2026-11-09T06:00:00", {})
    definition = ReportDefinition(name="r", title="T", notebooks=tuple(NotebookEntry(name=page.name) for page in pages))
    return site.Made(
        definition, session, _summary("2026-11-09T06:00:00Z", list(pages), published), list(pages), before, 0, ""
    )


def test_a_failed_page_with_a_good_past_is_kept() -> None:
    """Neither page nor notebook is among the new files."""
    files, kept = site.front_files(
        _made(_page("a"), _page("b", failed=True)), {"notebooks/b.ipynb": b"", "notebooks/a.ipynb": b""}
    )
    assert sorted(files) == ["a.html", "index.html", "notebooks/a.ipynb", "summary.json"]
    assert sorted(kept) == ["b.html", "notebooks/b.ipynb"]


def test_a_failed_page_without_a_past_is_published() -> None:
    """There is nothing better to show."""
    files, kept = site.front_files(_made(_page("b", failed=True), published=""), {})
    assert ("b.html" in files, kept) == (True, [])


@pytest.mark.parametrize(("count", "shown"), [(1, 3), (2, 4), (3, 3), (4, 4), (7, 5)])
def test_the_index_begins_with_three_to_five_figures(count: int, shown: int) -> None:
    """The first cards of each notebook, more of each when there are few notebooks."""
    html = site.run_files(_made(*[_page(f"n{number}") for number in range(count)]))["index.html"].decode()
    hero = html[html.index('class="pl-hero"') : html.index('class="pl-pages"')]
    assert hero.count('class="pl-kpi ') == shown


def test_the_index_leads_with_a_conclusion_and_says_none_twice() -> None:
    """The first good notebook's sentence is the headline; its row does not repeat it."""
    html = site.run_files(_made(_page("a", failed=True), _page("b"), _page("c")))["index.html"].decode()
    assert '<p class="pl-conclusion">b is.</p>' in html
    assert html.count("b is.") == 1
    assert '<p class="pl-answer">c is.</p>' in html


def test_cards_are_compared_with_an_earlier_instant_only() -> None:
    """A rerun of the same instant has no change to show."""
    earlier = _summary("2026-11-02T06:00:00Z", [_page("a", 0.4)], "x-001")
    same = _summary("2026-11-09T06:00:00Z", [_page("a", 0.4)], "x-001")
    assert b"up 10 points <span>since 2026-11-02" in site.run_files(_made(_page("a"), before=earlier))["a.html"]
    assert b"points" not in site.run_files(_made(_page("a"), before=same))["a.html"].split(b"<main")[1]
