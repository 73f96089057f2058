"""From a bucket into the store: nodes with their own scans, kept ones stay, gone ones close."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patchlib import paths
from patchlib.errors import StoreRefused
from patchlib.load import load
from patchlib.manifest import Manifest
from patchlib.store import connect
from tests.datasync import places
from tests.datasync.places import ACCOUNT, OTHER, node, take
from tests.estate import empty_store

TEXTS = node("i-1") | node("i-2", missing=3) | node("mi-3", OTHER)


def asked(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connect(store, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def missing(store: Path) -> list[tuple[Any, ...]]:
    """Missing patches by node, as they stand now."""
    sql = "select node_id, count(*) from core.node_patch_now where patch_state = 'Missing' group by 1 order by 1"
    return asked(store, sql)


def test_nodes_of_a_bucket_are_known_with_their_own_scans(tmp_path: Path) -> None:
    """In the account and Region of the key; the observation names the bucket's source; tags come along."""
    store = empty_store(tmp_path / "own.duckdb")
    load([take(places.folder_of(tmp_path / "files", TEXTS), tmp_path / "s")], store)
    nodes = asked(store, "select account_id, node_id, node_kind, owner, ping_status from core.node_now order by 2")
    assert nodes == [
        (ACCOUNT, "i-1", "ec2", "team-a", "Online"),
        (ACCOUNT, "i-2", "ec2", "team-a", "Online"),
        (OTHER, "mi-3", "hybrid", "team-a", "Online"),
    ]
    scans = asked(
        store,
        "select s.node_id, cast(s.operation_ended_at as varchar), o.source, cast(o.observed_at as varchar) "
        "from core.node_scan_now as s join core.observation as o using (observation_id) order by 1",
    )
    assert scans[0] == ("i-1", "2026-11-02 01:00:00", "datasync_patch_summary", "2026-11-02 05:00:00")
    assert missing(store) == [("i-1", 1), ("i-2", 3), ("mi-3", 1)]
    assert asked(store, "select inputs from core.snapshot") == [(str((tmp_path / "files").resolve()),)]


def test_what_was_kept_stays_and_what_changed_is_replaced(tmp_path: Path) -> None:
    """An incremental run leaves unchanged nodes as they were, changes the others, and closes what is gone."""
    store = empty_store(tmp_path / "own.duckdb")
    first = take(places.bucket_of(places.endpoint_of(TEXTS)), tmp_path / "s")
    load([first], store)
    newer = TEXTS | node("i-2", missing=1)
    newer = {name: text for name, text in newer.items() if "mi-3" not in name}
    load([take(places.bucket_of(places.endpoint_of(newer)), tmp_path / "s", base=first.name)], store)
    assert missing(store) == [("i-1", 1), ("i-2", 1)]
    assert asked(store, "select node_id from core.node_now order by 1") == [("i-1",), ("i-2",)]
    assert asked(store, "select distinct state from core.coverage_now where source = 'datasync_tag' order by 1") == [
        ("empty",),
        ("kept",),
    ]


def test_the_real_store_takes_a_bucket_whose_owner_s3_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of other accounts than the caller's are no foreign rows there; a folder's are, and are not AWS's."""

    def snapshot(objects: Any, folder: str) -> Path:
        path = take(objects, tmp_path / folder)
        manifest = path / "manifest.json"
        taken = Manifest.model_validate_json(manifest.read_bytes()).model_copy(update={"is_aws": True})
        manifest.write_text(taken.model_dump_json(), encoding="utf-8")
        return path

    for name in ("bucket", "folder"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "bucket")
    bucket = snapshot(places.bucket_of(places.endpoint_of(TEXTS)), "a")
    (loaded,) = load([bucket], paths.REAL_STORE)
    assert loaded.row_count
    monkeypatch.chdir(tmp_path / "folder")
    with pytest.raises(StoreRefused, match="that account's own"):
        load([snapshot(places.folder_of(tmp_path / "files", TEXTS), "b")], paths.REAL_STORE)
    with pytest.raises(StoreRefused, match="a folder is not AWS"):
        load([take(places.folder_of(tmp_path / "files", TEXTS), tmp_path / "c")], paths.REAL_STORE)
