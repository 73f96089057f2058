"""Pages become typed rows: nested lists are unfolded, instants are UTC, nothing unknown breaks the load."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from patchlib.errors import SnapshotInvalid
from patchlib.raw import load_pages, load_records, naive, verify_files
from patchlib.snapshot import CellFile, open_snapshot
from patchlib.store import connect
from tests.estate import empty_store
from tests.snapshots import ACCOUNT, OTHER, REGION, TAKEN, Listing, Listings, estate, patch, write


@pytest.fixture
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """An empty store, on a host far from UTC."""
    opened = connect(empty_store(tmp_path_factory.mktemp("store") / "empty.duckdb"), read_only=False)
    opened.execute("set TimeZone = 'Asia/Tokyo'")
    return opened


def _load(connection: duckdb.DuckDBPyConnection, tmp_path: Path, listings: Listings) -> int:
    folder = write(tmp_path, TAKEN, listings)
    manifest = open_snapshot(folder)
    verify_files(folder, manifest)
    load_records(connection, folder, manifest)
    return sum(load_pages(connection, folder, manifest).values())


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    [row] = connection.execute(sql).fetchall()
    return tuple(row)


def test_nested_rows_are_unfolded_and_typed(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Instances lie two lists deep; numbers, booleans and instants have their types, the rest stays JSON."""
    row = {
        "InstanceId": "i-1",
        "LaunchTime": "2026-11-02T05:30:00.250000Z",
        "AmiLaunchIndex": 3,
        "EbsOptimized": True,
        "Tags": [{"Key": "Name", "Value": "ż"}],
    }
    _load(connection, tmp_path, {(ACCOUNT, REGION, "ec2_instance"): [row, {"InstanceId": "i-2"}]})
    found = _one(
        connection,
        "select launch_time, ami_launch_index, ebs_optimized, tags, image_id from raw.ec2_instance "
        "where instance_id = 'i-1'",
    )
    launched = datetime(2026, 11, 2, 5, 30, 0, 250000)  # noqa: DTZ001
    assert found == (launched, 3, True, '[{"Key":"Name","Value":"ż"}]', None)
    assert _one(connection, "select count(*) from raw.ec2_instance") == (2,)


def test_an_answer_can_be_one_row(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Operations that answer with one thing fill one row a page, wherever it lies in the answer."""
    listings = {
        (ACCOUNT, REGION, "sts_caller_identity"): [{"Account": ACCOUNT, "Arn": "arn"}],
        (ACCOUNT, REGION, "organizations_organization"): [{"Id": "o-1"}],
    }
    _load(connection, tmp_path, listings)
    assert _one(connection, "select account, arn from raw.sts_caller_identity") == (ACCOUNT, "arn")
    assert _one(connection, "select id from raw.organizations_organization") == ("o-1",)


def test_what_was_asked_is_a_column(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """An answer that does not repeat its subject gets it from the request."""
    _load(connection, tmp_path, {(ACCOUNT, REGION, "ssm_patch"): {"i-1": [patch("KB1")]}})
    assert _one(connection, "select account_id, region, item, instance_id, kb_id from raw.ssm_patch") == (
        ACCOUNT,
        REGION,
        "i-1",
        "i-1",
        "KB1",
    )


def test_what_has_become_an_item_since_is_still_read(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """An earlier format names no items of a listing that it read whole; later items replace it."""
    key = (ACCOUNT, REGION, "ssm_patch_baseline_detail")
    folder = write(tmp_path, TAKEN, {key: {"pb-1": [{"BaselineId": "pb-1"}], "pb-2": [{"BaselineId": "pb-2"}]}})
    raw = orjson.loads((folder / "manifest.json").read_bytes())
    [cell] = raw["cells"]
    file = CellFile(folder / cell["file"])
    file.keep([page.model_copy(update={"item": None}) for page in file.pages()])
    size, digest = file.checksum() or (0, "")
    raw |= {"format": 2, "cells": [cell | {"read_items": None, "bytes": size, "sha256": digest}]}
    (folder / "manifest.json").write_bytes(orjson.dumps(raw))
    load_records(connection, folder, open_snapshot(folder))
    assert load_pages(connection, folder, open_snapshot(folder)) == {f"raw.{key[2]}": 2}
    _load(connection, tmp_path / "later", {key: {"pb-2": [{"BaselineId": "pb-2"}]}})
    assert _one(connection, f"select baseline_id, item from raw.{key[2]}") == ("pb-2", "pb-2")


def test_a_member_nobody_knows_yet_is_left_in_the_snapshot(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A service may answer more than the installed botocore knows."""
    row = {"InstanceId": "i-1", "Quantum": {"Spin": "up"}}
    assert _load(connection, tmp_path, {(ACCOUNT, REGION, "ssm_managed_node"): [row]}) == 1


def test_a_value_of_the_wrong_type_is_named(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A page that does not fit AWS's model is refused, not guessed at."""
    row = {"InstanceId": "i-1", "LaunchTime": "yesterday"}
    with pytest.raises(SnapshotInvalid, match="ec2_instance"):
        _load(connection, tmp_path, {(ACCOUNT, REGION, "ec2_instance"): [row]})


def test_an_empty_answer_empties_its_unit_only(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A cell that was read and holds nothing loses its rows; another cell keeps its own."""
    node = [{"InstanceId": "i-1"}]
    key = "ssm_managed_node"
    _load(connection, tmp_path, {(ACCOUNT, REGION, key): node, (OTHER, REGION, key): node})
    _load(connection, tmp_path, {(ACCOUNT, REGION, key): [], (OTHER, REGION, key): "denied"})
    assert _one(connection, "select account_id from raw.ssm_managed_node") == (OTHER,)


def test_every_unit_read_is_one_observation(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A listing counts once, a per-item source once per item, and what was not read not at all."""
    listings = estate({"i-1": [patch("KB1")], "i-2": []})
    listings[ACCOUNT, REGION, "ssm_patch_group"] = "denied"
    listings[OTHER, REGION, "ssm_patch"] = Listing(state="partial", items={"i-9": []}, unread_items={"i-8": []})
    _load(connection, tmp_path, listings)
    found = connection.execute(
        "select source, item, account_id from core.observation where source like 'ssm_patch%' order by all"
    ).fetchall()
    assert found == [
        ("ssm_patch", "i-1", ACCOUNT),
        ("ssm_patch", "i-2", ACCOUNT),
        ("ssm_patch", "i-9", OTHER),
        ("ssm_patch_state", None, ACCOUNT),
    ]
    ids = connection.execute("select observation_id from core.observation order by 1").fetchall()
    assert [row[0] for row in ids] == list(range(1, len(ids) + 1))


def test_the_ledger_holds_every_attempt(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Read or not, an attempt is a row of the ledger."""
    listings = {
        (ACCOUNT, REGION, "ssm_managed_node"): [{"InstanceId": "i-1"}],
        (ACCOUNT, REGION, "ssm_patch_group"): "denied",
    }
    _load(connection, tmp_path, listings)
    found = connection.execute(
        "select source, operation, state, items, taken_at from core.coverage order by 1"
    ).fetchall()
    assert found == [
        ("ssm_managed_node", "DescribeInstanceInformation", "ok", 1, naive(TAKEN)),
        ("ssm_patch_group", "DescribePatchGroups", "denied", 0, naive(TAKEN)),
    ]


def test_instants_become_naive_utc() -> None:
    """The store keeps UTC without a zone."""
    assert naive(datetime.fromisoformat("2026-11-02T07:00:00+01:00")) == datetime(2026, 11, 2, 6)  # noqa: DTZ001
    assert naive(datetime(2026, 11, 2, 6, tzinfo=UTC)).tzinfo is None
