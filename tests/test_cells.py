"""One cell: its sources in order, and the word for each that is not asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from patchlib.base import Base
from patchlib.cells import Run
from patchlib.sandbox.endpoint import Handler
from patchlib.sandbox.faults import AccessDenied, Faults
from patchlib.snapshot import CallerRecord, Manifest, SnapshotWriter
from patchlib.sources import NODE_LISTINGS, Cell, Scope, sources_in
from tests import estate

MEMBER = Cell(estate.MEMBER, "eu-central-1")


def _run(folder: Path, faults: Faults | None = None, **changed: Handler) -> Run:
    reader = estate.reader(estate.endpoint(faults, **changed))
    caller = reader.caller()
    manifest = Manifest(
        snapshot_id="",
        taken_at=estate.AS_OF,
        endpoint=caller.endpoint,
        is_aws=False,
        caller=CallerRecord(account_id=caller.account_id, arn=caller.arn),
    )
    writer = SnapshotWriter.create(folder, manifest)
    return Run(estate.SETTINGS, reader, writer, estate.Told(), Base(), {}, lambda: 0.0)


def test_every_source_of_the_scope_ends_in_one_row(tmp_path: Path) -> None:
    """As many ledger rows as sources, what lists nodes first."""
    done = _run(tmp_path).scope(Scope.CELL, MEMBER)
    assert [record.source for record in done.records] == [source.name for source in sources_in(Scope.CELL)]
    assert [record.source for record in done.records][: len(NODE_LISTINGS)] == sorted(
        NODE_LISTINGS, key=[source.name for source in sources_in(Scope.CELL)].index
    )


@pytest.mark.parametrize("denied", ["DescribeInstances", "DescribeInstanceInformation"])
def test_one_denied_listing_of_nodes_neither_closes_a_cell_nor_empties_it(tmp_path: Path, denied: str) -> None:
    """Only when all of them agree is a cell closed or without nodes: unknown is not none."""
    service = "ec2" if denied == "DescribeInstances" else "ssm"
    words = "with an explicit deny in a service control policy"
    fault = AccessDenied(account_id=estate.MEMBER, service=service, operation=denied, message=words)
    states = Counter(
        record.state for record in _run(tmp_path, Faults(fault=(fault,))).scope(Scope.CELL, MEMBER).records
    )
    assert states["denied_by_organization"] == 1
    assert states["closed"] == states["absent"] == 0
    assert states["ok"] > 5


@pytest.mark.parametrize(
    ("recorders", "state"),
    [([], "disabled"), ([{"name": "default", "recording": False}], "disabled"), (None, "skipped")],
)
def test_what_is_switched_off_is_disabled_and_not_asked(
    tmp_path: Path, recorders: list[dict[str, object]] | None, state: str
) -> None:
    """Off is not denied and not empty, and what follows from it is off too; where it is not known, it is skipped."""
    denied = AccessDenied(service="config", operation="DescribeConfigurationRecorderStatus")
    faults = Faults(fault=(denied,)) if recorders is None else None
    answer = {"ConfigurationRecordersStatus": recorders or []}
    run = _run(tmp_path, faults, DescribeConfigurationRecorderStatus=lambda _call: answer)
    found = {record.source: record for record in run.scope(Scope.CELL, MEMBER).records}
    for name in ("config_rule", "config_rule_result"):
        assert (found[name].state, found[name].calls) == (state, 0)
        assert found[name].error_message


def test_the_row_of_a_listing_carries_what_the_budget_learned(tmp_path: Path) -> None:
    """The ledger remembers rate and throttles, so that the next run starts there."""
    record = next(r for r in _run(tmp_path).scope(Scope.CELL, MEMBER).records if r.source == "ssm_patch")
    assert record.throttles == 0
    assert record.calls == 4
