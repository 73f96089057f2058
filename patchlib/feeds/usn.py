"""Ubuntu Security Notices: Canonical's database in one JSON, OSV documents, or a table of a weekly summary.

The database (usn.ubuntu.com/usn-db, read 2026-11-25) is a map from number to notice, large enough that it is read
notice by notice. It names releases by code name; data/reference/ubuntu_release.csv has their numbers.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from patchlib import paths
from patchlib.feeds import osv
from patchlib.feeds.advisory import ANY, Advisories
from patchlib.feeds.facts import Facts, FeedFile, cves_in, instant, number, unknown_names
from patchlib.feeds.text import is_table, table_rows, text_of
from patchlib.feeds.unpack import head

__all__ = ["read"]

_FAMILY = "Ubuntu"
_REQUIRED = frozenset({"usn", "episode_date", "title", "max_priority", "releases", "cves"})
_RELEASE = re.compile(r"\((\d+\.\d+)[^)]*\)")  # Focal (20.04 LTS)
_read_osv = osv.reader(_FAMILY, "dpkg", "USN-")


def read(file: FeedFile) -> Facts:
    """Every notice in the file. Raises FeedInvalid."""
    if _is_osv(file):
        return _read_osv(file)
    return _read_table(file) if is_table(file, "episode_date") else _read_database(file)


def _is_osv(file: FeedFile) -> bool:
    """A zip, or a JSON that is a list or begins with a member of OSV's: the database begins with a number."""
    if file.data.startswith(b"PK"):
        return True
    return re.match(rb'\[|\{\s*"(schema_version|id)"', head(file)) is not None


def _read_database(file: FeedFile) -> Facts:
    found, numbers = Advisories(file, "dpkg"), _release_numbers()
    strange: set[str] = set()
    try:
        for name, notice in _notices(file):
            strange |= notice["releases"].keys() - numbers.keys()
            _add(found, f"USN-{name}", notice, numbers)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise file.invalid(f"a notice is not laid out as the database promises: {error!r}") from error
    facts = found.done()
    if strange:
        facts.notes.append(f"releases without a number are kept by code name: {', '.join(sorted(strange))}")
    return facts


def _release_numbers() -> dict[str, str]:
    with (paths.reference_folder() / "ubuntu_release.csv").open(encoding="utf-8", newline="") as opened:
        return {row["codename"]: row["release"] for row in csv.DictReader(opened)}


def _notices(file: FeedFile) -> Iterator[tuple[str, Any]]:
    """Members of the one large object, one at a time: all at once they would take gigabytes."""
    text, decoder = text_of(file), json.JSONDecoder()

    def past(at: int, expected: str) -> int:
        """Where the next sign stands, which is one of those expected."""
        while text[at : at + 1].isspace():
            at += 1
        if not text[at : at + 1] or text[at] not in expected:
            raise file.invalid("the file is no JSON object of notices, or it is cut")
        return at

    at = past(past(0, "{") + 1, '"}')
    while text[at] != "}":
        try:
            name, at = decoder.raw_decode(text, past(at, '"'))
            value, at = decoder.raw_decode(text, past(past(at, ":") + 1, "{"))
        except ValueError as error:
            raise file.invalid(f"the file is no JSON: {error}") from error
        yield name, value
        at = past(at, ",}")
        at = past(at + 1, '"') if text[at] == "," else at
    if text[at + 1 :].strip():
        raise file.invalid("something follows the end of the database")


def _add(found: Advisories, advisory_id: str, notice: Mapping[str, Any], numbers: Mapping[str, str]) -> None:
    stamp = number(found.file, notice["timestamp"], 0, 2**33)
    packages = {
        (release, name): (told["version"], told.get("pocket"))
        for release, parts in notice["releases"].items()
        for name, told in (parts.get("allbinaries") or parts.get("binaries") or parts.get("sources") or {}).items()
    }
    is_new = found.add(
        advisory_id,
        _FAMILY,
        datetime.fromtimestamp(stamp, UTC).replace(tzinfo=None) if stamp is not None else None,
        cves=cves_in([str(each) for each in notice.get("cves") or []]),
        kind="security",
        title=notice.get("title"),
        package_count=len({name for _, name in packages}),
    )
    if not is_new:
        raise found.file.invalid(f"the file names {advisory_id} twice")
    for release in notice["releases"]:
        found.add_release(advisory_id, numbers.get(release, release))
    for (release, name), (version, pocket) in packages.items():
        found.add_package(advisory_id, numbers.get(release, release), name, version, channel=pocket)


def _read_table(file: FeedFile) -> Facts:
    names, rows = table_rows(file, _REQUIRED)
    found = Advisories(file, "dpkg")
    for row in rows:
        is_new = found.add(
            row["usn"], _FAMILY, instant(file, row["episode_date"]), severity=row["max_priority"],
            cves=cves_in(row["cves"]), kind="security", title=row["title"] or None, is_published_exact=False,
        )  # fmt: skip
        if not is_new:
            raise file.invalid(f"the file names {row['usn']} twice")
        for release in _RELEASE.findall(row["releases"]) or [ANY]:
            found.add_release(row["usn"], release)
    facts = found.done()
    facts.notes += unknown_names(names, _REQUIRED | {"n_cves"})
    facts.notes.append("days are of a weekly summary, and packages are not told")
    return facts
