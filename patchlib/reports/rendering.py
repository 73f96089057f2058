"""Pages as HTML: nbconvert with the site's own template, one sheet, one script, one shared plotly.js.

A page asks the network for nothing: style and script are inside it, plotly.min.js lies beside it, and a
content security policy forbids the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from patchlib import kernel
from patchlib.reports.reading import Block, Page
from patchlib.site import SITE, asset, fragments

__all__ = ["STANDARD_HEADINGS", "PageWriter", "chart_description"]

STANDARD_HEADINGS = ("question", "data", "findings", "what to do", "limits", "provenance")
LONGEST_INTRODUCTION = 400  # characters that a chart's card holds above its chart without pushing it off the screen
USUAL_HEIGHT, TALLEST_HALF, MOST_UNEVEN = 340, 560, 1.5  # of charts [px, px, ratio]
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def _markdown(source: str) -> Markup:
    return Markup(_MARKDOWN.render(source))  # noqa: S704 - markdown-it escapes raw HTML (html=False)


def _safe_json(content: Any) -> Markup:
    """JSON that cannot end its own <script> element, whatever a label says."""
    words = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    escaped = words.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(escaped)  # noqa: S704 - escaped one line above


def chart_description(content: Mapping[str, Any]) -> str:
    """What a screen reader says for a chart: its title, its finding, and where the numbers are."""
    said = f"{content['title']}. {content['finding']}".strip()
    return f"{said} The data table follows the chart."


@dataclass(frozen=True)
class _Introduction:
    """A heading and at most one short paragraph that introduce the chart after them."""

    heading: str
    words: str

    @property
    def html(self) -> str:
        """As the top of the chart's card."""
        heading = f'<h2 class="pl-eyebrow">{fragments.prose(self.heading)}</h2>'
        return f'{heading}<div class="pl-intro">{_markdown(self.words)}</div>'


def _figure(content: Mapping[str, Any], introduction: _Introduction | None = None) -> Markup:
    heading = "" if introduction is None else introduction.html
    if content["is_empty"] or not content.get("drawing"):
        body = fragments.empty_state(content["empty"])
    else:
        drawing = {key: content["drawing"][key] for key in ("data", "layout")}
        label = escape(chart_description(content))
        chart = (
            f'<div class="pl-chart" role="img" aria-label="{label}"></div>'
            f'<script type="application/json" class="pl-drawing">{_safe_json(drawing)}</script>'
        )
        if drawing["layout"].get("meta", {}).get("min_width"):
            # A keyboard reaches what lies to the right only in a frame that takes the focus.
            chart = f'<div class="pl-sideways" tabindex="0" role="region" aria-label="{label}">{chart}</div>'
        body = f'{chart}<p class="pl-finding">{fragments.prose(content["finding"])}</p>'
    return Markup(  # noqa: S704 - fragments escape every text
        f'<figure class="pl-card">{heading}<figcaption>{fragments.caption(content)}</figcaption>'
        f"{body}{fragments.data_table(content['table'])}</figure>"
    )


def _limits(content: Mapping[str, Any]) -> Markup:
    listed = "".join(f"<li>{fragments.prose(item)}</li>" for item in content["items"])
    return Markup(f'<ul class="pl-limits">{listed}</ul>{fragments.table(content["table"])}')  # noqa: S704


def _text(content: Mapping[str, Any]) -> Markup:
    return Markup(f'<pre class="pl-output">{escape(content["text"])}</pre>')  # noqa: S704


def _warning(content: Mapping[str, Any]) -> Markup:
    return Markup(f'<details class="pl-data"><summary>Warnings</summary>{_text(content)}</details>')  # noqa: S704


_DRAWN: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "conclusion": fragments.conclusion,
    "figure": _figure,
    "kpis": fragments.kpis,
    "limits": _limits,
    "note": fragments.note,
    "provenance": fragments.provenance,
    "table": fragments.table,
    "text": _text,
    "warning": _warning,
}


def _html(block: Block) -> Markup:
    if block.kind == "prose":
        return Markup(f'<div class="pl-prose">{_markdown(block.content["source"])}</div>')  # noqa: S704
    return Markup(_DRAWN[block.kind](block.content))  # noqa: S704 - every drawer escapes


def _introduction(block: Block) -> _Introduction | None:
    if block.kind != "prose":
        return None
    found = re.fullmatch(
        r"\s*#{2,6}[ \t]+([^\n]+?)\s*(?:\n\s*(?!#)(.*?)\s*)?", block.content["source"], flags=re.DOTALL
    )
    if not found or found.group(1).lower() in STANDARD_HEADINGS:
        return None
    words = found.group(2) or ""
    return _Introduction(found.group(1), words) if len(words) <= LONGEST_INTRODUCTION and "\n\n" not in words else None


def _sections(blocks: Sequence[Block]) -> Iterator[dict[str, Any]]:
    """Blocks as rows of the page: neighbouring charts, each with its heading, share a two-column grid."""
    charts: list[tuple[Markup, float]] = []
    position = 0
    while position < len(blocks):
        block = blocks[position]
        follows = blocks[position + 1] if position + 1 < len(blocks) else None
        if block.kind == "figure":
            charts.append((_figure(block.content), _height(block)))
        elif follows is not None and follows.kind == "figure" and (introduction := _introduction(block)):
            charts.append((_figure(follows.content, introduction), _height(follows)))
            position += 1
        else:
            if charts:
                yield {"charts": _placed(charts)}
                charts = []
            yield {"html": _html(block)}
        position += 1
    if charts:
        yield {"charts": _placed(charts)}


def _height(block: Block) -> float:
    """How tall a chart asks to be [px]."""
    drawing = block.content.get("drawing") or {}
    return float(drawing.get("layout", {}).get("height") or USUAL_HEIGHT)


def _placed(charts: Sequence[tuple[Markup, float]]) -> list[dict[str, Any]]:
    """Two neighbours stand side by side when they are about as tall; any other chart takes the whole width."""
    placed: list[dict[str, Any]] = []
    position = 0
    while position < len(charts):
        pair = charts[position : position + 2]
        low, high = min(height for _, height in pair), max(height for _, height in pair)
        side_by_side = len(pair) == 2 and high <= MOST_UNEVEN * low and high <= TALLEST_HALF
        for markup, _ in pair if side_by_side else pair[:1]:
            placed.append({"html": markup, "is_wide": not side_by_side})
        position += 2 if side_by_side else 1
    return placed


def _cards(cards: Sequence[Mapping[str, Any]]) -> Markup:
    return Markup(fragments.kpis({"cards": cards}) if cards else "")  # noqa: S704 - every text is escaped


class PageWriter:
    """Writes pages and the index; keeps the loaded templates.

    site: what every page shows around its content (title, run, navigation), as plain values.
    """

    def __init__(self, site: Mapping[str, Any]) -> None:
        self._site = dict(site)
        kernel.nbformat()  # before nbconvert, for the import it avoids
        from nbconvert.exporters.templateexporter import TemplateExporter

        exporter: Any = TemplateExporter  # nbconvert declares types, but not here
        self._exporter = exporter(
            extra_template_basedirs=[str(SITE)], template_name="patchlib_page", template_file="page.html.j2"
        )
        self._exporter.environment.autoescape = True

    def _common(self, current: str) -> dict[str, Any]:
        return {
            "site": self._site,
            "current": current,
            "css": Markup(asset("report.css")),  # noqa: S704 - the package's own files
            "js": Markup(asset("report.js")),  # noqa: S704
        }

    def page(self, page: Page, notebook: Any, notices: Sequence[Mapping[str, Any]] = ()) -> str:
        """One notebook's page. notices: banners of the report, above the notebook's own."""
        own = [banner for banner in page.session.get("banners", ()) if banner["kind"] != "sandbox"]
        banners = [*notices, *own]
        resources = self._common(page.name) | {
            "page": page,
            "has_notebook": page.is_written,
            "lead": _markdown(page.lead),
            "conclusion": Markup(fragments.conclusion({"text": page.conclusion})) if page.conclusion else "",  # noqa: S704
            "kpis": _cards(page.cards),
            "banners": [Markup(fragments.note(banner)) for banner in banners],  # noqa: S704
            "sections": list(_sections(page.blocks)),
            "has_charts": any(block.kind == "figure" for block in page.blocks),
        }
        html, _ = self._exporter.from_notebook_node(notebook, resources={"patchlib": resources})
        return str(html)

    def index(self, values: Mapping[str, Any]) -> str:
        """The index over all pages."""
        environment = self._exporter.environment
        cards = [
            dict(card) | {"kpis": _cards(card["cards"]), "conclusion": Markup(fragments.prose(card["conclusion"]))}  # noqa: S704
            for card in values["cards"]
        ]
        lead = values["headline"]
        headline = Markup(fragments.conclusion({"text": lead})) if lead else ""  # noqa: S704
        banners = [Markup(fragments.note(banner)) for banner in values["banners"]]  # noqa: S704
        # The sentences are escaped by the template, the tables by whoever makes them.
        tables = [Markup(fragments.table(table)) for table in values["changes"]["tables"]]  # noqa: S704
        changes = values["changes"] | {"tables": tables}
        drawn = {
            "changes": changes,
            "cards": cards,
            "top": _cards(values["top"]),
            "banners": banners,
            "headline": headline,
        }
        content = self._common("index") | dict(values) | drawn
        return str(environment.get_template("index.html.j2").render(patchlib=content))
