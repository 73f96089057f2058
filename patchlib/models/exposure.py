"""What open vulnerabilities expose an estate to: hazards over the time that items stay open, relative by default.

The exposure of an item is its hazard times the days it is expected to stay open: how much exploitation activity it is
expected to meet. Of an estate three things are told side by side, for none of them is enough alone:
- any: the probability that at least one vulnerability sees activity while an asset of ours is open to it. The same
  vulnerability on many nodes is one process: its largest probability counts, once.
- affected assets: the sum over assets of 1 less the product of what each of its items is likely to be spared, so that
  patching 199 of 200 counts. On one asset it is the same number as any.
- asset days: how long assets stay open to anything at all.
How long an item stays open beyond its age is random: by the survival curve of its patch's severity and its environment,
and by its Laplace transform, not at its mean; the times of different items are taken to be independent. Where a curve
ends, or is missing, there is a range; figures without `low` or `high` take such an item to stay open to the horizon.

None of it says that an attempt succeeds. Shares of the estate's total need no such assumption, for it cancels;
absolute figures need the user's priors, and are ranges then.
Source of hazards: `patchlib.models.hazard`; of one process per vulnerability: FIRST, EPSS user guide, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.models.hazard import daily_hazard, hazards_over_curve
from patchlib.models.prior import Priors

__all__ = ["ASSET", "ITEM", "ExposureAssumptions", "absolute_risk", "estate_risk", "with_exposure"]

ASSET = ["account_id", "region", "asset_kind", "asset_id"]
ITEM = [*ASSET, "cve_id"]
_ENDS = ("low", "", "high")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ExposureAssumptions:
    """What exposure assumes.

    horizon_days: how far ahead one looks, above 0 to 3,650 [d].
    clock: from when the ages of items and the curves count, released or first observed. Curves of the first reach
        further back than our own history, and so tell of old items too.
    kev_floor_per_day: least hazard of what is known to be exploited [1/d]. None assumes nothing: such items keep the
        hazard of their score, are counted apart and ranked first.
    unknown_high_share: highest score that an item without one is taken to have [0..1); None: the highest of all items
        that have one. Only the upper ends use it.
    """

    horizon_days: float = 90.0
    clock: str = "released"
    kev_floor_per_day: float | None = None
    unknown_high_share: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.horizon_days <= 3650:
            raise ParameterInvalid(f"horizon_days cannot be {self.horizon_days}", next_step="Write 1 to 3650 days.")
        if self.clock not in ("released", "first observed"):
            step = "Write released or first observed."
            raise ParameterInvalid(f"clock cannot be {self.clock}", next_step=step)
        if self.kev_floor_per_day is not None and not self.kev_floor_per_day > 0:
            step = "Write a rate per day above 0, or leave it out."
            raise ParameterInvalid(f"kev_floor_per_day cannot be {self.kev_floor_per_day}", next_step=step)
        if self.unknown_high_share is not None and not 0 <= self.unknown_high_share < 1:
            step = "Write a share from 0 to below 1, or leave it out."
            raise ParameterInvalid(f"unknown_high_share cannot be {self.unknown_high_share}", next_step=step)


def with_exposure(items: pd.DataFrame, survival: pd.DataFrame, assumptions: ExposureAssumptions) -> pd.DataFrame:
    """The items with how long they are expected to stay open, and what activity they are expected to meet.

    items: query risk/item; survival: query lag/survival.
    Returns the same rows and
      hazard_per_day       by the score, or by the floor of what is known to be exploited [1/d]; null: not scored
      hazard_high          the same, and of what is not scored the hazard of `unknown_high_share` [1/d], null: no bound
      days_low, days       expected days it stays open within the horizon [d]; they differ where no curve tells
      activity_low, activity, activity_high  probability of activity while it stays open [0..1]; of what is not scored
                           0, null and the bound
      exposure             hazard_per_day x days [activities]: null where not scored
      exposure_low, exposure_high  from what is known at least to the bounds [activities]
      has_curve            a curve tells how long patches of its patch's severity and its environment stayed open at
                           its age: never where no open patch is listed, for scanners use other words and other clocks
    Raises ModelError for a score outside 0 to below 1.
    """
    found = items.reset_index(drop=True).copy()
    hazard = daily_hazard(found["epss_share"].astype("float64").to_numpy())
    if assumptions.kev_floor_per_day is not None:
        is_known = found["is_known_exploited"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
        hazard = np.where(is_known, np.fmax(hazard, assumptions.kev_floor_per_day), hazard)
    ceiling = assumptions.unknown_high_share
    if ceiling is None:
        scored = found["epss_share"].dropna().astype("float64")
        ceiling = float(scored.max()) if len(scored) else np.nan
    highest = np.where(np.isnan(hazard), daily_hazard(ceiling), hazard)
    days_low, days, activity_low, activity, activity_high, has_curve = _over_curves(
        found, hazard, highest, survival, assumptions
    )
    found["hazard_per_day"], found["hazard_high"] = hazard, highest
    found["days_low"], found["days"], found["has_curve"] = days_low, days, has_curve
    found["activity_low"], found["activity"], found["activity_high"] = activity_low, activity, activity_high
    found["exposure_low"] = np.nan_to_num(hazard, nan=0.0) * days_low
    found["exposure"], found["exposure_high"] = hazard * days, highest * days
    found.attrs = dict(items.attrs)
    return found


def _over_curves(
    found: pd.DataFrame, hazard: Floats, highest: Floats, survival: pd.DataFrame, assumptions: ExposureAssumptions
) -> tuple[Floats, Floats, Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """Days and probabilities at both ends, by curve and age; the whole horizon is open where no curve tells."""
    horizon = assumptions.horizon_days
    low, high = np.zeros(len(found)), np.full(len(found), horizon)
    least, likely = np.zeros(len(found)), -np.expm1(-hazard * horizon)
    most, has_curve = -np.expm1(-highest * horizon), np.zeros(len(found), dtype=bool)
    curves = {
        key: (rows["day"].to_numpy(dtype=float), rows["survival_share"].to_numpy(dtype=float))
        for key, rows in survival[survival["clock"] == assumptions.clock]
        .sort_values("day")
        .groupby(["severity", "environment"])
    }
    known = pd.DataFrame(
        {
            "severity": found["patch_severity"],
            "environment": found["environment"].astype("object").where(found["environment"].notna(), "unknown"),
            "age": _ages(found, assumptions.clock),
        }
    )
    for key, rows in known.groupby(["severity", "environment", "age"]).indices.items():
        severity, environment, age = cast("tuple[str, str, float]", key)
        curve = curves.get((severity, environment))
        if curve is None:
            continue
        soonest, latest = _within(*curve, age, horizon)
        if soonest is None:
            continue
        has_curve[rows] = True
        low[rows], high[rows] = _expected_days(*soonest, age), _expected_days(*latest, age)
        least[rows] = _activity(np.nan_to_num(hazard[rows], nan=0.0), soonest, age)
        likely[rows], most[rows] = _activity(hazard[rows], latest, age), _activity(highest[rows], latest, age)
    return low, high, least, likely, most, has_curve


def _activity(hazard: Floats, lag: tuple[Floats, Floats], age: float) -> Floats:
    """Probability of activity before the fix; a hazard that many nodes share is asked once."""
    each, place = np.unique(hazard, return_inverse=True)
    return np.asarray(hazards_over_curve(each, *lag, age_days=age)[1][place])


def _ages(items: pd.DataFrame, clock: str) -> pd.Series[float]:
    """Days since the clock began [d]; null where its start is not known."""
    # A scanner may have seen it before the patch was listed, from when the curves count.
    as_of = items["first_observed_at"] + pd.to_timedelta(items["open_days"].astype("float64"), unit="D")
    since = items["released_at" if clock == "released" else "patch_from_at"]
    age = (as_of - since).dt.total_seconds() / 86_400
    return age.clip(lower=0.0)


def _within(
    days: Floats, shares: Floats, age: float, horizon: float
) -> tuple[tuple[Floats, Floats] | None, tuple[Floats, Floats]]:
    """The curve cut at the horizon: once as if all were fixed where it ends, once as if nothing more were.

    The first is None where it has nobody open at that age.
    """
    end = age + horizon
    kept = days < end
    latest = np.append(days[kept], end), np.append(shares[kept], 0.0)
    open_now = float(shares[days <= age][-1]) if np.any(days <= age) else 1.0
    if not open_now > 0 or age >= days[-1]:
        return None, latest
    if days[-1] >= end:
        return latest, latest
    return (days[kept], np.append(shares[kept][:-1], 0.0)), latest


def _expected_days(days: Floats, shares: Floats, age: float) -> float:
    """Mean time to the fix from an age on [d]; the curve ends at 0."""
    open_now = float(shares[days <= age][-1]) if np.any(days <= age) else 1.0
    later = days > age
    if not open_now > 0:
        return 0.0
    drops = -np.diff(np.concatenate(([open_now], shares[later]))) / open_now
    return float(np.sum(drops * (days[later] - age)))


def estate_risk(exposed: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """What the items come to together: one row per group, the largest exposure first; one row without groups.

    exposed: `with_exposure`; suppressed items are left out and counted. by: columns of it.
    Returns by, asset_count, cve_count, item_count, unscored_count, no_curve_count (items that count as open from now to
    the horizon), suppressed_count, and known_exploited_count, null when no catalogue tells;
      exposure, exposure_low, exposure_high  sums [activities]
      exposure_share    of the exposure of all rows given [0..1]: the relative risk, null when nothing is scored
      affected_low, affected, affected_high  expected assets that meet activity [assets]
      any_low, any, any_high  probability that at least one vulnerability sees activity [0..1]
      item_days, asset_days   expected days that items, and assets, stay open within the horizon [d]
    In figures without `low` or `high` what is not scored has no part; `high` is null where it has no bound.
    """
    keys = list(by)
    found = exposed if keys else exposed.assign(whole="all")
    grouped = found.groupby(keys or ["whole"], dropna=False, sort=True)
    rows = [{**_named(keys, key), **_risk(part)} for key, part in grouped]
    risk = pd.DataFrame(rows, columns=[*keys, *_risk(found.iloc[:0])])
    if not keys and risk.empty:
        risk = pd.DataFrame([_risk(found.iloc[:0])])
    total = float(risk["exposure"].sum())
    risk["exposure_share"] = risk["exposure"] / total if total > 0 else np.nan
    return risk.sort_values("exposure", ascending=False, kind="stable", ignore_index=True)


def _named(keys: list[str], key: object) -> dict[str, object]:
    return dict(zip(keys, key if isinstance(key, tuple) else (key,), strict=True)) if keys else {}


def _risk(part: pd.DataFrame) -> dict[str, float]:
    hidden = part["is_suppressed"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    rows = part[~hidden]
    is_known = rows["is_known_exploited"].astype("boolean")
    told: dict[str, float] = {
        "asset_count": len(rows[ASSET].drop_duplicates()),
        "cve_count": rows["cve_id"].nunique(),
        "item_count": len(rows),
        "unscored_count": int(rows["hazard_per_day"].isna().sum()),
        "no_curve_count": int((~rows["has_curve"].astype(bool)).sum()),
        "known_exploited_count": int(is_known.sum()) if is_known.notna().any() or rows.empty else np.nan,
        "suppressed_count": int(hidden.sum()),
    }
    for end in _ENDS:
        name = f"_{end}" if end else ""
        summed = rows.groupby(ASSET, dropna=False)[f"exposure{name}"]
        per_asset = summed.sum(min_count=1) if not end else summed.sum(skipna=False)
        told[f"exposure{name}"] = float(per_asset.sum(skipna=not end))
        spared = rows[[*ASSET, "cve_id"]].assign(log=_log_spared(rows[f"activity{name}"]))
        told[f"affected{name}"] = _affected(spared, is_whole=bool(end))
        told[f"any{name}"] = _any(spared, is_whole=bool(end))
    told["item_days"] = float(rows["days"].sum())
    told["asset_days"] = float(rows.groupby(ASSET, dropna=False)["days"].max().sum())
    return told


def _log_spared(activity: pd.Series[float]) -> Floats:
    """Logarithm of the probability that an item meets nothing; null where it is not known."""
    with np.errstate(divide="ignore"):  # what is certain has none: minus infinity
        # what a curve leaves of nothing may be below it by rounding
        return np.minimum(np.log1p(-activity.to_numpy(dtype=float)), 0.0)


def _affected(spared: pd.DataFrame, *, is_whole: bool) -> float:
    """Expected assets that meet something, from `log` of every item; whole: one item unknown, and so is the sum."""
    by_asset = spared.groupby(ASSET, dropna=False)["log"]
    per_asset = by_asset.sum(skipna=False) if is_whole else by_asset.sum(min_count=1)
    return float((0.0 - np.expm1(per_asset)).sum(skipna=not is_whole))


def _any(spared: pd.DataFrame, *, is_whole: bool) -> float:
    """Probability that something is met, from `log` of every item: a vulnerability is one process and counts once."""
    return float(0.0 - np.expm1(spared.groupby("cve_id")["log"].min().sum(skipna=not is_whole)))


def absolute_risk(exposed: pd.DataFrame, priors: Priors) -> pd.DataFrame:
    """Successful exploitation within the horizon, by the user's priors: always a range.

    exposed: `with_exposure`; suppressed items are left out.
    Returns one row per end (low, value, high) with affected_assets, the expected number of assets on which activity
    succeeds [assets], and any_share, the probability that it succeeds on at least one [0..1]. Each end takes that end
    of every prior and of every item; the value leaves out what is not scored.

    Attempts of which a share succeeds are a process with that share of the hazard. Over a random time its transform
    lies between two bounds that need no curve (Jensen): low and value take the lower one, 1 - (1 - activity)^share,
    which is exact for a time that is known; high takes the upper one, the lesser of 1 - exp(-share x exposure) and
    the activity itself.
    """
    hidden = exposed["is_suppressed"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    rows = exposed[~hidden]
    reached = rows["is_exposed"].astype("boolean").map({True: "internet", False: "no_way_found"})
    reach = reached.astype("object").where(reached.notna(), "not_known")
    found = []
    for number, (end, name) in enumerate((("low", "_low"), ("value", ""), ("high", "_high"))):
        factor = reach.map({key: figure.spread()[number] for key, figure in priors.reach.items()}).astype("float64")
        share = (factor * priors.success.spread()[number]).to_numpy(dtype=float)
        log = _log_spared(rows[f"activity{name}"])
        if end == "high":
            log = np.maximum(log, -share * rows["exposure_high"].to_numpy(dtype=float))
        else:  # a share of 0 spares even what is certain to be tried
            log = np.multiply(share, log, where=(share > 0) | np.isnan(log), out=np.zeros(len(log)))
        spared = rows[ITEM].assign(log=np.nan_to_num(log, nan=0.0, neginf=-np.inf) if end == "value" else log)
        found.append(
            {
                "end": end,
                "affected_assets": _affected(spared, is_whole=True),
                "any_share": _any(spared, is_whole=True),
            }
        )
    return pd.DataFrame(found, columns=["end", "affected_assets", "any_share"])
