"""The feeds that patchlib knows: where each is published, under which terms, and who reads it.

Addresses are data (data/reference/feed_address.csv), each row with its source and date.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patchlib import paths
from patchlib.errors import ParameterInvalid
from patchlib.feeds import epss, errata, kev, lifecycle, osv, prices, updateinfo, usn, windows
from patchlib.feeds.facts import Facts, FeedFile

__all__ = ["Feed", "catalogue", "chosen"]

_READERS: dict[str, Callable[[FeedFile], Facts]] = {
    "alas1": updateinfo.reader("Amazon Linux", "1"),
    "alas2": updateinfo.reader("Amazon Linux", "2"),
    "alas2023": updateinfo.reader("Amazon Linux", "2023"),
    "alma": errata.read_alma,
    "bottlerocket": errata.read_bottlerocket,
    "cvss": epss.read_assessments,
    "epss": epss.read,
    "epss_history": epss.read_history,
    "kev": kev.read,
    "lifecycle": lifecycle.read,
    "prices": prices.read,
    "rhsa": osv.reader("Red Hat Enterprise Linux", "rpm", "RHSA-", "RHBA-", "RHEA-"),
    "usn": usn.read,
    "windows": windows.read,
}


@dataclass(frozen=True)
class Feed:
    """A feed and where it is.

    address: official, "" where its publisher has no single file over https. is_mirror_list: the address names a list
    of rpm repositories. files: its names in a folder or under a prefix, the publisher's own first, then the table's; a
    `*` stands for a date. largest_fall_share: share of its rows that may go from one file to the next [0..1].
    """

    name: str
    title: str
    address: str
    is_mirror_list: bool
    files: tuple[str, ...]
    licence: str
    largest_fall_share: float

    def read(self, file: FeedFile) -> Facts:
        """The facts in a file of this feed. Raises FeedInvalid, also for a file that holds none or tells no day."""
        facts = _READERS[self.name](file)
        if not facts.row_count:
            raise file.invalid("the file holds no rows")
        return facts


def catalogue() -> tuple[Feed, ...]:
    """Every feed, in the order of the file."""
    with (paths.reference_folder() / "feed_address.csv").open(encoding="utf-8", newline="") as opened:
        return tuple(
            Feed(
                row["feed"],
                row["title"],
                row["address"],
                row["way"] == "mirror list",
                tuple(filter(None, (*row["file"].split(";"), *row["table_file"].split(";")))),
                row["licence"],
                float(row["largest_fall_share"]),
            )
            for row in csv.DictReader(opened)
        )


def chosen(names: Sequence[str]) -> tuple[Feed, ...]:
    """The feeds of those names, or all. Raises ParameterInvalid for a name that is none."""
    known = {feed.name: feed for feed in catalogue()}
    for name in names:
        if name not in known:
            raise ParameterInvalid(f"no feed is named {name}", next_step=f"Name one of: {', '.join(sorted(known))}.")
    return tuple(known[name] for name in dict.fromkeys(names)) if names else tuple(known.values())
