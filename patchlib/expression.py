"""SSM's schedule expressions, read: `cron(...)`, `rate(...)` and `at(...)`, and the wall times that a cron names.

Source: AWS Systems Manager User Guide, "Cron and rate expressions" and "Maintenance window scheduling and active
period options". What these pages leave open is read as EventBridge's pages and Quartz say: `W`, `LW` and `L-n` in
day-of-month, and ranges that wrap (22-2, FRI-MON). Of these it is not verified that SSM takes them.
Not checked: limits of State Manager, whose associations take fewer expressions, and of rates below five minutes.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from itertools import product

from patchlib.errors import ParameterInvalid

__all__ = ["FIRST_YEAR", "LAST_YEAR", "At", "Cron", "Days", "Expression", "Form", "Rate", "read_expression"]

# The years that a cron's last field can name; nothing here fires outside them.
FIRST_YEAR, LAST_YEAR = 1970, 2199
# CreateMaintenanceWindow takes a Schedule of 1 to 256 characters (API reference).
_LONGEST = 256
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Form(Enum):
    """How the values of Days are meant."""

    MONTH_DAYS = "days of the month, 1 to 31"
    FROM_LAST = "days before the last of the month, 0 is the last itself"
    NEAREST_WEEKDAY = "the weekday (Monday to Friday) of the same month that is nearest to a day of the month"
    LAST_WEEKDAY = "the last weekday (Monday to Friday) of the month; no values"
    WEEK_DAYS = "days of the week, 1 is Sunday and 7 Saturday"
    NTH_WEEK_DAY = "the nth such day of the week in the month"
    LAST_WEEK_DAY = "the last such day of the week in the month"


@dataclass(frozen=True)
class Days:
    """Which days of a month a cron names: its day-of-month and day-of-week fields, of which one is `?`.

    values: by form. nth: 1 to 5 for Form.NTH_WEEK_DAY, else 0.
    """

    form: Form
    values: tuple[int, ...] = ()
    nth: int = 0

    def of(self, year: int, month: int) -> tuple[int, ...]:
        """The days of that month, ascending; () where it has none (the 30th of February, a fifth Monday)."""
        first, length = monthrange(year, month)
        match self.form:
            case Form.MONTH_DAYS:
                return tuple(day for day in self.values if day <= length)
            case Form.FROM_LAST:
                return tuple(length - before for before in self.values if before < length)
            case Form.NEAREST_WEEKDAY:
                return tuple(_nearest_weekday(day, first, length) for day in self.values if day <= length)
            case Form.LAST_WEEKDAY:
                return (_nearest_weekday(length, first, length),)
        # monthrange counts from Monday as 0, AWS from Sunday as 1.
        named = [day for day in range(1, length + 1) if (first + day) % 7 + 1 in self.values]
        match self.form:
            case Form.NTH_WEEK_DAY:
                return tuple(day for day in named if (day - 1) // 7 + 1 == self.nth)
            case Form.LAST_WEEK_DAY:
                return tuple(day for day in named if day + 7 > length)
        return tuple(named)


def _nearest_weekday(day: int, first: int, length: int) -> int:
    """The weekday nearest to a day without leaving the month, whose first is a `first` (0 = Monday)."""
    match (first + day - 1) % 7:
        case 5:
            return day - 1 if day > 1 else day + 2
        case 6:
            return day + 1 if day < length else day - 2
    return day


@dataclass(frozen=True)
class Cron:
    """Wall times that repeat. Each field holds its values ascending; text is the expression as written."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: tuple[int, ...]
    years: tuple[int, ...]

    def after(self, wall: datetime) -> Iterator[datetime]:
        """Every wall time named that is strictly later than `wall`, ascending, to the end of the last year; naive."""
        for year, month in product(self.years, self.months):
            if (year, month) < (wall.year, wall.month):
                continue
            for number in self.days.of(year, month):
                day = date(year, month, number)
                if day < wall.date():
                    continue
                # The hours of the first day that are over are not counted through second by second.
                hours = [hour for hour in self.hours if day > wall.date() or hour >= wall.hour]
                for time in product(hours, self.minutes, self.seconds):
                    moment = datetime(year, month, number, *time)  # noqa: DTZ001 - a wall time has no zone
                    if moment > wall:
                        yield moment

    def names(self, wall: datetime) -> bool:
        """Whether the fields name this wall time."""
        return (
            wall.second in self.seconds
            and wall.minute in self.minutes
            and wall.hour in self.hours
            and wall.day in self.days.of(wall.year, wall.month)
            and wall.month in self.months
            and wall.year in self.years
        )


@dataclass(frozen=True)
class Rate:
    """Elapsed time that repeats: period [s]. A day is 24 hours, as EventBridge Scheduler's guide says of its own."""

    text: str
    period: int


@dataclass(frozen=True)
class At:
    """One wall time, naive."""

    text: str
    wall: datetime


Expression = Cron | Rate | At


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    wildcards: str = ", - * /"

    @property
    def step(self) -> _Field:
        return _Field(f"the step of {self.name}", 1, self.high, wildcards="no wildcard")

    @property
    def allowed(self) -> str:
        named = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.low} to {self.high}{named}, with {self.wildcards}"


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SECOND, _MINUTE, _HOUR = _Field("seconds", 0, 59), _Field("minutes", 0, 59), _Field("hours", 0, 23)
_DAY_OF_MONTH = _Field("day of month", 1, 31, wildcards=", - * / ? L W (L, L-3, LW and 15W stand alone)")
_DAYS_BEFORE = _Field("the n of L-n in day of month", 1, 30, wildcards="no wildcard")
_MONTH = _Field("month", 1, 12, _MONTHS)
_DAY_OF_WEEK = _Field("day of week", 1, 7, _WEEK, ", - * / ? L # (L, 6L and 6#3 stand alone)")
_YEAR = _Field("year", FIRST_YEAR, LAST_YEAR)


def read_expression(text: str) -> Expression:
    """The expression that a text spells: six cron fields, or seven with the seconds first; a rate; an at.

    Raises ParameterInvalid, which names the field and what may stand there.
    """
    spelt = re.fullmatch(r"(cron|rate|at)\((.*)\)", text.strip(), flags=re.DOTALL)
    if spelt is None or len(text) > _LONGEST:
        step = "Write cron(0 2 ? * SUN *), rate(7 days) or at(2026-11-02T06:00:00), 256 characters at most."
        raise ParameterInvalid("not a schedule expression", where=text[:_LONGEST], next_step=step)
    kind, inner = spelt.groups()
    readers: dict[str, Callable[[str, str], Expression]] = {"cron": _cron, "rate": _rate, "at": _at}
    return readers[kind](text.strip(), inner)


def _cron(text: str, inner: str) -> Cron:
    words = inner.upper().split()
    if len(words) not in (6, 7):
        step = "Write minutes, hours, day of month, month, day of week and year; seconds may come first."
        raise ParameterInvalid(f"cron has 6 fields, or 7 with seconds, not {len(words)}", where=text, next_step=step)
    second, minute, hour, day_of_month, month, day_of_week, year = words if len(words) == 7 else ["0", *words]
    if (day_of_month == "?") == (day_of_week == "?"):
        what = f"day of month {day_of_month} and day of week {day_of_week} stand together"
        raise ParameterInvalid(what, where=text, next_step="Write ? in one of the two, and only one.")
    return Cron(
        text=text,
        seconds=_values(_SECOND, second, text),
        minutes=_values(_MINUTE, minute, text),
        hours=_values(_HOUR, hour, text),
        days=_month_days(day_of_month, text) if day_of_week == "?" else _week_days(day_of_week, text),
        months=_values(_MONTH, month, text),
        years=_values(_YEAR, year, text),
    )


def _month_days(word: str, text: str) -> Days:
    if word == "LW":
        return Days(Form.LAST_WEEKDAY)
    if word == "L":
        return Days(Form.FROM_LAST, (0,))
    if before := re.fullmatch(r"L-(.*)", word):
        return Days(Form.FROM_LAST, (_number(_DAYS_BEFORE, before[1], text),))
    if nearest := re.fullmatch(r"(.*)W", word):
        return Days(Form.NEAREST_WEEKDAY, (_number(_DAY_OF_MONTH, nearest[1], text),))
    return Days(Form.MONTH_DAYS, _values(_DAY_OF_MONTH, word, text))


def _week_days(word: str, text: str) -> Days:
    if word == "L":
        # "The last day of the month or week" (SSM's table of wildcards): the week ends with 7.
        return Days(Form.WEEK_DAYS, (7,))
    if last := re.fullmatch(r"(.*)L", word):
        return Days(Form.LAST_WEEK_DAY, (_number(_DAY_OF_WEEK, last[1], text),))
    if nth := re.fullmatch(r"(.*)#([1-5])", word):
        return Days(Form.NTH_WEEK_DAY, (_number(_DAY_OF_WEEK, nth[1], text),), int(nth[2]))
    return Days(Form.WEEK_DAYS, _values(_DAY_OF_WEEK, word, text))


def _values(field: _Field, word: str, text: str) -> tuple[int, ...]:
    """The values of a list of parts, each `*`, a value or a range, with a step or without."""
    found: set[int] = set()
    for part in word.split(","):
        span, slash, pace = part.partition("/")
        step = _number(field.step, pace, text) if slash else 1
        start, dash, stop = span.partition("-")
        first = field.low if span == "*" else _number(field, start, text)
        last = field.high if span == "*" or (slash and not dash) else _number(field, stop if dash else start, text)
        if last < first and field is _YEAR:
            raise _refusal(field, word, text)
        size = field.high - field.low + 1
        past = last + size if last < first else last
        found |= {(value - field.low) % size + field.low for value in range(first, past + 1, step)}
    return tuple(sorted(found))


def _number(field: _Field, word: str, text: str) -> int:
    if word in field.names:
        return field.names.index(word) + field.low
    if re.fullmatch(r"[0-9]{1,4}", word) is None:
        raise _refusal(field, word, text)
    number = int(word)
    if not field.low <= number <= field.high:
        raise _refusal(field, word, text)
    return number


def _refusal(field: _Field, word: str, text: str) -> ParameterInvalid:
    return ParameterInvalid(f"{field.name} cannot be {word!r}", where=text, next_step=f"It takes {field.allowed}.")


def _rate(text: str, inner: str) -> Rate:
    spelt = re.fullmatch(r"\s*([0-9]+)\s+(minute|hour|day)(s?)\s*", inner)
    if spelt is None or int(spelt[1]) == 0 or (int(spelt[1]) == 1) == bool(spelt[3]):
        step = "Write a whole number from 1 and minutes, hours or days; after 1 minute, hour or day."
        raise ParameterInvalid("rate cannot be read", where=text, next_step=step)
    return Rate(text, int(spelt[1]) * _SECONDS[spelt[2]])


def _at(text: str, inner: str) -> At:
    step = f"Write at(yyyy-mm-ddThh:mm:ss), a day that exists from {FIRST_YEAR} to {LAST_YEAR}; the zone stands apart."
    fault = ParameterInvalid("at cannot be read", where=text, next_step=step)
    # 24:00:00 is left out here: later Pythons read it as the next day.
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3])(:[0-9]{2}){2}", inner.strip()) is None:
        raise fault
    try:
        wall = datetime.fromisoformat(inner.strip())
    except ValueError as error:
        raise fault from error
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise fault
    return At(text, wall)
