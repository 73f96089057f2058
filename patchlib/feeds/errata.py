"""Tables of advisories: AlmaLinux's with the Red Hat number, and Bottlerocket's; else their vendors' own formats."""

from __future__ import annotations

from patchlib.feeds import osv, updateinfo
from patchlib.feeds.advisory import ANY, Advisories
from patchlib.feeds.facts import Facts, FeedFile, cves_in, instant, number, unknown_names
from patchlib.feeds.text import is_table, table_rows

__all__ = ["read_alma", "read_bottlerocket"]

_ALMA = frozenset({"advisory_id", "rhsa", "os_major", "published", "modified", "severity", "title", "cves", "packages"})
_BRSA = frozenset({"advisory_id", "title", "cve", "severity", "issue_date", "packages"})
_read_alma_osv = osv.reader("AlmaLinux", "rpm", "ALSA-", "ALBA-", "ALEA-")
_read_updateinfo = updateinfo.reader("Bottlerocket")


def read_alma(file: FeedFile) -> Facts:
    """AlmaLinux errata: OSV, or the table, in which the same row may come twice. Raises FeedInvalid."""
    if not _is_table(file):
        return _read_alma_osv(file)
    names, rows = table_rows(file, _ALMA)
    found, again, cut = Advisories(file, "rpm"), 0, 0
    for row in rows:
        listed = _packages(row["packages"])
        counted = int(number(file, row.get("n_packages"), 0, 1e6) or len(listed))
        is_new = found.add(
            row["advisory_id"], "AlmaLinux", instant(file, row["published"]), severity=row["severity"],
            cves=cves_in(row["cves"]), kind="security" if row["advisory_id"].startswith("ALSA") else None,
            updated_at=instant(file, row["modified"]), title=row["title"] or None, same_as=row["rhsa"] or None,
            package_count=counted,
        )  # fmt: skip
        again, cut = again + (not is_new), cut + (is_new and counted > len(listed))
        found.add_release(row["advisory_id"], row["os_major"] or ANY)
        for package, version in listed:
            found.add_package(row["advisory_id"], row["os_major"] or ANY, package, version)
    facts = found.done()
    facts.notes += unknown_names(names, _ALMA | {"n_packages", "n_cves"})
    if again:
        facts.notes.append(f"{again:,} rows name an advisory again")
    if cut:
        facts.notes.append(f"the package lists of {cut:,} advisories are cut")
    return facts


def read_bottlerocket(file: FeedFile) -> Facts:
    """Bottlerocket's advisories: updateinfo, or the table. Raises FeedInvalid."""
    if not _is_table(file):
        return _read_updateinfo(file)
    names, rows = table_rows(file, _BRSA)
    found = Advisories(file, "rpm")
    for row in rows:
        listed = _packages(row["packages"])
        is_new = found.add(
            row["advisory_id"], "Bottlerocket", instant(file, row["issue_date"]), severity=row["severity"],
            cves=cves_in(row["cve"]), kind="security", title=row["title"] or None, package_count=len(listed),
        )  # fmt: skip
        if not is_new:
            raise file.invalid(f"the file names {row['advisory_id']} twice")
        found.add_release(row["advisory_id"], ANY)
        for arch in row.get("arches", "").split(";"):
            for package, version in listed:
                found.add_package(row["advisory_id"], ANY, package, version, arch=arch or ANY)
    facts = found.done()
    facts.notes += unknown_names(names, _BRSA | {"ghsa", "version", "arches"})
    return facts


def _is_table(file: FeedFile) -> bool:
    return not file.data.startswith(b"PK") and is_table(file, "advisory_id")


def _packages(text: str) -> list[tuple[str, str]]:
    """`name=version` with semicolons between; a release that is empty leaves its hyphen."""
    pairs = [part.partition("=") for part in text.split(";") if part]
    return [(name, version.removesuffix("-")) for name, _, version in pairs]
