"""Releases of Amazon Linux 2023's repositories: the published ones, to which images and nodes are locked.

data/reference/amazon_linux_release.csv has them; what came after its last row the world does not know either.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from functools import cache

from patchlib.paths import reference_folder
from patchlib.sandbox.world.calendars import DAY, instant

__all__ = ["amazon_linux_release", "image_release"]


@cache
def _releases() -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The instants at which releases were out, ascending, and the releases."""
    with (reference_folder() / "amazon_linux_release.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted((instant(row["released_date"]), row["release"]) for row in csv.DictReader(file))
    return tuple(at for at, _ in rows), tuple(release for _, release in rows)


def amazon_linux_release(moment: int) -> str:
    """The newest release that was out at an instant [s since 1970], such as 2023.6.20250203; before all the first."""
    days, releases = _releases()
    return releases[max(bisect_right(days, moment) - 1, 0)]


def image_release(built_at: int) -> str:
    """The release with the respin of a monthly image built at an instant: no two of them have the same."""
    days, _ = _releases()
    age = built_at - days[max(bisect_right(days, built_at) - 1, 0)]
    return f"{amazon_linux_release(built_at)}.{max(age, 0) // (28 * DAY)}"
