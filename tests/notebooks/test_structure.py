"""A notebook asks one question in small cells; the library holds the words."""

from __future__ import annotations

import ast
import json
import re
from statistics import median
from typing import Any

import pytest

from tests.notebooks.shell import FOLDER, cells

STEMS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
GRAMMAR = re.compile(r'^[a-z_]+: (str|int|float|bool|list|dict) = ("[^"#]*"|[^#"]+)  # [^\[\]]+ \[[^\[\]]+\]$')
FORBIDDEN = (
    ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.With, ast.Try,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip

every = pytest.mark.parametrize("stem", STEMS)


def code(stem: str) -> list[dict[str, Any]]:
    """Code cells of one notebook."""
    return [cell for cell in cells(stem) if cell["cell_type"] == "code"]


def statements(source: str) -> list[str]:
    """Lines of code, without blanks and comments."""
    return [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]


@every
def test_it_is_committed_without_outputs(stem: str) -> None:
    """Truth is computed, not stored: no outputs, no counts, an id on every cell."""
    notebook = json.loads((FOLDER / f"{stem}.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in code(stem):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@every
def test_the_first_heading_is_the_question(stem: str) -> None:
    """H1 asks; below it, in a few sentences, for whom and which decision."""
    first = cells(stem)[0]["source"]
    heading, _, rest = first.partition("\n")
    assert re.fullmatch(r"# .+\?", heading)
    assert rest.strip().startswith("For ")
    assert "It decides" in rest
    assert sum(cell["source"].count("\n# ") + cell["source"].startswith("# ") for cell in cells(stem)) == 1


@every
def test_one_parameters_cell_in_papermill_s_grammar(stem: str) -> None:
    """`name: type = default  # help [unit]`, and nothing else in the cell."""
    tagged = [cell for cell in code(stem) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0] is not None
    assert code(stem)[0] == tagged[0]
    for line in tagged[0]["source"].splitlines():
        assert GRAMMAR.match(line), line


@every
def test_cells_are_small(stem: str) -> None:
    """At most 10 lines, at most 24 code cells, most of them short; parameters, a line each, at most 15."""
    sizes = [len(statements(cell["source"])) for cell in code(stem)]
    assert sizes[0] <= 15
    assert max(sizes[1:]) <= 10
    assert median(sizes) <= 4
    assert len(sizes) <= 24


@every
def test_cells_hold_no_logic(stem: str) -> None:
    """No definitions, loops or comprehensions, no SQL, no boto3, no reading of files."""
    for cell in code(stem):
        tree = ast.parse(cell["source"])
        assert not [node for node in ast.walk(tree) if isinstance(node, FORBIDDEN)], cell["source"]
        assert not re.search(r"\b(select|boto3|duckdb|open\(|read_\w+\(|execute)\b", cell["source"], re.IGNORECASE)


@every
def test_every_chart_is_asked_and_answered(stem: str) -> None:
    """A heading stands before each chart, and each chart has a question, a finding and its data."""
    before = ""
    for cell in cells(stem):
        if cell["cell_type"] == "code" and re.search(r"figure\(\w*charts\.", cell["source"]):
            assert before.startswith("## ")
            for part in ("title=", "question=", "finding=", "table="):
                assert part in cell["source"]
        if cell["cell_type"] == "markdown":
            before = cell["source"]


@every
def test_it_checks_and_ends_with_limits_and_provenance(stem: str) -> None:
    """Every notebook asserts facts, then says what it cannot know and where its numbers come from."""
    headings = [cell["source"].splitlines()[0] for cell in cells(stem) if cell["cell_type"] == "markdown"]
    assert headings[-3:] == ["## Checks", "## Limits", "## Provenance"]
    assert any("assert " in cell["source"] for cell in code(stem))
    assert code(stem)[-1]["source"] == "session.provenance()"
