"""An executed notebook as a page: what was shown, in order, and where it failed.

Only `application/vnd.patchlib.*+json` content becomes markup; any other output is shown as escaped text, so
nothing a fleet's tags or error texts contain can act on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patchlib.display import PLOTLY_MIME, mime
from patchlib.kernel import nbformat
from patchlib.reports.summary import FactValue, Failure

__all__ = ["Block", "Page", "read_page", "without_traces"]

_KINDS = ("session", "conclusion", "kpis", "figure", "table", "note", "fact", "limits", "provenance")
_PUT_IN = {"papermill-error-cell-tag", "injected-parameters"}
_FACT_KEYS = ("name", "value", "unit", "definition", "denominator", "source")


@dataclass(frozen=True)
class Block:
    """One piece of a page: `kind` is prose, code, text, warning, figure, table, note, limits or provenance."""

    kind: str
    content: Mapping[str, Any]


@dataclass
class Page:
    """A notebook's page: hero (title, lead, conclusion, cards), then blocks in the notebook's order.

    is_written: an executed notebook exists and can be read, so it can be offered as a download.
    """

    name: str
    title: str = ""
    lead: str = ""
    conclusion: str = ""
    cards: list[dict[str, Any]] = field(default_factory=list)
    session: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    facts: list[FactValue] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    failure: Failure | None = None
    is_written: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether the notebook did not come to its end."""
        return self.failure is not None


def read_page(name: str, path: Path, cause: str = "") -> Page:
    """A page from an executed notebook; `cause` is what the executor said when it failed.

    A file that is missing or cut short gives a page that says only that.
    """
    page = Page(name, title=name)
    try:
        notebook = nbformat().read(path, as_version=4)
    except (OSError, ValueError) as error:
        page.failure = Failure(heading="", cell=None, cause=cause or f"no notebook was written: {error}")
        return page
    page.is_written = True
    page.parameters = dict(notebook.metadata.get("papermill", {}).get("parameters", {}))
    heading = ""
    # Cells that papermill put in are not the reader's: numbers count those of the notebook as written.
    cells = [cell for cell in notebook.cells if not _PUT_IN & set(cell.metadata.get("tags", []))]
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type == "markdown":
            heading = _heading(cell.source) or heading
            _take_prose(page, cell.source)
            continue
        for kind, content in _shown(cell.get("outputs", [])):
            if kind == "error":
                page.failure = page.failure or Failure(heading=heading, cell=number, cause=_cause(content))
            else:
                _take(page, kind, content)
    if cause and page.failure is None:
        page.failure = Failure(heading=heading if not notebook.cells else "", cell=None, cause=cause)
    return page


def _heading(source: str) -> str:
    found = re.findall(r"^#{1,6}\s+(.+)$", source, flags=re.MULTILINE)
    return found[-1].strip() if found else ""


def _take_prose(page: Page, source: str) -> None:
    """Markdown: the first H1 becomes the title, what stands with it the lead."""
    title = re.match(r"\s*#\s+(.+?)\s*$", source, flags=re.MULTILINE)
    if title and page.title == page.name:
        page.title = title.group(1)
        page.lead = source[title.end() :].strip()
        return
    if not page.blocks and page.title != page.name and not page.lead and not source.lstrip().startswith("#"):
        page.lead = source.strip()
        return
    page.blocks.append(Block("prose", {"source": source}))


def _shown(outputs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for output in outputs:
        if output["output_type"] == "error":
            yield "error", output
        elif output["output_type"] == "stream":
            kind = "warning" if output.get("name") == "stderr" else "text"
            yield kind, {"text": output["text"]}
        elif mime("screen") not in output["data"]:
            yield _content(output["data"])


def _content(data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for kind in _KINDS:
        if mime(kind) in data:
            content = data[mime(kind)]
            return kind, content | {"drawing": data.get(PLOTLY_MIME)} if kind == "figure" else content
    return "text", {"text": data.get("text/plain", "")}


def _take(page: Page, kind: str, content: Mapping[str, Any]) -> None:
    if kind == "session":
        page.session = page.session or dict(content)
    elif kind == "fact":
        page.facts.append(_fact(content))
    elif kind == "conclusion" and not page.conclusion:
        page.conclusion = content["text"]
    elif kind == "kpis":
        page.facts.extend(_fact(card) for card in content["cards"])
        if page.cards:
            page.blocks.append(Block(kind, content))
        else:
            page.cards = list(content["cards"])
    elif kind not in ("text", "warning") or content["text"].strip():
        page.blocks.append(Block(kind, content))


def _fact(content: Mapping[str, Any]) -> FactValue:
    return FactValue.model_validate({key: content[key] for key in _FACT_KEYS})


def _cause(error: Mapping[str, Any]) -> str:
    words = " ".join(str(error.get("evalue", "")).split())
    return f"{error.get('ename', 'Error')}: {words}" if words else str(error.get("ename", "Error"))


def without_traces(path: Path) -> None:
    """Take this machine out of an executed notebook before it is offered as a download.

    papermill writes file paths, run times and exception flags into the metadata; parameters stay.
    """
    notebook = nbformat().read(path, as_version=4)
    parameters = dict(notebook.metadata.get("papermill", {}).get("parameters", {}))
    notebook.metadata["papermill"] = {"parameters": parameters}
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        cell.metadata.pop("papermill", None)
        cell["id"] = f"cell-{number:02d}"
    path.write_text(nbformat().writes(notebook) + "\n", encoding="utf-8")
