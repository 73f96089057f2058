"""Auto Scaling groups: what they launch from, whom they hold, how their refreshes went.

A golden image becomes the newest version of a group's launch template a day after it is built. A refresh starts
every member anew from what the group names at that moment, so members and versions agree by construction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from patchlib.sandbox.world.calendars import DAY, HOUR, instant, to_datetime
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.fleet import REFRESH_STEP, refreshes
from patchlib.sandbox.world.images import Image, Images
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.services import Service

__all__ = ["KEPT_DAYS", "Group", "Refresh", "TemplateVersion", "plan_groups"]

Cell = tuple[str, str]
Choice = Literal["$Latest", "$Default", "pinned"]

# Auto Scaling tells of the refreshes and activities of six weeks (API reference, DescribeInstanceRefreshes).
KEPT_DAYS = 42
# Shares of the groups that are refreshed: by parameter instead of an image, by $Latest, by $Default; the rest pins.
_BY_PARAMETER, _LATEST, _DEFAULT = 0.12, 0.55, 0.75
# Shares of refreshes that were first rolled back, and first cancelled; of groups never refreshed that still
# launch from a launch configuration; of groups that mix instance types.
_ROLLED_BACK, _CANCELLED, _CONFIGURED, _MIXED = 0.25, 0.5, 0.34, 0.25
_PUBLIC_PARAMETER = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


@dataclass(frozen=True)
class TemplateVersion:
    """A version of a launch template. image_id may be a parameter's name instead: `resolve:ssm:...`."""

    number: int
    created_at: int
    image_id: str


@dataclass(frozen=True)
class Refresh:
    """One instance refresh. ended_at: None while it runs. replaced: members it had replaced when it ended."""

    refresh_id: str
    started_at: int
    ended_at: int | None
    status: str
    replaced: int
    reason: str = ""


@dataclass(frozen=True)
class Group:
    """One Auto Scaling group.

    choice:         how it names the version of its template; version: as it names it, `$Latest` or a number.
    configuration:  the image of its launch configuration, where it has one instead of a template.
    image:          what it would launch from now; None where a parameter decides.
    desired:        how many members it wants; more than it has where it cannot launch.
    """

    name: str
    service: Service
    template_id: str
    choice: Choice
    version: str
    versions: tuple[TemplateVersion, ...]
    default_number: int
    configuration: Image | None
    image: Image | None
    is_mixed: bool
    members: tuple[Node, ...]
    desired: int
    refreshes: tuple[Refresh, ...]

    @property
    def template_name(self) -> str:
        """The launch template's name."""
        return f"{self.service.name}-template"

    @property
    def latest(self) -> TemplateVersion:
        """The newest version of its launch template."""
        return self.versions[-1]

    def cannot_launch(self, as_of: int) -> bool:
        """Whether its image is gone."""
        return self.image is not None and self.image.deregistered_at <= as_of

    def version_of(self, node: Node) -> int:
        """The version that a member was launched from."""
        if self.version.isdigit():
            return int(self.version)
        return max((each.number for each in self.versions if each.created_at <= node.launched_at), default=1)


def plan_groups(
    draws: Draws, images: Images, services: Iterable[Service], nodes: Iterable[Node], as_of: int
) -> dict[Cell, tuple[Group, ...]]:
    """The groups of each cell that exist at an instant."""
    members: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.auto_scaling_group is not None and node.terminated_at > as_of:
            members[node.service].append(node)
    found: dict[Cell, list[Group]] = defaultdict(list)
    for service in services:
        if service.kind in ("group", "batch") and service.started_at <= as_of:
            cell = service.account.account_id, service.region
            found[cell].append(_group(draws, images, service, tuple(members[service.name]), as_of))
    return {cell: tuple(groups) for cell, groups in found.items()}


def _group(draws: Draws, images: Images, service: Service, members: tuple[Node, ...], as_of: int) -> Group:
    done = refreshes(draws, service, as_of)
    is_left = service.kind == "group" and service.refresh_months is None
    draw = draws.uniform("launches from", service.name)
    by_parameter = service.kind == "batch" or (not is_left and draw < _BY_PARAMETER)
    golden = service.account.account_id if service.kind == "group" else None
    first = images.newest(service.platform, service.region, service.started_at, golden)
    built = images.published(service.platform, service.region, service.started_at, as_of, golden)
    made = [(service.started_at - HOUR, first), *built]
    at_refresh = sum(at <= max(done, default=service.started_at) for at, _ in made)
    choice: Choice = "pinned"
    if by_parameter or (not is_left and draw < _LATEST):
        choice = "$Latest"
    elif not is_left and draw < _DEFAULT:
        choice = "$Default"
    named = {"$Latest": len(made), "$Default": at_refresh, "pinned": at_refresh}[choice]
    versions = [TemplateVersion(number, at, image.image_id) for number, (at, image) in enumerate(made, start=1)]
    if by_parameter:
        parameter = _PUBLIC_PARAMETER if golden is None else f"resolve:ssm:/golden/{service.platform.product}/latest"
        versions = [TemplateVersion(1, service.started_at - HOUR, parameter)]
    configured = is_left and draws.uniform("launch configuration", service.name) < _CONFIGURED
    image = None if by_parameter else made[named - 1][1]
    is_stuck = image is not None and image.deregistered_at <= as_of
    return Group(
        name=f"{service.name}-asg",
        service=service,
        template_id="lt-0" + draws.hexadecimal(16, "launch template", service.name),
        choice=choice,
        version=str(named) if choice == "pinned" else choice,
        versions=tuple(versions),
        # Where nobody names the default, nobody moves it.
        default_number=at_refresh if choice == "$Default" else 1,
        configuration=first if configured else None,
        image=image,
        is_mixed=not configured and service.kind == "group" and draws.uniform("mixed", service.name) < _MIXED,
        members=members,
        desired=service.size + is_stuck,
        refreshes=tuple(_tried(draws, service, done, image, as_of)),
    )


def _tried(draws: Draws, service: Service, done: Sequence[int], image: Image | None, as_of: int) -> Iterable[Refresh]:
    """The refreshes of the last six weeks, also those that came to nothing."""
    since = as_of - KEPT_DAYS * DAY

    def refresh(start: int, length: int, status: str, replaced: int, reason: str = "") -> Refresh:
        identifier = draws.uuid("refresh", service.name, start)
        if start + length <= as_of:
            return Refresh(identifier, start, start + length, status, replaced, reason)
        return Refresh(identifier, start, None, "InProgress", max(0, (as_of - start) // REFRESH_STEP))

    for at in done:
        draw = draws.uniform("first try", service.name, at)
        half = service.size // 2
        tries = [refresh(at - 60, service.size * REFRESH_STEP, "Successful", service.size)]
        if draw < _ROLLED_BACK:
            why = "The alarm high-error-rate went into the ALARM state."
            tries.append(refresh(at - DAY, (half + 2) * REFRESH_STEP, "RollbackSuccessful", half, why))
        elif draw < _CANCELLED:
            why = "The instance refresh was cancelled by a user."
            tries.append(refresh(at - 3 * HOUR, HOUR, "Cancelled", min(half, 5), why))
        yield from (each for each in tries if since < each.started_at <= as_of)
    if service.kind == "group" and service.refresh_months is None and image is not None:
        why = f"The image id '[{image.image_id}]' does not exist."
        for start in _monthly(draws, service, as_of):
            if max(since, image.deregistered_at) < start <= as_of:
                yield refresh(start, 240, "Failed", 0, why)


def _monthly(draws: Draws, service: Service, as_of: int) -> list[int]:
    """A day of every month up to an instant, on which the owner of a group that is stuck tries it again."""
    day, last = draws.between(6, 24, "tried again", service.name), to_datetime(as_of)
    months = [(year, month) for year in range(2025, last.year + 1) for month in range(1, 13)]
    return [at for year, month in months if (at := instant(f"{year}-{month:02d}-{day:02d}") + 10 * HOUR) <= as_of]
