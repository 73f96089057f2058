"""A node: what it is, where it stands and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from patchlib.sandbox.world.calendars import DAY, NEVER
from patchlib.sandbox.world.images import Image, Platform

__all__ = ["Node"]

# A node that only lost its connection stays listed; a stopped one goes after 30 days, an instance's usual
# way out of "Fleet Manager" (user guide, "Managed nodes").
STOPPED_LISTED = 30 * DAY


@dataclass(frozen=True)
class Node:
    """One EC2 instance or hybrid node. Instants are seconds since 1970; NEVER = not so far as is known.

    environment: how it is really used; its tag may be missing or wrong.
    patch_group: None = no such tag.
    unmanaged:   runs without Systems Manager.
    scanned:     whether anything ever scans it.
    lost_at:     when its agent fell silent.
    discipline:  class of its service's discipline in patching, 1 (slowest) to CLASSES.
    scan_second: second of the UTC day of its daily scan.
    run_delay:   seconds between a window's opening and the start of its patch run.
    grouped_at:  from when on its patch group's window serves it; 0 = always did.
    restored_at: when it was restored from a backup of restored_from; what was installed between was gone.
    """

    node_id: str
    account_id: str
    region: str
    service: str
    name: str
    platform: Platform
    environment: str
    launched_at: int
    image: Image | None
    instance_type: str
    zone: str
    private_ip: str
    discipline: int
    scan_second: int
    run_delay: int
    tags: dict[str, str] = field(default_factory=dict)
    patch_group: str | None = None
    kind: Literal["ec2", "hybrid"] = "ec2"
    auto_scaling_group: str | None = None
    unmanaged: bool = False
    scanned: bool = True
    stopped_at: int = NEVER
    lost_at: int = NEVER
    terminated_at: int = NEVER
    grouped_at: int = 0
    restored_from: int = NEVER
    restored_at: int = NEVER

    @property
    def built_at(self) -> int:
        """When its image was built; for a hybrid node, when it was set up."""
        return self.launched_at if self.image is None else self.image.built_at

    @property
    def served_from(self) -> int:
        """From when on the openings of its group's window reach it."""
        return max(self.launched_at, self.grouped_at)

    @property
    def silent_at(self) -> int:
        """From when on nothing more happens to it."""
        return min(self.stopped_at, self.lost_at, self.terminated_at)

    def is_listed(self, as_of: int) -> bool:
        """Whether Systems Manager lists it: managed, not terminated, and if stopped, within the last 30 days."""
        return not self.unmanaged and self.terminated_at > as_of and self.stopped_at + STOPPED_LISTED > as_of

    @property
    def is_patchable(self) -> bool:
        """Whether Patch Manager supports it, manages it and scans it."""
        return bool(self.platform.operating_system) and not self.unmanaged and self.scanned
