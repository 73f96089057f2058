"""The world's change calendars."""

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.freezes import Event, Freeze, visible

FREEZE = Freeze(
    name="f",
    owner_id="1",
    region="eu-central-1",
    created_at="2024-01-01T00:00:00Z",
    events=(Event("x" * 200, "2024-12-13T18:00:00", "2024-12-31T23:00:00", every_year=True),),
    shared_with=("2",),
)


def test_a_yearly_event_closes_every_year() -> None:
    """Closed from its start on, open again at its end; the next change is the next start or end."""
    start, end = instant("2026-12-13T17:00:00Z"), instant("2026-12-31T22:00:00Z")
    assert FREEZE.state(start - 1) == ("OPEN", start)
    assert FREEZE.state(start) == ("CLOSED", end)
    assert FREEZE.state(end) == ("OPEN", instant("2027-12-13T17:00:00Z"))


def test_an_event_that_is_over_never_comes_back() -> None:
    """Nothing follows a single event."""
    event = Event("once", "2024-05-01T00:00:00", "2024-05-02T00:00:00")
    once = Freeze("o", "1", "eu-central-1", "2024-01-01T00:00:00Z", (event,))
    assert once.state(instant("2026-01-01")) == ("OPEN", None)


def test_long_lines_are_folded() -> None:
    """RFC 5545 allows 75 octets a line; unfolded, the text is whole."""
    assert max(map(len, FREEZE.text.split("\r\n"))) == 75
    assert "SUMMARY:" + "x" * 200 in FREEZE.text.replace("\r\n ", "")


def test_calendars_are_seen_where_they_are() -> None:
    """By owner and guests, in their Region, once they are made."""
    owner, made = "210400173962", instant("2026-10-05T13:40:02Z")
    assert [each.name for each in visible(owner, "eu-central-1", made)] == ["audit-freeze"]
    assert not list(visible(owner, "eu-central-1", made - 1))
    assert not list(visible(owner, "us-east-1", made))
