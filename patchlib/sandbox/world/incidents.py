"""What befell the organisation in the quarter before the demo's present, besides patching. All of it is invented.

From 2026-09-12 an account's reader role was denied for nine days, by a mistake that was mended.
On 2026-09-16 some single machines were terminated and built anew in their place.
On 2026-09-23 an operator restored some machines from backups of mid-August: what was patched since was missing again.
From 2026-09-26 to 2026-10-07 some agents were silent, all of them of nodes that no window patches.
On 2026-10-14 some nodes whose window had been switched off joined the patch group that is patched.

An incident is of a node and an instant: seen before it, the node knows nothing of it. See `baselines` for the approval
delay that was shortened.
"""

from __future__ import annotations

from dataclasses import replace

from patchlib.sandbox.world.calendars import NEVER, instant
from patchlib.sandbox.world.directory import Account, Directory
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.nodes import Node

__all__ = [
    "BACKED_UP_AT",
    "DENIED",
    "DENIED_ACCOUNT",
    "JOINED_AT",
    "REBUILT_AT",
    "RESTORED_AT",
    "SILENT",
    "befallen",
    "directory_at",
    "is_rebuilt",
]

DENIED_ACCOUNT = "shared-services"
DENIED = (instant("2026-09-12T08:00:00Z"), instant("2026-09-21T05:00:00Z"))
REBUILT_AT = instant("2026-09-16T13:30:00Z")
BACKED_UP_AT, RESTORED_AT = instant("2026-08-12T00:30:00Z"), instant("2026-09-23T10:20:00Z")
SILENT = (instant("2026-09-26T12:00:00Z"), instant("2026-10-07T12:00:00Z"))
JOINED_AT = instant("2026-10-14T09:10:00Z")
_LEFT, _JOINED = "development-legacy", "development"
# Shares of the nodes that each could befall.
_REBUILT, _RESTORED, _SILENT, _MOVED = 0.03, 0.05, 0.3, 0.2


def directory_at(directory: Directory, as_of: int) -> Directory:
    """The accounts as the reader finds them at an instant: one of them was closed to it for a while."""

    def seen(account: Account) -> Account:
        is_denied = account.name == DENIED_ACCOUNT and DENIED[0] <= as_of < DENIED[1]
        return replace(account, is_readable=False) if is_denied else account

    return Directory(tuple(map(seen, directory.accounts)))


def is_rebuilt(draws: Draws, service: str, slot: int) -> bool:
    """Whether the single machine of a slot was terminated and built anew at REBUILT_AT."""
    return draws.uniform("rebuilt", service, slot) < _REBUILT


def befallen(draws: Draws, node: Node, as_of: int) -> Node:
    """The node as it is at an instant, after what befell it by then; at most one thing."""
    is_single = node.auto_scaling_group is None and node.is_patchable and node.silent_at == NEVER
    if not is_single or (as_of < SILENT[0] and as_of < RESTORED_AT):
        return node
    draw = draws.uniform("incident", node.node_id)
    if node.patch_group in (None, _LEFT):
        if draw < _SILENT and node.launched_at < SILENT[0]:
            return replace(node, lost_at=SILENT[0]) if SILENT[0] <= as_of < SILENT[1] else node
        if draw > 1 - _MOVED and node.patch_group == _LEFT and node.launched_at < JOINED_AT <= as_of:
            tags = {**node.tags, "Patch Group": _JOINED}
            return replace(node, patch_group=_JOINED, grouped_at=JOINED_AT, tags=tags)
        return node
    if draw < _RESTORED and node.launched_at < BACKED_UP_AT and as_of >= RESTORED_AT:
        return replace(node, restored_from=BACKED_UP_AT, restored_at=RESTORED_AT)
    return node
