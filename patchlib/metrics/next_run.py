"""When a window, association or patch policy runs next, as AWS says it or as its schedule does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from patchlib.errors import ParameterInvalid
from patchlib.schedule import Occurrence, instant_of, read_schedule, timeline

__all__ = ["next_run"]


def next_run(row: Mapping[str, Any], as_of: datetime) -> tuple[datetime | None, str]:
    """The first run after an instant [naive UTC] and how it is known; None and why where there is none.

    row: of query explain/served_by or governance/install_schedule, as plain values. A rate counts from an instant that
    no listing tells, so only AWS can say it.
    """
    if not row["is_enabled"]:
        return None, "it is disabled"
    if row["told_next_at"]:
        told = instant_of(str(row["told_next_at"]), "next run")
        if told > as_of.replace(tzinfo=UTC):
            return told.astimezone(UTC).replace(tzinfo=None), "as AWS told"
    if not row["schedule"]:
        return None, "it has no schedule"
    if str(row["schedule"]).startswith("rate") and not row["starts_at"]:
        return None, "its rate counts from an instant that AWS does not tell"
    gates = {end: row[f"{end}s_at"] for end in ("start", "end")}
    try:
        schedule = read_schedule(
            str(row["schedule"]),
            timezone=str(row["schedule_timezone"] or "UTC"),
            offset_days=None if row["schedule_offset_days"] is None else int(row["schedule_offset_days"]),
            **{end: instant_of(str(said), end) if said else None for end, said in gates.items()},
        )
    except ParameterInvalid as error:
        return None, f"its schedule cannot be read: {error.what}"
    for found in timeline(schedule, as_of.replace(tzinfo=UTC)):
        if isinstance(found, Occurrence):
            return found.at.astimezone(UTC).replace(tzinfo=None), "computed from its schedule"
    return None, "its schedule has no run left"
