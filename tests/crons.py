"""Cron expressions to try everything on, drawn by hypothesis: those that fire again within a few years."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["crons"]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@st.composite
def _part(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...], *, steps: bool) -> str:
    """A value, a name, a range that does not wrap, or one of these with a step."""
    first, last = sorted((draw(st.integers(low, high)), draw(st.integers(low, high))))
    shown = names[first - low] if names and draw(st.booleans()) else str(first)
    spans = [str(first), f"{first}-{last}"]
    step = draw(st.integers(1, high))
    stepped = [f"{span}/{step}" for span in ["*", *spans]] if steps else []
    return draw(st.sampled_from([*spans, shown, *stepped]))


def _field(low: int, high: int, names: tuple[str, ...] = (), *, steps: bool = True) -> st.SearchStrategy[str]:
    parts = st.lists(_part(low, high, names, steps=steps), min_size=1, max_size=3)
    return st.one_of(st.just("*"), parts.map(",".join))


def _days(*, narrow: bool) -> st.SearchStrategy[tuple[str, str]]:
    of_month = [
        _field(1, 28),
        st.sampled_from(["L"] if narrow else ["L", "LW"]),
        st.integers(1, 27).map(lambda n: f"L-{n}"),
        st.integers(1, 28).map(lambda n: f"{n}W"),
    ]
    of_week = [
        _field(1, 7, _WEEK, steps=not narrow),
        st.integers(1, 7).map(lambda n: f"{n}L"),
        st.builds(lambda n, nth: f"{n}#{nth}", st.integers(1, 7), st.integers(1, 4)),
    ]
    return st.one_of(st.tuples(st.one_of(of_month), st.just("?")), st.tuples(st.just("?"), st.one_of(of_week)))


@st.composite
def crons(draw: st.DrawFn, *, narrow: bool = False) -> str:
    """`cron(...)` of six fields in any year; narrow: without `LW` and without steps in day of week."""
    minute, hour, month = draw(_field(0, 59)), draw(_field(0, 23)), draw(_field(1, 12, _MONTHS))
    day_of_month, day_of_week = draw(_days(narrow=narrow))
    return f"cron({minute} {hour} {day_of_month} {month} {day_of_week} *)"
