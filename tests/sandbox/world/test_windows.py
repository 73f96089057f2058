"""Promises of maintenance windows."""

from datetime import timedelta
from itertools import takewhile

from patchlib.sandbox.world.calendars import instant, occurrences, to_datetime
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.windows import HORIZON, Window, group_windows
from patchlib.schedule import occurrences as fired
from patchlib.schedule import read_schedule


def windows(estate: Estate) -> list[Window]:
    return [window for cell in estate.windows.values() for window in cell]


def test_ids_are_unique(estate: Estate) -> None:
    """Every window, target and task has its own id, of AWS's form."""
    found = windows(estate)
    for ids in ([w.window_id for w in found], [w.target_id for w in found], [w.task_id for w in found]):
        assert len(set(ids)) == len(ids)
    assert all(len(w.window_id) == 20 and w.window_id.startswith("mw-0") for w in found)


def test_a_disabled_window_never_opens(estate: Estate) -> None:
    """Disabled windows have no openings and no next one."""
    disabled = [w for w in windows(estate) if not w.is_enabled]
    assert disabled
    assert all(len(w.openings) == 0 and w.next_opening(estate.as_of) is None for w in disabled)


def test_next_opening_is_strictly_later(estate: Estate) -> None:
    """At the very instant of an opening, the next one is the following."""
    weekly = next(w for w in windows(estate) if w.name == "staging-weekly")
    at = int(weekly.openings[10])
    assert weekly.next_opening(at) == weekly.openings[11]
    assert weekly.next_opening(at - 1) == at


def test_openings_are_what_the_expressions_say(estate: Estate) -> None:
    """Over the whole horizon, two calendars that share no line open every window at the same instants."""
    first, last = to_datetime(instant(HORIZON[0].isoformat())), to_datetime(instant(HORIZON[1].isoformat()))
    # Some days in from either end: the horizon counts local days, before the offset.
    begin, end = first + timedelta(days=8), last - timedelta(days=1)
    schedules = {window.schedule for window in windows(estate) if window.schedule}
    assert len({schedule.timezone for schedule in schedules}) > 1
    for own in schedules:
        read = read_schedule(own.expression, timezone=own.timezone, offset_days=own.offset_days or None)
        expected = [one.at for one in takewhile(lambda one: one.at < end, fired(read, begin))]
        openings = [to_datetime(int(at)) for at in occurrences(own, *HORIZON)]
        assert [at for at in openings if begin < at < end] == expected


def test_one_time_window_is_over(estate: Estate) -> None:
    """The emergency window of March 2026 has no next opening."""
    once = next(w for w in windows(estate) if w.expression.startswith("at("))
    assert once.next_opening(instant("2026-03-01")) is None


def test_every_kind_is_there(estate: Estate) -> None:
    """Installing, scanning and restarting windows exist, with and without restart, weekly and monthly."""
    found = windows(estate)
    assert {w.operation for w in found} == {"Install", "Scan", "Restart"}
    assert {w.reboot_option for w in found} == {"RebootIfNeeded", "NoReboot"}
    assert {w.schedule.nth for w in found if w.schedule} == {None, 2, 3}
    assert any(w.schedule.offset_days for w in found if w.schedule)


def test_a_group_without_windows_has_none(estate: Estate) -> None:
    """Nodes without a patch group are reached by no window."""
    cell = next(iter(estate.windows.values()))
    assert group_windows(cell, None) == (None, None)
