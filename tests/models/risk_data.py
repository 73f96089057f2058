"""Small risk frames made by hand: items, a curve, and what actions would end."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from patchlib.models.exposure import ITEM, ExposureAssumptions, with_exposure

AS_OF = pd.Timestamp("2026-11-02T06:00:00")
USUAL: dict[str, Any] = {
    "account_id": "1", "region": "eu", "asset_kind": "node", "asset_id": "i-1", "cve_id": "CVE-2026-0001",
    "service_kind": "node", "service_id": "i-1", "environment": "prod", "severity": "Critical", "severity_rank": 1,
    "patch_severity": "Critical",
    "is_suppressed": False, "epss_share": 0.1, "is_known_exploited": False, "is_exposed": False, "open_days": 0.0,
    "cvss_version": "3.1", "cvss_score": 7.0,
}  # fmt: skip


def items(*rows: dict[str, Any]) -> pd.DataFrame:
    """A risk/item frame: each row is the usual one but for what it says; released when first observed."""
    frame = pd.DataFrame([USUAL | row for row in rows], columns=list(USUAL))
    frame["epss_share"] = frame["epss_share"].astype("float64")
    for name in ("is_suppressed", "is_known_exploited", "is_exposed"):
        frame[name] = frame[name].astype("boolean")
    frame["first_observed_at"] = AS_OF - pd.to_timedelta(frame["open_days"], unit="D")
    frame["released_at"] = frame["patch_from_at"] = frame["first_observed_at"]
    return frame


def curve(*steps: tuple[float, float], severity: str = "Critical", environment: str = "prod") -> pd.DataFrame:
    """A lag/survival frame of one stratum: day and share still open from it on."""
    rows = [
        {"clock": clock, "severity": severity, "environment": environment, "day": day, "survival_share": share}
        for clock in ("released", "first observed")
        for day, share in steps
    ]
    return pd.DataFrame(rows, columns=["clock", "severity", "environment", "day", "survival_share"])


def exposed(*rows: dict[str, Any], horizon_days: float = 30.0) -> pd.DataFrame:
    """Items of which no curve tells: open until the horizon."""
    return with_exposure(items(*rows), curve(), ExposureAssumptions(horizon_days=horizon_days))


def actions(hours: dict[str, float]) -> pd.DataFrame:
    """A risk/action frame with hours: each action by its id."""
    rows = [
        {
            "action_id": name, "action_kind": "package", "title": f"Do {name}", "account_id": "1", "region": "eu",
            "asset_count": 1, "hours": float(each), "usd": math.nan,
        }
        for name, each in hours.items()
    ]  # fmt: skip
    columns = ["action_id", "action_kind", "title", "account_id", "region", "asset_count", "hours", "usd"]
    return pd.DataFrame(rows, columns=columns).astype({"hours": "float64", "usd": "float64"})


def ends(frame: pd.DataFrame, by_action: dict[str, list[int]]) -> pd.DataFrame:
    """A risk/action_item frame: which rows of the items each action ends."""
    parts = [frame.iloc[rows][ITEM].assign(action_id=name) for name, rows in by_action.items()]
    return pd.concat(parts) if parts else frame.iloc[:0][ITEM].assign(action_id="")


def weighted(*shares: float | None, **facts: list[Any]) -> pd.DataFrame:
    """Items on nodes of their own, with these scores and, item by item, these facts."""
    rows = [
        {"asset_id": f"i-{n}", "cve_id": f"CVE-2026-{n:04}", "epss_share": share}
        | {name: values[n] for name, values in facts.items()}
        for n, share in enumerate(shares)
    ]
    return exposed(*rows)
