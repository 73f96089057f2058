"""Updates for Windows Server and SQL Server, one row per update, product and day, from the table."""

from __future__ import annotations

from patchlib.feeds.facts import Facts, FeedFile, cves_in, day, number, unknown_names
from patchlib.feeds.text import table_rows

__all__ = ["read"]

_REQUIRED = frozenset({"release_date", "kb", "product", "max_severity", "n_cves", "cves", "supersedes"})
_KNOWN = _REQUIRED | {"impacts", "exploit_refs"}


def read(file: FeedFile) -> Facts:
    """The updates and the vulnerabilities that each fixes. Raises FeedInvalid."""
    names, rows = table_rows(file, _REQUIRED)
    facts = Facts(notes=unknown_names(names, _KNOWN))
    for row in rows:
        released = day(file, row["release_date"])
        if released is None or not row["kb"].startswith("KB"):
            raise file.invalid(f"a row without update or date: {row['kb'][:40]!r}")
        facts.row_count += 1
        facts.as_of = max(released, facts.as_of or released)
        named = {"kb_id": row["kb"], "product": row["product"], "released_date": released}
        replaced = [part if part.startswith("KB") else f"KB{part}" for part in row["supersedes"].split(";") if part]
        is_new = facts.add(
            "windows_kb",
            severity=row["max_severity"] or None,
            impacts=row.get("impacts") or None,
            superseded_kb_ids=";".join(replaced) or None,
            cve_count=int(number(file, row["n_cves"], 0, 1e6) or 0),
            **named,
        )
        if not is_new:
            raise file.invalid(f"the file names {row['kb']} twice for {row['product']} on {released}")
        for cve_id in cves_in(row["cves"]):
            facts.add("windows_kb_cve", cve_id=cve_id, **named)
    return facts
