"""Promises of the pages: no request, no injection, readable without script, by ear and on paper."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from patchlib.reports.execution import Job
from patchlib.reports.reading import Block, Page, read_page
from patchlib.reports.rendering import PageWriter
from tests.reports import sample

EVIL = "</script><script>alert(1)</script>"
SITE = {
    "title": "Estate", "description": "", "report": "r", "run_id": "x-001", "as_of_text": "2026-11-02 06:00 UTC",
    "taken_at_text": "2026-11-02 06:00 UTC", "organization_id": "o-1", "is_sandbox": True, "version": "0",
    "coverage_sentence": "7 of 9 accounts answered.", "previous_run": "",
    "nav": [{"name": "a", "page": "a.html", "label": "A", "status": "ok"}],
}  # fmt: skip


class _Elements(HTMLParser):
    """Every start tag with its attributes, and the text outside script and style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's own signature
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.text += "" if self._inside in ("script", "style") else data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def writer() -> PageWriter:
    return PageWriter(SITE)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("rendering")
    source = sample.write(folder / "a.ipynb")
    sample.in_process(Job("a", source, folder / "out.ipynb", {"limit": 7}, 60))
    return read_page("a", folder / "out.ipynb")


@pytest.fixture(scope="module")
def html(writer: PageWriter, page: Page) -> str:
    return writer.page(page, nbformat.v4.new_notebook())


def test_a_page_requests_nothing_from_the_network(html: str) -> None:
    """Every resource is in the page or beside it; the policy forbids the rest to the browser too."""
    elements = _Elements(html)
    for _, attributes in elements.tags:
        for name in ("src", "srcset", "data", "action", "poster"):
            assert not re.match(r"\s*(https?:)?//", attributes.get(name) or "")
    assert all((link["href"] or "").startswith("data:") for link in elements.of("link"))
    assert [script["src"] for script in elements.of("script") if "src" in script] == ["assets/plotly.min.js"]
    policy = next(meta["content"] for meta in elements.of("meta") if meta.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_every_chart_has_a_name_a_caption_a_finding_and_its_data(html: str) -> None:
    """A screen reader, a reader without scripts and a printer all get the numbers."""
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    charts = [figure for figure in figures if "pl-chart" in figure]
    assert (len(figures), len(charts)) == (3, 2)
    assert all("<figcaption>" in figure for figure in figures)
    for chart in charts:
        assert re.search(r'role="img" aria-label="[^"]{20,}"', chart)
        assert "<details" in chart
        assert "<tbody><tr>" in chart
        assert '<p class="pl-finding">' in chart


def test_an_empty_chart_shows_its_reason_instead(html: str) -> None:
    """No blank axes."""
    assert "No node waits for a reboot." in html
    assert html.count('class="pl-drawing"') == 2


def test_the_page_has_landmarks_and_one_h1(html: str) -> None:
    """Language, skip link to the main content, navigation with the current page, one first heading."""
    elements = _Elements(html)
    assert elements.of("html")[0]["lang"] == "en"
    assert any(link.get("href") == "#main" for link in elements.of("a"))
    assert elements.of("main")[0]["id"] == "main"
    assert any(link.get("aria-current") == "page" for link in elements.of("a"))
    assert len(elements.of("h1")) == 1
    levels = [int(tag[1]) for tag, _ in elements.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_ids_are_not_used_twice(html: str) -> None:
    """An id names one element."""
    ids = [attributes["id"] for _, attributes in _Elements(html).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_figures_json_can_be_read_back(html: str) -> None:
    """What the script draws is exactly the notebook's figure, template and title left out."""
    drawings = re.findall(r'class="pl-drawing">(.*?)</script>', html, flags=re.DOTALL)
    assert [len(json.loads(drawing)["data"]) for drawing in drawings] == [1, 3]
    assert all("template" not in json.loads(drawing)["layout"] for drawing in drawings)


def test_no_text_of_a_fleet_becomes_markup(writer: PageWriter) -> None:
    """Titles, conclusions, errors, charts, tables and printed text are all escaped."""
    table = {
        "columns": [{"label": EVIL, "unit": "", "meaning": EVIL, "kind": "text"}],
        "rows": [[EVIL]],
        "row_count": 1,
    }
    table |= {"source": EVIL, "title": EVIL, "note": EVIL, "empty": EVIL}
    chart = {"title": EVIL, "question": EVIL, "finding": EVIL, "unit": EVIL, "empty": EVIL, "is_empty": False}
    chart |= {"table": table, "drawing": {"data": [{"x": [EVIL]}], "layout": {}}}
    blocks = [
        Block("prose", {"source": EVIL}),
        Block("text", {"text": EVIL}),
        Block("table", table),
        Block("figure", chart),
    ]
    page = Page("a", title=EVIL, lead=EVIL, conclusion=EVIL, blocks=blocks, parameters={EVIL: EVIL})
    page.session = {"sentence": EVIL, "banners": [{"kind": "age", "tone": "bad", "title": EVIL, "text": EVIL}]}
    elements = _Elements(writer.page(page, nbformat.v4.new_notebook()))
    assert len(elements.of("script")) == 3  # the site's own, plotly, and one drawing
    assert "alert(1)" in elements.text


def test_a_wide_chart_scrolls_in_a_frame_that_a_keyboard_reaches(writer: PageWriter) -> None:
    """A chart that says how wide it must be is not squeezed; any other has no such frame."""
    table = {"columns": [{"label": "a", "unit": "", "meaning": "", "kind": "text"}], "rows": [["b"]], "row_count": 1}
    chart = {"title": "t", "question": "q", "finding": "f", "unit": "", "empty": "", "is_empty": False}
    chart |= {"table": table | {"source": "", "title": "", "note": "", "empty": ""}}
    wide = chart | {"drawing": {"data": [], "layout": {"meta": {"min_width": 900}}}}
    plain = chart | {"drawing": {"data": [], "layout": {}}}
    page = Page("a", title="t", lead="", conclusion="", blocks=[Block("figure", wide), Block("figure", plain)])
    html = writer.page(page, nbformat.v4.new_notebook())
    assert html.count('<div class="pl-sideways" tabindex="0" role="region"') == 1
    assert html.count('<div class="pl-chart"') == 2


def test_neighbouring_charts_share_a_grid_with_their_headings(html: str) -> None:
    """A heading that only introduces a chart stands in its card; other headings span the page."""
    assert html.count('<div class="pl-charts">') == 1
    assert html.count('<h2 class="pl-eyebrow">') == 3
    assert "<h2>All platforms</h2>" in html


@pytest.mark.parametrize(
    ("heights", "wide"),
    [
        ((340, 340), [False, False]),
        ((340, 340, 340), [False, False, True]),
        ((200, 800, 340, 360), [True, True, False, False]),
        ((900, 900), [True, True]),
    ],
)
def test_charts_stand_side_by_side_when_they_are_as_tall(
    writer: PageWriter, heights: tuple[int, ...], wide: list[bool]
) -> None:
    """No card has a hole in it: a chart without a partner of its size takes the whole width."""
    table = {"columns": [], "rows": [], "row_count": 0, "source": ""}
    chart = {"title": "T", "question": "", "finding": "F", "unit": "", "empty": "", "is_empty": False, "table": table}
    blocks = [Block("figure", chart | {"drawing": {"data": [], "layout": {"height": height}}}) for height in heights]
    html = writer.page(Page("a", blocks=blocks), nbformat.v4.new_notebook())
    assert [bool(found) for found in re.findall(r'<div( class="pl-wide")?><figure', html)] == wide


def test_the_first_screen_comes_first(html: str) -> None:
    """Question, then coverage and date, then the conclusion, then the figures, then all else."""
    text = _Elements(html).text
    order = [
        "How many nodes are seen?",
        "sandbox organisation",
        "668 of 800",
        "Freshly scanned",
        "For those who",
        "Platforms",
    ]
    places = [text.index(words, text.index("Dark")) for words in order]
    assert places == sorted(places)


def test_a_page_is_small(html: str) -> None:
    """Three charts, cards and a table stay far below what a mail or a phone minds."""
    assert len(html.encode()) < 60_000


def test_a_page_is_the_same_each_time(writer: PageWriter, page: Page, html: str) -> None:
    """Same notebook, same bytes."""
    assert writer.page(page, nbformat.v4.new_notebook()) == html


def test_banners_of_the_report_come_before_the_notebooks(writer: PageWriter, page: Page) -> None:
    """A tripped gate is on the first screen of every page."""
    notice = {"tone": "bad", "title": "Gate tripped: coverage", "text": "n is dark."}
    text = _Elements(writer.page(page, nbformat.v4.new_notebook(), [notice])).text
    assert text.index("Gate tripped: coverage") < text.index("668 of 800")


def test_templates_are_shipped_with_the_package() -> None:
    """The writer finds its templates beside the code, wherever it is installed."""
    from patchlib.site import SITE as FOLDER

    assert {path.name for path in (Path(FOLDER) / "patchlib_page").iterdir()} == {
        "conf.json", "frame.html.j2", "index.html.j2", "page.html.j2",
    }  # fmt: skip
