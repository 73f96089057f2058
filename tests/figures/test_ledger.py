"""The ledger's grid says each part once, in a colour and a word, and leaves blank what is not asked."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from patchlib import paths
from patchlib.figures import ledger

COLUMNS = ["row", "place", "place_count", "system", "system_number", "state", "answered_count", "source_count"]
GRID = pd.DataFrame(
    [
        (0, "dark, eu", 1, "AMIs", 2, "role_missing", 0, 2),
        (0, "dark, eu", 1, "Identity", 1, "denied", 1, 3),
        (1, "shop, eu", 1, "AMIs", 2, "ok", 2, 2),
        (1, "shop, eu", 1, "Identity", 1, "ok", 3, 3),
        (2, "shop, us", 1, "AMIs", 2, "empty", 2, 2),
    ],
    columns=COLUMNS,
)


def cells(figure: go.Figure) -> dict[tuple[int, int], tuple[str, str]]:
    """Colour and word by row and column; a cell that is told twice is refused."""
    found: dict[tuple[int, int], tuple[str, str]] = {}
    for layer in (trace for trace in figure.data if trace.type == "heatmap"):
        for row, column in zip(*(layer.z == 1).nonzero(), strict=True):
            assert (row, column) not in found
            found[int(row), int(column)] = (layer.colorscale[0][1], layer.text[row, column])
    return found


def test_each_part_is_told_once_and_blank_is_not_asked() -> None:
    """Systems stand in the catalogue's order, rows from the top; of two kinds of refusal each has its word."""
    figure = ledger.ledger_grid(GRID)
    assert list(figure.layout.xaxis.ticktext) == ["Identity", "AMIs"]
    assert list(figure.layout.yaxis.ticktext) == ["dark, eu", "shop, eu", "shop, us"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert {at: word for at, (_, word) in cells(figure).items()} == {
        (0, 0): "IAM", (0, 1): "role", (1, 0): "✓", (1, 1): "✓", (2, 1): "✓",
    }  # fmt: skip


def test_hovering_tells_state_and_sources() -> None:
    """What the word abbreviates, and how much of the system was answered all the same."""
    told = [words for layer in ledger.ledger_grid(GRID).data if layer.type == "heatmap" for words in layer.customdata]
    assert "dark, eu<br>Identity: denied, 1 of 3 sources answered" in [text for row in told for text in row]


def states() -> list[str]:
    """Every state that the reference table names."""
    lines = (paths.reference_folder() / "ledger_state.csv").read_text(encoding="utf-8").splitlines()
    return [line.partition(",")[0] for line in lines[1:]]


@pytest.mark.parametrize("state", [*states(), "someday"])
def test_every_state_has_a_colour_a_short_word_and_a_legend(state: str) -> None:
    """Also one that a later version wrote; no two colours share a word, so a page without colour reads the same."""
    figure = ledger.ledger_grid(GRID.tail(1).assign(state=state))
    [(color, word)] = cells(figure).values()
    [entry] = [trace for trace in figure.data if trace.type == "scatter"]
    assert (entry.marker.color, bool(entry.name)) == (color, True)
    assert 0 < len(word) <= 5 or word == "someday"


def test_words_belong_to_one_colour() -> None:
    """The word alone says what the colour says."""
    looks: dict[str, Any] = {}
    for state in states():
        [(color, word)] = cells(ledger.ledger_grid(GRID.tail(1).assign(state=state))).values()
        assert looks.setdefault(word, color) == color


def test_many_systems_turn_their_names_and_widen_the_page() -> None:
    """25 systems fit the page of a screen; names stand upright instead of over each other."""
    wide = pd.concat([GRID.tail(1).assign(system=f"System {number}", system_number=number) for number in range(25)])
    layout = ledger.ledger_grid(wide).layout
    assert layout.xaxis.tickangle == -90
    assert 900 < layout.meta["min_width"] < 1132
    assert ledger.ledger_grid(GRID).layout.xaxis.tickangle == 0


def test_nothing_attempted_is_a_stated_chart() -> None:
    """An empty store gives the reason in place of axes."""
    assert ledger.ledger_grid(GRID.head(0)).layout.annotations[0].text == "Nothing was attempted."
