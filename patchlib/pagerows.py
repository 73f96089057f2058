"""The SQL that makes rows of a source's page files: unfolded, typed, and named by the source's key."""

from __future__ import annotations

from patchlib.schema import raw_table
from patchlib.sources import Source
from patchlib.sources.declaration import steps

__all__ = ["key_of", "rows_of", "take_in"]

# A page of 1000 instances with many tags is a few MB [bytes].
_LARGEST_LINE = 256 * 1024 * 1024


def key_of(source: Source) -> dict[str, str]:
    """The columns that name a row, with the expression of each over page_row."""
    columns = {member.name: member.column for member in source.members}
    if _is_plain(source):
        return {"value": "row_"} if source.key else {}
    return {
        columns.get(name, name): f'row_."{name}"'
        if name in columns
        else f"json_extract_string(request, '$.{source.request_columns[name]}')"
        for name in source.key
    }


def _is_plain(source: Source) -> bool:
    """Whether a row is a value and no structure."""
    return [member.name for member in source.members] == ["Value"]


def _response_type(source: Source) -> str:
    """The DuckDB type of a page's response, with the members the store keeps."""
    members = [f'"{member.name}" {member.type}' for member in source.members]
    last = steps(source.items)[-1:] or [""]
    plain = _is_plain(source) and last[0].endswith("[]")
    found = source.members[0].type if plain else f"STRUCT({', '.join(members)})"
    for step in reversed(steps(source.items)):
        many = "[]" if step.endswith("[]") else ""
        found = f'STRUCT("{step.removesuffix("[]")}" {found}{many})'
    return found


def rows_of(source: Source) -> str:
    """SQL over `$files`: one row per row of the answers, as a struct `row_`, with its page's request."""
    columns = {
        "account_id": "VARCHAR",
        "region": "VARCHAR",
        "item": "VARCHAR",
        "page": "BIGINT",
        "attempt": "BIGINT",
        "request": "JSON",
        "response": _response_type(source),
    }
    sql = (
        "select account_id, region, item, page, attempt, request, response as row_ from read_json($files, "  # noqa: S608 - values bound
        f"format = 'newline_delimited', compression = 'gzip', maximum_object_size = {_LARGEST_LINE}, "
        f"columns = {columns})"
    )
    for step in steps(source.items):
        child = f'row_."{step.removesuffix("[]")}"'
        child = f"unnest({child})" if step.endswith("[]") else child
        sql = f"select account_id, region, item, page, attempt, request, {child} as row_ from ({sql}) as page"  # noqa: S608
    return sql


def take_in(source: Source) -> str:
    """The statement that takes `page_row` into the raw table, with the observation of `$snapshot_id`, `$source`."""
    table = raw_table(source)
    members = {member.column: f'p.row_."{member.name}"' for member in source.members}
    if _is_plain(source):
        members = {"value": "p.row_"}
    values = {
        "account_id": "p.account_id",
        "region": "p.region",
        "observation_id": "o.observation_id",
        "item": "p.item",
        **{name: f"json_extract_string(p.request, '$.{member}')" for name, member in source.request_columns.items()},
    }
    chosen = [f'{values.get(column.name) or members[column.name]} as "{column.name}"' for column in table.columns]
    # Earlier formats name no items of what has become an item since: there the listing was read whole.
    item = "o.item is not distinct from p.item" if source.unit == "item" else "o.item is null"
    return (
        f"insert into {table.name} by name select {', '.join(chosen)} from page_row as p "  # noqa: S608 - values bound
        f"inner join core.observation as o on o.snapshot_id = $snapshot_id and o.source = $source "
        f"and o.account_id = p.account_id and o.region = p.region and {item} where p.row_ is not null"
    )
