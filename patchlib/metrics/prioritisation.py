"""How well a rule picks what is exploited: coverage, efficiency and effort, as FIRST's EPSS model page defines them.

They are counted over vulnerabilities, not over assets: a rule is judged by what it flags, wherever that is found. A
threshold of EPSS means something within one model only, so scores of two models are never counted together.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from patchlib.errors import ParameterInvalid

__all__ = ["Confusion", "by_epss"]


@dataclass(frozen=True)
class Confusion:
    """Vulnerabilities by what a rule says of them and what became of them [vulnerabilities].

    flagged_exploited: true positives; flagged_quiet: false positives; missed_exploited: false negatives; left_quiet:
    true negatives. Shares are None where nothing is to be divided by. Each is of first.org/epss/model, read
    2026-11-25; effort_share * efficiency_share = prevalence_share * coverage_share.
    """

    flagged_exploited: int
    flagged_quiet: int
    missed_exploited: int
    left_quiet: int

    @property
    def count(self) -> int:
        """All of them."""
        return self.flagged_exploited + self.flagged_quiet + self.missed_exploited + self.left_quiet

    @property
    def coverage_share(self) -> float | None:
        """Of what is exploited, how much the rule flags [0..1]."""
        return _share(self.flagged_exploited, self.flagged_exploited + self.missed_exploited)

    @property
    def efficiency_share(self) -> float | None:
        """Of what the rule flags, how much is exploited [0..1]."""
        return _share(self.flagged_exploited, self.flagged_exploited + self.flagged_quiet)

    @property
    def effort_share(self) -> float | None:
        """Of all, how much the rule flags [0..1]."""
        return _share(self.flagged_exploited + self.flagged_quiet, self.count)

    @property
    def prevalence_share(self) -> float | None:
        """Of all, how much is exploited [0..1]."""
        return _share(self.flagged_exploited + self.missed_exploited, self.count)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def by_epss(vulnerabilities: pd.DataFrame, least_share: float) -> Confusion:
    """What the rule "EPSS of at least so much" makes of vulnerabilities, held against the KEV catalogue.

    vulnerabilities: rows of risk/vulnerability, one per CVE. What has no score, or of which no catalogue tells, is left
    out. Raises ParameterInvalid for a threshold that is no share, and where scores are of two models, or of one that is
    not known: such scores do not compare.
    """
    if not 0 <= least_share <= 1:
        raise ParameterInvalid(f"{least_share} is no EPSS score", next_step="Write a share from 0 to 1.")
    known = vulnerabilities[vulnerabilities["epss_share"].notna() & vulnerabilities["is_known_exploited"].notna()]
    models = known["model_version"]
    if models.isna().any() or models.nunique() > 1:
        named = ", ".join(sorted(models.dropna().unique())) or "none is named"
        step = "Count one model's scores at a time."
        raise ParameterInvalid(f"a threshold holds within one EPSS model, and these are: {named}", next_step=step)
    flagged, exploited = known["epss_share"] >= least_share, known["is_known_exploited"].astype(bool)
    return Confusion(
        int((flagged & exploited).sum()),
        int((flagged & ~exploited).sum()),
        int((~flagged & exploited).sum()),
        int((~flagged & ~exploited).sum()),
    )
