"""AWS's watchers judge the same nodes as everything else, each at its own pace."""

from __future__ import annotations

from patchlib.sandbox.world.calendars import DAY
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.observation import NOT_COMPLIANT
from patchlib.sandbox.world.watchers import MANAGED, PATCH, STOPPED, Verdict, has_hub, recording, rules, verdicts
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED

HOME = "eu-central-1"


def said(estate: Estate, account_id: str, identifier: str) -> dict[str, Verdict]:
    return {v.node.node_id: v for v in verdicts(estate, account_id, HOME) if v.identifier == identifier}


def test_a_node_is_compliant_where_its_last_scan_is(estate: Estate) -> None:
    """Recorded at once, a rule says what the scan saw, after it ended and before now; never scanned is never judged."""
    found = said(estate, PRODUCTION, PATCH)
    assert found
    for node in estate.by_cell[PRODUCTION, HOME]:
        seen = estate.observations.get(node.node_id)
        if seen is None or not node.is_listed(estate.as_of):
            assert node.node_id not in found
            continue
        verdict = found[node.node_id]
        assert verdict.is_compliant == (not any(row.state in NOT_COMPLIANT for row in seen.rows))
        assert seen.operation.ended_at < verdict.judged_at <= estate.as_of


def test_a_daily_recorder_judges_what_was_there_at_midnight(estate: Estate) -> None:
    """So its word may differ from the scan that came since."""
    assert recording(SHARED, HOME) == "daily"
    midnight = estate.as_of // DAY * DAY
    found = said(estate, SHARED, PATCH)
    assert found
    assert all(midnight < verdict.judged_at < midnight + DAY for verdict in found.values())


def test_where_nothing_records_nothing_is_said(estate: Estate) -> None:
    """A stopped recorder leaves rules behind, one that never was leaves none."""
    assert recording(DEVELOPMENT, HOME) == "off"
    assert list(rules(estate, DEVELOPMENT, HOME))
    assert not list(verdicts(estate, DEVELOPMENT, HOME))
    staging = next(a.account_id for a in estate.directory.accounts if a.name == "staging")
    assert recording(staging, "us-east-1") == "none"
    assert not list(rules(estate, staging, "us-east-1"))


def test_stopped_and_unmanaged_instances_are_found(estate: Estate) -> None:
    """A stopped instance is not managed, as AWS has it; it is one too many after thirty days, not before."""
    managed, stopped = said(estate, PRODUCTION, MANAGED), said(estate, PRODUCTION, STOPPED)
    nodes = {node.node_id: node for node in estate.by_cell[PRODUCTION, HOME]}
    assert managed.keys() == stopped.keys()
    assert all(nodes[node_id].kind == "ec2" for node_id in managed)
    assert {n for n, v in managed.items() if not v.is_compliant} == {
        n for n in managed if nodes[n].unmanaged or nodes[n].silent_at <= estate.as_of
    }
    assert {n for n, v in stopped.items() if not v.is_compliant} == {
        n for n in stopped if nodes[n].stopped_at + 30 * DAY <= estate.as_of
    }


def test_rules_have_names_that_the_service_takes(estate: Estate) -> None:
    """At most 64 characters, each once; Security Hub's and a pack's are two rules over one identifier."""
    found = list(rules(estate, PRODUCTION, HOME))
    assert len({rule.name for rule in found}) == len(found)
    assert max(len(rule.name) for rule in found) <= 64
    assert has_hub(PRODUCTION)
    assert sum(rule.identifier == PATCH for rule in found) == 2
