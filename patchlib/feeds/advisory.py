"""Rows of an advisory, whichever format told of it: itself, its releases, packages and vulnerabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from patchlib.feeds.facts import Facts, FeedFile
from patchlib.versions import VersionInvalid, dpkg_key, rpm_key

__all__ = ["ANY", "Advisories"]

# Where an advisory names no release or architecture: it holds for any.
ANY = "any"
_KEYS: dict[str, Callable[[str], str]] = {"rpm": rpm_key, "dpkg": dpkg_key}


class Advisories:
    """The facts of a file of advisories, as it is read.

    kind: rpm or dpkg, whose order its versions have.
    """

    def __init__(self, file: FeedFile, kind: str) -> None:
        self.file = file
        self.facts = Facts()
        self._key = _KEYS[kind]
        self._kind = kind
        self._keyless = 0

    def add(
        self, advisory_id: str, os_family: str, published_at: datetime | None, *, severity: str | None = None,
        cves: Iterable[str] = (), **values: Any,
    ) -> bool:  # fmt: skip
        """The advisory and its vulnerabilities; False where the file named it before. Raises FeedInvalid."""
        if not advisory_id or published_at is None:
            raise self.file.invalid(f"an advisory without name or date: {advisory_id!r}")
        self.facts.row_count += 1
        newest = max(published_at, values.get("updated_at") or published_at).date()
        self.facts.as_of = max(newest, self.facts.as_of or newest)
        values = {"is_published_exact": True, **values}
        is_new = self.facts.add(
            "advisory", advisory_id=advisory_id, os_family=os_family, published_at=published_at,
            severity=severity.strip().capitalize() or None if severity else None, **values,
        )  # fmt: skip
        for cve_id in cves:
            self.facts.add("advisory_cve", advisory_id=advisory_id, cve_id=cve_id)
        return is_new

    def add_release(self, advisory_id: str, os_release: str) -> None:
        """A release that the advisory is for."""
        self.facts.add("advisory_release", advisory_id=advisory_id, os_release=os_release)

    def add_package(
        self, advisory_id: str, os_release: str, package: str, fixed_version: str, *, arch: str = ANY,
        channel: str | None = None,
    ) -> None:  # fmt: skip
        """A package with the first version that is fixed, `[epoch:]version`. Raises FeedInvalid without either."""
        if not package or not fixed_version:
            raise self.file.invalid(f"{advisory_id} names a package without name or version")
        epoch, colon, bare = fixed_version.partition(":")
        if colon and epoch.strip("0") == "":
            fixed_version = bare
        try:
            key = self._key(fixed_version)
        except VersionInvalid:
            key = None
            self._keyless += 1
        self.facts.add(
            "advisory_package", advisory_id=advisory_id, os_release=os_release, package=package, arch=arch,
            epoch=int(epoch) if colon and epoch.isdigit() else 0, fixed_version=fixed_version, fixed_version_key=key,
            channel=channel,
        )  # fmt: skip

    def done(self) -> Facts:
        """The facts, with a note on versions that have no place in the order."""
        if self._keyless:
            self.facts.notes.append(f"{self._keyless:,} package versions are none to {self._kind}: they have no key")
        return self.facts
