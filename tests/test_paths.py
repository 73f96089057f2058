"""Files are found in a checkout and in a wheel, and what users write stays in the working folder."""

from pathlib import Path

import pytest

from patchlib import paths


@pytest.mark.parametrize(
    "folder", [paths.queries_folder, paths.notebooks_folder, paths.reference_folder, paths.reports_folder]
)
def test_what_ships_is_found(folder: object) -> None:
    """Queries, notebooks, reference tables and report definitions are there and not empty."""
    found = folder()  # type: ignore[operator]
    assert any(found.iterdir())


def test_a_wheel_carries_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside an installed wheel the packaged copy wins over whatever lies beside the package."""
    packaged = tmp_path / "patchlib" / "_share" / "queries"
    packaged.mkdir(parents=True)
    (tmp_path / "queries").mkdir()
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "patchlib")
    assert paths.queries_folder() == packaged


def test_own_report_definitions_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with its own reports/*.toml is asked before what ships."""
    monkeypatch.chdir(tmp_path)
    shipped = paths.reports_folder()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "own.toml").write_text("", encoding="utf-8")
    assert paths.reports_folder() == Path("reports") != shipped


def test_real_and_sandbox_data_never_share_a_file() -> None:
    """The sandbox's store and snapshots lie apart from the real estate's."""
    assert paths.REAL_STORE != paths.DEMO_STORE
    assert paths.SNAPSHOTS != paths.DEMO_SNAPSHOTS
