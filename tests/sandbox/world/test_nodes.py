"""Promises of a node."""

from dataclasses import replace

from patchlib.sandbox.world.estate import Estate


def test_silence_is_the_earliest_end(estate: Estate) -> None:
    """Nothing happens to a node after it stops, is lost or is terminated, whichever is first."""
    node = replace(estate.nodes[-1], stopped_at=30, lost_at=20, terminated_at=25)
    assert node.silent_at == 20


def test_only_supported_managed_scanned_nodes_are_patchable(estate: Estate) -> None:
    """An unmanaged, never scanned or unsupported node has no patch state."""
    node = next(node for node in estate.nodes if node.is_patchable)
    assert not replace(node, unmanaged=True).is_patchable
    assert not replace(node, scanned=False).is_patchable
    assert not any(n.is_patchable for n in estate.nodes if n.platform.product == "Bottlerocket")


def test_a_hybrid_node_has_no_image(estate: Estate) -> None:
    """A hybrid node counts as built when it was set up."""
    hybrid = next(node for node in estate.nodes if node.kind == "hybrid")
    assert hybrid.node_id.startswith("mi-0")
    assert hybrid.built_at == hybrid.launched_at
