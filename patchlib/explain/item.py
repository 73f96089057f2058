"""What holds of one patch on one node: state and history, three clocks, where the time went, its deadline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patchlib.explain.evidence import Observation
from patchlib.explain.node import LIVE, patch_row
from patchlib.explain.parts import Asked, Section
from patchlib.explain.plain import day, records
from patchlib.metrics.deadline import accept, set_deadlines
from patchlib.metrics.sla import judge
from patchlib.remediation import AcceptedRisk, RemediationPolicy
from patchlib.site import wording

__all__ = ["Fixed", "Terms", "cve_section", "fixed_by", "patch_section", "release_words"]

_PACKAGE = re.compile(r"(?P<Name>.+)\.(?P<Arch>[^.]+):(?P<Epoch>\d+):(?P<Version>.+)-(?P<Release>[^-]+)")
_OPEN = ("Missing", "Failed", "InstalledPendingReboot", "AvailableSecurityUpdate")
_APPROVED = {
    "effective patch": "by the baseline's own list of effective patches",
    "rule": "computed: release and the days of the approval rule that fits",
    "never approved": "no rule of the baseline ever approves it",
    "approved by name": "the baseline approves patches by name, and when is not told",
    "baseline not read": "the baseline was not read",
    "unlisted": "no rule can be tried: product or classification of the patch is not known",
    "baseline unknown": "the scan does not tell which baseline",
}

# The parts of the time open, in order: what each is, and what is missing where it is not known.
_PARTS = (
    ("until approval", "approval_days", "days before the approval, by design", "the approval is not"),
    ("until a window", "window_days", "days to the first run of a window that serves it, by design", "no such run is"),
    ("until installed", "install_days", "days of missed windows and failed tries", "one of both instants is not"),
    ("until rebooted", "reboot_days", "days installed and waiting for a reboot", "the installation is not"),
)


@dataclass(frozen=True)
class Fixed:
    """Which vulnerabilities patches fix. scanned: as the node's own scan names them. fed: query lag/patch_fact."""

    scanned: Mapping[str, frozenset[str]]
    fed: Mapping[str, frozenset[str]]

    @property
    def every(self) -> dict[str, frozenset[str]]:
        """By either."""
        refs = {*self.scanned, *self.fed}
        return {ref: self.scanned.get(ref, frozenset()) | self.fed.get(ref, frozenset()) for ref in refs}


@dataclass(frozen=True)
class Terms:
    """What somebody has said of deadlines. policy: None sets none. exceptions: those that have ended too."""

    policy: RemediationPolicy | None = None
    exceptions: tuple[AcceptedRisk, ...] = ()


def fixed_by(asked: Asked, patches: pd.DataFrame) -> Fixed:
    """What is known of the node's patches and of all others for its system. patches: query explain/patch_interval.

    A scan names the vulnerabilities of each row (CVEIds of PatchComplianceData, and of a data sync's compliance items);
    the store does not keep them, so they are read from the snapshots where those are at hand.
    """
    system = asked.own("lag/node_clock")["operating_system"].dropna()
    of_system = {"operating_system": str(system.iloc[0]) if len(system) else ""}
    facts = asked.session.query_for("risk/patch_cve", of_system)
    fed = {str(ref): frozenset(map(str, ids)) for ref, ids in facts.groupby("patch_ref")["cve_id"]}
    refs = {(row["title"], row["kb_id"]): str(row["patch_ref"]) for row in records(patches)}
    scanned: dict[str, frozenset[str]] = {}
    rows = records(patches.drop_duplicates(["snapshot_id", "source"]))
    for told in (row for each in rows for row in asked.files.rows_of(Observation.of(each))):
        ref = refs.get((told.get("Title") or None, told.get("KBId") or told.get("Id") or None))
        named = frozenset(word for word in str(told.get("CVEIds") or "").split(",") if word)
        if ref is not None and named:
            scanned[ref] = scanned.get(ref, frozenset()) | named
    return Fixed(scanned, fed)


def cve_section(cve: str, fixed: Fixed, refs: list[str]) -> Section:
    """What is known of a vulnerability on the node. refs: patches that fix it and that scans of the node list."""
    section, query = Section(cve), "lag/patch_fact"
    others = sorted(ref for ref, cves in fixed.every.items() if cve in cves and ref not in refs)
    if refs:
        section.add("fixed by", ", ".join(refs), "patches that scans of the node list", query=query)
    elif others:
        note = "none of these is listed by any scan of the node: not applicable, replaced, or not approved"
        section.add("fixed by", ", ".join(others), note, query=query)
    else:
        note = "no patch for its operating system is known to fix it: that is not a clean bill"
        section.add("fixed by", None, note, query=query)
    return section


def patch_section(asked: Asked, ref: str, patches: pd.DataFrame, fixed: Fixed, terms: Terms) -> Section:
    """Everything about one patch of the node. patches: query explain/patch_interval."""
    section, rows = Section(f"Patch {ref}"), records(patches[patches["patch_ref"] == ref])
    last = rows[-1]
    stands = last["valid_to"] is None
    state = "by the last scan" if stands else "when it was last listed"
    section.add("state", last["patch_state"], state, query="explain/patch_interval", evidence=patch_row(asked, last))
    section.add("title", last["title"], evidence=patch_row(asked, last))
    section.add("severity", last["severity"], "as the node reports it", evidence=patch_row(asked, last))
    # Installed and open again is another episode: the latest is the one that stands.
    timed = _last(asked.own("lag/patch_row", patch_ref=ref))
    item = asked.own("lag/sla_item", patch_ref=ref)
    _clocks(section, asked, ref, timed, _last(item), rows)
    _waiting(section, asked, ref, timed)
    _risk(section, asked, ref, timed, fixed, patch_row(asked, last))
    _deadline(section, asked, item, terms)
    _reboot(section, last)
    for row in rows:
        until = "now" if row["valid_to"] is None else wording.text(row["valid_to"])
        seen = f"from {wording.text(row['valid_from'])} until {until}"
        section.add("history", row["patch_state"], seen, query="explain/patch_interval", evidence=patch_row(asked, row))
    return section


def _first(frame: pd.DataFrame) -> dict[str, Any]:
    return records(frame.head(1))[0] if len(frame) else {}


def _last(frame: pd.DataFrame) -> dict[str, Any]:
    return records(frame.tail(1))[0] if len(frame) else {}


def _clocks(
    section: Section, asked: Asked, ref: str, timed: Mapping[str, Any], item: Mapping[str, Any], rows: list[Any]
) -> None:
    """The three clocks, never mixed, and the end."""
    system, baseline = timed.get("operating_system"), timed.get("baseline_id")
    named: dict[str, Any] = {"account_id": asked.node.account_id, "region": asked.node.region, "patch_ref": ref}
    told = records(
        asked.session.query("explain/patch_source", **named, operating_system=system or "", baseline_id=baseline or "")
    )
    behind = {row["relation"]: row for row in told}
    of_patch = {"operating_system": system or "", "patch_ref": ref}
    known = _first(asked.session.query_for("lag/release", of_patch))
    by_listing = "patch" in behind and known.get("release_source") == "DescribeAvailablePatches"
    release = asked.cite(behind["patch"], _available(ref)) if by_listing else ()
    section.add("released", timed.get("released_at"), release_words(known), query="lag/release", evidence=release)
    way = _last(asked.own("lag/waypoint", patch_ref=ref))
    how = way.get("approval_source") or ("" if item.get("approved_at") else "not timed")
    section.add(
        "approved",
        way.get("approved_at") or item.get("approved_at"),
        _APPROVED.get(how, "not known: the patch has no release to count from" if how else ""),
        query="lag/waypoint",
        evidence=_approval(asked, behind, how, ref),
    )
    again = int(timed.get("episode_number") or 1) > 1
    opened = [row for row in rows if row["patch_state"] in _OPEN]
    # Of several times that it was open, the latest is told.
    since = [row for row in opened if row["valid_from"] == item.get("first_observed_at")] or opened
    first = patch_row(asked, since[0]) if since else ()
    note = "the first scan of ours that listed it as open" if opened else "no scan of ours ever listed it as open"
    if again:
        note = f"open again, for time number {timed['episode_number']}: the history has those before"
    section.add("first observed", item.get("first_observed_at"), note, query="lag/sla_item", evidence=first)
    under_care = "launch or registration of the node: no time counts before it"
    launch = asked.behind("instance", "InstanceId", "LaunchTime") or asked.behind("managed_node", "RegistrationDate")
    section.add("under care since", timed.get("under_care_at"), under_care, query="lag/node_clock", evidence=launch)
    ended = (
        "effective: installed, no reboot outstanding" if timed.get("is_event") else "not effective; last seen open then"
    )
    section.add(
        "effective" if timed.get("is_event") else "still open at", timed.get("ended_at"), ended, query="lag/patch_row"
    )


def release_words(known: Mapping[str, Any]) -> str:
    """Who tells the vendor's release: query lag/release."""
    if not known.get("released_at"):
        return "not known: neither Systems Manager nor an advisory tells it"
    told = f"vendor's release, told by {known['release_source']}"
    told += f" in {known['advisory_ids'].replace(';', ', ')}" if known["advisory_ids"] else ""
    return told + (", another vendor's date in its place" if known["is_stand_in"] else "")


def _approval(asked: Asked, behind: Mapping[str, Any], how: str, ref: str) -> tuple[int, ...]:
    if how == "effective patch" and "baseline_patch" in behind:
        return asked.cite(behind["baseline_patch"], {"Patch.KbNumber": (ref, ref.removeprefix("KB"))})
    if how in {"rule", "never approved"} and "baseline_rule" in behind:
        return asked.cite(behind["baseline_rule"], {}, "BaselineId", "ApprovalRules")
    return ()


def _available(ref: str) -> dict[str, Any]:
    """How DescribeAvailablePatches names a patch: by its KB number, else by the parts of its package's name."""
    found = _PACKAGE.fullmatch(ref)
    if ref.startswith("KB") or found is None:
        return {"KbNumber": (ref, ref.removeprefix("KB"))}
    return {**found.groupdict(), "Epoch": int(found["Epoch"]) or None}


def _waiting(section: Section, asked: Asked, ref: str, timed: Mapping[str, Any]) -> None:
    wait = _last(asked.own("lag/wait", patch_ref=ref))
    if not wait:
        why = f"it cannot be timed: {timed.get('timing', 'no scan lists it')}"
        section.add("days open", None, why, query="lag/wait")
        return
    end = "when effective" if wait["is_event"] else "so far"
    start = "release, or from coming into our care" if wait["episode_number"] == 1 else "its being open again"
    section.add("days open", wait["total_days"], f"from {start}, {end}", query="lag/wait")
    for name, column, what, dark in _PARTS:
        known = wait[column] is not None
        section.add(name, wait[column], what if known else f"not known: {dark}", query="lag/wait")
    section.add("unexplained", wait["unknown_days"], "days that no known part explains", query="lag/wait")


def _risk(
    section: Section, asked: Asked, ref: str, timed: Mapping[str, Any], fixed: Fixed, row: tuple[int, ...]
) -> None:
    only = {"operating_system": timed.get("operating_system") or "", "patch_ref": ref}
    fact = _first(asked.session.query_for("lag/patch_fact", only))
    scanned, fed = sorted(fixed.scanned.get(ref, ())), sorted(fixed.fed.get(ref, ()))
    none = "it names none, or its snapshot is not at hand: that is not a clean bill"
    note = "as the scan names them" if scanned else none
    section.add("fixes, by the scan", ", ".join(scanned) or None, note, evidence=row if scanned else ())
    note = "by advisories and feeds" if fed else "none is known to them: that is not a clean bill"
    section.add("fixes, by feeds", ", ".join(fed) or None, note, query="lag/patch_fact")
    note = "whether one of those by feeds is in the KEV catalogue; not known without them or the catalogue"
    section.add("known exploited", fact.get("known_exploited"), note, query="lag/patch_fact")


def _deadline(section: Section, asked: Asked, item: pd.DataFrame, terms: Terms) -> None:
    policy, query = terms.policy, "lag/sla_item"
    if not len(item):
        section.add("deadline", None, "it was never open in our care", query=query)
        return
    due = accept(set_deadlines(item, policy), terms.exceptions, asked.own("fleet/node_tags"), asked.session.as_of)
    judged = _last(judge(due, asked.session.as_of))
    if policy is None:
        section.add("deadline", None, "no remediation policy is named: --policy names one", query=query)
    else:
        by = f"{policy.title}, owner {policy.owner}: {judged['limit'] or judged['basis']} from {policy.clock}"
        section.add("deadline", judged["due_at"], by, query=query)
        section.add("standing", judged["sla_state"], "against the deadline", query=query)
    if judged["accepted_by"]:
        until = f"owner {judged['accepted_by']}, until {wording.text(day(judged['accepted_until']))}"
        ended = "; it has ended, so the item counts again" if judged["accepted_ended"] else ""
        section.add("exception", judged["accepted_reason"], until + ended)


def _reboot(section: Section, last: Mapping[str, Any]) -> None:
    waits = last["patch_state"] == "InstalledPendingReboot"
    kernel = str(last["patch_ref"]).startswith("kernel")
    note = f"a kernel's fix may be live already: see {LIVE}" if waits and kernel else ""
    section.add("pending reboot", waits, note, query="explain/patch_interval")
