"""How the benchmarks measure, judge and compare: wall time of several runs, a goal's verdict, two curves."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Report", "best", "judged", "median", "same_curve", "timed"]

Report = Callable[[str, float, str, str], None]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What a piece of work gives, and its wall time [s]."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def median(work: Callable[[], object], runs: int) -> float:
    """Median wall time of so many runs [s]."""
    return statistics.median(timed(work)[1] for _ in range(runs))


def best(*works: Callable[[], object], runs: int) -> list[float]:
    """The shortest wall time of each piece of work [s]; they take turns, so that what disturbs one disturbs all."""
    taken = [[timed(work)[1] for work in works] for _ in range(runs)]
    return [min(times) for times in zip(*taken, strict=True)]


def judged(value: float, goal: float) -> str:
    """The goal, and whether the value keeps to it."""
    return f"goal {goal:g}: {'met' if value <= goal else 'missed'}"


def same_curve(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """The same points of query lag/survival: counts equal, shares to the last digits that the order of a sum leaves."""
    if len(left) != len(right):
        return False
    counts = [name for name in right.columns if name.endswith(("_count", "day"))]
    shares = [name for name in right.columns if name.startswith("survival_")]
    mine, theirs = (frame[shares].to_numpy(float) for frame in (left, right))
    alike = np.isclose(mine, theirs, rtol=0, atol=1e-12, equal_nan=True)
    return bool((left[counts].to_numpy() == right[counts].to_numpy()).all() and alike.all())
