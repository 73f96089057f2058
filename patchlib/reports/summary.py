"""summary.json: what a report found, for machines. The schema number rises when a key changes its meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pydantic

__all__ = [
    "SCHEMA",
    "Changes",
    "FactChange",
    "FactValue",
    "Failure",
    "GateChange",
    "GateResult",
    "GateState",
    "NotebookSummary",
    "Summary",
    "read_summary",
]

SCHEMA = 1
GateState = Literal["none", "holds", "warns", "trips"]


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")


class FactValue(_Model):
    """One number: shares are 0..1 with unit `share`; value null means unknown."""

    name: str
    value: float | int | str | None
    unit: str
    definition: str
    denominator: str = ""
    source: str = ""


class Failure(_Model):
    """Where a notebook failed: the heading above the cell, its number among all cells from 1, and the cause."""

    heading: str
    cell: int | None
    cause: str


class NotebookSummary(_Model):
    """One notebook's result. `published_*` say from which run its page at the front is."""

    name: str
    title: str
    status: Literal["ok", "failed"]
    page: str
    conclusion: str
    facts: list[FactValue]
    failure: Failure | None = None
    published_run_id: str
    published_as_of: str


class GateResult(_Model):
    """One limit watched: coverage, data age, a fact, or what a query answers.

    is_tripped: ends the run with exit code 7. is_warned: said on the first page, and no more.
    value: of a query's gate, in `unit`; null means unknown, as for every other gate.
    """

    name: str
    is_tripped: bool
    message: str
    is_warned: bool = False
    value: float | None = None
    unit: str = ""

    @property
    def state(self) -> GateState:
        """In one word."""
        return "trips" if self.is_tripped else "warns" if self.is_warned else "holds"


class GateChange(_Model):
    """A gate that is not as it was; `none` where one of the two runs had no such gate."""

    name: str
    before: GateState
    now: GateState


class FactChange(_Model):
    """A figure that is not as it was, in its unit; null where one of the two runs did not know it."""

    notebook: str
    fact: str
    unit: str
    previous: float | int | None
    value: float | int | None


class Changes(_Model):
    """What changed since the run that wrote the summary before this one.

    note: why nothing is compared (the first run, the same instant, another estate); then all counts are null. Items
    are patches on nodes: opened and closed as compliance/changes counts them; gone ones went with their node, unlisted
    ones are neither. A node is newly open where nothing counted against it then, newly clear where nothing does now and
    something was closed.
    """

    note: str = ""
    since_run_id: str = ""
    since_as_of: str = ""
    appeared_node_count: int | None = None
    gone_node_count: int | None = None
    opened_item_count: int | None = None
    closed_item_count: int | None = None
    unlisted_item_count: int | None = None
    gone_item_count: int | None = None
    newly_open_node_count: int | None = None
    newly_clear_node_count: int | None = None
    newly_unreadable_accounts: list[str] = []
    readable_again_accounts: list[str] = []
    gates: list[GateChange] = []
    facts: list[FactChange] = []


class Summary(_Model):
    """A whole run. exit_code: 0 ok, 6 a notebook failed, 7 a gate tripped; of both the lower."""

    schema_version: int = SCHEMA
    report: str
    title: str
    run_id: str
    as_of: str
    status: Literal["ok", "notebook failed", "gate tripped"]
    exit_code: int
    organization_id: str
    is_sandbox: bool
    parameters: dict[str, dict[str, Any]]
    coverage: dict[str, Any]
    gates: list[GateResult]
    changes: Changes = Changes()
    notebooks: list[NotebookSummary]


def read_summary(path: Path) -> Summary | None:
    """An earlier run's summary; None when there is none, or it is of another schema and cannot be compared."""
    if not path.is_file():
        return None
    try:
        found = Summary.model_validate_json(path.read_bytes())
    except pydantic.ValidationError:
        return None
    return found if found.schema_version == SCHEMA else None
