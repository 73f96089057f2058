"""What an action costs in hours of people, by figures that somebody has to answer for.

The file that ships holds priors. Dollars are told only where a file gives a rate.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pydantic

from patchlib import paths
from patchlib.errors import ModelError
from patchlib.models.prior import Figure, PriorFile, read_prior_file

__all__ = [
    "ACTION_KINDS",
    "EffortAssumptions",
    "KindEffort",
    "effort_sentence",
    "effort_table",
    "load_effort",
    "named_effort",
    "with_effort",
]

ACTION_KINDS = ("AMI", "base image", "baseline rule", "layer", "package", "patch set")


class KindEffort(pydantic.BaseModel):
    """Hours of one action of a kind: hours_fixed [h], and hours_per_asset [h] for each asset that it touches."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    hours_fixed: Figure
    hours_per_asset: Figure

    @pydantic.model_validator(mode="after")
    def _hours(self) -> Self:
        if {self.hours_fixed.unit, self.hours_per_asset.unit} != {"h"}:
            raise ValueError("hours_fixed and hours_per_asset have the unit h")
        if not self.hours_fixed.low > 0:
            raise ValueError("hours_fixed has to be above 0: what costs nothing would always come first")
        return self


class EffortAssumptions(PriorFile):
    """Hours by kind of action, and a rate [USD/h] where somebody gave one."""

    kinds: dict[str, KindEffort]
    usd_per_hour: Figure | None = None

    @pydantic.model_validator(mode="after")
    def _known(self) -> Self:
        if set(self.kinds) != set(ACTION_KINDS):
            raise ValueError(f"kinds needs {', '.join(ACTION_KINDS)}")
        if self.usd_per_hour is not None and self.usd_per_hour.unit != "USD/h":
            raise ValueError("usd_per_hour has the unit USD/h")
        return self


def load_effort(path: Path | None = None) -> EffortAssumptions:
    """The effort figures of a file, or the priors that ship: data/policies/effort/patching.toml.

    Raises SettingInvalid, with the file and what is wrong in it.
    """
    return read_prior_file(path or paths.policies_folder() / "effort" / "patching.toml", EffortAssumptions)


def named_effort(name: str) -> EffortAssumptions:
    """The effort figures of a file in data/policies/effort by its stem, of a path.toml, or the priors that ship for "".

    Raises SettingInvalid, with the file and what is wrong in it.
    """
    if not name:
        return load_effort()
    path = Path(name)
    return load_effort(path if path.suffix else paths.policies_folder() / "effort" / f"{name}.toml")


def with_effort(actions: pd.DataFrame, assumptions: EffortAssumptions) -> pd.DataFrame:
    """The actions with what each costs.

    actions: query risk/action.
    Returns the same rows and hours, hours_low, hours_high [h]; usd, usd_low, usd_high [USD], null without a rate.
    Raises ModelError for a kind of which the figures say nothing.
    """
    unknown = sorted(set(actions["action_kind"]) - set(assumptions.kinds))
    if unknown:
        step = f"Give hours for it; known are {', '.join(assumptions.kinds)}."
        raise ModelError(f"no effort is known for {', '.join(unknown)}", where=assumptions.title, next_step=step)
    found = actions.reset_index(drop=True).copy()
    assets = found["asset_count"].astype("float64")
    for place, end in enumerate(("_low", "", "_high")):
        fixed = {kind: each.hours_fixed.spread()[place] for kind, each in assumptions.kinds.items()}
        per_asset = {kind: each.hours_per_asset.spread()[place] for kind, each in assumptions.kinds.items()}
        kind = found["action_kind"]
        found[f"hours{end}"] = (kind.map(fixed) + kind.map(per_asset) * assets).astype("float64")
        rate = assumptions.usd_per_hour
        found[f"usd{end}"] = found[f"hours{end}"] * (rate.spread()[place] if rate else np.nan)
    found.attrs = dict(actions.attrs)
    return found


def effort_table(assumptions: EffortAssumptions) -> pd.DataFrame:
    """Every figure that is assumed, one a row: what, value, unit, low, high, source."""
    named = [
        (f"{kind}: {name.replace('_', ' ')}", getattr(each, name))
        for kind, each in sorted(assumptions.kinds.items())
        for name in ("hours_fixed", "hours_per_asset")
    ]
    if assumptions.usd_per_hour is not None:
        named.append(("rate", assumptions.usd_per_hour))
    return pd.DataFrame([{"what": what, **figure.model_dump()} for what, figure in named])


def effort_sentence(assumptions: EffortAssumptions) -> str:
    """Whose figures they are and where they come from."""
    rate = "" if assumptions.usd_per_hour is not None else " No rate is given, so no dollar is shown."
    return f"{assumptions.title}, of {assumptions.read_date}. Who answers: {assumptions.owner}.{rate}"
