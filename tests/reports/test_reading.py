"""Promises of reading an executed notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from patchlib.reports.execution import Job
from patchlib.reports.reading import Page, read_page, without_traces
from tests.reports import sample


def _run(folder: Path, *extra: str) -> Path:
    source = sample.write(folder / "a.ipynb", *extra)
    target = folder / "out.ipynb"
    sample.in_process(Job("a", source, target, {"limit": 7}, 60))
    return target


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return read_page("a", _run(tmp_path_factory.mktemp("reading")))


def test_the_first_screen_is_found(page: Page) -> None:
    """H1, who it is for, the conclusion and the first row of cards become the hero."""
    assert page.title == "How many nodes are seen?"
    assert page.lead == "For those who run the fleet. It decides which account to open first."
    assert page.conclusion.startswith("668 of 800")
    assert [card["name"] for card in page.cards] == ["fresh_share", "unmanaged_count", "median_days", "blind_count"]
    assert page.parameters == {"limit": 7}


def test_cards_and_facts_are_collected(page: Page) -> None:
    """Every number of the page goes to summary.json with its definition."""
    assert [fact.name for fact in page.facts] == [
        "fresh_share", "unmanaged_count", "median_days", "blind_count", "checked",
    ]  # fmt: skip
    assert page.facts[0].value == 0.835
    assert page.facts[3].value is None


def test_blocks_keep_the_notebooks_order_without_screen_outputs(page: Page) -> None:
    """What JupyterLab shows around a chart is not on the page twice."""
    assert [block.kind for block in page.blocks] == [
        "prose", "figure", "prose", "figure", "prose", "figure", "prose", "table",
    ]  # fmt: skip


def test_a_failed_cell_is_located(tmp_path: Path) -> None:
    """Heading, number of the cell as written, and the cause; what came before stays."""
    failed = read_page("a", _run(tmp_path, "raise ValueError('no rows\\nat all')"))
    assert failed.failure is not None
    assert failed.failure.model_dump() == {
        "heading": "All platforms",
        "cell": 15,
        "cause": "ValueError: no rows at all",
    }
    assert failed.blocks


def test_cells_that_papermill_put_in_do_not_count(tmp_path: Path) -> None:
    """The number is that of the notebook the reader knows."""
    path = _run(tmp_path, "1 / 0")
    book = nbformat.read(path, as_version=4)
    put_in = nbformat.v4.new_markdown_cell("An Exception", metadata={"tags": ["papermill-error-cell-tag"]})
    book.cells.insert(0, put_in)
    nbformat.write(book, path)
    failed = read_page("a", path)
    assert failed.failure is not None
    assert (failed.title, failed.failure.cell) == ("How many nodes are seen?", 15)


def test_a_notebook_that_was_never_written_is_a_failed_page(tmp_path: Path) -> None:
    """A kernel that died early leaves a page with the executor's cause."""
    page = read_page("a", tmp_path / "none.ipynb", "not finished after 9 seconds")
    assert page.failure is not None
    assert page.failure.cause == "not finished after 9 seconds"


def test_foreign_outputs_stay_text(tmp_path: Path) -> None:
    """HTML that is not ours is not taken over; its text form is."""
    page = read_page("a", _run(tmp_path, "frame"))
    assert page.blocks[-1].kind == "text"
    assert "<script>" in page.blocks[-1].content["text"]


def test_a_download_names_no_path_and_no_duration(tmp_path: Path) -> None:
    """Of papermill's record only the parameters stay."""
    path = _run(tmp_path)
    without_traces(path)
    text = path.read_text()
    assert str(tmp_path) not in text
    assert "duration" not in text
    assert nbformat.read(path, as_version=4).metadata["papermill"] == {"parameters": {"limit": 7}}
