"""Promises of publication."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from patchlib.reports import publishing
from tests.reports.sample import TAKEN_AT


def _run(front: Path, name: str, when: int) -> None:
    (front / "runs" / name).mkdir(parents=True)
    summary = front / "runs" / name / "summary.json"
    summary.write_text("{}")
    os.utime(summary, (when, when))


def test_a_run_id_is_instant_parameters_and_counter(tmp_path: Path) -> None:
    """Same question, same stem; each run its own number. No clock is read."""
    digest = publishing.run_digest(TAKEN_AT, {"a": {"limit": 7}})
    assert digest == publishing.run_digest(TAKEN_AT, {"a": {"limit": 7}})
    assert digest != publishing.run_digest(TAKEN_AT, {"a": {"limit": 8}})
    first, work = publishing.new_run(tmp_path, digest)
    second, _ = publishing.new_run(tmp_path, digest)
    assert (first, second) == (f"{digest}-001", f"{digest}-002")
    assert first.startswith("20261102T060000Z-")
    assert work.name.startswith(".")


def test_index_and_summary_are_replaced_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees a new summary sees new pages."""
    order: list[str] = []
    replace = Path.replace

    def told(self: Path, target: Any) -> Path:
        order.append(Path(target).name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", told)
    files = dict.fromkeys(("summary.json", "index.html", "b.html", "notebooks/b.ipynb"), b"x")
    publishing.replace_front(tmp_path, files)
    assert order == ["b.html", "b.ipynb", "index.html", "summary.json"]


def test_pages_no_index_names_are_removed_and_kept_ones_stay(tmp_path: Path) -> None:
    """A notebook that left the report leaves the site; a failed one's last good page does not."""
    (tmp_path / "gone.html").write_text("old")
    (tmp_path / "kept.html").write_text("good")
    publishing.replace_front(tmp_path, {"index.html": b"i", "summary.json": b"{}"}, keep=["kept.html"])
    assert sorted(path.name for path in tmp_path.glob("*.html")) == ["index.html", "kept.html"]
    assert (tmp_path / "kept.html").read_text() == "good"


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    """The oldest finished runs go; the one before the newest is the previous run."""
    for when, name in enumerate(("c-001", "a-001", "b-001")):
        _run(tmp_path, name, when + 1)
    assert publishing.previous_run(tmp_path, "b-001") == "a-001"
    publishing.keep_last(tmp_path, 2)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["a-001", "b-001"]


def test_plotly_is_there_once(tmp_path: Path) -> None:
    """A run shares the site's script: one file, two names."""
    publishing.put_plotly(tmp_path, tmp_path / "runs" / "r")
    assert (tmp_path / publishing.PLOTLY).samefile(tmp_path / "runs" / "r" / publishing.PLOTLY)
    assert (tmp_path / publishing.PLOTLY).stat().st_size > 1_000_000
