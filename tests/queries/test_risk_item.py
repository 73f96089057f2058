"""Risk items under changes that must not matter: order of rows, a second scanner, one more node."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchlib import queries
from patchlib.models.exposure import ExposureAssumptions, with_exposure
from tests.models.risk_data import curve
from tests.queries.test_cases import HISTORY

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001
KBS = ("KB1", "KB2", "KB3")
CVES = ("CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003")
NODES = ("i-1", "i-2", "i-3")
ITEM = ["account_id", "region", "asset_kind", "asset_id", "cve_id"]
TABLES = (
    "core.node", "core.node_key", "core.node_patch", "core.patch_key", "core.inspector_finding", "core.windows_kb_cve",
    "core.kev", "core.cve_assessment", "core.epss",
)  # fmt: skip
WITH_HISTORY = ("core.node", "core.node_patch", "core.inspector_finding")
Rows = list[tuple[str, dict[str, Any]]]

few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def store(empty_store: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty store, as it was again after the test."""
    empty_store.execute("begin")
    yield empty_store
    empty_store.execute("rollback")


def _here(**values: Any) -> dict[str, Any]:
    return {"account_id": "1", "region": "eu", **values}


def _node(node_id: str) -> Rows:
    key = int(node_id.rpartition("-")[2])
    return [
        ("core.node", _here(node_id=node_id, node_kind="ec2", operating_system="WINDOWS", is_managed=True)),
        ("core.node_key", _here(node_id=node_id, node_key=key)),
    ]


def _missing(node_id: str, kb: str, first: int = 0) -> Rows:
    key = int(node_id.rpartition("-")[2])
    seen = datetime(2026, 10, 1) + timedelta(days=first)  # noqa: DTZ001
    row = {"node_key": key, "patch_key": KBS.index(kb), "patch_state": "Missing", "valid_from": seen}
    return [("core.node_patch", row)]


def _inspected(node_id: str, cve: str, feed: str = "1", **values: Any) -> Rows:
    found = {"finding_type": "PACKAGE_VULNERABILITY", "status": "ACTIVE", "severity": "HIGH", **values}
    arn = f"arn:{node_id}:{cve}:{feed}"
    finding = _here(finding_arn=arn, resource_type="AWS_EC2_INSTANCE", resource_id=node_id, vulnerability_id=cve)
    return [("core.inspector_finding", {**finding, "first_observed_at": datetime(2026, 10, 9), **found})]  # noqa: DTZ001


FACTS: Rows = [
    *(("core.patch_key", {"patch_key": place, "patch_ref": kb}) for place, kb in enumerate(KBS)),
    *(("core.windows_kb_cve", {"kb_id": kb, "product": "w", "cve_id": cve})
      for place, kb in enumerate(KBS) for cve in CVES[: place + 1]),
    ("core.kev", {"feed": "kev", "cve_id": CVES[0], "added_date": datetime(2026, 5, 1).date()}),  # noqa: DTZ001
    ("core.cve_assessment", {"feed": "a", "cve_id": CVES[1], "cvss_version": "3.1", "cvss_vector": "v"}),
    ("core.cve_assessment", {"feed": "b", "cve_id": CVES[1], "ssvc_exploitation": "poc", "ssvc_automatable": "no"}),
    ("core.cve_assessment", {"feed": "c", "cve_id": CVES[1], "ssvc_exploitation": "none", "ssvc_automatable": "yes"}),
    ("core.epss", {"feed": "epss", "cve_id": CVES[2], "epss_share": 0.2, "score_date": datetime(2026, 11, 1).date()}),  # noqa: DTZ001
]  # fmt: skip


def _items(store: duckdb.DuckDBPyConnection, rows: Rows) -> pd.DataFrame:
    """The items over those rows, in their order, and nothing else."""
    for name in TABLES:
        store.execute(f"delete from {name}")
    for table, row in rows:
        full = {**(HISTORY if table in WITH_HISTORY else {}), **row}
        marks = ", ".join(f"${name}" for name in full)
        store.execute(f"insert into {table} ({', '.join(full)}) values ({marks})", full)
    return queries.run(store, "risk/item", as_of=AS_OF)


def _plain(items: pd.DataFrame) -> list[list[Any]]:
    rows: list[list[Any]] = items.astype(object).where(items.notna(), None).to_numpy().tolist()
    return rows


estates = st.tuples(
    st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(KBS), st.integers(0, 9)), min_size=1, max_size=6,
             unique_by=lambda each: each[:2]),
    st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(CVES)), max_size=4, unique=True),
)  # fmt: skip


def _rows(estate: tuple[list[tuple[str, str, int]], list[tuple[str, str]]]) -> Rows:
    missing, inspected = estate
    rows = [*FACTS, *(row for node in NODES for row in _node(node))]
    rows += [row for each in missing for row in _missing(*each)]
    return rows + [row for each in inspected for row in _inspected(*each)]


@few
@given(estate=estates, data=st.data())
def test_the_order_of_rows_and_feeds_does_not_matter(
    store: duckdb.DuckDBPyConnection, estate: Any, data: st.DataObject
) -> None:
    """Findings, facts and assessors in any order give the same items in the same order."""
    rows = _rows(estate)
    pd.testing.assert_frame_equal(_items(store, rows), _items(store, data.draw(st.permutations(rows))))


@few
@given(estate=estates, cve=st.sampled_from(CVES))
def test_one_more_node_with_the_vulnerability_is_one_more_item(
    store: duckdb.DuckDBPyConnection, estate: Any, cve: str
) -> None:
    """Its own row and no other: the others stay as they were."""
    rows = _rows(estate)
    before = _items(store, rows)
    after = _items(store, [*rows, *_node("i-9"), *_inspected("i-9", cve)])
    assert len(after) == len(before) + 1
    kept = after[after["asset_id"] != "i-9"].reset_index(drop=True)
    assert _plain(kept) == _plain(before)


@few
@given(estate=estates, data=st.data())
def test_a_second_scanner_adds_no_item(store: duckdb.DuckDBPyConnection, estate: Any, data: st.DataObject) -> None:
    """Inspector finding what Systems Manager lists, or finding it twice, changes who finds it and nothing is added."""
    rows = _rows(estate)
    before = _items(store, rows)
    place = data.draw(st.integers(0, 99)) % len(before)
    node, cve = before.loc[place, ["asset_id", "cve_id"]]
    after = _items(store, [*rows, *_inspected(node, cve, "2"), *_inspected(node, cve, "3")])
    assert after[ITEM].sort_values(ITEM).to_numpy().tolist() == before[ITEM].sort_values(ITEM).to_numpy().tolist()
    found = after[(after["asset_id"] == node) & (after["cve_id"] == cve)].iloc[0]
    assert "Inspector" in found["scanners"]
    assert found["scanner_count"] == len(found["scanners"].split("; "))
    assert found["first_observed_at"] <= before.loc[place, "first_observed_at"]


@pytest.mark.parametrize("clock", ["released", "first observed"])
def test_a_second_scanner_leaves_the_days_as_they_are(store: duckdb.DuckDBPyConnection, clock: str) -> None:
    """How long an item stays open is known of its patch: a graver word, or an earlier sight, of another adds nothing.

    Of what no patch is listed for, no curve tells.
    """
    rows = [
        *(
            (table, {**row, "severity": "Medium"}) if table == "core.patch_key" else (table, row)
            for table, row in FACTS
            if table != "core.windows_kb_cve"
        ),
        ("core.windows_kb_cve", {"kb_id": "KB1", "product": "w", "cve_id": CVES[2]}),
        ("core.windows_kb", {"kb_id": "KB1", "released_date": datetime(2026, 10, 10).date()}),  # noqa: DTZ001
        *_node("i-1"),
        *_missing("i-1", "KB1", 9),
    ]
    steps = [(day, share) for day, share in ((24.0, 0.5), (44.0, 0.0))]
    exposed = [
        with_exposure(_items(store, each), curve(*steps, severity="Medium", environment="unknown"),
                      ExposureAssumptions(clock=clock)).set_index(["asset_id", "cve_id"])
        for each in (rows, [*rows, *_inspected("i-1", CVES[2]), *_inspected("i-1", CVES[0])])
    ]  # fmt: skip
    alone, both = (each.loc[("i-1", CVES[2])] for each in exposed)
    assert (alone["severity"], both["severity"]) == ("Medium", "High")
    assert both["first_observed_at"] < alone["first_observed_at"]
    assert alone["has_curve"]
    assert 0 < alone["days"] < 22
    assert both[["days_low", "days", "exposure", "has_curve"]].tolist() == (
        alone[["days_low", "days", "exposure", "has_curve"]].tolist()
    )
    assert not exposed[1].loc[("i-1", CVES[0]), "has_curve"]


@few
@given(estate=estates)
def test_no_finding_is_lost(store: duckdb.DuckDBPyConnection, estate: Any) -> None:
    """Every open patch and every finding stands in items by each of its vulnerabilities, or is counted apart."""
    rows = [*_rows(estate), *_inspected("i-1", "GHSA-1"), *_inspected("i-2", "KB77")]
    items = _items(store, rows)
    unnamed = queries.run(store, "risk/unnamed_finding", as_of=AS_OF)
    missing, inspected = estate
    expected = {(node, cve) for node, kb, _ in missing for cve in CVES[: KBS.index(kb) + 1]} | set(inspected)
    assert set(zip(items["asset_id"], items["cve_id"], strict=True)) == expected
    assert unnamed["finding_count"].sum() == 2


def test_open_since_is_the_same_as_of_an_episode(store: duckdb.DuckDBPyConnection) -> None:
    """risk/open_patch looks only at what is open now, and finds the same first sight as lag/spell over all rows."""
    states = ("Missing", "Installed", "Failed", "InstalledPendingReboot", "InstalledOther", "NotApplicable")
    rows: Rows = [*FACTS, *(row for node in NODES for row in _node(node))]
    for node in range(1, 4):
        for patch in range(3):
            at = datetime(2026, 1, 1)  # noqa: DTZ001
            for step in range(8):
                # Nine different sequences, some with a pause between rows.
                state = states[(node * 5 + patch * 7 + step * (node + patch)) % len(states)]
                until = at + timedelta(days=20)
                last = step == 7
                row = {
                    "node_key": node,
                    "patch_key": patch,
                    "patch_state": "Missing" if last else state,
                    "valid_from": at,
                }
                rows.append(("core.node_patch", row if last else {**row, "valid_to": until}))
                at = until + timedelta(days=3 * ((node + step) % 2))
    _items(store, rows)
    mine = queries.run(store, "risk/open_patch", as_of=AS_OF)
    spells = queries.run(store, "lag/spell", as_of=AS_OF)
    standing = spells[spells["open_until"] > pd.Timestamp(AS_OF)]
    theirs = {(f"i-{row.node_key}", row.patch_ref): row.first_observed_at for row in standing.itertuples()}
    found = {(row.node_id, row.patch_ref): row.first_observed_at for row in mine.itertuples()}
    assert len(found) == 9
    assert found == theirs
    assert len(set(found.values())) > 2
