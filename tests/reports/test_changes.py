"""Promises of "what changed since the last run": asked of the store at both instants, said on the first page."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from patchlib.reports.changes import sentences
from patchlib.reports.run import ReportRun, run_report
from patchlib.reports.summary import Changes, FactChange, GateChange
from tests import estate, snapshots
from tests.reports import sample
from tests.snapshots import OTHER, TAKEN

FIRST, SECOND = "2026-11-02T06:00:00", "2026-11-09T06:00:00"
MISSING, DONE = snapshots.patch("KB1"), snapshots.patch("KB1", "Installed", "2026-11-05T00:00:00Z")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks: one node is patched, one goes with its open patch, one comes with one; an account falls dark."""
    folder = tmp_path_factory.mktemp("weeks")
    other = snapshots.estate({"i-11": [MISSING]}, account_id=OTHER)
    dark = dict.fromkeys(other, "denied")
    weeks = [
        snapshots.estate({"i-01": [MISSING], "i-02": [MISSING]}) | other,
        snapshots.estate({"i-01": [DONE], "i-03": [MISSING]}) | dark,
    ]
    taken = [snapshots.write(folder, TAKEN + n * timedelta(days=7), week) for n, week in enumerate(weeks)]
    return estate.loaded(folder / "own.duckdb", *taken)


class Bench:
    """One notebook with a figure of its own, and a report of it."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder, self.store = folder, store
        (folder / "notebooks").mkdir()
        self.figure(3)
        self.definition = sample.definition(folder / "estate.toml", "01_fleet")

    def figure(self, value: float | None) -> None:
        cell = f'fact("own", {value}, "nodes", definition="One of ours.")'
        sample.write(self.folder / "notebooks" / "01_fleet.ipynb", cell)

    def run(self, as_of: str = "", **how: Any) -> ReportRun:
        places = {"store": self.store, "output": self.folder / "out", "notebooks": self.folder / "notebooks"}
        return run_report(self.definition, as_of=as_of, **({"execute": sample.in_process} | places | how))


@pytest.fixture
def bench(tmp_path: Path, store: Path) -> Bench:
    return Bench(tmp_path, store)


def test_nodes_items_accounts_and_gates_that_changed(bench: Bench) -> None:
    """In summary.json as numbers, on the first page in words, with the nodes behind them."""
    first = bench.run(FIRST)
    second = bench.run(SECOND)
    changes = json.loads(second.summary_file.read_text())["changes"]
    assert (changes["since_as_of"], changes["since_run_id"]) == (f"{FIRST}Z", first.run_id)
    counts = {name: count for name, count in changes.items() if name.endswith("_count")}
    assert counts == {
        "appeared_node_count": 1, "gone_node_count": 1, "opened_item_count": 1, "closed_item_count": 1,
        "unlisted_item_count": 0, "gone_item_count": 1, "newly_open_node_count": 1, "newly_clear_node_count": 1,
    }  # fmt: skip
    assert (changes["newly_unreadable_accounts"], changes["readable_again_accounts"]) == ([OTHER], [])
    assert changes["gates"] == [{"name": "coverage", "before": "holds", "now": "trips"}]
    page = second.index.read_text()
    shown = page[page.index("What changed since the last run, as of 2026-11-02") :]
    assert f"No longer readable: {OTHER}." in shown
    assert "Gate coverage: it held, now it trips." in shown
    assert "1 patch became open on nodes; 1 was closed, 1 went with its node and 0 are no longer listed." in shown
    assert "i-03" in shown
    assert "i-11" not in shown


def test_a_node_that_nobody_can_read_has_not_closed_anything(bench: Bench) -> None:
    """The dark account's open patch is neither closed, gone nor unlisted: nothing says so."""
    bench.run(FIRST)
    moved = bench.run(SECOND).summary.changes
    assert (moved.closed_item_count, moved.unlisted_item_count, moved.gone_item_count) == (1, 0, 1)


@pytest.mark.parametrize(("value", "moved"), [(4, 4.0), (None, None)])
def test_a_figure_that_moved_is_told_with_both_values(bench: Bench, value: float | None, moved: float | None) -> None:
    """Also one that is no longer known; one that did not move is not told."""
    bench.run(FIRST)
    bench.figure(value)
    (fact,) = bench.run(SECOND).summary.changes.facts
    assert (fact.notebook, fact.fact, fact.unit, fact.previous, fact.value) == ("01_fleet", "own", "nodes", 3, moved)


def test_the_first_run_says_so(bench: Bench) -> None:
    """And counts nothing: no zero that would pass for "no change"."""
    run = bench.run(FIRST)
    assert run.summary.changes == Changes(note="This is the first run: there is none to compare it with.")
    assert "This is the first run" in run.index.read_text()


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (FIRST, FIRST, "The last run spoke of the same instant."),
        (SECOND, FIRST, "The last run spoke of 2026-11-09 06:00 UTC, which is later than this one."),
    ],
)
def test_what_is_not_earlier_is_not_compared(bench: Bench, first: str, second: str, said: str) -> None:
    """A rerun, and a look back, have no changes since."""
    bench.run(first)
    assert bench.run(second).summary.changes == Changes(note=said)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("organization_id", "o-another00001", "in o-another00001, not in this one"),
        ("as_of", "2026-10-01T06:00:00Z", "this store does not reach back to it"),
    ],
)
def test_what_the_store_cannot_answer_is_not_compared(bench: Bench, key: str, value: str, said: str) -> None:
    """Another estate's run, and one before the store's first snapshot."""
    summary = bench.run(FIRST).summary_file
    summary.write_text(json.dumps(json.loads(summary.read_text()) | {key: value}))
    note = bench.run(SECOND).summary.changes.note
    assert said in note


def test_a_summary_of_before_there_were_changes_is_compared(bench: Bench) -> None:
    """A site that an earlier version published has no such key, and gates without state."""
    path = bench.run(FIRST).summary_file
    summary = json.loads(path.read_text())
    del summary["changes"]
    for gate in summary["gates"]:
        del gate["is_warned"], gate["value"], gate["unit"]
    path.write_text(json.dumps(summary))
    assert bench.run(SECOND).summary.changes.appeared_node_count == 1


def test_no_change_is_said() -> None:
    """An empty list would look like a fault."""
    quiet = Changes(since_as_of=f"{FIRST}Z", appeared_node_count=0, gone_node_count=0, opened_item_count=0)
    assert sentences(quiet) == ["Nothing of what is watched here changed."]


def test_the_most_pressing_is_said_first() -> None:
    """Accounts, gates, patches, nodes, figures."""
    changes = Changes(
        opened_item_count=2, closed_item_count=0, unlisted_item_count=0, gone_node_count=1200,
        newly_unreadable_accounts=["shop (1)"],
        facts=[FactChange(notebook="a", fact="f", unit="", previous=1, value=2)],
        gates=[GateChange(name="g", before="none", now="warns")],
    )  # fmt: skip
    assert sentences(changes) == [
        "No longer readable: shop (1).",
        "Gate g: it was not there, now it warns.",
        "2 patches became open on nodes; 0 were closed, 0 went with their nodes and 0 are no longer listed.",
        "0 nodes appeared; 1,200 went.",
        "1 figure moved: the cards say by how much.",
    ]
