"""Promises of State Manager's associations: they are what scans the nodes."""

from __future__ import annotations

from patchlib.sandbox.world.associations import (
    PATCH_POLICY_ACCOUNT,
    Execution,
    has_latest_agent,
    latest_results,
    patch_policy_application,
    patch_policy_bucket,
)
from patchlib.sandbox.world.calendars import DAY, HOUR
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.runs import HISTORY
from tests.sandbox.world.conftest import DEFAULT


def done(estate: Estate, purpose: str) -> list[Execution]:
    cells = estate.association_executions.values()
    return [each for cell in cells for each in cell.values() if each.association.purpose == purpose]


def test_every_scan_a_node_reports_is_an_execution_on_it(estate: Estate) -> None:
    """The end of a node's last scan is what the last execution of its scanning association says of it."""
    ended = {
        (t.node.node_id, t.done_at) for each in done(estate, "scan") for t in each.targets if t.status == "Success"
    }
    recent = [
        seen
        for seen in estate.observations.values()
        if seen.operation.kind == "Scan"
        and seen.operation.started_at > estate.as_of - HISTORY + DAY
        # A node launched after one o'clock is scanned at its first start, before the association's next execution.
        and seen.node.launched_at <= seen.operation.started_at // DAY * DAY + HOUR
    ]
    assert len(recent) > 600
    assert all((seen.node.node_id, seen.operation.ended_at) in ended for seen in recent)


def test_one_association_scans_a_node(estate: Estate) -> None:
    """A patch policy's application is left out of the daily scan, so no node is scanned twice a day."""
    for cell, executions in estate.association_executions.items():
        scans = [each for each in executions.values() if each.association.purpose == "scan"]
        seen = [(each.created_at, t.node.node_id) for each in scans for t in each.targets]
        assert len(seen) == len(set(seen)), cell


def test_a_patch_policy_has_a_bucket_of_its_own_in_each_region(estate: Estate) -> None:
    """One account has a policy in both Regions; its override comes from that Region's own bucket."""
    buckets = {}
    for cell, found in estate.associations.items():
        policies = [each for each in found if "BaselineOverride" in each.parameters]
        assert bool(policies) == (cell[0] == PATCH_POLICY_ACCOUNT)
        for policy in policies:
            buckets[cell] = patch_policy_bucket(estate.draws, cell)
            assert policy.parameters["BaselineOverride"] == [f"s3://{buckets[cell]}/baseline_overrides.json"]
            application = patch_policy_application(cell, estate.by_cell[cell])
            assert any(policy.reaches(node) for node in estate.by_cell[cell])
            assert {n.tags["Application"] for n in estate.by_cell[cell] if policy.reaches(n)} == {application}
    assert len(set(buckets.values())) == 2


def test_an_old_agent_is_one_whose_update_fails(estate: Estate) -> None:
    """The update association says why agents are old."""
    updates = [target for each in done(estate, "agent") for target in each.targets if target.done_at is not None]
    assert {target.status for target in updates} == {"Success", "Failed"}
    assert all((t.status == "Success") == has_latest_agent(estate.draws, t.node) for t in updates)


def test_an_association_that_reaches_nobody_is_skipped(estate: Estate) -> None:
    """It was to install on a group whose window is switched off; its tag is on no node."""
    nobody = done(estate, "nobody")
    assert nobody
    assert {each.status for each in nobody} == {"Skipped"}
    wanted = {value for each in nobody for _, values in each.association.targets for value in values}
    assert not wanted & {node.patch_group for node in estate.nodes}


def test_silent_nodes_take_no_part(estate: Estate) -> None:
    """An agent fetches its associations itself."""
    for each in done(estate, "scan"):
        assert all(target.node.launched_at <= each.created_at < target.node.silent_at for target in each.targets)


def test_latest_results_are_the_last_ones(estate: Estate) -> None:
    """Of each association the last execution that reported, per node."""
    cell = (PATCH_POLICY_ACCOUNT, "eu-central-1")
    executions = list(estate.association_executions[cell].values())
    found = latest_results(executions)
    for node_id, results in found.items():
        for association_id, target in results.items():
            own = [
                t.done_at
                for each in executions
                if each.association.association_id == association_id
                for t in each.targets
                if t.node.node_id == node_id and t.done_at is not None
            ]
            assert target.done_at == own[-1] == max(own)


def test_the_past_stays_as_it_was() -> None:
    """Ten days later the same executions tell the same, also of instances that were replaced since."""
    early, late = Estate(7, 300, 9, DEFAULT - 10 * DAY), Estate(7, 300, 9, DEFAULT)

    def past(estate: Estate) -> dict[str, tuple[object, ...]]:
        return {
            each.execution_id: (each.status, each.done_at, sorted(t.node.node_id for t in each.targets))
            for purpose in ("scan", "inventory", "agent", "nobody")
            for each in done(estate, purpose)
            if DEFAULT - HISTORY < each.created_at < DEFAULT - 11 * DAY
        }

    assert past(early)
    assert past(early) == past(late)
