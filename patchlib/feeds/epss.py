"""FIRST's EPSS scores of one day, and tables of scores and assessments of vulnerabilities.

Format: first.org/epss/data_stats (read 2026-11-25): `#model_version:...,score_date:...`, then cve, epss, percentile.
The table has snapshot_date, cve, epss, epss_percentile and cvss3; it names no model, so its model is the one that a
dated table of releases (data/reference/epss_model.csv) has for its day, else not known.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import date
from functools import cache

from patchlib import paths
from patchlib.feeds.facts import Facts, FeedFile, cves_in, day, number, unknown_names
from patchlib.feeds.text import is_table, table_rows, text_of

__all__ = ["model_on", "read", "read_assessments", "read_history"]

_FIRST = re.compile(r"#\s*model_version:(?P<model>[^,]*[^,\s])\s*,\s*score_date:(?P<scored>\S+)\s*")
_TABLE = frozenset({"snapshot_date", "cve", "epss", "epss_percentile"})
_TABLE_KNOWN = _TABLE | {"cvss3", "first_seen_week", "vendor", "product"}
_ASSESSED = frozenset({"cve", "date_published", "cvss_version", "cvss_vector", "cvss_score", "ssvc_exploitation"})
_ASSESSED_KNOWN = _ASSESSED | {
    "assigner", "ssvc_automatable", "ssvc_technical_impact", "cvss_severity", "cvss_source", "cwe", "vendor",
    "product", "kev_date_added",
}  # fmt: skip


def read(file: FeedFile) -> Facts:
    """The scores of one day, as FIRST publishes them or as a table. Raises FeedInvalid."""
    if is_table(file, "snapshot_date"):
        return _read_table(file)
    first, _, rest = text_of(file).partition("\n")
    told = _FIRST.fullmatch(first.strip())
    if not told:
        raise file.invalid("the first line names no model version and score date")
    facts = Facts(as_of=day(file, told["scored"]), model_version=told["model"])
    reader = csv.reader(io.StringIO(rest, newline=""), strict=True)
    names = next(reader, [])
    if names[:3] != ["cve", "epss", "percentile"]:
        raise file.invalid("the file lacks columns: cve, epss, percentile")
    facts.notes += unknown_names(names, frozenset({"cve", "epss", "percentile"}))
    try:
        for row in reader:
            if len(row) != len(names):
                raise file.invalid(f"a row has {len(row)} values, the file {len(names)} columns")
            _add(file, facts, row[0], row[1], row[2])
    except csv.Error as error:
        raise file.invalid(f"the file is no CSV: {error}") from error
    return facts


def model_on(scored: date) -> str:
    """The version of the model behind the scores of a day; "" before the first, and where sources do not agree."""
    known = [release for release in _releases() if release[0] <= scored]
    if not known or scored <= known[-1][1]:
        return ""
    return known[-1][2]


@cache
def _releases() -> tuple[tuple[date, date, str], ...]:
    """First day of each model, last day on which it may still have been the one before, and its version."""
    with (paths.reference_folder() / "epss_model.csv").open(encoding="utf-8", newline="") as opened:
        return tuple(
            (
                date.fromisoformat(row["first_score_date"]),
                date.fromisoformat(row["last_uncertain_date"]) if row["last_uncertain_date"] else date.min,
                row["model_version"],
            )
            for row in csv.DictReader(opened)
        )


def _read_table(file: FeedFile) -> Facts:
    names, rows = table_rows(file, _TABLE)
    facts, scored = Facts(notes=unknown_names(names, _TABLE_KNOWN)), set()
    for row in rows:
        scored.add(row["snapshot_date"])
        facts.as_of = day(file, row["snapshot_date"])
        facts.model_version = model_on(facts.as_of) if facts.as_of else ""
        _add(file, facts, row["cve"], row["epss"], row["epss_percentile"])
        if row.get("cvss3"):
            score = number(file, row["cvss3"], 0, 10)
            facts.add("cve_assessment", cve_id=row["cve"], cvss_version="3", cvss_score=score)
    if len(scored) > 1:
        # Between two days the model may have changed: FIRST's scores compare within one version only.
        raise file.invalid(f"the file mixes scores of {len(scored)} days")
    if facts.model_version:
        facts.notes.append(f"the file names no model version; by its day it is {facts.model_version}")
    else:
        facts.notes.append("the file names no model version: do not compare with scores of another day")
    return facts


def read_history(file: FeedFile) -> Facts:
    """Scores of many days, from the table. Raises FeedInvalid."""
    names, rows = table_rows(file, _TABLE)
    facts = Facts(notes=unknown_names(names, _TABLE_KNOWN))
    for row in rows:
        scored, score = day(file, row["snapshot_date"]), number(file, row["epss"], 0, 1)
        if cves_in(row["cve"]) != [row["cve"]] or scored is None or score is None:
            raise file.invalid(f"a row without CVE, day or score: {row['cve'][:40]!r}")
        facts.row_count += 1
        is_new = facts.add(
            "epss_history",
            cve_id=row["cve"],
            score_date=scored,
            epss_share=score,
            percentile_share=number(file, row["epss_percentile"], 0, 1),
            model_version=model_on(scored) or None,
        )
        if not is_new:
            raise file.invalid(f"the file names {row['cve']} twice for {scored}")
        facts.as_of = max(facts.as_of or scored, scored)
    return facts


def _add(file: FeedFile, facts: Facts, cve_id: str, epss: str, percentile: str) -> None:
    score = number(file, epss, 0, 1)
    if cves_in(cve_id) != [cve_id] or score is None:
        raise file.invalid(f"a row without CVE or score: {cve_id[:40]!r}")
    facts.row_count += 1
    is_new = facts.add(
        "epss",
        cve_id=cve_id,
        epss_share=score,
        percentile_share=number(file, percentile, 0, 1),
        model_version=facts.model_version or None,
        score_date=facts.as_of,
    )
    if not is_new:
        raise file.invalid(f"the file names {cve_id} twice")


def read_assessments(file: FeedFile) -> Facts:
    """CVSS and SSVC of vulnerabilities, from the table. Raises FeedInvalid."""
    names, rows = table_rows(file, _ASSESSED)
    facts = Facts(notes=unknown_names(names, _ASSESSED_KNOWN))
    for row in rows:
        if cves_in(row["cve"]) != [row["cve"]]:
            raise file.invalid(f"a row without CVE: {row['cve'][:40]!r}")
        facts.row_count += 1
        if not _assess(file, facts, row):
            raise file.invalid(f"the file names {row['cve']} twice")
    published = [values[1] for values in facts.rows.get("core.cve_assessment", {}).values() if values[1]]
    facts.as_of = max(published, default=None)
    return facts


def _assess(file: FeedFile, facts: Facts, row: Mapping[str, str]) -> bool:
    return facts.add(
        "cve_assessment",
        cve_id=row["cve"],
        published_date=day(file, row["date_published"]),
        # The table writes cvssV3_1 for 3.1; one assessor writes None where others write none.
        cvss_version=row["cvss_version"].removeprefix("cvssV").replace("_", ".") or None,
        cvss_vector=row["cvss_vector"] or None,
        cvss_score=number(file, row["cvss_score"], 0, 10),
        cvss_source=row.get("cvss_source") or None,
        ssvc_exploitation=row["ssvc_exploitation"].lower() or None,
        ssvc_automatable=row.get("ssvc_automatable", "").lower() or None,
        ssvc_technical_impact=row.get("ssvc_technical_impact", "").lower() or None,
    )
