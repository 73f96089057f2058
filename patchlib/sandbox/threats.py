"""What is known of the world's vulnerabilities: catalogue of exploited ones, scores, assessments, as feeds give them.

    known_exploited_vulnerabilities.json  epss_scores-current.csv.gz  threat/sandbox_epss.csv
    threat/sandbox_assessment.csv

They are written for the feed door, like the advisories. A vulnerability that the sandbox invented mirrors one real row
of data/reference/threat_fact.csv of its severity, drawn by its number; every entry that has a free text says that it
is the sandbox's. One with a real number has what is really known of it there, and nothing else: nothing is invented
about it. Real scores of what nobody is known to exploit are not at hand, so those of invented ones are drawn:
log-normal with a median of 0.002, seven of eight below 0.01, the percentile by the same distribution. Some have
no score, no assessment or neither, as in life.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import NormalDist

from patchlib.paths import reference_folder
from patchlib.sandbox.world.calendars import from_datetime, to_datetime
from patchlib.sandbox.world.catalogue import catalogues, severity_stratum
from patchlib.sandbox.world.draws import Draws

__all__ = ["write_threats"]

Fact = dict[str, str]
_OURS = "sandbox organisation"
_FIRST_INVENTED = 9_900_001  # patchlib.sandbox.world.catalogue
_CVSS_WORDS = {"Critical": "CRITICAL", "Important": "HIGH", "Low": "LOW"}
_GRAVITY = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
# Of invented ones: known to be exploited, assessed by anybody, scored by EPSS.
_EXPLOITED, _ASSESSED, _SCORED = 0.02, 0.8, 0.93
_LOG_SCORE = NormalDist(math.log(0.002), 1.6)
_HIGHEST = 0.97
# An earlier model scores higher throughout: levels of two models do not compare.
_EARLIER_FACTOR = 1.7
_WOBBLE = 0.12
_WEEKS = 22
_DRAWS = Draws(20261125)


@dataclass(frozen=True)
class _Vulnerability:
    """One of the world: its gravest severity in CVSS's words, day of its first patch, and what has it."""

    cve_id: str
    severity: str
    published: date
    product: str

    @property
    def is_invented(self) -> bool:
        return int(self.cve_id.rpartition("-")[2]) >= _FIRST_INVENTED

    def draw(self, *what: object) -> float:
        return _DRAWS.uniform(self.cve_id, *what)


def write_threats(folder: Path, as_of: datetime) -> None:
    """Write what was known by that instant [UTC]; the same instant gives the same bytes."""
    known, today = _known(as_of), as_of.date()
    days = [today - timedelta(days=7 * week) for week in range(_WEEKS, 0, -1)]
    rows = [row for day in days for row in _scores(known, day)]
    for name, data in (
        ("known_exploited_vulnerabilities.json", _catalogue(known, as_of)),
        ("epss_scores-current.csv.gz", _scores_of_today(known, today)),
        ("threat/sandbox_epss.csv", _table(_SCORE_COLUMNS, sorted([*rows, *_real_scores(known, today)]))),
        ("threat/sandbox_assessment.csv", _table(_ASSESSMENT_COLUMNS, _assessments(known))),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _known(as_of: datetime) -> list[_Vulnerability]:
    """The world's vulnerabilities with a patch by then, by number."""
    found: dict[str, _Vulnerability] = {}
    for each in catalogues().values():
        for patch in each.until(from_datetime(as_of)):
            word = _CVSS_WORDS.get(severity_stratum(patch.severity), "MEDIUM")
            day, product = to_datetime(patch.released_at).date(), patch.package or patch.product
            for cve_id in patch.cve_ids:
                had = found.get(cve_id)
                if had is not None:
                    word = max(word, had.severity, key=_GRAVITY.index)
                    day, product = min((day, product), (had.published, had.product))
                found[cve_id] = _Vulnerability(cve_id, word, day, product)
    return [found[cve_id] for cve_id in sorted(found)]


@cache
def _facts() -> dict[str, Fact]:
    with (reference_folder() / "threat_fact.csv").open(encoding="utf-8", newline="") as file:
        return {row["cve_id"]: row for row in csv.DictReader(file)}


@cache
def _rows_like(severity: str, is_exploited: bool) -> tuple[Fact, ...]:
    """Real rows of a severity that can be mirrored: assessed, and if exploited with a score."""
    return tuple(
        row
        for row in _facts().values()
        if row["severity"] == severity
        and row["cvss_vector"]
        and bool(row["kev_due_date"] and row["epss_share"]) == is_exploited
        and bool(row["kev_added_date"]) == is_exploited
    )


@cache
def _mirrored(each: _Vulnerability) -> Fact:
    """The real row that says what is known of it; empty for a real number of which nothing is at hand."""
    if not each.is_invented:
        return _facts().get(each.cve_id, {})
    exploited = _rows_like(each.severity, True)
    if exploited and each.draw("exploited") < _EXPLOITED:
        return _DRAWS.choose(exploited, each.cve_id, "mirror")
    return _DRAWS.choose(_rows_like(each.severity, False), each.cve_id, "mirror")


def _catalogue(known: Sequence[_Vulnerability], as_of: datetime) -> bytes:
    """CISA's catalogue as it publishes it."""
    entries = [entry for each in known if (entry := _entry(each, as_of.date())) is not None]
    whole = {
        "title": f"Known exploited vulnerabilities of the {_OURS}: not CISA's catalogue",
        "catalogVersion": f"{as_of:%Y.%m.%d}",
        "dateReleased": f"{as_of:%Y-%m-%dT%H:%M:%S.000Z}",
        "count": len(entries),
        "vulnerabilities": entries,
    }
    return json.dumps(whole, indent=1).encode()


def _entry(each: _Vulnerability, today: date) -> dict[str, object] | None:
    row = _mirrored(each)
    if not row.get("kev_added_date"):
        return None
    added = date.fromisoformat(row["kev_added_date"])
    due = date.fromisoformat(row["kev_due_date"]) if row["kev_due_date"] else None
    if each.is_invented:
        # As long after its patch as a draw says, and as much time as the real entry had.
        allowed = due - added if due else timedelta(days=21)
        added = each.published + timedelta(days=int(60 * each.draw("added")))
        due = added + allowed
        if added > today:
            return None
    said = f"mirrors {row['cve_id']}; of the {_OURS}, not CISA's" if each.is_invented else row["source"]
    return {
        "cveID": each.cve_id,
        "vendorProject": _OURS.capitalize() if each.is_invented else "As CISA's catalogue has it",
        "product": each.product,
        "vulnerabilityName": f"{each.product} vulnerability" + (f" ({_OURS})" if each.is_invented else ""),
        "dateAdded": added.isoformat(),
        "shortDescription": f"A vulnerability of {each.product}.",
        "requiredAction": "Apply mitigations per vendor instructions.",
        "dueDate": due.isoformat() if due else "",
        "knownRansomwareCampaignUse": row["kev_ransomware"] or "Unknown",
        "notes": said,
        "cwes": [],
    }


@cache
def _models() -> tuple[tuple[str, str], ...]:
    """First day and version of each model."""
    with (reference_folder() / "epss_model.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["first_score_date"], row["model_version"]) for row in csv.DictReader(file))


def _model_on(day: date) -> str:
    return max(each for each in _models() if each[0] <= day.isoformat())[1]


def _score(each: _Vulnerability, day: date) -> tuple[float, float]:
    """Score and percentile [0..1] of an invented vulnerability on a day."""
    real = _mirrored(each)["epss_share"]
    level = math.log(float(real)) if real else _LOG_SCORE.inv_cdf(each.draw("score"))
    level += _WOBBLE * NormalDist().inv_cdf(each.draw("wobble", day))
    factor = 1.0 if _model_on(day) == _models()[-1][1] else _EARLIER_FACTOR
    return round(min(math.exp(level) * factor, _HIGHEST), 5), round(_LOG_SCORE.cdf(level), 5)


def _scored(known: Iterable[_Vulnerability], day: date) -> Iterator[tuple[str, float, float]]:
    for each in known:
        if each.is_invented and each.published <= day and each.draw("scored") < _SCORED:
            yield (each.cve_id, *_score(each, day))


_SCORE_COLUMNS = ("snapshot_date", "cve", "epss", "epss_percentile")


def _scores(known: Iterable[_Vulnerability], day: date) -> Iterator[tuple[str, ...]]:
    for cve_id, share, percentile in _scored(known, day):
        yield day.isoformat(), cve_id, f"{share:.5f}", f"{percentile:.5f}"


def _real_scores(known: Iterable[_Vulnerability], today: date) -> Iterator[tuple[str, ...]]:
    """Scores of real numbers, on the day that they are of."""
    for each in known:
        row = _facts().get(each.cve_id, {})
        if row.get("epss_share") and row["score_date"] <= today.isoformat():
            yield row["score_date"], each.cve_id, row["epss_share"], row["percentile_share"]


def _scores_of_today(known: Iterable[_Vulnerability], today: date) -> bytes:
    """FIRST's file of a day."""
    lines = [f"#model_version:{_model_on(today)},score_date:{today}T00:00:00+0000", "cve,epss,percentile"]
    lines += [f"{cve_id},{share:.5f},{percentile:.5f}" for cve_id, share, percentile in _scored(known, today)]
    return gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)


_ASSESSMENT_COLUMNS = (
    "cve", "date_published", "assigner", "cvss_version", "cvss_vector", "cvss_score", "cvss_source",
    "ssvc_exploitation", "ssvc_automatable", "ssvc_technical_impact",
)  # fmt: skip


def _assessments(known: Iterable[_Vulnerability]) -> Iterator[tuple[str, ...]]:
    """CVSS and SSVC of those that somebody has assessed."""
    for each in known:
        row = _mirrored(each)
        if not row.get("ssvc_exploitation") or (each.is_invented and each.draw("assessed") >= _ASSESSED):
            continue
        told = [row[name] for name in _ASSESSMENT_COLUMNS[3:]]
        published = each.published.isoformat() if each.is_invented else ""
        yield (each.cve_id, published, _OURS if each.is_invented else row["source"], *told)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return written.getvalue().encode()
