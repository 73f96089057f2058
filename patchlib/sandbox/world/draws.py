"""Uniform numbers keyed by what they are for.

A draw depends on its key only, never on what was drawn before. That makes worlds reproducible across
processes and lets a fleet age without changing its past.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Draws", "Keys"]

Keys = npt.NDArray[np.uint64]
T = TypeVar("T")

# SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014): every input bit moves every output bit.
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TO_UNIT = 2.0**-53


def _mix(values: Keys) -> Keys:
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


class Draws:
    """Keyed draws of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def key(self, *parts: object) -> int:
        """A 64-bit number that stands for the parts; BLAKE2b over their text."""
        text = "\x1f".join([str(self._seed), *map(str, parts)])
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    def uniform(self, *parts: object) -> float:
        """A number in (0, 1), never 0 or 1."""
        return ((self.key(*parts) >> 11) + 0.5) * _TO_UNIT

    def between(self, low: int, high: int, *parts: object) -> int:
        """A whole number in low..high, both included."""
        return low + int(self.uniform(*parts) * (high - low + 1))

    def choose(self, options: Sequence[T], *parts: object) -> T:
        """One of the options, each equally likely."""
        return options[int(self.uniform(*parts) * len(options))]

    def hexadecimal(self, digits: int, *parts: object) -> str:
        """Hexadecimal digits, as AWS resource ids have them."""
        text = f"{self.key(*parts):016x}{self.key(*parts, 'more'):016x}"
        return text[:digits]

    def uuid(self, *parts: object) -> str:
        """A UUID's text."""
        return str(uuid.UUID(hex=self.hexadecimal(32, *parts), version=4))

    def keys(self, purpose: str, names: Sequence[str]) -> Keys:
        """One key per name, for `uniforms`."""
        return np.array([self.key(purpose, name) for name in names], dtype=np.uint64)

    def uniforms(self, purpose: str, rows: Keys, columns: Keys) -> npt.NDArray[np.float64]:
        """A rows x columns table of numbers in (0, 1), each keyed by purpose, row and column."""
        start = _mix(rows ^ np.uint64(self.key(purpose)))
        with np.errstate(over="ignore"):
            table = _mix(start[:, None] + columns[None, :] * _GOLDEN)
        return ((table >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT
