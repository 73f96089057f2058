"""Scaling activities: what groups started and ended, and what they could not start."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from patchlib.sandbox.world.calendars import DAY, HOUR, to_datetime
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.fleet import REFRESH_STEP, batch_launches, instance_id, refreshes
from patchlib.sandbox.world.groups import KEPT_DAYS, Group

__all__ = ["Activity", "activities"]

_TAKES = 90  # seconds from asking for an instance to having it


@dataclass(frozen=True)
class Activity:
    """One scaling activity; message: why it failed, empty when it did not."""

    activity_id: str
    description: str
    cause: str
    started_at: int
    ended_at: int
    status: str = "Successful"
    message: str = ""


def activities(draws: Draws, group: Group, as_of: int) -> list[Activity]:
    """The finished activities of a group in the last six weeks, newest first."""
    found = [*_replacements(draws, group, as_of), *_days(draws, group, as_of), *_failures(draws, group, as_of)]
    since = as_of - KEPT_DAYS * DAY
    kept = [each for each in found if since < each.started_at and each.ended_at <= as_of]
    return sorted(kept, key=lambda each: (-each.started_at, each.activity_id))


def _pair(draws: Draws, group: Group, old: str, new: str, at: int, why: str) -> Iterator[Activity]:
    """One instance ended and another started in its place."""
    text = f"At {to_datetime(at):%Y-%m-%dT%H:%M:%SZ} an instance was"
    stop, start = draws.uuid("activity", group.name, old, "stop"), draws.uuid("activity", group.name, new, "start")
    yield Activity(stop, f"Terminating EC2 instance: {old}", f"{text} taken out of service {why}", at - _TAKES, at)
    yield Activity(start, f"Launching a new EC2 instance: {new}", f"{text} launched {why}", at, at + _TAKES)


def _replacements(draws: Draws, group: Group, as_of: int) -> Iterator[Activity]:
    """Every member of every refresh that went through."""
    service = group.service
    done = [service.started_at, *refreshes(draws, service, as_of)]
    for before, at in itertools.pairwise(done):
        if at + KEPT_DAYS * DAY <= as_of:
            continue
        for slot in range(service.size):
            old = instance_id(draws, service, slot, before + slot * REFRESH_STEP)
            new = instance_id(draws, service, slot, at + slot * REFRESH_STEP)
            why = "in response to an instance refresh."
            yield from _pair(draws, group, old, new, at + slot * REFRESH_STEP, why)


def _days(draws: Draws, group: Group, as_of: int) -> Iterator[Activity]:
    """The daily change of a batch's instances."""
    if group.service.kind != "batch":
        return
    today = batch_launches(as_of)
    for at in (today - day * DAY for day in range(KEPT_DAYS)):
        for slot in range(group.service.size):
            old = instance_id(draws, group.service, slot, at - DAY)
            new = instance_id(draws, group.service, slot, at)
            yield from _pair(draws, group, old, new, at, "in response to maximum instance lifetime.")


def _failures(draws: Draws, group: Group, as_of: int) -> Iterator[Activity]:
    """Launches that fail every day because the image is gone."""
    image = group.image
    if image is None or not group.cannot_launch(as_of):
        return
    midnight = as_of // DAY * DAY
    for at in (midnight - day * DAY + 8 * HOUR for day in range(KEPT_DAYS)):
        if at >= image.deregistered_at:
            yield Activity(
                draws.uuid("activity", group.name, at),
                "Launching a new EC2 instance.  Status Reason: Launching EC2 instance failed.",
                f"At {to_datetime(at):%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference between "
                "desired and actual capacity, increasing the capacity.",
                at,
                at,
                "Failed",
                f"The image id '[{image.image_id}]' does not exist. Launching EC2 instance failed.",
            )
