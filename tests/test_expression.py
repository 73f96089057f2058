"""Expressions are read as SSM spells them; what it would not take is refused with the field and what it takes."""

from __future__ import annotations

from datetime import datetime
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.errors import ParameterInvalid
from patchlib.expression import At, Cron, Days, Form, Rate, read_expression
from tests.crons import crons

NEW_YEAR = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall time


def _cron(text: str) -> Cron:
    read = read_expression(text)
    assert isinstance(read, Cron)
    return read


def test_six_fields_are_seven_with_no_seconds() -> None:
    """Minutes come first, and seconds before them where there are seven fields; spaces do not count."""
    six, seven = _cron("cron(30 9 ? * 2 2026)"), _cron(" cron( 0  30 9 ? * 2 2026 ) ")
    assert (six.seconds, six.minutes, six.hours) == ((0,), (30,), (9,))
    assert (six.days, six.years) == (Days(Form.WEEK_DAYS, (2,)), (2026,))
    assert list(six.after(NEW_YEAR)) == list(seven.after(NEW_YEAR))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("*", tuple(range(24))),
        ("09", (9,)),
        ("3,1,3", (1, 3)),
        ("8-11", (8, 9, 10, 11)),
        ("*/8", (0, 8, 16)),
        ("5/8", (5, 13, 21)),
        ("5-14/8", (5, 13)),
        ("22-1", (0, 1, 22, 23)),
        ("20-3/2", (0, 2, 20, 22)),
        ("0,20-22,*/12", (0, 12, 20, 21, 22)),
    ],
)
def test_lists_ranges_and_steps(field: str, values: tuple[int, ...]) -> None:
    """A field's values ascend, each once; a range past the last value goes on at the first."""
    assert _cron(f"cron(0 {field} * * ? *)").hours == values


@pytest.mark.parametrize(
    ("month", "week", "days"),
    [
        ("L", "?", Days(Form.FROM_LAST, (0,))),
        ("L-3", "?", Days(Form.FROM_LAST, (3,))),
        ("LW", "?", Days(Form.LAST_WEEKDAY)),
        ("15W", "?", Days(Form.NEAREST_WEEKDAY, (15,))),
        ("1,15", "?", Days(Form.MONTH_DAYS, (1, 15))),
        ("?", "L", Days(Form.WEEK_DAYS, (7,))),
        ("?", "6L", Days(Form.LAST_WEEK_DAY, (6,))),
        ("?", "friL", Days(Form.LAST_WEEK_DAY, (6,))),
        ("?", "TUE#2", Days(Form.NTH_WEEK_DAY, (3,), 2)),
        ("?", "SUN,sat", Days(Form.WEEK_DAYS, (1, 7))),
        ("?", "FRI-MON", Days(Form.WEEK_DAYS, (1, 2, 6, 7))),
    ],
)
def test_days_of_either_field(month: str, week: str, days: Days) -> None:
    """Every wildcard of the two day fields, by number and by name in any case."""
    assert _cron(f"cron(0 0 {month} * {week} *)").days == days


def test_rates_and_instants() -> None:
    """A rate's period is in seconds; an at is a wall time."""
    assert read_expression("rate(1 minute)") == Rate("rate(1 minute)", 60)
    assert read_expression("rate(90 minutes)") == Rate("rate(90 minutes)", 5400)
    assert read_expression("rate(2 hours)") == Rate("rate(2 hours)", 7200)
    assert read_expression("rate(7 days)") == Rate("rate(7 days)", 604800)
    at = read_expression("at(2026-01-01T00:00:00)")
    assert at == At("at(2026-01-01T00:00:00)", NEW_YEAR)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a schedule expression"),
        ("0 2 ? * SUN *", "Write cron"),
        ("cron(0 2 ? * SUN *", "not a schedule expression"),
        ("CRON(0 2 ? * SUN *)", "not a schedule expression"),
        ("every day", "rate\\(7 days\\)"),
        (f"cron({'0,' * 200}0 2 ? * SUN *)", "256"),
        ("cron(0 2 ? * SUN)", "6 fields, or 7 with seconds, not 5"),
        ("cron(0 0 0 2 ? * SUN *)", "not 8"),
        ("cron()", "not 0"),
        ("cron(0 2 * * * *)", "only one"),
        ("cron(0 2 ? * ? *)", "only one"),
        ("cron(0 2 1 * SUN *)", "only one"),
        ("cron(60 0 2 ? * SUN *)", "seconds cannot be '60'.*0 to 59"),
        ("cron(60 2 ? * SUN *)", "minutes cannot be '60'.*0 to 59"),
        ("cron(0 24 ? * SUN *)", "hours cannot be '24'.*0 to 23"),
        ("cron(0 ? 1 * ? *)", "hours cannot be '\\?'"),
        ("cron(0 -1 1 * ? *)", "hours cannot be ''"),
        ("cron(0 1- 1 * ? *)", "hours cannot be ''"),
        ("cron(0 1,, 1 * ? *)", "hours cannot be ''"),
        ("cron(0 ١ 1 * ? *)", "hours cannot be '١'"),
        ("cron(0 1_0 1 * ? *)", "hours cannot be '1_0'"),
        ("cron(0 0 0 * ? *)", "day of month cannot be '0'.*1 to 31"),
        ("cron(0 0 32 * ? *)", "day of month cannot be '32'"),
        ("cron(0 0 1,L * ? *)", "day of month cannot be 'L'.*stand alone"),
        ("cron(0 0 32W * ? *)", "day of month cannot be '32'"),
        ("cron(0 0 1-5W * ? *)", "day of month cannot be '1-5'"),
        ("cron(0 0 L-31 * ? *)", "L-n in day of month cannot be '31'.*1 to 30"),
        ("cron(0 0 1 13 ? *)", "month cannot be '13'.*JAN to DEC"),
        ("cron(0 0 1 MONDAY ? *)", "month cannot be 'MONDAY'"),
        ("cron(0 0 ? * 0 *)", "day of week cannot be '0'.*1 to 7 or SUN to SAT"),
        ("cron(0 0 ? * 8 *)", "day of week cannot be '8'"),
        ("cron(0 0 ? * MON#6 *)", "day of week cannot be 'MON#6'"),
        ("cron(0 0 ? * 3#1,6#3 *)", "day of week cannot be '3#1,6'.*stand alone"),
        ("cron(0 0 ? * 3W *)", "day of week cannot be '3W'"),
        ("cron(0 0 1 * ? 1969)", "year cannot be '1969'.*1970 to 2199"),
        ("cron(0 0 1 * ? 2200)", "year cannot be '2200'"),
        ("cron(0 0 1 * ? 2030-2026)", "year cannot be '2030-2026'"),
        ("cron(0/0 0 1 * ? *)", "step of minutes cannot be '0'.*1 to 59"),
        ("cron(0/60 0 1 * ? *)", "step of minutes cannot be '60'"),
        ("cron(*/ 0 1 * ? *)", "step of minutes cannot be ''"),
        ("cron(/5 0 1 * ? *)", "minutes cannot be ''"),
        ("cron(0/5/5 0 1 * ? *)", "step of minutes cannot be '5/5'"),
        ("rate(1 hours)", "1 minute, hour or day"),
        ("rate(5 hour)", "minutes, hours or days"),
        ("rate(0 minutes)", "from 1"),
        ("rate(-5 minutes)", "rate cannot be read"),
        ("rate(1.5 hours)", "whole number"),
        ("rate(2 weeks)", "minutes, hours or days"),
        ("rate(hour)", "rate cannot be read"),
        ("at(2026-02-30T00:00:00)", "a day that exists"),
        ("at(2026-01-01)", "yyyy-mm-ddThh:mm:ss"),
        ("at(2026-01-01T00:00:00Z)", "the zone stands apart"),
        ("at(1969-12-31T23:59:59)", "1970 to 2199"),
        ("at(2026-01-01T24:00:00)", "at cannot be read"),
    ],
)
def test_what_ssm_would_not_take_is_refused(text: str, says: str) -> None:
    """The refusal names the field and what may stand there."""
    with pytest.raises(ParameterInvalid, match=says):
        read_expression(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text ends in anything but an expression or a refusal."""
    for wrapped in (text, f"cron({text})", f"rate({text})", f"at({text})"):
        try:
            assert read_expression(wrapped).text == wrapped.strip()
        except ParameterInvalid as error:
            assert error.next_step  # noqa: PT017 - most texts are refused


@given(crons(), st.datetimes(NEW_YEAR, datetime(2199, 1, 1)))  # noqa: DTZ001
def test_wall_times_ascend_and_are_named(text: str, wall: datetime) -> None:
    """Each wall time is later than the one before, and the fields name it."""
    cron = _cron(text)
    found = list(islice(cron.after(wall), 5))
    assert all(earlier < later for earlier, later in pairwise([wall, *found]))
    assert all(cron.names(each) for each in found)


def test_the_last_of_the_last_year_is_the_end() -> None:
    """Nothing is named after the year 2199."""
    cron = _cron("cron(0 0 L 12 ? *)")
    assert [each.isoformat() for each in cron.after(datetime(2198, 12, 31))] == ["2199-12-31T00:00:00"]  # noqa: DTZ001
