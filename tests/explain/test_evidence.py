"""Promises of evidence: the very row of the page, or the reason why it is not at hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from patchlib.explain.evidence import Evidence, Files, Observation, Taken
from patchlib.explain.plain import day, records
from patchlib.snapshot import read_pages
from tests.explain.hand_store import BASELINE, NODE, WEEK
from tests.snapshots import ACCOUNT, OTHER, REGION, TAKEN, estate, patch, write

FIRST, SECOND = "20261102T060000Z", "20261109T060000Z"
AT = TAKEN.replace(tzinfo=None)
PATCHES = Observation(SECOND, "ssm_patch", ACCOUNT, REGION, NODE, AT + WEEK)


def _files(*folders: Path) -> Files:
    return Files(folders, {FIRST: Taken(AT, ACCOUNT), SECOND: Taken(AT + WEEK, ACCOUNT)})


def _found(files: Files, observation: Observation = PATCHES, **match: str) -> Evidence:
    files.cite(observation, match or {"KBId": "KB5001"})
    files.find()
    return files.cited[-1]


def test_a_row_is_found_where_it_lies(hand: Path) -> None:
    """File, line, page and path lead to it, and it is what the page holds there."""
    found = _found(_files(hand / "snapshots"))
    assert (found.missing, found.line, found.page, found.path) == ("", 1, 0, "response.Patches[0]")
    page = [page for page, _ in read_pages(Path(found.folder) / found.file)][found.line - 1]
    assert found.members == page.response["Patches"][0]
    assert found.members["State"] == "InstalledPendingReboot"


def test_one_row_is_cited_once_with_all_that_is_wanted_of_it(hand: Path) -> None:
    """Two values of one row share a number."""
    files = _files(hand / "snapshots")
    listing = replace(PATCHES, source="ssm_patch_state", item=None)
    assert files.cite(listing, {"InstanceId": NODE}, ["BaselineId"]) == 1
    assert files.cite(PATCHES, {"KBId": "KB5001"}) == 2
    assert files.cite(listing, {"InstanceId": NODE}, ["PatchGroup", "BaselineId"]) == 1
    files.find()
    assert files.cited[0].members == {"BaselineId": BASELINE, "PatchGroup": "web"}


def test_an_arn_is_what_its_last_part_names(hand: Path) -> None:
    """AWS's own baselines come with an ARN around their id; the store keeps the id."""
    listing = Observation(FIRST, "ssm_patch_baseline", ACCOUNT, REGION, None, AT)
    found = _found(_files(hand / "snapshots"), listing, BaselineId="pb-0fedcba9876543210")
    assert found.members["BaselineName"] == "AWS-Default"


@pytest.mark.parametrize("where", ["nowhere", "empty"])
def test_a_snapshot_that_is_gone_is_said_by_its_name(tmp_path: Path, where: str) -> None:
    """Pruned or kept elsewhere: the observation still tells which it was."""
    (tmp_path / "empty").mkdir()
    assert _found(_files(tmp_path / where)).missing == f"snapshot not at hand: {SECOND}"


def test_a_folder_of_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    """Two estates read at one instant have snapshots of one name: caller and instant tell them apart."""
    write(tmp_path, TAKEN + WEEK, estate({NODE: [patch("KB5001")]}))
    files = Files([tmp_path], {SECOND: Taken(AT + WEEK, OTHER)})
    assert "is of another estate" in _found(files).missing


def test_a_page_that_was_changed_is_no_evidence(hand: Path, tmp_path: Path) -> None:
    """What no longer fits its checksum is not shown as AWS's answer."""
    copy = Path(shutil.copytree(hand / "snapshots", tmp_path / "copy"))
    page = copy / SECOND / "pages" / ACCOUNT / REGION / "ssm_patch.jsonl.gz"
    page.write_bytes(page.read_bytes() + page.read_bytes())
    found = _found(_files(copy))
    assert "does not fit its checksum" in found.missing
    assert found.members is None


def test_a_row_that_is_not_there_is_said(hand: Path) -> None:
    """No file of that source, and no such row in one."""
    files = _files(hand / "snapshots")
    assert "no row of" in _found(files, KBId="KB9").missing
    assert "holds no page of ssm_patch there" in _found(files, replace(PATCHES, account_id=OTHER)).missing


def test_all_rows_of_an_item_are_read(hand: Path) -> None:
    """What one observation told of a node; nothing where the snapshot is gone."""
    assert [row["KBId"] for row in _files(hand / "snapshots").rows_of(PATCHES)] == ["KB5001", "KB5002"]
    assert _files().rows_of(PATCHES) == []


def test_plain_values_know_one_unknown() -> None:
    """NaN, NaT and null are None; a day is a day."""
    import pandas as pd

    frame = pd.DataFrame({"a": [1.0, None], "b": [pd.Timestamp("2026-11-02"), pd.NaT]})
    assert records(frame) == [{"a": 1.0, "b": datetime.fromisoformat("2026-11-02")}, {"a": None, "b": None}]
    assert day(pd.Timestamp("2026-11-02")) == (AT - timedelta(hours=6)).date()
    assert day(pd.NaT) is None
