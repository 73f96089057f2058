"""CISA's catalogue of known exploited vulnerabilities, JSON or CSV as CISA publishes both.

Format: cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json (read 2026-11-25).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patchlib.feeds.facts import Facts, FeedFile, cves_in, day, unknown_names
from patchlib.feeds.text import is_json, json_of, table_rows

__all__ = ["read"]

_REQUIRED = frozenset({"cveID", "vendorProject", "product", "vulnerabilityName", "dateAdded", "dueDate"})
_KNOWN = _REQUIRED | {"shortDescription", "requiredAction", "knownRansomwareCampaignUse", "notes", "cwes"}


def read(file: FeedFile) -> Facts:
    """The catalogue. Raises FeedInvalid, also where the JSON counts other rows than it holds."""
    facts = Facts()
    if is_json(file):
        _read_json(file, facts)
    else:
        names, rows = table_rows(file, _REQUIRED)
        facts.notes += unknown_names(names, _KNOWN)
        for row in rows:
            _add(file, facts, row, row.get("cwes", ""))
        added = [values[4] for values in facts.rows.get("core.kev", {}).values()]
        facts.as_of = max(added, default=None)
    return facts


def _read_json(file: FeedFile, facts: Facts) -> None:
    whole = json_of(file)
    rows = whole.get("vulnerabilities") if isinstance(whole, dict) else None
    if not isinstance(rows, list):
        raise file.invalid("the file has no list of vulnerabilities")
    if whole.get("count") != len(rows):
        raise file.invalid(f"the file counts {whole.get('count')} vulnerabilities and holds {len(rows)}")
    facts.as_of = day(file, whole.get("dateReleased"))
    unknown: set[str] = set()
    for row in rows:
        if not isinstance(row, dict) or not row.keys() >= _REQUIRED:
            raise file.invalid("a vulnerability lacks members that the format promises")
        unknown |= row.keys()
        try:
            _add(file, facts, row, "; ".join(row.get("cwes") or []))
        except (TypeError, AttributeError) as error:
            raise file.invalid(f"a vulnerability is not laid out as the format promises: {error}") from error
    facts.notes += unknown_names(sorted(unknown), _KNOWN, "members")


def _add(file: FeedFile, facts: Facts, row: Mapping[str, Any], cwes: str) -> None:
    cve_id, added = row["cveID"], day(file, row["dateAdded"])
    if cves_in(cve_id) != [cve_id] or added is None:
        raise file.invalid(f"a row without CVE or date: {str(cve_id)[:40]!r}")
    facts.row_count += 1
    is_new = facts.add(
        "kev",
        cve_id=cve_id,
        vendor=row["vendorProject"],
        product=row["product"],
        title=row["vulnerabilityName"],
        added_date=added,
        due_date=day(file, row["dueDate"]),
        is_ransomware=True if row.get("knownRansomwareCampaignUse") == "Known" else None,
        required_action=row.get("requiredAction") or None,
        cwe_ids=";".join(part.strip() for part in cwes.replace(",", ";").split(";") if part.strip()) or None,
    )
    if not is_new:
        raise file.invalid(f"the file names {cve_id} twice")
