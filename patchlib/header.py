"""The header of a query's file: what it says of itself, read by machines and confirmed by DuckDB.

A file of `queries/` begins with it:

    -- purpose: the question it answers
    -- inputs:  core.node, fleet/node_coverage        tables, and queries it builds on
    -- grain:   one row per account_id, region
    -- params:                                        name  type  meaning [unit]
    --   as_of  timestamp  report instant [UTC]
    -- columns:                                       name  type  meaning [unit], meaning of null
    --   account_id  varchar  AWS account

A long purpose, list of inputs or grain goes on in the next line, indented by ten. Core relations and checks have
lines of their own, which `patchlib.entities` and `patchlib.checks` read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from patchlib.errors import HeaderInvalid

__all__ = ["Field", "Query", "fault", "parse"]

_LINES = ("purpose", "inputs", "grain", "key", "history", "numbered", "latest", "severity", "params", "columns")
_NEEDED = ("purpose", "inputs", "grain", "columns")
_HEADING = re.compile(r"^-- (\w+):\s*(.*)$")
_FIELD = re.compile(r"^--   (\w+)\s+([\w\[\]]+)\s+(\S.*)$")
_MORE = re.compile(r"^-- {10,}(\S.*)$")


@dataclass(frozen=True)
class Field:
    """A parameter or column: name, DuckDB type in lower case, meaning with unit and meaning of null."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Query:
    """One file of `queries/`.

    inputs: tables (`core.node`) and queries (`fleet/ledger`) it reads. key: columns that name a row and
    history: how the store keeps it, numbered: the dimension whose number its table has in the place of names,
    latest: columns of which only the latest value is kept, for core relations. severity: stop or warn, for checks.
    """

    name: str
    path: Path
    purpose: str
    inputs: tuple[str, ...]
    grain: str
    params: tuple[Field, ...]
    columns: tuple[Field, ...]
    sql: str
    key: tuple[str, ...] = ()
    history: str = ""
    numbered: str = ""
    latest: tuple[str, ...] = ()
    severity: str = ""

    @property
    def relation(self) -> str:
        """The name by which another query reads this one."""
        return self.name.replace("/", "_")

    @property
    def queries(self) -> tuple[str, ...]:
        """The inputs that are queries themselves."""
        return tuple(name for name in self.inputs if "/" in name)


def fault(path: Path, what: str) -> HeaderInvalid:
    """The error of a query's file: its header, or what it builds on."""
    return HeaderInvalid(what, where=str(path), next_step="The header's form is described in patchlib.header.")


def parse(name: str, path: Path, text: str) -> Query:
    """The query in a file of that text. Raises HeaderInvalid when its header cannot be read."""
    values: dict[str, str] = {}
    fields: dict[str, list[Field]] = {"params": [], "columns": []}
    lines = text.splitlines()
    length = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    current = ""
    for line in lines[:length]:
        heading, field, more = _HEADING.match(line), _FIELD.match(line), _MORE.match(line)
        if heading and heading[1] in _LINES and heading[1] not in values:
            current = heading[1]
            values[current] = heading[2].strip()
        elif field and current in fields:
            fields[current].append(Field(field[1], field[2].lower(), field[3].strip()))
        elif more and current and current not in fields:
            values[current] += f" {more[1].strip()}"
        else:
            raise fault(path, f"a header line cannot be read: {line!r}")
    missing = [line for line in _NEEDED if line not in values or (line != "columns" and not values[line])]
    if missing or not fields["columns"]:
        raise fault(path, f"the header lacks {', '.join(missing) or 'columns'}")
    return Query(
        name=name,
        path=path,
        purpose=values["purpose"],
        inputs=_listed(values["inputs"]),
        grain=values["grain"],
        params=tuple(fields["params"]),
        columns=tuple(fields["columns"]),
        sql="\n".join(lines[length:]).strip().removesuffix(";"),
        key=_listed(values.get("key", "")),
        history=values.get("history", ""),
        numbered=values.get("numbered", ""),
        latest=_listed(values.get("latest", "")),
        severity=values.get("severity", ""),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
