"""Which deadline a named policy gives each item, and which exception holds for it.

Inputs are the frames of `queries/lag/` and what `patchlib.remediation` read from files. Nothing is assumed of what is
not known: where an unknown answer would decide between two limits, the item is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from patchlib.remediation import FACTS, AcceptedRisk, Deadline, RemediationPolicy

__all__ = ["CLOCKS", "accept", "set_deadlines"]

# Each clock by the column of lag/sla_item that tells its start.
CLOCKS = {"released": "released_at", "approved": "approved_at", "first observed": "first_observed_at"}
_NODE = ["account_id", "region", "node_id"]
Booleans = npt.NDArray[np.bool_]


def set_deadlines(items: pd.DataFrame, policy: RemediationPolicy | None) -> pd.DataFrame:
    """The items with the deadline that the policy gives them; none where no policy is named.

    items: query lag/sla_item; without its column `exposed` exposure is not known.
    Returns the same rows and
      clock_at  from when time counts: the policy's clock, or the node's coming into our care if that is later [UTC]
      limit     how long there is, in words; "" where no rule decides
      also      what else has to be done, where a rule that may hold says so
      due_at    clock_at and the limit [UTC]; NaT where there is none
      basis     rule; event (no day, but something that has to come first); no rule; undecided (what is not known of
                the item would decide between limits); no clock (it is not known when time began); no policy
    A limit in days is days of 24 hours; one in months ends on the same day of the month, or on its last.
    """
    found = items.reset_index(drop=True).copy()
    if policy is None:
        never = found["released_at"].where(pd.Series(False, index=found.index))
        return found.assign(clock_at=never, limit="", also="", due_at=never, basis="no policy")
    found["clock_at"] = found[[CLOCKS[policy.clock], "under_care_at"]].max(axis=1)
    found.loc[found[CLOCKS[policy.clock]].isna(), "clock_at"] = pd.NaT
    may_hold = _candidates(found, policy.rules)
    # Rules with the same limit are one answer; the last column stands for "no rule".
    limits = [(rule.days, rule.months, rule.until) for rule in policy.rules] + [None]
    code = np.array([limits.index(limit) for limit in limits])
    lowest = np.where(may_hold, code, len(code)).min(axis=1, initial=len(code))
    highest = np.where(may_hold, code, -1).max(axis=1, initial=-1)
    found["limit"], found["also"], found["due_at"], found["basis"] = "", "", pd.NaT, "undecided"
    found["due_at"] = found["due_at"].astype(found["clock_at"].dtype)
    is_decided = lowest == highest
    found.loc[is_decided & (lowest == len(policy.rules)), "basis"] = "no rule"
    for number, rule in enumerate(policy.rules):
        if rule.also:
            found.loc[may_hold[:, number] & (found["also"] == "").to_numpy(), "also"] = rule.also
        if code[number] == number:
            _apply(found, is_decided & (lowest == number), rule)
    has_no_clock = found["clock_at"].isna() & (found["basis"] == "rule")
    found.loc[has_no_clock, "basis"] = "no clock"
    return found


def _apply(found: pd.DataFrame, rows: Booleans, rule: Deadline) -> None:
    found.loc[rows, "limit"] = rule.limit
    found.loc[rows, "basis"] = "event" if rule.until is not None else "rule"
    if rule.until is None:
        length = pd.DateOffset(days=rule.days) if rule.days is not None else pd.DateOffset(months=rule.months or 0)
        found.loc[rows, "due_at"] = found.loc[rows, "clock_at"] + length


def _candidates(items: pd.DataFrame, rules: Sequence[Deadline]) -> Booleans:
    """Which rules may be the first to hold for each item, and in the last column whether none may.

    A fact that is not known is tried with both answers, so that rules which divide a case between them (exposed, not
    exposed) are seen to cover it. Items that are alike are tried once.
    """
    asked = [fact for fact in FACTS if any(getattr(rule, fact) is not None for rule in rules)]
    columns = ["severity", "environment", "criticality", *asked]
    answers = items.assign(**{fact: None for fact in asked if fact not in items})[columns]
    group = answers.groupby(columns, dropna=False, sort=False).ngroup().to_numpy()
    kinds = answers.iloc[np.unique(group, return_index=True)[1]]
    may_hold = np.zeros((len(kinds), len(rules) + 1), dtype=bool)
    for tried in product((False, True), repeat=len(asked)):
        given = dict(zip(asked, tried, strict=True))
        fits = np.ones(len(kinds), dtype=bool)
        for fact, answer in given.items():
            fits &= kinds[fact].isna().to_numpy(dtype=bool) | kinds[fact].eq(answer).to_numpy(
                dtype=bool, na_value=False
            )
        may_hold |= fits[:, None] & _first_to_hold(kinds.assign(**given), rules)
    return may_hold[group]


def _first_to_hold(kinds: pd.DataFrame, rules: Sequence[Deadline]) -> Booleans:
    may_hold = np.zeros((len(kinds), len(rules) + 1), dtype=bool)
    is_left = np.ones(len(kinds), dtype=bool)
    for number, rule in enumerate(rules):
        possible, certain = _holds(kinds, rule)
        may_hold[:, number] = is_left & possible
        is_left = is_left & ~certain
    may_hold[:, -1] = is_left
    return may_hold


def _holds(items: pd.DataFrame, rule: Deadline) -> tuple[Booleans, Booleans]:
    """Whether a rule may hold for each item, and whether it does for certain; a null may be anything."""
    possible, certain = np.ones(len(items), dtype=bool), np.ones(len(items), dtype=bool)
    for column, wanted in (
        ("severity", rule.severities),
        ("environment", rule.environments),
        ("criticality", rule.criticalities),
        *((fact, () if (answer := getattr(rule, fact)) is None else (answer,)) for fact in FACTS),
    ):
        if not wanted:
            continue
        values = items[column]
        is_null = values.isna().to_numpy(dtype=bool)
        is_wanted = values.astype(object).isin(wanted).to_numpy(dtype=bool)
        possible &= is_wanted | is_null
        certain &= is_wanted & ~is_null
    return possible, certain


def accept(
    items: pd.DataFrame, exceptions: Sequence[AcceptedRisk], tags: pd.DataFrame, as_of: datetime
) -> pd.DataFrame:
    """The items with the exception that holds for each, or that held and has ended.

    items: query lag/sla_item, or what set_deadlines made of it. tags: query fleet/node_tags. as_of: naive UTC.
    Returns the same rows and accepted_by (owner), accepted_reason, accepted_until (last day), accepted_ended (true:
    the item counts again). Of several the one that ends last is shown. An exception for a CVE accepts a patch only
    where every vulnerability that the patch fixes is accepted on that node.
    """
    found = items.reset_index(drop=True).copy()
    found["accepted_by"], found["accepted_reason"] = "", ""
    found["accepted_until"] = pd.Series(pd.NaT, index=found.index, dtype="datetime64[us]")
    found["accepted_ended"] = False
    # The last to end is written last, so one that still holds wins over one that has ended.
    for each in sorted(exceptions, key=lambda one: one.expires_on):
        rows = _scope(found, each, tags)
        if each.cve_id is not None:
            rows = rows & _cves_accepted(found, [one for one in exceptions if one.expires_on >= each.expires_on], tags)
        found.loc[rows, ["accepted_by", "accepted_reason"]] = [each.owner, each.reason]
        found.loc[rows, "accepted_until"] = pd.Timestamp(each.expires_on)
        found.loc[rows, "accepted_ended"] = each.has_ended(as_of.date())
    return found


def _scope(items: pd.DataFrame, exception: AcceptedRisk, tags: pd.DataFrame) -> pd.Series[bool]:
    rows = pd.Series(True, index=items.index)
    if exception.node_id is not None:
        rows &= items["node_id"] == exception.node_id
    if exception.tag_key is not None:
        is_named = (tags["tag_key"] == exception.tag_key) & (tags["tag_value"] == exception.tag_value)
        named = pd.MultiIndex.from_frame(tags.loc[is_named, _NODE])
        rows &= pd.MultiIndex.from_frame(items[_NODE]).isin(named)
    if exception.patch_ref is not None:
        rows &= items["patch_ref"] == exception.patch_ref
    if exception.cve_id is not None:
        rows &= items["cve_ids"].fillna("").str.split(";").map(lambda named: exception.cve_id in named)
    return rows


def _cves_accepted(items: pd.DataFrame, exceptions: Sequence[AcceptedRisk], tags: pd.DataFrame) -> pd.Series[bool]:
    """Where every vulnerability of the patch is accepted on the node."""
    accepted = pd.Series(0, index=items.index)
    for cve_id in sorted({one.cve_id for one in exceptions if one.cve_id is not None}):
        is_accepted = pd.Series(False, index=items.index)
        for one in exceptions:
            if one.cve_id == cve_id:
                is_accepted |= _scope(items, one, tags)
        accepted += is_accepted.astype(int)
    return accepted == items["cve_ids"].fillna("").str.split(";").map(len)
