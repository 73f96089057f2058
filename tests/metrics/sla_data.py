"""Items and policies for tests of deadlines: what a test does not say is an open critical patch on a listed node."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from patchlib.remediation import Deadline, RemediationPolicy

INSTANTS = ("released_at", "approved_at", "first_observed_at", "under_care_at", "closed_at", "last_seen_at")
EMPTY: dict[str, Any] = {
    "account_id": "1", "region": "eu", "node_id": "i-1", "patch_ref": "KB1", "environment": "prod",
    "criticality": None, "severity": "Critical", "released_at": "2026-10-01", "approved_at": None,
    "first_observed_at": None, "under_care_at": "2026-01-01", "closed_at": None, "last_seen_at": "2026-11-02",
    "is_event": False, "is_listed": True, "is_timed_open": True, "cve_ids": None, "known_exploited": None,
    "automatable": None, "total_impact": None,
}  # fmt: skip


def items(*rows: dict[str, Any]) -> pd.DataFrame:
    """A lag/sla_item frame."""
    frame = pd.DataFrame([EMPTY | row for row in rows], columns=list(EMPTY | (rows[0] if rows else {})))
    for column in INSTANTS:
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    return frame


def policy(*rules: dict[str, Any], clock: str = "released") -> RemediationPolicy:
    """A policy with these rules."""
    return RemediationPolicy(
        name="ours",
        owner="platform",
        title="our handbook",
        effective_date=date(2026, 1, 1),
        source="handbook",
        read_date=date(2026, 10, 1),
        binds="all",
        clock=clock,
        rules=tuple(Deadline(**rule) for rule in rules),
    )
