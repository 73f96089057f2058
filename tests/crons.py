"""Cron expressions to try everything on, drawn by hypothesis: those that fire again within a few years."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["crons"]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@st.composite
def _field(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...] = ()) -> str:
    """A list of one to three parts: values, names, ranges that do not wrap, steps."""
    value = st.integers(low, high)

    def part() -> str:
        first, last = sorted((draw(value), draw(value)))
        shown = names[first - low] if names and draw(st.booleans()) else str(first)
        step = draw(st.integers(1, high))
        return draw(
            st.sampled_from(["*", shown, f"{first}-{last}", f"*/{step}", f"{first}/{step}", f"{first}-{last}/{step}"])
        )

    return ",".join(part() for _ in range(draw(st.integers(1, 3))))


def _days(*, weekdays: bool) -> st.SearchStrategy[tuple[str, str]]:
    of_month = [_field(1, 28), st.just("L"), st.integers(1, 27).map(lambda n: f"L-{n}")]
    if weekdays:
        of_month += [st.just("LW"), st.integers(1, 28).map(lambda n: f"{n}W")]
    of_week = [
        _field(1, 7, _WEEK),
        st.integers(1, 7).map(lambda n: f"{n}L"),
        st.builds(lambda n, nth: f"{n}#{nth}", st.integers(1, 7), st.integers(1, 4)),
    ]
    return st.one_of(
        st.tuples(st.one_of(of_month), st.just("?")),
        st.tuples(st.just("?"), st.one_of(of_week)),
    )


@st.composite
def crons(draw: st.DrawFn, *, weekdays: bool = True) -> str:
    """`cron(...)` of six fields in any year; weekdays: with `W` and `LW` too."""
    minute, hour, month = draw(_field(0, 59)), draw(_field(0, 23)), draw(_field(1, 12, _MONTHS))
    day_of_month, day_of_week = draw(_days(weekdays=weekdays))
    return f"cron({minute} {hour} {day_of_month} {month} {day_of_week} *)"
