"""Advisories in the Open Source Vulnerability format: AlmaLinux, Red Hat, Ubuntu; one document or a zip of them.

Format: ossf.github.io/osv-schema 1.7 (read 2026-11-25). Vendors number their advisories by the prefix of the id; what
else an ecosystem's zip holds (one record per CVE, say) is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from patchlib.feeds.advisory import Advisories
from patchlib.feeds.facts import Facts, FeedFile, cves_in, instant
from patchlib.feeds.text import json_of
from patchlib.feeds.unpack import documents

__all__ = ["read", "reader"]

# `AlmaLinux:9`, `Red Hat:enterprise_linux:9::baseos`, `Ubuntu:22.04:LTS`, `Ubuntu:Pro:16.04:LTS`
_ECOSYSTEM = re.compile(
    r"AlmaLinux:(?P<alma>\d+)|Red Hat:enterprise_linux:(?P<rhel>\d+)::(?P<repository>baseos|appstream)"
    r"|Ubuntu:(?P<pro>Pro:)?(?P<ubuntu>\d+\.\d+)(:LTS)?"
)
_SEVERITY = re.compile(r"(Critical|Important|Moderate|Low|High|Medium|Negligible):")
_SAME = re.compile(r"RH[SBE]A-\d{4}:\d+")


def reader(os_family: str, kind: str, *prefixes: str) -> partial[Facts]:
    """A reader of the advisories of that vendor; kind: rpm or dpkg. prefixes: how their ids begin."""
    return partial(read, os_family=os_family, kind=kind, prefixes=prefixes)


def read(file: FeedFile, os_family: str, kind: str, prefixes: tuple[str, ...]) -> Facts:
    """Every advisory in the file. Raises FeedInvalid."""
    found, left_out, withdrawn = Advisories(file, kind), 0, 0
    for whole in _documents(file):
        try:
            if not whole["id"].startswith(prefixes):
                left_out += 1
            elif whole.get("withdrawn"):
                withdrawn += 1
            else:
                _add(found, whole, os_family)
        except (KeyError, TypeError, AttributeError) as error:
            raise file.invalid(f"a document is not laid out as OSV promises: {error!r}") from error
    facts = found.done()
    if left_out:
        facts.notes.append(f"{left_out:,} records of another kind left out")
    if withdrawn:
        facts.notes.append(f"{withdrawn:,} withdrawn advisories left out")
    return facts


def _documents(file: FeedFile) -> Iterator[Mapping[str, Any]]:
    for name, data in documents(file):
        if name and not name.endswith(".json"):
            continue
        whole = json_of(file, data)
        yield from whole if isinstance(whole, list) else [whole]


def _add(found: Advisories, whole: Mapping[str, Any], os_family: str) -> None:
    summary, advisory_id = whole.get("summary") or "", whole["id"]
    severity = _SEVERITY.match(summary)
    links = " ".join(str(each.get("url")) for each in whole.get("references") or [])
    same = [] if advisory_id.startswith("RH") else _SAME.findall(links)
    named = [(_ECOSYSTEM.fullmatch(each["package"]["ecosystem"]), each) for each in whole.get("affected") or []]
    affected = [(place, each) for place, each in named if place]
    if named and not affected:
        return  # for a product that no node reports itself as
    is_new = found.add(
        advisory_id,
        os_family,
        instant(found.file, whole.get("published") or whole["modified"]),
        severity=severity[1] if severity else None,
        cves=cves_in([*(whole.get("aliases") or []), *(whole.get("related") or []), *(whole.get("upstream") or [])]),
        kind=_kind(advisory_id),
        updated_at=instant(found.file, whole.get("modified")),
        title=summary or None,
        same_as=same[0] if same else None,
        package_count=len({each["package"]["name"] for _, each in affected}),
    )
    if not is_new:
        raise found.file.invalid(f"the file names {advisory_id} twice")
    for place, each in affected:
        release = place["alma"] or place["rhel"] or place["ubuntu"]
        found.add_release(advisory_id, release)
        for package, version, channel in _fixed(each):
            found.add_package(advisory_id, release, package, version, channel=channel or place["repository"])


def _kind(advisory_id: str) -> str:
    """What the third letter of ALSA, ALBA, ALEA, RHSA, RHBA, RHEA says; other vendors' are security."""
    kinds = {"B": "bugfix", "E": "enhancement"}
    return kinds.get(advisory_id[2:3], "security") if advisory_id[:2] in {"AL", "RH"} else "security"


def _fixed(affected: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Packages with their first fixed version: the binaries where they are told, else the package itself."""
    told = affected.get("ecosystem_specific") or {}
    channel = told.get("availability")
    versions = [
        event["fixed"] for part in affected.get("ranges") or [] for event in part["events"] if event.get("fixed")
    ]
    for binary in (told.get("binaries") or []) if versions else []:
        if "binary_name" in binary:
            yield binary["binary_name"], binary["binary_version"], channel
        else:  # an older form: name to version
            yield from ((name, version, channel) for name, version in binary.items())
    if not told.get("binaries"):
        for version in versions:
            yield affected["package"]["name"], version, channel
