"""Values as readers see them: one place decides digits, percent signs and the word for "not known"."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

__all__ = ["UNKNOWN", "change", "is_unknown", "plain", "quantity", "spell_unit", "text"]

UNKNOWN = "unknown"

_UNIT_WORDS = {"share": "%", "0..1": "%", "d": "days", "h": "hours", "usd": "USD", "points": "points", "1": ""}
_MINUS = "\N{MINUS SIGN}"


def spell_unit(unit: str) -> str:
    """The unit as a word or sign: `d` is days, a share is shown in percent."""
    return _UNIT_WORDS.get(unit, unit)


def is_unknown(value: Any) -> bool:
    """True for None, NaN and NaT, the three ways a frame says "not known"."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _percent(share: float) -> str:
    # 0.9996 is not all and 0.0004 is not none: a rounded figure must not claim either.
    if 0 < share < 0.0005:
        return "<0.1"
    if 0.9995 <= share < 1:
        return ">99.9"
    return f"{share * 100:.1f}".removesuffix(".0")


def _number(value: float) -> str:
    size = abs(value)
    if value == int(value) or size >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}".removesuffix(".0") if size >= 1 else f"{value:.2g}"


def quantity(value: Any, unit: str = "") -> str:
    """The figure alone, without its unit: `0.834, share` is `83.4`; an unknown value is the word for it."""
    if is_unknown(value):
        return UNKNOWN
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text(value)
    if spell_unit(unit) == "%":
        return _percent(float(value)).replace("-", _MINUS)
    if math.isinf(value):
        return "without end"
    return _number(value).replace("-", _MINUS)


def text(value: Any) -> str:
    """Any cell as text: instants to the minute in UTC, days in ISO form, yes and no for booleans."""
    if is_unknown(value):
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return quantity(value)
    return str(value)


def change(value: float, previous: float, unit: str, better: str = "") -> str:
    """How a figure moved, in words: `up 2.1 points, better`. Shares move in percentage points.

    better: "higher", "lower" or "" when neither direction is good by itself.
    """
    moved = value - previous
    is_share = spell_unit(unit) == "%"
    size = quantity(abs(moved) * 100 if is_share else abs(moved))
    if moved == 0 or size == "0":
        return "unchanged"
    step = "points" if is_share else spell_unit(unit)
    verdict = "" if not better else ", better" if (moved > 0) == (better == "higher") else ", worse"
    return f"{'up' if moved > 0 else 'down'} {size} {step}".rstrip() + verdict


def plain(value: Any) -> Any:
    """A value JSON can carry and a reader can sort by: instants as ISO `Z`, days as ISO, unknown as null."""
    if is_unknown(value):
        return None
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return f"{moment.isoformat(timespec='seconds')}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | bool | int | float):
        return value
    return str(value)
