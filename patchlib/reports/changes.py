"""What changed since the last run: the store asked at both instants, and what the last summary said of the rest.

Nodes, patches and accounts come from queries at the two instants, so a run that was never published, or a page that
was lost, changes nothing. Only figures and gates are compared with what the last run wrote down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patchlib.notebook import Session, instant
from patchlib.reports.reading import Page
from patchlib.reports.summary import Changes, FactChange, GateChange, GateResult, Summary
from patchlib.site import wording
from patchlib.tables import payload_of

__all__ = ["MOST_ROWS", "Moved", "asked_of_store", "compare", "sentences", "tables"]

MOST_ROWS = 20  # of a table of nodes on the first page
_STATES = {"none": "it was not there", "holds": "it held", "warns": "it warned", "trips": "it tripped"}
_NOW = {"none": "it is not there", "holds": "it holds", "warns": "it warns", "trips": "it trips"}


@dataclass(frozen=True)
class Moved:
    """What the store says changed between two instants.

    nodes: query fleet/changes. patches: query compliance/changes. dark, bright: accounts that can no longer be read,
    and that can be read again, by name. note: why there is nothing to compare; the rest is then empty.
    """

    note: str = ""
    nodes: pd.DataFrame | None = None
    patches: pd.DataFrame | None = None
    dark: tuple[str, ...] = ()
    bright: tuple[str, ...] = ()


def asked_of_store(session: Session, before: Summary | None) -> Moved:
    """The changes since the run that wrote `before`, which is None where there was none that can be compared."""
    why = _not_comparable(session, before)
    if why or before is None:
        return Moved(why)
    since = instant(before.as_of)
    then, now = _blind(session, since), _blind(session, session.as_of)
    return Moved(
        nodes=session.query("fleet/changes", since=since),
        patches=session.query("compliance/changes", since=since),
        dark=tuple(name for account_id, name in sorted(now.items()) if account_id not in then),
        bright=tuple(name for account_id, name in sorted(then.items()) if account_id not in now),
    )


def _not_comparable(session: Session, before: Summary | None) -> str:
    if before is None:
        return "This is the first run: there is none to compare it with."
    spoke = f"The last run spoke of {wording.text(instant(before.as_of))}"
    if before.organization_id != session.organization_id:
        return f"{spoke} in {before.organization_id or 'another estate'}, not in this one."
    if instant(before.as_of) == session.as_of:
        return "The last run spoke of the same instant."
    if instant(before.as_of) > session.as_of:
        return f"{spoke}, which is later than this one."
    first = session.first_taken_at
    if first is None or first > instant(before.as_of):
        return f"{spoke}, and this store does not reach back to it."
    return ""


def _blind(session: Session, at: Any) -> dict[str, str]:
    """Accounts that cannot be read at an instant: id, and name with id."""
    rows = session.query("fleet/accounts", as_of=at)
    blind = rows[rows["is_blind"].astype(bool)]
    pairs = zip(blind["account_id"].astype(str), blind["account_name"], strict=True)
    return {number: number if pd.isna(name) else f"{name} ({number})" for number, name in pairs}


def compare(moved: Moved, before: Summary | None, pages: Sequence[Page], results: Sequence[GateResult]) -> Changes:
    """All that changed, for the first page and for summary.json."""
    if before is None or moved.note or moved.nodes is None or moved.patches is None:
        return Changes(note=moved.note)
    nodes, patches = moved.nodes, moved.patches
    counts: Mapping[str, int] = {
        "appeared_node_count": int((nodes["change"] == "appeared").sum()),
        "gone_node_count": int((nodes["change"] == "gone").sum()),
        "opened_item_count": int(patches["opened_count"].sum()),
        "closed_item_count": int(patches["closed_count"].sum()),
        "unlisted_item_count": int(patches["unlisted_count"].sum()),
        "gone_item_count": int(patches["gone_count"].sum()),
        "newly_open_node_count": int(((patches["open_before_count"] == 0) & (patches["open_count"] > 0)).sum()),
        "newly_clear_node_count": int(((patches["open_count"] == 0) & (patches["closed_count"] > 0)).sum()),
    }
    return Changes(
        since_run_id=before.run_id,
        since_as_of=before.as_of,
        **counts,
        newly_unreadable_accounts=list(moved.dark),
        readable_again_accounts=list(moved.bright),
        gates=_gates(before, results),
        facts=_facts(before, pages),
    )


def sentences(changes: Changes) -> list[str]:
    """The changes in words, most pressing first; the reason alone where nothing is compared."""
    if changes.note:
        return [changes.note]
    gates = [f"Gate {each.name}: {_STATES[each.before]}, now {_NOW[each.now]}." for each in changes.gates]
    said = [
        _named("No longer readable", changes.newly_unreadable_accounts),
        *gates,
        f"{_counted(changes.opened_item_count, 'patch', 'became open on nodes')}; "
        f"{_verb(changes.closed_item_count, 'was', 'were')} closed, "
        f"{_verb(changes.gone_item_count, 'went with its node', 'went with their nodes')} and "
        f"{_verb(changes.unlisted_item_count, 'is', 'are')} no longer listed."
        if changes.opened_item_count
        or changes.closed_item_count
        or changes.unlisted_item_count
        or changes.gone_item_count
        else "",
        f"{_counted(changes.newly_open_node_count, 'node', 'with nothing open then has something open')}; "
        f"{_counted(changes.newly_clear_node_count, 'node', 'closed the last that was open')}."
        if changes.newly_open_node_count or changes.newly_clear_node_count
        else "",
        f"{_counted(changes.appeared_node_count, 'node', 'appeared')}; {changes.gone_node_count:,} went."
        if changes.appeared_node_count or changes.gone_node_count
        else "",
        _named("Readable again", changes.readable_again_accounts),
        f"{_counted(len(changes.facts), 'figure', 'moved')}: the cards say by how much." if changes.facts else "",
    ]
    return [words for words in said if words] or ["Nothing of what is watched here changed."]


def _named(what: str, accounts: Sequence[str]) -> str:
    return f"{what}: {', '.join(accounts)}." if accounts else ""


def _counted(count: int | None, one: str, what: str) -> str:
    many = {"patch": "patches"}.get(one, f"{one}s")
    return f"{count or 0:,} {one if count == 1 else many} {what}"


def _verb(count: int | None, one: str, many: str) -> str:
    return f"{count or 0:,} {one if count == 1 else many}"


def tables(moved: Moved) -> list[dict[str, Any]]:
    """The nodes behind the counts, as content of tables; none where nothing is compared or nothing changed."""
    shown = []
    for frame, query, title in (
        (moved.patches, "compliance/changes", "Nodes whose open patches changed"),
        (moved.nodes, "fleet/changes", "Nodes that appeared or went"),
    ):
        if frame is not None and len(frame):
            shown.append(
                payload_of(frame, max_rows=MOST_ROWS, source=query) | {"title": title, "note": "", "empty": ""}
            )
    return shown


def _facts(before: Summary, pages: Sequence[Page]) -> list[FactChange]:
    """Figures that moved, where both runs know them in one unit; a failed notebook has none to compare."""
    then = {
        (entry.name, fact.name, fact.unit): fact.value
        for entry in before.notebooks
        if entry.status == "ok"
        for fact in entry.facts
    }
    found = []
    for page in pages:
        for fact in () if page.has_failed else page.facts:
            was = then.get((page.name, fact.name, fact.unit), fact.value)
            if was != fact.value and not isinstance(was, str) and not isinstance(fact.value, str):
                told = {"notebook": page.name, "fact": fact.name, "unit": fact.unit}
                found.append(FactChange(**told, previous=was, value=fact.value))
    return found


def _gates(before: Summary, results: Sequence[GateResult]) -> list[GateChange]:
    then, now = ({gate.name: gate.state for gate in gates} for gates in (before.gates, results))
    names = dict.fromkeys([*now, *then])
    changed = [GateChange(name=name, before=then.get(name, "none"), now=now.get(name, "none")) for name in names]
    return [change for change in changed if change.before != change.now]
