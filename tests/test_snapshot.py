"""Snapshots: whole pages only, a manifest that is never half written, a journal that can be cut anywhere."""

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.errors import SnapshotIncomplete, SnapshotInvalid
from patchlib.snapshot import CallerRecord, CellFile, CellRecord, Manifest, Page, SnapshotWriter, open_snapshot

TAKEN = datetime(2026, 11, 2, 6, tzinfo=UTC)


def _manifest() -> Manifest:
    caller = CallerRecord(account_id="210000000001", arn="arn:aws:iam::210000000001:role/Reader")
    return Manifest(snapshot_id="", taken_at=TAKEN, endpoint="http://127.0.0.1:1", is_aws=False, caller=caller)


def _page(number: int) -> Page:
    return Page(
        account_id="210000000001",
        region="eu-central-1",
        source="ssm_patch",
        operation="DescribeInstancePatches",
        page=number,
        item="i-1",
        request={"InstanceId": "i-1"},
        response={"Patches": [{"Title": f"patch {number}"}]},
    )


def _record(source: str) -> CellRecord:
    return CellRecord(
        account_id="210000000001", region="eu-central-1", source=source, service="ssm", operation="X", state="ok"
    )


@given(st.integers(0, 4), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_a_torn_file_keeps_every_whole_page(tmp_path_factory: pytest.TempPathFactory, pages: int, cut: float) -> None:
    """Cut a page file anywhere: the pages before the cut survive, and writing goes on behind them."""
    file = CellFile(tmp_path_factory.mktemp("cell") / "a" / "b" / "c.jsonl.gz")
    ends = [0]
    for number in range(pages):
        file.append(_page(number))
        ends.append(file.path.stat().st_size)
    size = int(ends[-1] * cut)
    if file.path.exists():
        with file.path.open("r+b") as stream:
            stream.truncate(size)
    whole = sum(end <= size for end in ends[1:])
    assert [page.page for page in file.whole_pages()] == list(range(whole))
    file.append(_page(99))
    assert [page.page for page in file.whole_pages()] == [*range(whole), 99]


def test_a_journal_cut_in_its_last_line_loses_only_that_line(tmp_path: Path) -> None:
    """A line without its end was being written: that cell is read again, the others are trusted."""
    writer = SnapshotWriter.create(tmp_path, _manifest())
    writer.record(_record("ssm_patch"))
    writer.record(_record("ssm_patch_state"))
    journal = writer.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-3])
    writer.close()
    for _ in range(2):  # a resumed run may be killed as well
        writer, ended = SnapshotWriter.reopen(writer.folder)
        assert [record.source for record in ended] == ["ssm_patch"]
        writer.record(_record("ssm_managed_node"))
        writer.close()
        writer, ended = SnapshotWriter.reopen(writer.folder)
        assert [record.source for record in ended] == ["ssm_patch", "ssm_managed_node"]
        writer.close()
        journal.write_bytes(journal.read_bytes()[:-3])


def test_a_snapshot_has_one_writer(tmp_path: Path) -> None:
    """Who resumes a snapshot that is still being written is told so; once it is let go, it can be resumed."""
    writer = SnapshotWriter.create(tmp_path, _manifest())
    with pytest.raises(SnapshotIncomplete, match="another process is writing"):
        SnapshotWriter.reopen(writer.folder)
    writer.close()
    again, _ = SnapshotWriter.reopen(writer.folder)
    again.close()


def test_two_snapshots_of_one_instant_do_not_meet(tmp_path: Path) -> None:
    """A second snapshot at the same instant gets its own folder."""
    names = [SnapshotWriter.create(tmp_path, _manifest()).folder.name for _ in range(3)]
    assert names == ["20261102T060000Z", "20261102T060000Z-2", "20261102T060000Z-3"]


def test_a_finished_snapshot_reads_back_and_is_closed(tmp_path: Path) -> None:
    """What was written is what is read, and a finished snapshot is not resumed."""
    writer = SnapshotWriter.create(tmp_path, _manifest())
    folder = writer.finish([_record("b"), _record("a")])
    manifest = open_snapshot(folder)
    assert manifest.finished
    assert [cell.source for cell in manifest.cells] == ["a", "b"]
    with pytest.raises(SnapshotInvalid, match="nothing to resume"):
        SnapshotWriter.reopen(folder)


def test_snapshots_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    """No file or folder of a snapshot is open to others."""
    writer = SnapshotWriter.create(tmp_path, _manifest())
    writer.cell_file("210000000001", "eu-central-1", "ssm_patch").append(_page(0))
    writer.record(_record("ssm_patch"))
    folder = writer.finish([_record("ssm_patch")])
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages, journal and manifest that cannot be written end with what to do next."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    writer = SnapshotWriter.create(tmp_path, _manifest())
    file = writer.cell_file("210000000001", "eu-central-1", "ssm_patch")
    monkeypatch.setattr(os, "open", full)
    for write in (
        lambda: file.append(_page(0)),
        lambda: writer.record(_record("ssm_patch")),
        lambda: writer.finish([]),
    ):
        with pytest.raises(SnapshotIncomplete, match=r"No space left on device.*--resume"):
            write()


@pytest.mark.parametrize(
    ("text", "named"),
    [("{", "damaged"), ('{"format": 99}', "format 99"), ('{"format": 1}', "snapshot_id"), (None, "no snapshot here")],
)
def test_a_bad_manifest_is_one_line(tmp_path: Path, text: str | None, named: str) -> None:
    """Missing, damaged and newer manifests are refused with the path and a next step."""
    if text is not None:
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotInvalid, match=named) as caught:
        open_snapshot(tmp_path)
    assert "manifest.json" in str(caught.value)
