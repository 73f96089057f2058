"""What an account of a node is made of: values with their meaning and what stands behind them, in sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from patchlib.explain.asked import Node
from patchlib.explain.evidence import Files, Observation
from patchlib.explain.plain import known
from patchlib.notebook import Session

__all__ = ["Asked", "Section", "Value"]


@dataclass(frozen=True)
class Value:
    """One value. note: why it is so, or what its absence means. query: where it can be asked again.

    evidence: numbers of the rows that told it; none where nothing AWS answered did, and then the note says what.
    """

    name: str
    value: Any
    note: str = ""
    query: str = ""
    evidence: tuple[int, ...] = ()


@dataclass
class Section:
    """Values that belong together, in the order in which they are read."""

    title: str
    values: list[Value] = field(default_factory=list)

    def add(self, name: str, value: Any, note: str = "", *, query: str = "", evidence: tuple[int, ...] = ()) -> None:
        """One more value; NaN, NaT and null are all None."""
        self.values.append(Value(name, known(value), note, query, evidence))


@dataclass(frozen=True)
class Asked:
    """The node that is asked about, the session that answers, and the rows cited so far.

    origins: rows of query explain/node_row by relation.
    """

    session: Session
    node: Node
    files: Files
    origins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def rows(self, name: str, **params: Any) -> pd.DataFrame:
        """A query that is about one node by its parameters."""
        return self.session.query(name, **self.node.key, **params)

    def own(self, name: str, **columns: str) -> pd.DataFrame:
        """A query about all nodes: the rows of this one."""
        return self.session.query_for(name, {**self.node.key, **columns})

    def behind(self, relation: str, *members: str) -> tuple[int, ...]:
        """The row of a listing in which the node, or its account, stands by its id; none where there is no such row."""
        row = self.origins.get(relation)
        if row is None:
            return ()
        named = {"ssm_inventory": "Id", "organizations_account": "Id"}.get(row["source"], "InstanceId")
        wanted = self.node.account_id if relation == "account" else self.node.node_id
        # The objects of a data sync are about one node and do not name it in their rows.
        match = {} if str(row["source"]).startswith("datasync") else {named: wanted}
        return self.cite(row, match, *members)

    def cite(self, row: Mapping[str, Any], match: Mapping[str, Any], *members: str) -> tuple[int, ...]:
        """The row of a page behind a row of queries/explain/; match and members as in Files.cite."""
        return (self.files.cite(Observation.of(row), match, members),)
