"""Rows of exported reports: tables of a CSV file by their headings, findings of a JSON document.

A file may hold several tables below each other, each with its line of headings. A heading that is not known refuses
the file: a column that is passed over may be the one that says the rows mean something else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from patchlib.datasync.content import typed
from patchlib.datasync.keys import Place
from patchlib.errors import LayoutUnknown
from patchlib.sources import Cell, Source
from patchlib.sources.report_file import FINDINGS, REPORTS, Report, folded

__all__ = ["Part", "read_report"]

_STEP = "Nothing of it was taken; send the headings, not the data, to whoever maintains patchlib."
_REQUIRED_OF_FINDING = ("awsAccountId", "findingArn", "severity", "status")


@dataclass(frozen=True)
class Part:
    """Rows of one table of one report that belong to one cell."""

    source: Source
    cell: Cell
    rows: tuple[Mapping[str, Any], ...]


def read_report(place: Place, text: str, *, key: str) -> list[Part]:
    """The rows of a report by table and cell. Raises LayoutUnknown for headings, members or a cell not known."""
    text = text.removeprefix("\ufeff")
    found = _findings(text, key) if place.kind == "json" else _tables(place, text, key)
    by_part: dict[tuple[str, Cell], tuple[Source, list[Mapping[str, Any]]]] = {}
    for source, cell, row in found:
        by_part.setdefault((source.name, cell), (source, []))[1].append(row)
    return [Part(source, cell, tuple(rows)) for (_, cell), (source, rows) in by_part.items()]


def _findings(text: str, key: str) -> Iterator[tuple[Source, Cell, Mapping[str, Any]]]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise LayoutUnknown(f"the file is not JSON: {error}", where=key, next_step=_STEP) from error
    rows = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise LayoutUnknown("no report that is known: an export of findings was expected", where=key, next_step=_STEP)
    for number, finding in enumerate(rows, 1):
        row = typed(FINDINGS.columns, finding, key) if isinstance(finding, dict) else {}
        lacking = [name for name in _REQUIRED_OF_FINDING if not row.get(name)]
        parts = str(row.get("findingArn", "")).split(":")
        if lacking or len(parts) < 6:
            text = f"finding {number} lacks {', '.join(lacking) or 'a whole findingArn'}"
            raise LayoutUnknown(text, where=key, next_step=_STEP)
        yield FINDINGS, Cell(str(row["awsAccountId"]), parts[3]), row


def _tables(place: Place, text: str, key: str) -> Iterator[tuple[Source, Cell, Mapping[str, Any]]]:
    report: Report | None = None
    names: list[str] = []
    lines = csv.reader(io.StringIO(text, newline=""))
    for values in lines:
        if not any(value.strip() for value in values):
            continue
        begun = _begun(values)
        if begun is not None:
            report, names = begun, _names(begun, values, key)
            continue
        if report is None:
            raise LayoutUnknown(
                f"these headings are of no report that is known: {_shown(values)}", where=key, next_step=_STEP
            )
        if len(values) != len(names):
            text = f"line {lines.line_num} has {len(values)} values under {len(names)} headings"
            raise LayoutUnknown(text, where=key, next_step=_STEP)
        row = dict(zip(names, values, strict=True))
        yield report.source, _cell(report, place, row, key), row


def _begun(values: Sequence[str]) -> Report | None:
    """The report whose headings these values are, if they are headings."""
    found = {folded(value) for value in values}
    return next((each for each in REPORTS if {folded(name) for name in each.required} <= found), None)


def _names(report: Report, values: Iterable[str], key: str) -> list[str]:
    headings = report.headings
    unknown = [value for value in values if folded(value) not in headings]
    if unknown:
        text = f"{report.source.name} has headings that are not known: {_shown(unknown)}"
        raise LayoutUnknown(text, where=key, next_step=_STEP)
    return [headings[folded(value)].name for value in values]


def _cell(report: Report, place: Place, row: Mapping[str, str], key: str) -> Cell:
    account_id = row[report.account] if report.account else place.account_id
    region = row[report.region] if report.region else place.region
    if not account_id or not region:
        raise LayoutUnknown(
            f"neither a row of {report.source.name} nor its key says whose it is",
            where=key,
            next_step="Put such reports below a folder per account and Region: <12 digits>/<Region>/<report>.csv.",
        )
    return Cell(account_id, region)


def _shown(values: Iterable[str]) -> str:
    return ", ".join(list(values)[:20])
