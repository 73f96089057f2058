"""On-demand rates of instance types: AWS's price list of a Region as CSV, or a table.

Format: AWS Billing user guide, "Reading the service price list file" (read 2026-11-25): five lines about the file, then
a table. The table of its own has a row per instance type and a column per operating system, is named
`ec2_<Region>.csv`, and does not tell its day.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date

from patchlib.feeds.facts import Facts, FeedFile, day, number, unknown_names
from patchlib.feeds.text import is_table, table_rows
from patchlib.feeds.unpack import unpacked

__all__ = ["read"]

# What an instance costs by the hour on shared hardware with nothing on it; reservations have hours of their own.
_PLAIN = {
    "TermType": "OnDemand", "Unit": "Hrs", "Currency": "USD", "Tenancy": "Shared", "Pre Installed S/W": "NA",
    "CapacityStatus": "Used",
}  # fmt: skip
_REQUIRED = frozenset(_PLAIN) | {
    "Region Code", "Instance Type", "Operating System", "License Model", "operation", "PricePerUnit", "vCPU", "Memory",
}  # fmt: skip
_SYSTEMS = {"linux_usd_h": "Linux", "windows_usd_h": "Windows", "rhel_usd_h": "RHEL"}
_TABLE = frozenset(_SYSTEMS) | {"instance_type", "vcpu", "memory_gib"}
_TABLE_KNOWN = _TABLE | {
    "arch", "gpu", "burstable", "current_generation", "hypervisor", "network", "instance_store_gb",
}  # fmt: skip
_NAMED = re.compile(r"ec2_([a-z0-9_]+)\.csv$")
_DEAREST = 1e5  # no hour of an instance costs that much [USD]


def read(file: FeedFile) -> Facts:
    """The rates of a Region. Raises FeedInvalid."""
    return _read_table(file) if is_table(file, "instance_type") else _read_list(file)


def _read_list(file: FeedFile) -> Facts:
    facts = Facts()
    try:
        # Line by line, because a large Region's list takes hundreds of megabytes.
        lines = csv.reader(io.TextIOWrapper(io.BytesIO(unpacked(file)), "utf-8-sig", newline=""), strict=True)
        facts.as_of = _published(file, lines)
        names = next(lines, [])
        missing = sorted(_REQUIRED - set(names))
        if missing:
            raise file.invalid(f"the file lacks columns: {', '.join(missing)}")
        for line in lines:
            if len(line) != len(names):
                raise file.invalid(f"a row has {len(line)} values, the file {len(names)} columns")
            row = dict(zip(names, line, strict=True))
            if all(row[name] == value for name, value in _PLAIN.items()):
                _add(file, facts, row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise file.invalid(f"the file is no CSV: {error}") from error
    return facts


def _published(file: FeedFile, lines: Iterator[list[str]]) -> date | None:
    """The day of publication, from the five lines before the table."""
    told = dict(line[:2] for line in (next(lines, []) for _ in range(5)) if len(line) >= 2)
    if "Publication Date" not in told:
        raise file.invalid("the first lines name no publication date")
    return day(file, told["Publication Date"])


def _add(file: FeedFile, facts: Facts, row: Mapping[str, str]) -> None:
    facts.row_count += 1
    vcpu, memory = number(file, row["vCPU"], 0, 1e5), row["Memory"].replace(",", "").removesuffix(" GiB")
    is_new = facts.add(
        "on_demand_price",
        region=row["Region Code"],
        instance_type=row["Instance Type"],
        operating_system=row["Operating System"],
        license_model=row["License Model"],
        operation=row["operation"],
        usd_per_hour=number(file, row["PricePerUnit"], 0, _DEAREST),
        vcpu_count=int(vcpu) if vcpu is not None else None,
        memory_gib=number(file, memory if memory != "NA" else None, 0, 1e6),
    )
    if not is_new:
        raise file.invalid(f"the file names {row['Instance Type']} {row['operation']} twice in {row['Region Code']}")


def _read_table(file: FeedFile) -> Facts:
    named = _NAMED.search(file.source)
    if not named:
        raise file.invalid("the name of the file does not tell its Region: ec2_<Region>.csv")
    names, rows = table_rows(file, _TABLE)
    facts = Facts(notes=unknown_names(names, _TABLE_KNOWN))
    for row in rows:
        facts.row_count += 1
        vcpu = number(file, row["vcpu"], 0, 1e5)
        for column, system in _SYSTEMS.items():
            if not row[column]:
                continue
            is_new = facts.add(
                "on_demand_price",
                region=named[1].replace("_", "-"),
                instance_type=row["instance_type"],
                operating_system=system,
                license_model="any",
                operation="any",
                usd_per_hour=number(file, row[column], 0, _DEAREST),
                vcpu_count=int(vcpu) if vcpu is not None else None,
                memory_gib=number(file, row["memory_gib"], 0, 1e6),
            )
            if not is_new:
                raise file.invalid(f"the file names {row['instance_type']} twice")
    return facts
