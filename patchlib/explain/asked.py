"""Whom a word means: a node by id or name, a patch by its reference or a part of its title, a CVE."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patchlib.errors import ItemUnknown, ParameterInvalid
from patchlib.explain.plain import records
from patchlib.metrics.vulnerability import is_cve
from patchlib.notebook import Session
from patchlib.site import wording

__all__ = ["Node", "choose_node", "choose_patches"]

_MOST = 12  # candidates that one line names


@dataclass(frozen=True)
class Node:
    """The node that was meant. gone_at: when it was no longer there, in words; "" while it is there."""

    account_id: str
    account_name: str | None
    region: str
    node_id: str
    name: str | None
    group_name: str | None
    image_id: str | None
    gone_at: str

    @property
    def key(self) -> dict[str, Any]:
        """The columns that name a node in every query."""
        return {"account_id": self.account_id, "region": self.region, "node_id": self.node_id}


def choose_node(session: Session, word: str, *, account_id: str = "", region: str = "") -> Node:
    """The one node of that id, else of that name; account_id and region narrow the choice where they are given.

    A node that is there comes before one that is gone. Raises ParameterInvalid where several are meant, naming them,
    and ItemUnknown where none is, with what is spelt alike.
    """
    every = session.query("explain/candidate")
    asked = every
    for column, wanted in (("account_id", account_id), ("region", region)):
        asked = asked[asked[column] == wanted] if wanted else asked
    wanted = word.strip().lower()
    found = asked[asked["node_id"].str.lower() == wanted]
    if not len(found):
        found = asked[asked["name"].fillna("").str.lower() == wanted]
    if found["is_present"].any():
        found = found[found["is_present"].astype(bool)]
    if not len(found):
        raise _unknown_node(session, word, asked)
    if len(found) > 1:
        raise ParameterInvalid(
            f"{word} is {len(found)} nodes: {_named(found)}",
            where=str(session.store),
            next_step="Name one by its id, with --account and --region where that is not enough.",
        )
    row = records(found)[0]
    return Node(
        account_id=row["account_id"],
        account_name=row["account_name"],
        region=row["region"],
        node_id=row["node_id"],
        name=row["name"],
        group_name=row["group_name"],
        image_id=row["image_id"],
        gone_at="" if row["gone_at"] is None else wording.text(row["gone_at"]),
    )


def _named(rows: pd.DataFrame) -> str:
    listed = [f"{row.node_id} in {row.account_id} {row.region}" for row in rows.head(_MOST).itertuples()]
    return ", ".join(listed) + (f" and {len(rows) - _MOST} more" if len(rows) > _MOST else "")


def _unknown_node(session: Session, word: str, asked: pd.DataFrame) -> ItemUnknown:
    known = sorted({*asked["node_id"], *asked["name"].dropna()})
    near = difflib.get_close_matches(word, known, 3, cutoff=0.5)
    held = f"It holds {len(asked):,} nodes; `patchlib query fleet/node_coverage` lists them."
    return ItemUnknown(
        f"there is no node {word}",
        where=str(session.store),
        next_step=f"Did you mean {' or '.join(near)}?" if near else held,
    )


def choose_patches(listed: pd.DataFrame, word: str, fixed: Mapping[str, Collection[str]]) -> list[str]:
    """The patch references that a word means among those a node has ever listed.

    listed: query explain/patch_interval. fixed: the vulnerabilities that each patch is known to fix.
    A CVE means every listed patch that is known to fix it, which may be none. Anything else means one patch: its
    reference, KB number or title whole, else a part of one of them that no other patch has.
    Raises ParameterInvalid where a part is of several patches, ItemUnknown where nothing is like it.
    """
    if is_cve(word):
        fixing = {ref for ref, cves in fixed.items() if word.strip().upper() in cves}
        return sorted(fixing & set(listed["patch_ref"]))
    wanted = word.strip().lower()
    texts = [
        {str(row[name]).lower(): str(row["patch_ref"]) for name in ("patch_ref", "title", "kb_id") if row[name]}
        for row in records(listed)
    ]
    whole = _refs(texts, lambda text: text in {wanted, f"kb{wanted}"})
    found = whole or _refs(texts, lambda text: wanted in text)
    if len(found) == 1:
        return found
    if not found:
        known = {text: ref for each in texts for text, ref in each.items()}
        near = dict.fromkeys(known[text] for text in difflib.get_close_matches(wanted, sorted(known), 3, cutoff=0.5))
        hint = f"Did you mean {' or '.join(near)}?" if near else "Without a patch, what is open on it is listed."
        raise ItemUnknown(f"no scan of the node lists a patch like {word}", next_step=hint)
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    raise ParameterInvalid(
        f"{word} is {len(found)} patches of the node: {', '.join(found[:_MOST])}{more}",
        next_step="Name one whole, in quotation marks.",
    )


def _refs(texts: Sequence[dict[str, str]], holds: Callable[[str], bool]) -> list[str]:
    return sorted({ref for each in texts for text, ref in each.items() if holds(text)})
