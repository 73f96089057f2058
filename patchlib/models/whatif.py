"""What would be left if some actions were done now: risk, deadlines and due dates, with the same definitions as today.

Nothing new is computed: the items that the picked actions end are left out, and the same functions are asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from patchlib.errors import ModelError
from patchlib.metrics.deadline import accept, set_deadlines
from patchlib.metrics.risk_item import on_nodes_of
from patchlib.metrics.share import Share, counted
from patchlib.metrics.sla import judge
from patchlib.models.exposure import ITEM, estate_risk
from patchlib.remediation import AcceptedRisk, RemediationPolicy

__all__ = ["WhatIf", "deadlines_left", "due_items", "items_left", "what_if"]

_PATCH = ["account_id", "region", "node_id", "patch_ref"]
_OPEN = ("breached", "not known", "at risk", "open")


def items_left(exposed: pd.DataFrame, action_items: pd.DataFrame, picked: Sequence[str]) -> pd.DataFrame:
    """The items that the picked actions do not end.

    exposed: `with_exposure`, or query risk/item, where what is asked next needs its words for exposure; action_items:
    query risk/action_item; picked: action_ids.
    Raises ModelError for an action that ends nothing.
    """
    return _left(exposed, action_items, picked, ITEM)


def due_items(
    items: pd.DataFrame,
    policy: RemediationPolicy | None,
    exceptions: Sequence[AcceptedRisk],
    tags: pd.DataFrame,
    as_of: datetime,
    owner: str = "",
) -> pd.DataFrame | None:
    """The items of an owner with their state towards the policy's deadlines; None where no policy is named.

    items, tags: queries lag/sla_item and fleet/node_tags; as_of: naive UTC; owner: "" for all.
    """
    if policy is None:
        return None
    own = on_nodes_of(items, tags, owner)
    return judge(accept(set_deadlines(own, policy), exceptions, tags, as_of), as_of)


def deadlines_left(judged: pd.DataFrame, action_patches: pd.DataFrame, picked: Sequence[str]) -> pd.DataFrame:
    """The items with deadlines without the open ones whose patch the picked actions put in force.

    judged: `patchlib.metrics.sla.judge`; action_patches: query risk/action_patch. Items that are over stay: what was
    late has been late.
    """
    is_open = ~judged["is_event"].astype(bool) & judged["is_listed"].astype(bool)
    known = set(action_patches["action_id"])
    left = _left(judged[is_open], action_patches, [each for each in picked if each in known], _PATCH)
    return pd.concat([judged[~is_open], left]).sort_index()


def _left(frame: pd.DataFrame, pairs: pd.DataFrame, picked: Sequence[str], keys: list[str]) -> pd.DataFrame:
    unknown = sorted(set(picked) - set(pairs["action_id"]))
    if unknown:
        raise ModelError(f"there is no action {unknown[0]}", next_step="Take ids from risk/action.")
    ended = pairs.loc[pairs["action_id"].isin(list(picked)), keys].drop_duplicates()
    marked = frame[keys].merge(ended, on=keys, how="left", indicator="found")
    return frame[(marked["found"] == "left_only").to_numpy()]


@dataclass(frozen=True)
class WhatIf:
    """Today, and what would be left.

    risk:      `estate_risk` in two rows: now and then; its exposure_share is of the exposure now.
    deadlines: state, now and then: open items by their state towards the deadline [items]; None without a policy.
    next_due:  when the next item is due, now and then [UTC]; NaT when none is.
    hours:     what the picked actions take [h]. action_count: how many they are.
    """

    risk: pd.DataFrame
    deadlines: pd.DataFrame | None
    next_due: tuple[pd.Timestamp, pd.Timestamp]
    hours: float
    action_count: int

    @property
    def states(self) -> pd.DataFrame:
        """The deadlines; no rows without a policy."""
        return pd.DataFrame(columns=["state", "now", "then"]) if self.deadlines is None else self.deadlines

    @property
    def sentence(self) -> str:
        """What the picked actions would change, in a sentence or two."""
        if not self.action_count:
            return "No action is picked, so everything stays as it is."
        now, then = (self.risk.iloc[row] for row in (0, 1))
        total = int(now["item_count"])
        ended = Share(total - int(then["item_count"]), total, "items")
        said = f"{counted(self.action_count, 'action')} of {self.hours:,.1f} hours together would end {ended}"
        if now["exposure"] > 0:
            removed = 100 * (1 - then["exposure_share"])
            said += f", and remove {removed:.1f} % of the exposure that has a score"
        said += f"; assets open to anything would stay so for {then['asset_days']:,.0f} instead of "
        said += f"{now['asset_days']:,.0f} days together."
        return said

    @property
    def deadline_sentence(self) -> str:
        """What becomes of the deadlines, in a sentence; without a policy that there are none."""
        if self.deadlines is None:
            return "No policy is named, so nothing has a deadline."
        states = self.deadlines.set_index("state")
        before, after = int(states["now"].loc["breached"]), int(states["then"].loc["breached"])
        due = (
            "none is due after that" if pd.isna(self.next_due[1]) else f"the next is due on {self.next_due[1]:%Y-%m-%d}"
        )
        rest = ", ".join(
            f"{state} {int(states['then'].loc[state]):,} instead of {int(states['now'].loc[state]):,}"
            for state in ("at risk", "open")
        )
        return f"Breached would be {counted(after, 'item')} instead of {before:,}, {rest}; {due}."


def what_if(
    exposed: pd.DataFrame,
    actions: pd.DataFrame,
    action_items: pd.DataFrame,
    picked: Sequence[str],
    *,
    judged: pd.DataFrame | None = None,
    action_patches: pd.DataFrame | None = None,
) -> WhatIf:
    """Today beside what would be left if the picked actions were done now.

    exposed: `with_exposure`; actions: query risk/action with `with_effort`; action_items: query risk/action_item;
    judged: `patchlib.metrics.sla.judge`, None without a policy; action_patches: query risk/action_patch, with judged.
    An action that is picked twice is done once. Raises ModelError for an action that ends nothing.
    """
    chosen = list(dict.fromkeys(picked))
    left = items_left(exposed, action_items, chosen)
    risk = pd.concat([estate_risk(exposed), estate_risk(left)], ignore_index=True)
    whole = float(risk["exposure"].iloc[0])
    risk["exposure_share"] = risk["exposure"] / whole if whole > 0 else float("nan")
    risk.insert(0, "when", ["now", "then"])
    # Summed one after the other, as the order of actions does it: the same hours, to the last digit.
    hours = float(sum(actions.set_index("action_id")["hours"].reindex(chosen)))
    if judged is None or action_patches is None:
        return WhatIf(risk, None, (pd.NaT, pd.NaT), hours, len(chosen))  # type: ignore[arg-type]
    after = deadlines_left(judged, action_patches, chosen)
    counts = [frame["sla_state"].value_counts().reindex(_OPEN, fill_value=0) for frame in (judged, after)]
    deadlines = pd.DataFrame({"state": _OPEN, "now": counts[0].to_numpy(), "then": counts[1].to_numpy()})
    due = [frame.loc[frame["sla_state"].isin(["at risk", "open"]), "due_at"].min() for frame in (judged, after)]
    return WhatIf(risk, deadlines, (due[0], due[1]), hours, len(chosen))
