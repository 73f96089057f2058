"""A headline figure with its trust line: what `display.kpi` needs to make a card."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

__all__ = ["Headline"]


class Headline(TypedDict):
    """One number that stands alone on the first screen.

    value: in `unit`, None when unknown; shares are 0..1 with unit "share".
    denominator: what it is of, in words. source: query it comes from. better: which direction is good.
    """

    name: str
    label: str
    value: float | None
    unit: str
    definition: str
    denominator: str
    source: str
    better: NotRequired[Literal["higher", "lower"]]
    tone: NotRequired[Literal["good", "warning", "bad", "neutral", "unknown"]]
    term: NotRequired[str]
