"""Inspector sees the same nodes as everything else, by their packages."""

from __future__ import annotations

from collections import defaultdict

from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.scans import CLOSED_KEPT, Weakness, scanned_nodes, scans, score, weaknesses
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION

HOME = "eu-central-1"


def found(estate: Estate) -> dict[str, list[Weakness]]:
    """Weaknesses of production's home Region by node."""
    by_node: dict[str, list[Weakness]] = defaultdict(list)
    for each in weaknesses(estate, PRODUCTION, HOME):
        by_node[each.node.node_id].append(each)
    return by_node


def test_what_a_scan_misses_inspector_finds(estate: Estate) -> None:
    """Every missing security patch with CVEs that has been known for two days is an open weakness of the node."""
    by_node, compared = found(estate), 0
    seen = {each.node.node_id: each for each in scanned_nodes(estate, PRODUCTION, HOME)}
    for node in estate.by_cell[PRODUCTION, HOME]:
        scan = estate.observations.get(node.node_id)
        if scan is None or node.node_id not in seen or seen[node.node_id].scanned_at is None:
            continue
        names = {each.name for each in by_node[node.node_id]}
        known = {p.ref: p for p in estate.products[node.platform.product].until(scan.operation.ended_at - 3 * 86400)}
        for row in scan.rows:
            patch = known.get(row.kb_id if node.platform.is_windows else row.title)
            is_new = node.launched_at > estate.as_of - 86400
            if row.state == "Missing" and patch and patch.is_security and patch.cve_ids and not is_new:
                wanted = {patch.kb_id} if node.platform.is_windows else set(patch.cve_ids)
                assert wanted <= names, (node.node_id, row)
                compared += 1
    assert compared > 100


def test_a_kb_is_one_finding_and_a_cve_is_one(estate: Estate) -> None:
    """Windows updates stand for all their CVEs; a CVE of several packages is found once a node."""
    for node_id, each in found(estate).items():
        names = [weakness.name for weakness in each]
        assert len(names) == len(set(names)), node_id
        for weakness in each:
            is_windows = weakness.node.platform.is_windows
            assert weakness.name.startswith("KB" if is_windows else "CVE")
            assert weakness.cve_ids == (weakness.patch.cve_ids if is_windows else (weakness.name,))


def test_instants_are_in_order(estate: Estate) -> None:
    """Released, found, closed, looked at; closed ones are forgotten after a while."""
    looked = {each.node.node_id: each.scanned_at or 0 for each in scanned_nodes(estate, PRODUCTION, HOME)}
    closed = 0
    for node_id, each in found(estate).items():
        for weakness in each:
            released = min(patch.released_at for patch, _ in weakness.packages)
            assert released < weakness.found_at <= looked[node_id]
            if weakness.closed_at is not None:
                closed += 1
                assert weakness.found_at < weakness.closed_at <= looked[node_id]
                assert weakness.closed_at > looked[node_id] - CLOSED_KEPT
    assert closed > 10


def test_what_is_not_scanned_says_why_and_shows_nothing(estate: Estate) -> None:
    """Unmanaged and unsupported instances have no weakness, which is no comfort; the silent keep their last."""
    reasons = defaultdict(set)
    for each in scanned_nodes(estate, PRODUCTION, HOME):
        reasons[each.reason].add(each.node.node_id)
    assert {"SUCCESSFUL", "UNMANAGED_EC2_INSTANCE", "EC2_INSTANCE_STOPPED", "STALE_INVENTORY"} <= reasons.keys()
    assert not (reasons["UNMANAGED_EC2_INSTANCE"] | reasons["UNSUPPORTED_OS"]) & found(estate).keys()
    assert reasons["STALE_INVENTORY"] & found(estate).keys()


def test_not_every_account_is_scanned(estate: Estate) -> None:
    """Where Inspector is off it sees nothing."""
    assert "ec2" in scans(PRODUCTION)
    assert not scans(DEVELOPMENT)
    assert not list(weaknesses(estate, DEVELOPMENT, HOME))


def test_a_score_is_within_its_severity(estate: Estate) -> None:
    """Of several CVEs the highest counts, and one CVE has one score in one severity."""
    patch = next(each for each in estate.products["WindowsServer2022"].patches if len(each.cve_ids) > 1)
    scores = [score(estate.draws, patch, (cve,)) for cve in patch.cve_ids]
    assert score(estate.draws, patch, patch.cve_ids) == max(scores)
    assert all(1.0 <= each <= 9.8 for each in scores)
