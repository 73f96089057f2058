"""Promises of summary.json."""

from __future__ import annotations

from pathlib import Path

from patchlib.reports.summary import SCHEMA, Summary, read_summary

KEYS = {
    "schema_version", "report", "title", "run_id", "as_of", "status", "exit_code", "organization_id", "is_sandbox",
    "parameters", "coverage", "gates", "changes", "notebooks",
}  # fmt: skip


def test_the_keys_are_a_contract() -> None:
    """A key that goes or changes its meaning raises the schema number."""
    assert (SCHEMA, set(Summary.model_fields)) == (1, KEYS)


def test_what_cannot_be_compared_is_no_earlier_run(tmp_path: Path) -> None:
    """A missing summary, a broken one and one of another schema all mean: nothing to compare with."""
    path = tmp_path / "summary.json"
    assert read_summary(path) is None
    for text in ("{", "{}", '{"schema_version": 99}'):
        path.write_text(text)
        assert read_summary(path) is None
