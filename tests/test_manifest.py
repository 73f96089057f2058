"""What a manifest says, and how long it is understood."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from patchlib.errors import SnapshotInvalid
from patchlib.manifest import ANSWERED, FORMAT, CellState, open_snapshot
from patchlib.paths import reference_folder
from tests import estate
from tests.snapshots import TAKEN, write


def test_a_manifest_of_the_first_format_is_still_read(tmp_path: Path) -> None:
    """Snapshots are the audit trail: what later formats added has a meaning when it is not there."""
    folder = write(tmp_path, TAKEN, {})
    raw = orjson.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_bytes(orjson.dumps(raw | {"format": 1}))
    assert open_snapshot(folder).format == 1


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    """Half understood is not understood."""
    folder = write(tmp_path, TAKEN, {})
    raw = orjson.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_bytes(orjson.dumps(raw | {"format": FORMAT + 1}))
    with pytest.raises(SnapshotInvalid, match=f"format {FORMAT + 1}"):
        open_snapshot(folder)


def test_the_states_are_those_of_the_reference_table() -> None:
    """One list of states: the manifest's words, and the table that says what each means and who opens it."""
    lines = (reference_folder() / "ledger_state.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = {line.split(",")[0]: line.split(",") for line in lines}
    assert set(rows) == set(CellState.__args__)
    assert {state for state, row in rows.items() if row[2] == "true"} == ANSWERED


def test_an_extraction_names_what_it_dropped(tmp_path: Path) -> None:
    """The manifest says which fields never reached the disk."""
    dropped = open_snapshot(estate.taken_once()).dropped_fields
    assert "ssm_patch_state: InstancePatchStates[].OwnerInformation" in dropped
