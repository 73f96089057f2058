"""CVSS vectors read and scored again, beside the score that somebody gave: severity, never risk.

Scores are those of the `cvss` library, an implementation of FIRST's specifications 3.0, 3.1 and 4.0 that is tested on
their examples. A score belongs to its version: 3.1 and 4.0 measure by other scales, and nothing here compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cvss
import pandas as pd

from patchlib.errors import ParameterInvalid

__all__ = ["Severity", "read_vector", "reread"]

_READERS = {"3.0": cvss.CVSS3, "3.1": cvss.CVSS3, "4.0": cvss.CVSS4}
_PREFIX = "CVSS:"


@dataclass(frozen=True)
class Severity:
    """What a vector says.

    version: 3.0, 3.1 or 4.0. base_score: of the base metrics alone [0..10], None in version 4.0, whose threat metrics
    are part of its one score. score: of all metrics that the vector names [0..10]. word: that score's severity: None,
    Low, Medium, High or Critical (CVSS 3.1 section 5, 4.0 section 6).
    """

    version: str
    base_score: float | None
    score: float
    word: str


@cache
def read_vector(vector: str) -> Severity:
    """The severity that a CVSS vector of version 3.0, 3.1 or 4.0 says.

    Raises ParameterInvalid for another version and for a vector that lacks a metric, names one twice or one that is
    none.
    """
    version = vector.removeprefix(_PREFIX).partition("/")[0]
    if not vector.startswith(_PREFIX) or version not in _READERS:
        step = f"Versions: {', '.join(_READERS)}, as in CVSS:3.1/AV:N/..."
        raise ParameterInvalid(f"not a CVSS vector of a known version: {vector[:60]!r}", next_step=step)
    try:
        read = _READERS[version](vector)
    except cvss.CVSSError as error:
        raise ParameterInvalid(f"not a CVSS vector: {error}", next_step="Get the vector from its assessor.") from error
    base = float(read.scores()[0]) if version != "4.0" else None
    return Severity(version, base, float(read.scores()[-1]), str(read.severities()[-1]))


def reread(assessed: pd.DataFrame) -> pd.DataFrame:
    """The same rows with what their vectors say.

    assessed: any frame with cvss_version, cvss_vector and cvss_score, as risk/vulnerability and risk/item have them.
    Adds
      vector_version  version that the vector itself names, null where there is none or it cannot be read
      vector_score    its score [0..10], null likewise
      cvss_severity   severity of the vector's score, null likewise
      cvss_remark     what does not fit: the given score, the given version, the vector; null when all fits. A score of
                      the base metrics alone fits a vector that names more.
    """
    known = assessed[["cvss_version", "cvss_vector", "cvss_score"]].drop_duplicates()
    told = [_told(*each) for each in known.itertuples(index=False, name=None)]
    names = ["vector_version", "vector_score", "cvss_severity", "cvss_remark"]
    found = pd.DataFrame(told, columns=names, index=known.index).astype(
        {"vector_version": object, "vector_score": "float64", "cvss_severity": object, "cvss_remark": object}
    )
    return assessed.merge(pd.concat([known, found], axis=1), how="left", on=list(known.columns), validate="m:1")


def _told(version: object, vector: object, score: object) -> tuple[str | None, float | None, str | None, str | None]:
    if pd.isna(vector):  # type: ignore[call-overload]
        has_score = not pd.isna(score)  # type: ignore[call-overload]
        return None, None, None, "a score without its vector" if has_score else None
    try:
        read = read_vector(str(vector))
    except ParameterInvalid as error:
        return None, None, None, error.what
    remarks = []
    if not pd.isna(version) and str(version) != read.version:  # type: ignore[call-overload]
        remarks.append(f"called version {version}, and the vector is of {read.version}")
    if not pd.isna(score) and float(str(score)) not in {read.score, read.base_score}:  # type: ignore[call-overload]
        remarks.append(f"scored {float(str(score)):.1f}, and the vector says {read.score:.1f}")
    return read.version, read.score, read.word, "; ".join(remarks) or None
