"""A share that never leaves its denominator behind."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Share", "counted"]


@dataclass(frozen=True)
class Share:
    """`part` of `whole`, both counts of the same thing.

    part, whole: counts, `0 <= part <= whole`; raises ValueError otherwise.
    thing:       what is counted, in the plural.
    """

    part: int
    whole: int
    thing: str = "nodes"

    def __post_init__(self) -> None:
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"a share needs 0 <= part <= whole, not {self.part} of {self.whole}")

    @property
    def value(self) -> float | None:
        """The share [0..1]; None when there is nothing to be a share of."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> str:
        """The share as text, "76 %"; never rounds up to 100 % nor down to 0 %."""
        if self.value is None:
            return "no share"
        rounded = round(100 * self.value)
        if rounded == 100 and self.part < self.whole:
            return "over 99 %"
        if rounded == 0 and self.part:
            return "under 1 %"
        return f"{rounded} %"

    @property
    def counts(self) -> str:
        """Part and whole without the percentage, for where the share itself stands beside it."""
        return f"{self.part:,} of {self.whole:,} {self.thing}"

    def __str__(self) -> str:
        return f"{self.counts} ({self.percent})"


def counted(count: int, thing: str) -> str:
    """A count with its noun: "1 node", "1,200 nodes".

    thing: the noun in the singular; its plural takes an s.
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
