"""Change-only history equals full copies, at a fraction of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.entities import Entity
from patchlib.errors import CheckFailed
from patchlib.history import merge, take_back
from patchlib.queries import Field, Query
from patchlib.schema import table_script

DAY = datetime(2026, 11, 1)  # noqa: DTZ001

# One day's full copy: key -> (text, number), either of which may be unknown.
COPIES = st.lists(
    st.dictionaries(
        st.integers(1, 4), st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1, None])), max_size=4
    ),
    min_size=1,
    max_size=6,
)
Copy = dict[int, tuple[str | None, int | None]]


def _entity(name: str, sql: str, columns: str, key: str, surrogate: str = "", latest: tuple[str, ...] = ()) -> Entity:
    fields = tuple(Field(*part.split(), "") for part in columns.split(", "))
    query = Query(f"core/{name}", Path(f"{name}.sql"), "a thing", (), "", (), fields, sql, (key,), latest=latest)
    return Entity(query, surrogate)


THING = _entity(
    "thing",
    "select k, a, b, 1 as observation_id from copy",
    "k integer, a varchar, b integer, observation_id integer",
    "k",
)
GLANCE = _entity(
    "glance",
    "select k, a, b, 1 as observation_id from copy",
    "k integer, a varchar, b integer, observation_id integer",
    "k",
    latest=("b",),
)
WORD = _entity("word_key", "select distinct a from copy", "a varchar", "a", "word_key")
NODE = _entity("node_key", "select distinct k as node_id from copy", "node_id integer", "node_id", "node_key")
SCAN = replace(
    _entity(
        "scan",
        "select k as node_id, a, make_timestamp(b * 1000000) as ended_at, 1 as observation_id from copy",
        "node_id integer, a varchar, ended_at timestamp, observation_id integer",
        "node_id",
    ),
    dimension=NODE,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A store with one relation, and the table its query reads."""
    with duckdb.connect() as opened:
        opened.execute("create schema core; create table copy (k integer, a varchar, b integer)")
        for entity in (THING, GLANCE, WORD, NODE, SCAN):
            opened.execute("; ".join(table_script(entity.table, {})))
        yield opened


def _empty(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from core.thing; delete from core.word_key; delete from copy")


def _see(connection: duckdb.DuckDBPyConnection, copy: Copy, day: int) -> int:
    connection.execute("delete from copy")
    for key, (text, number) in copy.items():
        connection.execute("insert into copy values (?, ?, ?)", [key, text, number])
    return merge(connection, THING, DAY + timedelta(days=day))


def _as_of(connection: duckdb.DuckDBPyConnection, instant: datetime) -> Copy:
    rows = connection.execute(
        "select k, a, b from core.thing where valid_from <= $as_of and valid_to > $as_of", {"as_of": instant}
    ).fetchall()
    assert len(rows) == len({row[0] for row in rows}), "one row per key at any instant"
    return {key: (text, number) for key, text, number in rows}


@given(COPIES)
@settings(max_examples=60, deadline=None)
def test_any_past_instant_equals_that_days_full_copy(connection: duckdb.DuckDBPyConnection, copies: list[Copy]) -> None:
    """As of a snapshot, and until the next, history shows exactly what that snapshot showed."""
    _empty(connection)
    for day, copy in enumerate(copies):
        _see(connection, copy, day)
    for day, copy in enumerate(copies):
        assert _as_of(connection, DAY + timedelta(days=day)) == copy
        assert _as_of(connection, DAY + timedelta(days=day, hours=23)) == copy
    assert _as_of(connection, DAY - timedelta(seconds=1)) == {}


def test_a_table_known_to_be_empty_is_filled_as_any_other(connection: duckdb.DuckDBPyConnection) -> None:
    """What need not be compared is written all the same, and counted."""
    for is_filled in (True, False):
        _empty(connection)
        connection.execute("insert into copy values (1, 'a', 1), (2, null, null)")
        assert merge(connection, THING, DAY, is_filled=is_filled) == 2
        assert _as_of(connection, DAY) == {1: ("a", 1), 2: (None, None)}


@given(COPIES)
@settings(max_examples=40, deadline=None)
def test_rows_are_written_for_changes_only(connection: duckdb.DuckDBPyConnection, copies: list[Copy]) -> None:
    """As many rows as values appeared or changed; seeing the same again writes nothing."""
    _empty(connection)
    appeared, before = 0, {}
    for day, copy in enumerate(copies):
        _see(connection, copy, day)
        appeared += sum(before.get(key) != value for key, value in copy.items())
        assert merge(connection, THING, DAY + timedelta(days=day, hours=1)) == 0
        before = copy
    assert connection.execute("select count(*) from core.thing").fetchone() == (appeared,)


@given(COPIES, COPIES)
@settings(max_examples=40, deadline=None)
def test_a_second_look_at_one_instant_replaces_the_first(
    connection: duckdb.DuckDBPyConnection, copies: list[Copy], mistaken: list[Copy]
) -> None:
    """Taking back an instant and seeing it anew leaves what the second look alone would have left."""
    histories = []
    for first_looks in ([], mistaken):
        _empty(connection)
        for day, copy in enumerate(copies):
            for wrong in first_looks[day : day + 1]:
                _see(connection, wrong, day)
                take_back(connection, THING, DAY + timedelta(days=day))
            _see(connection, copy, day)
        histories.append(connection.execute("select * from core.thing order by all").fetchall())
    assert histories[0] == histories[1]


@given(COPIES)
@settings(max_examples=40, deadline=None)
def test_of_some_columns_only_the_latest_value_is_kept(
    connection: duckdb.DuckDBPyConnection, copies: list[Copy]
) -> None:
    """What is open shows the last look whole; a row is written where another column changed, and for nothing else."""
    connection.execute("delete from core.glance")
    appeared, before = 0, {}
    for day, copy in enumerate(copies):
        _see(connection, copy, day)
        merge(connection, GLANCE, DAY + timedelta(days=day))
        texts = {key: text for key, (text, _) in copy.items()}
        appeared += sum(key not in before or before[key] != text for key, text in texts.items())
        before = texts
        shown = connection.execute("select k, a, b from core.glance where valid_to > timestamp '9999-01-01'").fetchall()
        assert {key: (text, number) for key, text, number in shown} == copy
    assert connection.execute("select count(*) from core.glance").fetchone() == (appeared,)


def test_numbers_of_a_dimension_are_kept(connection: duckdb.DuckDBPyConnection) -> None:
    """A name keeps its number when it goes and comes back; new names get new numbers."""
    _empty(connection)
    for names in (["b", None], ["a"], ["b", "a", "c"]):
        connection.execute("delete from copy")
        for name in names:
            connection.execute("insert into copy values (1, ?, 1)", [name])
        merge(connection, WORD, DAY)
    rows = connection.execute("select a, word_key from core.word_key order by word_key").fetchall()
    assert rows == [("b", 1), (None, 2), ("a", 3), ("c", 4)]


@pytest.mark.parametrize("rows", ["(1, 'a', 1), (1, 'b', 1)", "(null, 'a', 1)"])
def test_a_key_twice_or_without_value_stops(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    """History cannot be kept of a row that has no name of its own."""
    _empty(connection)
    connection.execute(f"insert into copy values {rows}")
    with pytest.raises(CheckFailed, match=r"core\.thing"):
        merge(connection, THING, DAY)


@given(COPIES)
@settings(max_examples=40, deadline=None)
def test_names_told_by_their_number_make_the_same_history(
    connection: duckdb.DuckDBPyConnection, copies: list[Copy]
) -> None:
    """With the names joined to the numbers, rows and intervals are those of a table that tells the names itself."""
    _empty(connection)
    connection.execute("delete from core.node_key; delete from core.scan_row")
    for day, copy in enumerate(copies):
        changed = _see(connection, copy, day)
        merge(connection, NODE, DAY + timedelta(days=day))
        assert merge(connection, SCAN, DAY + timedelta(days=day)) == changed
    plain = "select k, a, make_timestamp(b * 1000000), valid_from, valid_to from core.thing order by all"
    numbered = (
        "select n.node_id, s.a, cast(s.ended_at as timestamp), s.valid_from, s.valid_to "
        "from core.scan_row as s inner join core.node_key as n using (node_key) order by all"
    )
    assert connection.execute(numbered).fetchall() == connection.execute(plain).fetchall()


def test_a_name_without_a_number_stops_the_load(connection: duckdb.DuckDBPyConnection) -> None:
    """A dimension that lacks what a relation tells would lose its rows: that is refused by name."""
    connection.execute("delete from core.node_key; delete from core.scan_row; delete from copy")
    connection.execute("insert into copy values (7, 'a', 1)")
    with pytest.raises(CheckFailed, match="node_id 7"):
        merge(connection, SCAN, DAY)
    assert connection.execute("select count(*) from core.scan_row").fetchone() == (0,)
