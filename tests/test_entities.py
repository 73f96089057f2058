"""Core relations: made from their headers, in an order in which each finds what it reads."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from patchlib import entities, queries
from patchlib.entities import core_entities, create_tables
from patchlib.errors import HeaderInvalid


def test_every_relation_comes_after_what_it_reads() -> None:
    """A relation's inputs are merged before it is."""
    done: set[str] = set()
    for entity in core_entities():
        inputs = {name.removesuffix("_now") for name in entity.query.inputs}
        relations = {f"core.{each.name}" for each in core_entities()}
        assert inputs & relations <= done, entity.name
        done.add(f"core.{entity.name}")


def test_tables_can_be_created_twice() -> None:
    """Creating what stands changes nothing."""
    connection = duckdb.connect()
    create_tables(connection)
    columns = "select table_name, column_name, data_type, comment from duckdb_columns() order by all"
    before = connection.execute(columns).fetchall()
    create_tables(connection)
    assert connection.execute(columns).fetchall() == before


def test_open_rows_of_patches_carry_their_names() -> None:
    """core.node_patch_now shows the node and the patch behind the numbers, and only what is still true."""
    connection = duckdb.connect()
    create_tables(connection)
    connection.execute("insert into core.node_key values (1, '210000000001', 'eu-central-1', 'i-1')")
    connection.execute("insert into core.patch_key (patch_key, patch_ref) values (1, 'KB1'), (2, 'KB2')")
    connection.execute(
        "insert into core.node_patch by name "
        "select 1 as node_key, 1 as patch_key, 'Missing' as patch_state, timestamp '2026-01-01' as valid_from, "
        "timestamp '9999-12-31' as valid_to "
        "union all by name select 1 as node_key, 2 as patch_key, 'Missing' as patch_state, "
        "timestamp '2026-01-01' as valid_from, timestamp '2026-01-02' as valid_to"
    )
    shown = connection.execute("select account_id, node_id, patch_ref, patch_state from core.node_patch_now").fetchall()
    assert shown == [("210000000001", "i-1", "KB1", "Missing")]


def test_daily_scans_carry_a_number_and_show_the_node() -> None:
    """core.node_scan has the columns of its header beside the number that its table keeps, each with its comment."""
    connection = duckdb.connect()
    create_tables(connection)
    connection.execute("insert into core.node_key values (7, '210000000001', 'eu-central-1', 'i-1')")
    connection.execute(
        "insert into core.node_scan_row by name select 7 as node_key, 3 as missing_count, "
        "timestamp '2026-01-01 06:00:00.25' as operation_ended_at, timestamp '2026-01-02' as valid_from, "
        "timestamp '9999-12-31' as valid_to"
    )
    shown = "select account_id, node_id, node_key, missing_count, operation_ended_at from core.node_scan"
    ended_at = datetime(2026, 1, 1, 6, 0, 0, 250_000)  # noqa: DTZ001
    for name in ("core.node_scan", "core.node_scan_now"):
        found = connection.execute(shown.replace("core.node_scan", name)).fetchall()
        assert found == [("210000000001", "i-1", 7, 3, ended_at)]
    told = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() where table_name = 'node_scan' order by all"
    ).fetchall()
    header = {(each.name, each.type.upper(), each.meaning) for each in queries.load("core/node_scan").columns}
    assert header <= set(told)
    kept = connection.execute("select column_name from duckdb_columns() where table_name = 'node_scan_row'").fetchall()
    assert not {("account_id",), ("region",), ("node_id",)} & set(kept)


def test_the_latest_attempt_and_the_last_good_one_are_both_known() -> None:
    """core.coverage_now shows how the last attempt ended and when the source was last read."""
    connection = duckdb.connect()
    create_tables(connection)
    for day, state in enumerate(["ok", "empty", "denied"], start=1):
        connection.execute(
            "insert into core.coverage (snapshot_id, taken_at, account_id, region, source, state) "
            "values (?, ?, 'a', 'r', 's', ?)",
            [f"s-{day}", f"2026-11-0{day}", state],
        )
    found = connection.execute("select state, cast(last_ok_at as varchar) from core.coverage_now").fetchall()
    assert found == [("denied", "2026-11-02 00:00:00")]


_HEADER = (
    "-- purpose: p\n-- inputs:  {inputs}\n-- grain:   g\n{key}-- columns:\n--   k  integer  m\n{last}select 1 as k\n"
)


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"a": {"inputs": "core.b"}, "b": {"inputs": "core.a_now"}}, "circle"),
        ({"a": {"key": ""}}, "names its key"),
        ({"a": {"last": ""}}, "observation_id"),
        ({"a": {"key": "-- key: k\n-- latest: k\n"}}, "latest"),
        ({"a": {"key": "-- key: k\n-- latest: z\n"}}, "latest"),
        ({"a": {"key": "-- key: k\n-- numbered: b\n"}, "b": {}}, "no dimension"),
    ],
)
def test_a_relation_that_cannot_be_kept_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, dict[str, str]], named: str
) -> None:
    """A circle, no key, or no observation: told by its header before anything runs."""
    (tmp_path / "core").mkdir()
    for name, changed in files.items():
        parts = {"inputs": "raw.x", "key": "-- key: k\n", "last": "--   observation_id  integer  o\n"} | changed
        (tmp_path / "core" / f"{name}.sql").write_text(_HEADER.format(**parts), encoding="utf-8")
    monkeypatch.setattr(queries.paths, "queries_folder", lambda: tmp_path)
    with pytest.raises(HeaderInvalid, match=named):
        entities.core_entities()
