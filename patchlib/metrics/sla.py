"""Deadlines kept and broken: attainment over what fell due, what is at risk, and how much of it will be late.

Inputs are the frames of `queries/lag/` and a policy that somebody has named. The denominator of attainment is the due
cohort: every item whose deadline lay in the period, closed or not. A share of closed items, or of all items, is no
attainment: the first forgets what is still open, the second counts what is not due yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from patchlib.errors import ParameterInvalid
from patchlib.metrics.deadline import CLOCKS, accept, set_deadlines
from patchlib.metrics.headline import Headline
from patchlib.metrics.share import Share, counted
from patchlib.remediation import AcceptedRisk, RemediationPolicy

__all__ = [
    "AGES",
    "STATES",
    "Assessment",
    "accepted_items",
    "assess",
    "attainment",
    "attainment_headline",
    "attainment_sentence",
    "breach_forecast",
    "forecast_sentence",
    "judge",
    "listed_sentence",
    "standing",
    "undecided_sentence",
]

# Every item is in exactly one; what stands in the denominator of attainment comes first.
STATES = ("met", "late", "breached", "not known", "at risk", "open", "accepted", "gone", "no deadline")
_DUE = ("met", "late", "breached", "not known")
# Without a policy: days since the release of what is open, or that it is not known.
AGES = ("open 0-30 d", "open 31-90 d", "open over 90 d", "open, release not known")
# Of the time from clock to deadline; the mark of BMC's and other service-level tools.
AT_RISK_SHARE = 0.8
_NODE = ["account_id", "region", "node_id"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Assessment:
    """What a policy makes of the items at one instant, or their ages where none is named.

    judged: `judge`. whole: `attainment` in one row, None without a policy. forecast: `breach_forecast`.
    standing: `standing`.
    """

    policy: RemediationPolicy | None
    judged: pd.DataFrame
    whole: pd.DataFrame | None
    forecast: pd.DataFrame
    standing: pd.DataFrame

    @property
    def sentence(self) -> str:
        """Attainment, what has no deadline and what lies ahead, in words."""
        if self.policy is None or self.whole is None:
            return attainment_sentence(None, None)
        parts = (attainment_sentence(self.whole, self.policy), undecided_sentence(self.judged))
        return " ".join(part for part in (*parts, forecast_sentence(self.forecast)) if part)


def assess(
    items: pd.DataFrame,
    survival: pd.DataFrame,
    tags: pd.DataFrame,
    *,
    policy: RemediationPolicy | None,
    exceptions: Sequence[AcceptedRisk],
    as_of: datetime,
    period_days: int,
) -> Assessment:
    """All of this module at once, over the deadlines of the `period_days` up to as_of [naive UTC].

    items, survival, tags: queries lag/sla_item, lag/survival and fleet/node_tags. Raises ParameterInvalid for a period
    of less than a day.
    """
    if period_days < 1:
        raise ParameterInvalid(f"a period of {period_days} days is empty", next_step="Write at least 1 day.")
    since = as_of - timedelta(days=period_days)
    judged = judge(accept(set_deadlines(items, policy), exceptions, tags, as_of), as_of)
    whole = None if policy is None else attainment(judged, since, as_of, as_of, by=())
    ahead = breach_forecast(judged, survival, as_of, clock="released" if policy is None else policy.clock)
    return Assessment(policy, judged, whole, ahead, standing(judged, policy, since, as_of))


def standing(judged: pd.DataFrame, policy: RemediationPolicy | None, since: datetime, as_of: datetime) -> pd.DataFrame:
    """How many items stand where, by severity: severity, standing (one of STATES, or of AGES without a policy),
    item_count [items].

    With a policy: what fell due after `since`, and whatever is open or accepted; items without a deadline are left
    to `undecided_sentence`. Without: what the latest scans list as open, by days since the release.
    """
    if policy is not None:
        is_past = judged["sla_state"].isin(["met", "late", "gone"])
        is_shown = (judged["sla_state"] != "no deadline") & ~(is_past & ~(judged["due_at"] > since))
        is_shown &= ~(is_past & (judged["due_at"] > as_of))
        rows = judged[is_shown].rename(columns={"sla_state": "standing"})
    else:
        rows = judged[~judged["is_event"].astype(bool) & judged["is_listed"].astype(bool)]
        days = (pd.Timestamp(as_of) - rows["released_at"]).dt.total_seconds() / 86_400
        place = np.where(days.isna(), 3, np.digitize(days.fillna(0), [30, 90], right=True))
        rows = rows.assign(standing=np.array(AGES, dtype=object)[place])
    return rows.groupby(["severity", "standing"]).size().rename("item_count").reset_index()


def judge(items: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The items with their state at an instant; as_of: naive UTC.

    items: what set_deadlines, and accept where there are exceptions, made of query lag/sla_item.
    Returns the same rows and sla_state:
      met          effective by the deadline
      late         the deadline passed while it was open; effective since, or the node or patch is gone
      breached     the deadline has passed and it is open: it stays so until it is effective
      not known    the deadline has passed and nothing was seen since then, or when it became effective is not told
      at risk      open, not due, and 80 % of the time is over
      open         open, not due
      accepted     open, or closed late, under an exception that held: shown apart, never in the denominator
      gone         node or patch went away before the deadline
      no deadline  the policy gives none that can be told; `basis` says why
    """
    due, clock, now = items["due_at"], items["clock_at"], pd.Timestamp(as_of)
    is_event, is_listed = items["is_event"].astype(bool), items["is_listed"].astype(bool)
    closed, seen = items["closed_at"], items["last_seen_at"]
    is_due = due <= now
    is_old = (now - clock) >= AT_RISK_SHARE * (due - clock)
    choices = {
        "no deadline": due.isna(),
        "met": is_event & ((closed <= due) | (closed.isna() & ~is_due)),
        "late": (is_event & (closed > due)) | (~is_event & ~is_listed & is_due & (seen >= due)),
        "gone": ~is_event & ~is_listed,
        "not known": is_due & ((is_event & closed.isna()) | (~is_event & ~(seen >= due))),
        "breached": is_due,
        "at risk": is_old,
    }
    state = np.select([each.to_numpy(dtype=bool) for each in choices.values()], list(choices), default="open")
    found = items.assign(sla_state=state)
    if "accepted_until" in items:
        held_until = items["accepted_until"] + pd.Timedelta(days=1)
        is_held = items["accepted_until"].notna() & ~items["accepted_ended"].astype(bool)
        was_held = items["accepted_until"].notna() & (closed < held_until)
        is_open = found["sla_state"].isin(["breached", "not known", "at risk", "open"]) & ~is_event
        is_accepted = (is_open & is_held) | ((found["sla_state"] == "late") & is_event & was_held)
        found.loc[is_accepted, "sla_state"] = "accepted"
    return found


def attainment(
    judged: pd.DataFrame, since: datetime, until: datetime, as_of: datetime, *, by: Sequence[str] = ("severity",)
) -> pd.DataFrame:
    """Attainment over the due cohort: items whose deadline lay after `since` and up to `until`.

    judged: `judge` at as_of; since, until, as_of: naive UTC; by: columns to group by, none for one row.
    Raises ParameterInvalid for a period that is empty or not over by as_of: what is not due has no attainment.
    Returns by, due_count (the denominator), met_count, late_count, breached_count, not_known_count [items],
    attainment_share = met_count / due_count [0..1], null when nothing was due; and apart, of the same deadlines,
    accepted_count and gone_count [items].
    """
    if not since < until <= as_of:
        raise ParameterInvalid(
            f"the period from {since} to {until} is empty or not over by {as_of}",
            next_step="Begin before the end, and end at the report instant at the latest.",
        )
    rows = judged[(judged["due_at"] > since) & (judged["due_at"] <= until)]
    kept = [*_DUE, "accepted", "gone"]
    counts = pd.DataFrame({_column(state): (rows["sla_state"] == state).astype("int64") for state in kept})
    if by:
        groups = [rows[name] for name in by]
        found = counts.groupby(groups, dropna=False).sum().reset_index()
    else:
        found = counts.sum().to_frame().T
    found.insert(len(by), "due_count", found[[_column(state) for state in _DUE]].sum(axis=1))
    whole = found["due_count"].astype(float)
    found["attainment_share"] = (found["met_count"] / whole.where(whole > 0)).astype("float64")
    return found


def _column(state: str) -> str:
    return f"{state.replace(' ', '_')}_count"


def breach_forecast(
    judged: pd.DataFrame, survival: pd.DataFrame, as_of: datetime, *, clock: str = "released"
) -> pd.DataFrame:
    """The open items that are not due, with the probability that their deadline finds them open.

    judged: `judge`; survival: query lag/survival; clock: that of the policy, on which ages and the curve count. Of an
    item that is open at age a and due at age t the chance is S(t) / S(a): what others of its severity and environment
    did beyond that age.
    Returns the rows in state open or at risk, soonest due first, with breach_probability [0..1]; null where the
    clock is not known, no curve is there, or the curve ends before the deadline. Nodes of one patch move together,
    so sums are expectations, without an interval.
    """
    found = judged[judged["sla_state"].isin(["open", "at risk"])].copy()
    start = found[CLOCKS[clock]]
    age = (pd.Timestamp(as_of) - start).dt.total_seconds().to_numpy(dtype=float) / 86_400
    due = (found["due_at"] - start).dt.total_seconds().to_numpy(dtype=float) / 86_400
    chance = np.full(len(found), np.nan)
    keys = ["severity", "environment"]
    for stratum, curve in survival[survival["clock"] == clock].sort_values("day").groupby(keys):
        rows = np.flatnonzero((found[keys] == list(stratum)).all(axis=1).to_numpy())
        days, shares = curve["day"].to_numpy(dtype=float), curve["survival_share"].to_numpy(dtype=float)
        known, later = _share_at(days, shares, age[rows]), _share_at(days, shares, due[rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            chance[rows] = np.where(known > 0, later / known, np.nan)
    found["breach_probability"] = chance
    return found.sort_values(["due_at", *_NODE, "patch_ref"], kind="stable", ignore_index=True)


def _share_at(days: Floats, shares: Floats, at: Floats) -> Floats:
    """The curve's share at given ages: 1 before its first day, null beyond its last while something is open."""
    steps = np.concatenate(([1.0], shares))[np.searchsorted(days, at, side="right")]
    is_beyond = (at > days[-1]) & (shares[-1] > 0)
    return np.where(np.isnan(at) | is_beyond, np.nan, steps)


def accepted_items(judged: pd.DataFrame) -> pd.DataFrame:
    """What exceptions hold for, never hidden: one row per exception, ended ones first.

    judged: `judge` of items that went through `accept`.
    Returns accepted_by, accepted_reason, accepted_until (last day), accepted_ended, accepted_count (items it accepts
    now) and resurfaced_count (open items that count again since it ended) [items].
    """
    keys = ["accepted_ended", "accepted_until", "accepted_by", "accepted_reason"]
    rows = judged[judged["accepted_until"].notna()]
    is_back = rows["accepted_ended"].astype(bool) & ~rows["is_event"].astype(bool) & rows["is_listed"].astype(bool)
    counts = rows.assign(
        accepted_count=(rows["sla_state"] == "accepted").astype("int64"), resurfaced_count=is_back.astype("int64")
    )
    found = counts.groupby(keys)[["accepted_count", "resurfaced_count"]].sum().reset_index()
    found = found.sort_values(keys, ascending=[False, True, True, True], kind="stable", ignore_index=True)
    return found[[*keys[2:], "accepted_until", "accepted_ended", "accepted_count", "resurfaced_count"]]


def attainment_sentence(whole: pd.DataFrame | None, policy: RemediationPolicy | None) -> str:
    """Attainment with its denominator and what stands apart, or that no policy is named.

    whole: `attainment` with by=(); policy: None where nobody named one.
    """
    if policy is None or whole is None:
        return "No policy is named, so nothing is called late: ages only."
    row = {name: int(whole[name].iloc[0]) for name in whole.columns if name.endswith("_count")}
    met = Share(row["met_count"], row["due_count"], "items that fell due")
    who = f"by {policy.title} ({policy.owner} answers for it)"
    apart = f"{row['accepted_count']:,} are under an exception and {row['gone_count']:,} went away before, both apart"
    if not met.whole:
        return f"Nothing fell due {who}; {apart}."
    return (
        f"{met} were effective in time {who}; {row['late_count']:,} late, {row['breached_count']:,} breached and still "
        f"open, {row['not_known_count']:,} not known; {apart}."
    )


def listed_sentence(items: pd.DataFrame) -> str:
    """How many items the latest scans list as open, and why the timed ones that are open (lag/open_age) are others.

    items: query lag/sla_item, or `judge`.
    """
    is_listed = items["is_listed"].astype(bool) & ~items["is_event"].astype(bool)
    is_timed = items["is_timed_open"].fillna(value=False).astype(bool)
    untimed, unlisted = int((is_listed & ~is_timed).sum()), int((is_timed & ~is_listed).sum())
    if not untimed and not unlisted:
        return f"The latest scans list {int(is_listed.sum()):,} as open, all of them timed."
    return (
        f"The latest scans list {int(is_listed.sum()):,} as open, {untimed:,} of which cannot be timed (yet): only "
        f"one scan has listed them, or no release date is known. Open now counts {int(is_timed.sum()):,}, the timed "
        f"ones, with {unlisted:,} on nodes that no scan lists any more."
    )


def undecided_sentence(judged: pd.DataFrame) -> str:
    """How many items have no deadline, and why; "" when all have one.

    judged: `judge`.
    """
    rows = judged[judged["sla_state"] == "no deadline"]
    counts = rows["basis"].value_counts()
    words = {
        "no rule": "are of no rule",
        "event": "wait for an event and no day",
        "undecided": "are undecided, for what is not known of them would decide",
        "no clock": "have no clock, for it is not known when time began",
    }
    said = [f"{counts[basis]:,} {text}" for basis, text in words.items() if basis in counts]
    return f"Of {counted(len(judged), 'item')} {'; '.join(said)}." if said else ""


def forecast_sentence(forecast: pd.DataFrame) -> str:
    """How many of the items that are not due are expected to be late.

    forecast: `breach_forecast`.
    """
    if forecast.empty:
        return "Nothing is open that is not due."
    told = forecast["breach_probability"].dropna()
    at_risk = int((forecast["sla_state"] == "at risk").sum())
    rest = f"; of {len(forecast) - len(told):,} the curve does not tell" if len(told) < len(forecast) else ""
    expected = f"{told.sum():,.0f} of {len(told):,} are expected to miss it" if len(told) else "none can be forecast"
    return (
        f"{counted(len(forecast), 'item')} have a deadline ahead, {at_risk:,} with 80 % of the time over; "
        f"at the pace so far {expected}{rest}."
    )


def attainment_headline(whole: pd.DataFrame | None, policy: RemediationPolicy | None) -> Headline:
    """Attainment over the due cohort [0..1]; unknown where no policy is named or nothing fell due.

    whole: `attainment` with by=(), None without a policy.
    """
    share = None
    told = "no policy named: ages only"
    if whole is not None and policy is not None:
        met = Share(int(whole["met_count"].iloc[0]), int(whole["due_count"].iloc[0]), "items that fell due")
        share, told = met.value, f"{met.counts}, {policy.name}"
    return Headline(
        name="sla_attainment_share",
        label="Effective in time",
        value=share,
        unit="share",
        definition="Items effective by their deadline, of all whose deadline lay in the period, open ones included.",
        denominator=told,
        source="lag/sla_item",
        better="higher",
        term="SLA attainment",
    )
