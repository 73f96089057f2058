"""The whole account of a node in its order, for a reader and for a program: the same values, the same rows behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from patchlib import paths
from patchlib.explain.asked import Node, choose_node, choose_patches
from patchlib.explain.evidence import Evidence, Files, Taken
from patchlib.explain.item import Terms, cve_section, fixed_by, patch_section
from patchlib.explain.node import DECIDES, node_sections
from patchlib.explain.parts import Asked, Section
from patchlib.explain.plain import records
from patchlib.metrics.vulnerability import is_cve
from patchlib.notebook import Session
from patchlib.site import wording

__all__ = ["Account", "as_json", "as_text", "explain"]

_WIDTH = 24  # of names [characters]
MOST_DECIDING = 10  # patches that decide a status, printed one by one


@dataclass(frozen=True)
class Account:
    """What was found. as_of: ISO instant [UTC]. evidence: numbered from 1, as the values cite it."""

    node: Node
    as_of: str
    is_sandbox: bool
    sections: list[Section]
    evidence: list[Evidence]


def explain(
    session: Session,
    word: str,
    what: str = "",
    *,
    account_id: str = "",
    region: str = "",
    terms: Terms | None = None,
    folders: Sequence[Path] = (),
) -> Account:
    """Everything the store knows of a node, and of a patch or CVE on it, at the session's instant.

    terms: policy and exceptions by which a patch is judged.
    word: node id or name. what: a patch, a part of its name, or a CVE; "" for the node alone.
    folders: where snapshots lie; none: the usual ones. Nothing is written and nobody is asked.
    Raises ParameterInvalid where a word means several things, ItemUnknown where it means none.
    """
    node = choose_node(session, word, account_id=account_id, region=region)
    files = Files(folders or _usual(session), _taken(session))
    origins = records(session.query("explain/node_row", **node.key))
    asked = Asked(session, node, files, {str(row["relation"]): row for row in origins})
    patches = asked.rows("explain/patch_interval")
    sections = node_sections(asked, patches)
    if what:
        fixed = fixed_by(asked, patches)
        refs = choose_patches(patches, what, fixed.every)
        sections += [cve_section(what.strip().upper(), fixed, refs)] if is_cve(what) else []
        sections += [patch_section(asked, ref, patches, fixed, terms or Terms()) for ref in refs]
    files.find()
    return Account(node, str(wording.plain(session.as_of)), session.is_sandbox, sections, files.cited)


def _usual(session: Session) -> tuple[Path, ...]:
    places = (paths.SNAPSHOTS, paths.DEMO_SNAPSHOTS)
    return places[::-1] if session.is_sandbox else places


def _taken(session: Session) -> dict[str, Taken]:
    rows = session.snapshots.to_dict("records")
    return {row["snapshot_id"]: Taken(row["taken_at"].to_pydatetime(), str(row["caller_account_id"])) for row in rows}


def as_text(account: Account) -> Iterator[str]:
    """Line by line: each value with its note and the numbers of its evidence, then the evidence."""
    node = account.node
    called = f"{node.node_id} ({node.name})" if node.name else node.node_id
    yield f"{called} in {node.account_id} {node.region}, as of {account.as_of}"
    if account.is_sandbox:
        yield "Sandbox organisation: seeded data, no real estate."
    shown: set[int] = set()
    for section in account.sections:
        yield ""
        yield section.title
        deciding = [value for value in section.values if value.note == DECIDES]
        for value in section.values:
            if value in deciding[MOST_DECIDING:]:
                continue
            shown.update(value.evidence)
            cited = "".join(f" [{number}]" for number in value.evidence)
            note = f"  ({value.note})" if value.note else ""
            yield f"  {value.name:<{_WIDTH}} {wording.text(value.value)}{note}{cited}"
        if len(deciding) > MOST_DECIDING:
            yield f"  and {len(deciding) - MOST_DECIDING} more such patches: `--format json` lists them all"
    yield ""
    yield "Evidence: what AWS answered, and the line of the snapshot that holds it"
    for each in account.evidence:
        if each.number in shown:
            yield from _evidence(each)


def _evidence(each: Evidence) -> Iterator[str]:
    seen = each.observation
    item = f", item {seen.item}" if seen.item else ""
    yield (
        f"  [{each.number}] {seen.operation}, account {seen.account_id}, {seen.region}{item}, "
        f"read {wording.text(seen.observed_at)}, snapshot {seen.snapshot_id}"
    )
    if each.missing:
        yield f"      {each.missing}"
        return
    yield f"      {each.folder}/{each.file} line {each.line} (page {each.page}): {each.path}"
    yield f"      {orjson.dumps(each.members).decode()}"


def as_json(account: Account) -> dict[str, Any]:
    """The same as plain values: instants ISO `Z`, what is not known null."""
    node = account.node
    return {
        "node": {**node.key, "name": node.name, "account_name": node.account_name},
        "as_of": account.as_of,
        "is_sandbox": account.is_sandbox,
        "sections": [
            {
                "title": section.title,
                "values": [
                    {
                        "name": value.name,
                        "value": wording.plain(value.value),
                        "note": value.note,
                        "query": value.query,
                        "evidence": list(value.evidence),
                    }
                    for value in section.values
                ],
            }
            for section in account.sections
        ],
        "evidence": [
            {
                "number": each.number,
                "snapshot_id": each.observation.snapshot_id,
                "operation": each.observation.operation,
                "source": each.observation.source,
                "account_id": each.observation.account_id,
                "region": each.observation.region,
                "item": each.observation.item,
                "observed_at": wording.plain(each.observation.observed_at),
                "file": each.file or None,
                "line": each.line,
                "page": each.page,
                "path": each.path or None,
                "member": each.members,
                "missing": each.missing or None,
            }
            for each in account.evidence
        ],
    }
