"""Updating: what is good is taken whole, what is not leaves what stands, and both are said."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.entities import create_tables
from patchlib.errors import FeedInvalid, FeedUnreachable, ParameterInvalid, StoreLocked
from patchlib.feeds.catalogue import catalogue, chosen
from patchlib.feeds.facts import FeedFile
from patchlib.feeds.intake import replace_rows, standing
from patchlib.feeds.update import update
from patchlib.feedtables import FACT_TABLES
from patchlib.load import load
from patchlib.store import connect
from patchlib.swap import only_writer
from tests.feeds.mirror import Mirror
from tests.feeds.samples import (
    epss_gz,
    kev_csv,
    kev_json,
    lifecycle_json,
    osv_record,
    updateinfo_gz,
    usn_database,
    zipped,
)
from tests.snapshots import TAKEN, estate, patch, write

NOW = datetime(2026, 8, 23, 6)  # noqa: DTZ001 - naive UTC, as the store keeps it
JSON = chosen(["kev"])[0].files[0]


def _rows(store: Path, sql: str) -> list[tuple[Any, ...]]:
    with connect(store) as connection:
        return connection.execute(sql).fetchall()


def _kev(store: Path) -> list[tuple[Any, ...]]:
    return _rows(store, "select cve_id, added_date, source, as_of_date from core.kev order by cve_id")


def _feed(store: Path, name: str = "kev") -> dict[str, Any]:
    with connect(store) as connection:
        found = connection.execute("select * from core.feed where feed = $name", {"name": name})
        names = [column[0] for column in found.description or []]
        [row] = found.fetchall()
    return dict(zip(names, row, strict=True))


@pytest.fixture(scope="session")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three entries of KEV, never written to; its folder holds the file."""
    folder = tmp_path_factory.mktemp("stood")
    (folder / JSON).write_bytes(kev_json())
    update([], str(folder), folder / "store.duckdb", NOW)
    return folder / "store.duckdb"


@pytest.fixture
def store(stood: Path, tmp_path: Path) -> Path:
    """A copy of that store to write to."""
    path = tmp_path / "store.duckdb"
    path.write_bytes(stood.read_bytes())
    return path


def test_every_row_says_where_it_is_from_and_of_when(stood: Path) -> None:
    """And the feed's row says what came, under which terms, and when it was asked."""
    source = str(stood.parent / JSON)
    assert _kev(stood) == [
        (f"CVE-2026-000{number}", date(2026, 8, number), source, date(2026, 8, 22)) for number in (1, 2, 3)
    ]
    row = _feed(stood)
    assert (row["row_count"], row["state"], row["failure"], row["licence"]) == (3, "updated", None, "CC0-1.0")
    assert row["fetched_at"] == row["checked_at"] == NOW
    assert len(row["checksum"]) == 64


def test_a_file_is_taken_and_then_only_when_it_has_changed(store: Path, mirror: Mirror) -> None:
    """200, 304, 200: updated, unchanged and known to be fresh, updated."""
    mirror.files[JSON] = kev_json(4)
    [first] = update(["kev"], mirror.url, store, NOW)
    assert str(first) == f"kev: updated: 4 rows as of 2026-08-22 from {mirror.url}/{JSON}"
    later = NOW.replace(hour=7)
    [second] = update(["kev"], mirror.url, store, later)
    assert (second.state, second.row_count) == ("unchanged", 4)
    assert [code for name, code in mirror.asked if name == JSON] == [200, 304]
    row = _feed(store)
    assert (row["fetched_at"], row["checked_at"]) == (NOW, later)
    mirror.files[JSON] = kev_json(5)
    [third] = update(["kev"], mirror.url, store, later)
    assert (third.state, len(_kev(store))) == ("updated", 5)


BAD = {
    "an empty file": b"",
    "a web page": b"<!DOCTYPE html><html>maintenance</html>",
    "half a file": kev_json()[:-100],
    "another schema": kev_json().replace(b"dateAdded", b"added"),
    "too few rows": kev_json(1),
    "a date to come": kev_json(dateReleased="2026-09-22T00:00:00Z"),
    "a bomb": gzip.compress(bytes(100_000)),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_file_never_replaces_a_good_one(
    store: Path, mirror: Mirror, bad: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows stay as they were, and the attempt is written beside them."""
    monkeypatch.setattr("patchlib.feeds.unpack.UNPACKED_LIMIT", 50_000)
    mirror.files[JSON] = bad
    before = _kev(store)
    [outcome] = update([], mirror.url, store, NOW.replace(hour=8))[:1]
    assert outcome.state == "failed"
    assert str(outcome).endswith("stay")
    assert _kev(store) == before
    row = _feed(store)
    assert (row["state"], row["failure"], row["row_count"]) == ("failed", outcome.why, 3)
    assert row["fetched_at"] == NOW
    assert row["checked_at"] == NOW.replace(hour=8)


def test_a_failure_is_forgotten_when_a_good_file_comes(store: Path, mirror: Mirror) -> None:
    """Also an unchanged one: it is the good one still."""
    mirror.files[JSON] = kev_json(4)
    update(["kev"], mirror.url, store, NOW)
    mirror.status[JSON] = 503
    assert update(["kev"], mirror.url, store, NOW)[0].state == "failed"
    mirror.status.clear()
    assert update(["kev"], mirror.url, store, NOW)[0].state == "unchanged"
    assert (_feed(store)["state"], _feed(store)["failure"]) == ("unchanged", None)


def test_fewer_rows_are_taken_when_someone_says_so(store: Path, tmp_path: Path) -> None:
    """The message names the way."""
    (tmp_path / JSON).write_bytes(kev_json(1))
    [refused] = update(["kev"], str(tmp_path), store, NOW)
    assert "1 rows where 3 stand" in refused.why
    assert "--accept-fewer" in refused.why
    [taken] = update(["kev"], str(tmp_path), store, NOW, accept_fewer=True)
    assert (taken.state, len(_kev(store))) == ("updated", 1)


def test_an_older_file_is_taken_only_when_someone_says_so(store: Path, tmp_path: Path) -> None:
    """It may be last month's from a forgotten folder: the message names both days and the way."""
    (tmp_path / JSON).write_bytes(kev_json(4, dateReleased="2026-08-20T00:00:00Z"))
    [refused] = update(["kev"], str(tmp_path), store, NOW, accept_fewer=True)
    assert refused.state == "failed"
    assert "it is of 2026-08-20, older than what stands, of 2026-08-22: repeat with --accept-older" in refused.why
    assert len(_kev(store)) == 3
    [taken] = update(["kev"], str(tmp_path), store, NOW, accept_older=True)
    assert (taken.state, taken.notes, len(_kev(store))) == (
        "updated",
        ("older than the rows before, of 2026-08-22",),
        4,
    )


def test_a_file_that_tells_less_of_its_rows_is_refused(store: Path, tmp_path: Path) -> None:
    """As many rows of a later day, and none of them says when it is due: the rows that say it stay."""
    bare = orjson.loads(kev_json(3, dateReleased="2026-08-23T00:00:00Z"))
    for entry in bare["vulnerabilities"]:
        entry["dueDate"] = ""
    (tmp_path / JSON).write_bytes(orjson.dumps(bare))
    due = "select count(due_date) from core.kev"
    [refused] = update(["kev"], str(tmp_path), store, NOW)
    assert "it tells kev.due_date of 0 rows where it is told of 3" in refused.why
    assert (_rows(store, due), _feed(store)["as_of_date"]) == ([(3,)], date(2026, 8, 22))
    [taken] = update(["kev"], str(tmp_path), store, NOW, accept_fewer=True)
    assert (taken.state, _rows(store, due)) == ("updated", [(0,)])


def test_one_feed_that_fails_does_not_hold_up_the_others(store: Path, tmp_path: Path) -> None:
    """Each ends in its own state, in the catalogue's order."""
    (tmp_path / JSON).write_bytes(kev_json()[:50])
    (tmp_path / "epss_scores-current.csv.gz").write_bytes(epss_gz())
    states = {outcome.feed: outcome.state for outcome in update([], str(tmp_path), store, NOW)}
    assert list(states) == [feed.name for feed in catalogue()]
    assert {name for name, state in states.items() if state != "skipped"} == {"kev", "epss"}
    assert (states["kev"], states["epss"]) == ("failed", "updated")
    assert _rows(store, "select count(*), min(model_version) from core.epss") == [(3, "v2025.03.14")]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'date="2026-08-01 19:43"', b'date="0001-01-01T00:00:00+01:00"'), (b'epoch="1"', b'epoch="99999999999"')],
    ids=["a date before all dates", "a number that no column holds"],
)
def test_a_value_that_nobody_foresaw_fails_its_own_feed(store: Path, tmp_path: Path, old: bytes, new: bytes) -> None:
    """The other feed is taken in, and what stood of this one stays."""
    for name in ("alas2", "alas2023"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "updateinfo.xml.gz").write_bytes(updateinfo_gz())
    update(["alas2", "alas2023"], str(tmp_path), store, NOW)
    text = gzip.decompress(updateinfo_gz(4))
    assert old in text
    (tmp_path / "alas2" / "updateinfo.xml.gz").write_bytes(gzip.compress(text))
    (tmp_path / "alas2023" / "updateinfo.xml.gz").write_bytes(gzip.compress(text.replace(old, new)))
    outcomes = {outcome.feed: outcome for outcome in update(["alas2", "alas2023"], str(tmp_path), store, NOW)}
    assert {name: outcome.state for name, outcome in outcomes.items()} == {"alas2": "updated", "alas2023": "failed"}
    counted = _rows(store, "select feed, count(*) from core.advisory group by feed order by feed")
    assert counted == [("alas2", 4), ("alas2023", 3)]


def test_a_feed_asked_by_name_that_is_not_there_has_failed(store: Path, tmp_path: Path) -> None:
    """Unasked it is skipped; where no feed is found at all, the place is wrong."""
    [outcome] = update(["epss"], str(tmp_path), store, NOW)
    assert (outcome.state, outcome.row_count) == ("failed", None)
    with pytest.raises(FeedUnreachable, match="no file of any feed"):
        update([], str(tmp_path), store, NOW)
    with pytest.raises(ParameterInvalid):
        update(["keev"], str(tmp_path), store, NOW)


def test_a_file_that_does_not_tell_its_day_waits_for_it(store: Path, tmp_path: Path) -> None:
    """No row goes in without a day; unasked such a file is skipped, by name it has failed."""
    (tmp_path / "prices").mkdir()
    table = b"instance_type,vcpu,memory_gib,linux_usd_h,windows_usd_h,rhel_usd_h\nm5.large,2,8,0.096,,\n"
    (tmp_path / "prices" / "ec2_eu_west_1.csv").write_bytes(table)
    (tmp_path / JSON).write_bytes(kev_json(4))
    told = {outcome.feed: outcome for outcome in update([], str(tmp_path), store, NOW)}
    assert (told["kev"].state, told["prices"].state) == ("updated", "skipped")
    assert "--as-of" in told["prices"].why
    assert update(["prices"], str(tmp_path), store, NOW)[0].state == "failed"
    [taken] = update(["prices"], str(tmp_path), store, NOW, as_of=date(2026, 7, 20))
    assert (taken.state, taken.as_of) == ("updated", date(2026, 7, 20))
    assert _rows(store, "select region, usd_per_hour, as_of_date from core.on_demand_price") == [
        ("eu-west-1", 0.096, date(2026, 7, 20))
    ]


def test_a_store_is_not_made_of_failures(tmp_path: Path) -> None:
    """The estate's own store is looked for by its file."""
    (tmp_path / JSON).write_bytes(b"")
    assert update(["kev"], str(tmp_path), tmp_path / "store.duckdb", NOW)[0].state == "failed"
    assert not (tmp_path / "store.duckdb").exists()


def test_a_new_model_is_said(store: Path, tmp_path: Path) -> None:
    """Scores of two models are never in one store, and that they do not compare is in the feed's note."""
    for model in ("v1", "v2"):
        (tmp_path / "epss_scores-current.csv.gz").write_bytes(epss_gz(model=model))
        [outcome] = update(["epss"], str(tmp_path), store, NOW)
    assert outcome.notes == ("the model has changed from v1 to v2: scores do not compare across it",)
    assert _rows(store, "select distinct model_version from core.epss") == [("v2",)]
    assert _feed(store, "epss")["note"] == outcome.notes[0]


def test_scores_of_an_earlier_day_become_history(tmp_path: Path) -> None:
    """Those of vulnerabilities that something names: here one of three. The same day twice is one day."""
    store = tmp_path / "scores.duckdb"
    with connect(store, read_only=False) as connection:
        create_tables(connection)
        connection.execute("insert into core.advisory_cve (advisory_id, cve_id) values ('A-1', 'CVE-2026-0002')")
    for scored in ("2026-08-20", "2026-08-21", "2026-08-21", "2026-08-22"):
        data = epss_gz(model="v1" if scored < "2026-08-21" else "v2", scored=f"{scored}T00:00:00+0000")
        (tmp_path / "epss_scores-current.csv.gz").write_bytes(data)
        update(["epss"], str(tmp_path), store, NOW)
    asked = "select cve_id, score_date, model_version, epss_share > 0 from core.epss_history order by score_date"
    assert _rows(store, asked) == [
        ("CVE-2026-0002", date(2026, 8, 20), "v1", True),
        ("CVE-2026-0002", date(2026, 8, 21), "v2", True),
    ]
    assert _rows(store, "select distinct score_date from core.epss") == [(date(2026, 8, 22),)]


def test_what_another_version_has_read_is_read_again(
    store: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer patchlib may take more out of the same file."""
    mirror.files[JSON] = kev_json()
    update(["kev"], mirror.url, store, NOW)
    monkeypatch.setattr("patchlib.feeds.intake.__version__", "9.9")
    assert update(["kev"], mirror.url, store, NOW)[0].state == "updated"


def test_a_load_carries_feeds_along_and_checks_them(store: Path, tmp_path: Path) -> None:
    """Facts of feeds and of the estate live in one store, whoever comes first."""
    before = _kev(store)
    load([write(tmp_path / "s", TAKEN, estate({"i-1": [patch("KB1")]}))], store)
    assert _kev(store) == before
    (tmp_path / JSON).write_bytes(kev_json(4))
    update(["kev"], str(tmp_path), store, NOW)
    assert _rows(store, "select patch_ref from core.node_patch_now") == [("KB1",)]


def test_a_store_that_is_being_written_is_left_alone(store: Path, tmp_path: Path) -> None:
    """One writer at a time, and the file of the feed is not lost."""
    (tmp_path / JSON).write_bytes(kev_json(4))
    with only_writer(store), pytest.raises(StoreLocked):
        update(["kev"], str(tmp_path), store, NOW)
    assert update(["kev"], str(tmp_path), store, NOW)[0].state == "updated"


GOOD = {
    "epss": epss_gz(40),
    "alas2023": updateinfo_gz(6),
    "alma": zipped(*(osv_record(f"ALSA-2026:000{number}", "AlmaLinux:9") for number in range(6))),
    "usn": usn_database("7000-1", "7001-1"),
}
PLAIN = {"kev": kev_json(), "lifecycle": lifecycle_json()}


def _read(name: str, data: bytes) -> Any:
    """All rows of a file, or None where it is refused."""
    try:
        return chosen([name])[0].read(FeedFile("a file", data)).rows
    except FeedInvalid:
        return None


@pytest.mark.parametrize("name", GOOD)
@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255), cut=st.booleans())
@settings(max_examples=150)
def test_damage_gives_the_same_rows_or_none(name: str, place: float, change: int, cut: bool) -> None:
    """A packed file carries its checksum: any byte changed, or cut off anywhere, is found or does not matter."""
    at = int(place * len(GOOD[name]))
    damaged = GOOD[name][:at] if cut else GOOD[name][:at] + bytes([GOOD[name][at] ^ change]) + GOOD[name][at + 1 :]
    assert _read(name, damaged) in (None, _read(name, GOOD[name]))


@pytest.mark.parametrize("name", PLAIN)
@given(place=st.floats(0, 1, exclude_max=True))
@settings(max_examples=100)
def test_a_plain_file_that_is_cut_gives_none(name: str, place: float) -> None:
    """JSON has an end."""
    assert _read(name, PLAIN[name][: int(place * len(PLAIN[name]))]) is None


@pytest.mark.parametrize("name", [*GOOD, *PLAIN])
@given(place=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=1, max_size=4))
@settings(max_examples=150)
def test_damage_of_any_kind_is_told_in_our_words(name: str, place: float, value: bytes) -> None:
    """Whatever a file holds, reading it ends in rows or in FeedInvalid, never in a fault of ours."""
    data = gzip.decompress(GOOD[name]) if name in {"epss", "alas2023"} else {**GOOD, **PLAIN}[name]
    at = int(place * len(data))
    _read(name, data[:at] + value + data[at + len(value) :])


JSONS: dict[str, Any] = {
    "kev": json.loads(kev_json()),
    "lifecycle": json.loads(lifecycle_json()),
    "alma": osv_record("ALSA-2026:0001", "AlmaLinux:9"),
    "usn": json.loads(bz2.decompress(usn_database("7000-1"))),
}


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document, as its holder and the name or number in it."""
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, name
        yield from _leaves(value[name])


@pytest.mark.parametrize("strange", [None, 5, -1.5, "x", "", [], {}, True, [1], {"a": 1}], ids=repr)
@pytest.mark.parametrize("name", JSONS)
def test_a_value_of_another_type_is_told_in_our_words(name: str, strange: Any) -> None:
    """At every place of a document: rows, or FeedInvalid."""
    for number in range(len(list(_leaves(JSONS[name])))):
        document = deepcopy(JSONS[name])
        holder, at = list(_leaves(document))[number]
        holder[at] = strange
        _read(name, json.dumps(document).encode())


def test_every_column_of_every_feed_arrives_as_its_type() -> None:
    """Texts on the way in, types in the store: nothing is lost by the cast."""
    connection = duckdb.connect()
    create_tables(connection)
    files = {**GOOD, **PLAIN}
    for name, data in files.items():
        facts = chosen([name])[0].read(FeedFile("a file", data))
        facts.as_of = NOW.date()
        replace_rows(connection, name, "a file", facts)
        for table in FACT_TABLES:
            columns = ", ".join(
                each.name for each in table.columns if each.name not in {"feed", "source", "as_of_date"}
            )
            stored = connection.execute(f"select {columns} from {table.name} where feed = $name", {"name": name})
            assert sorted(map(str, stored.fetchall())) == sorted(map(str, facts.rows.get(table.name, {}).values()))
    assert standing(connection) == {}


@pytest.mark.parametrize("second", [kev_csv(), kev_json(4)])
def test_rows_of_a_feed_are_replaced_whole(store: Path, tmp_path: Path, second: bytes) -> None:
    """No row of the file before stays, in whichever format the next one comes."""
    (tmp_path / ("k.csv" if second == kev_csv() else JSON)).write_bytes(second)
    (tmp_path / "known_exploited_vulnerabilities.csv").write_bytes(second)
    # a CSV tells no day but that of its latest entry
    update(["kev"], str(tmp_path), store, NOW, accept_older=True)
    assert len({source for _, _, source, _ in _kev(store)}) == 1
    assert str(tmp_path) in _kev(store)[0][2]
