"""Tables of the store: raw ones from botocore's models, the ledger, provenance from here.

`raw.<source>` holds what the API gave, its latest observation; `core.<entity>` what the field speaks of,
with history (`patchlib.entities`). Comments carry AWS's own words. A newer botocore that knows more adds
columns; what the store does not know yet stays in the snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from patchlib.errors import SchemaMismatch
from patchlib.sources import Source

__all__ = [
    "OBSERVATION_VIEW",
    "OPEN_END",
    "PLAIN_TABLES",
    "Column",
    "Table",
    "declare",
    "found_columns",
    "load_catalogue",
    "raw_table",
    "table_script",
    "view_script",
]

# The end of what is still true: a value, not null, so that a time is always between two instants.
OPEN_END = "timestamp '9999-12-31'"


@dataclass(frozen=True)
class Column:
    """A column: name, DuckDB type, and its meaning with unit and meaning of null."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A table of the store, `raw.*` or `core.*`; one row per `grain`."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...] = ()


def declare(name: str, comment: str, columns: str, grain: str = "") -> Table:
    """A table from lines of `name type meaning`; grain: names with commas between."""
    parts = [line.split(maxsplit=2) for line in columns.strip().splitlines()]
    return Table(
        name,
        comment,
        tuple(Column(word, type_.upper(), meaning) for word, type_, meaning in parts),
        tuple(part.strip() for part in grain.split(",") if part.strip()),
    )


_FORMAT = declare(
    "core.store_format",
    "the format of this store; a newer patchlib may write a newer one",
    "format_number integer number of the format",
    "format_number",
)
_SNAPSHOT = declare(
    "core.snapshot",
    "snapshots loaded, one row each",
    """
    snapshot_id varchar name of the snapshot's folder
    taken_at timestamp instant of the snapshot by the endpoint's clock [UTC]
    endpoint varchar address read, null for AWS's own
    is_aws boolean read from AWS; false: a sandbox
    caller_arn varchar who read
    caller_account_id varchar account of the reader
    organization_id varchar organisation, null when there is none or it could not be read
    tool_version varchar patchlib that took it
    is_finished boolean the extraction came to its end
    base_snapshot_id varchar snapshot it builds on: what stood there unchanged was not asked again; null when none
    inputs varchar bucket or folder it was read from, null when the accounts themselves were asked
    """,
    "snapshot_id",
)
_UNIT = declare(
    "core.unit_key",
    "numbers for what is read as one, so that the daily observations of every node carry four bytes instead of names",
    """
    unit_key integer number the store gave to this row
    account_id varchar AWS account read
    region varchar Region read
    source varchar source of the catalogue
    item varchar item read, null where the listing was read whole
    """,
    "unit_key",
)
_OBSERVATION = declare(
    "core.observation_row",
    "units read completely, one row each: what core.observation shows with the unit's names",
    """
    observation_id integer number of the observation
    snapshot_id varchar snapshot that holds the page
    unit_key integer what was read: core.unit_key
    observed_at timestamp instant of the answer [UTC]
    """,
    "observation_id",
)
_COVERAGE = declare(
    "core.coverage",
    "coverage ledger: what every attempt to read ended in; rows are only added",
    """
    snapshot_id varchar snapshot of the attempt
    taken_at timestamp instant of the snapshot [UTC]
    account_id varchar AWS account
    region varchar Region; the home Region for what is read once per account or organisation
    service varchar AWS service
    operation varchar API operation
    source varchar source of the catalogue
    state varchar how it ended: core.ledger_state
    pages bigint pages received [pages]
    items bigint rows received [rows]
    calls bigint requests sent, retries apart [requests]
    retries bigint requests repeated [requests]
    seconds double time spent [s]
    error_code varchar AWS error code, null when none
    error_message varchar AWS error text, null when none
    observed_at timestamp instant of the last answer [UTC], null when there was none
    newest_answer_at timestamp newest answer that what is held of it rests on [UTC], null when this attempt held none
    oldest_answer_at timestamp oldest of them: details that were kept are as old as their own answer [UTC]
    rate double calls a second that the budget had learnt by the end [1/s], null when nothing was asked
    throttles bigint answers that were a throttle, healed by a retry or not [requests]
    refusal varchar of a part, what somebody must lift before the rest comes: core.ledger_state; null when nobody must
    note varchar what a reader of the row must know although nothing failed, null when nothing
    """,
    "snapshot_id, account_id, region, source",
)
_EXCLUSION = declare(
    "core.exclusion",
    "nodes that patching leaves out on purpose, by the settings of the latest snapshot",
    """
    node_id varchar node left out, null when a tag names the nodes
    tag_key varchar tag, null when node_id names the node
    tag_value varchar value of the tag, null when node_id names the node
    reason varchar why
    owner varchar who answers for it
    expires_on date last day of the exclusion
    """,
)
_SOURCE = declare(
    "core.source",
    "what patchlib asks: the catalogue of the latest load, and sources of earlier ones that it no longer names",
    """
    source varchar source of the catalogue
    source_number integer place in the catalogue
    service varchar AWS service
    operation varchar API operation
    system varchar what of AWS it belongs to, as people speak of it
    scope varchar where it is asked: once per organization, account or region, in every cell, or estate: after them
    unit varchar what is replaced by an answer: cell, item, key or watermark
    about varchar what its rows are
    """,
    "source",
)
_SERVICE_TAG = declare(
    "core.service_tag",
    "tags that together name a service, by the settings of the latest snapshot",
    """
    tag_key varchar tag, as it is spelt
    place integer its place in the name, from 1
    """,
    "tag_key",
)
PLAIN_TABLES = (_FORMAT, _SNAPSHOT, _UNIT, _OBSERVATION, _COVERAGE, _EXCLUSION, _SERVICE_TAG, _SOURCE)

_PROVENANCE = (
    Column("account_id", "VARCHAR", "AWS account read"),
    Column("region", "VARCHAR", "Region read"),
    Column("observation_id", "INTEGER", "observation it comes from: core.observation"),
    Column("item", "VARCHAR", "item the request was about, null where the listing was read whole"),
)


def raw_table(source: Source) -> Table:
    """The raw table of a source: provenance, request columns, then every member of AWS's row."""
    asked = tuple(
        Column(name, "VARCHAR", f"{member} of the request") for name, member in source.request_columns.items()
    )
    taken = {column.name for column in (*_PROVENANCE, *asked)}
    members = tuple(
        Column(
            member.column,
            member.type,
            f"{member.name}: {member.documentation}" if member.documentation else member.name,
        )
        for member in source.members
        if member.column not in taken
    )
    return Table(f"raw.{source.name}", source.about, (*_PROVENANCE, *asked, *members))


def found_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The columns that stand in the open store, with their types, by table."""
    tables: dict[str, dict[str, str]] = {}
    for schema, table, column, type_ in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and not internal"
    ).fetchall():
        tables.setdefault(f"{schema}.{table}", {})[column] = type_
    return tables


def table_script(table: Table, found: dict[str, str]) -> list[str]:
    """The statements that create the table with its comments, or add the columns it lacks.

    found: the columns that stand, with their types. Raises SchemaMismatch where one has another type.
    """
    columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    script = []
    if not found:
        script = [f"create table {table.name} ({columns})", f"comment on table {table.name} is {_text(table.comment)}"]
    for column in table.columns:
        if column.name in found:
            _same_type(table, column, found[column.name])
            continue
        if found:
            script.append(f'alter table {table.name} add column "{column.name}" {column.type}')
        script.append(f'comment on column {table.name}."{column.name}" is {_text(column.comment)}')
    return script


def view_script(view: Table, select: str) -> list[str]:
    """The statements that make a view anew, with its comments. view: its columns in order; their types follow."""
    return [
        f"create or replace view {view.name} as {select}",
        f"comment on view {view.name} is {_text(view.comment)}",
        *(f'comment on column {view.name}."{each.name}" is {_text(each.comment)}' for each in view.columns),
    ]


def _same_type(table: Table, column: Column, found: str) -> None:
    if found != column.type:
        raise SchemaMismatch(
            f"column {column.name} is {found} in the store and {column.type} in this patchlib",
            where=table.name,
            next_step="Build the store anew: `patchlib load data/local/snapshots/* --store NEW_FILE`.",
        )


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


OBSERVATION_VIEW = view_script(
    Table(
        "core.observation",
        "units read completely, one row each: where a value comes from",
        (*_OBSERVATION.columns[:2], *_UNIT.columns[1:], _OBSERVATION.columns[-1]),
    ),
    "select o.observation_id, o.snapshot_id, u.account_id, u.region, u.source, u.item, o.observed_at "
    "from core.observation_row as o inner join core.unit_key as u on u.unit_key = o.unit_key",
)


def load_catalogue(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> None:
    """Put the catalogue into `core.source`; what only an earlier catalogue named stays, for its ledger rows."""
    rows = [
        (of.name, number, of.service, of.operation, of.system, of.scope.name.lower(), of.unit, of.about)
        for number, of in enumerate(sources, start=1)
    ]
    columns = ["source", "source_number", "service", "operation", "system", "scope", "unit", "about"]
    told = pd.DataFrame(rows, columns=columns)
    connection.register("told_source", told)
    connection.execute("delete from core.source where source in (select source from told_source)")
    connection.execute("insert into core.source by name select * from told_source")
    connection.unregister("told_source")
