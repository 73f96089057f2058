"""Dated facts that ship with patchlib: `data/reference/<name>.csv` as tables of the store, replaced at every load.

Each row names its source and the day it was read; what an API or a feed tells goes before them.
"""

from __future__ import annotations

import duckdb

from patchlib import paths
from patchlib.schema import declare

__all__ = ["REFERENCE_TABLES", "load_reference"]

REFERENCE_TABLES = (
    declare(
        "core.amazon_linux_release",
        "releases of Amazon Linux 2023's repositories; not every release is in it",
        """
        release varchar release without its respin, as package system-release has it: 2023.6.20250203
        released_date date day it was out
        source varchar where the dates come from
        as_of_date date day the source was read
        """,
        "release",
    ),
    declare(
        "core.aws_charge",
        "what AWS charges for being read: requests, and events that its trails deliver",
        """
        charge varchar name of the charge
        what varchar what is charged
        unit varchar what is counted
        unit_count bigint pieces that usd pays for [unit]
        usd double charge [USD]
        region varchar Region it holds in, null for all
        source varchar where the charge comes from
        as_of_date date day the source was read
        """,
        "charge",
    ),
    declare(
        "core.ledger_state",
        "how an attempt to read a source can end",
        """
        state varchar state
        state_rank integer gravity: of several sources the state with the highest is told
        is_answered boolean the source has been answered in full
        is_blind boolean what it would have shown is not seen
        denied_by varchar what keeps patchlib out, null when nothing does
        opened_by varchar who can open it, and how; {operation} stands for the operation; null when nothing is closed
        meaning varchar what it says
        """,
        "state",
    ),
    declare(
        "core.os_lifecycle",
        "end of vendor support by operating system version",
        """
        platform varchar display name of the operating system
        platform_name_pattern varchar LIKE pattern of SSM's PlatformName
        platform_version_pattern varchar LIKE pattern of SSM's PlatformVersion
        release varchar version as the vendor names it
        end_of_support_date date last day of security updates without paid extension
        extended_support_end_date date last day of paid extended updates, null when there are none
        source varchar where the dates come from
        as_of_date date day the source was read
        """,
        "platform_name_pattern, platform_version_pattern",
    ),
    declare(
        "core.release_feed",
        "which feed tells the release of which operating system's patches, besides Systems Manager",
        """
        feed varchar feed of advisories: core.feed
        operating_system varchar SSM's OperatingSystem value
        version_order varchar whose order its versions have: rpm or dpkg
        release_source varchar name of the source, as pages show it
        precedence integer of several feeds that know a patch, the lowest counts
        is_stand_in boolean its dates stand in for those of another vendor
        is_approved_from_update boolean approval rules count their days from the last change of an advisory
        product varchar SSM's product name, {release} stands for the release of the system; null when not told by it
        source varchar where the facts come from
        as_of_date date day the source was read
        """,
        "feed, operating_system",
    ),
    declare(
        "core.severity",
        "severities of vendors and scanners, gravest first",
        """
        severity varchar severity as the vendor or scanner spells it
        severity_rank integer order, 1 is the gravest
        source varchar where the word comes from
        as_of_date date day the source was read
        """,
        "severity",
    ),
    declare(
        "core.supported_os",
        "operating systems by the names EC2 and SSM give them, and whether Patch Manager patches them",
        """
        precedence integer of several patterns that match, the lowest counts
        described_by varchar PlatformName (SSM) or PlatformDetails (EC2)
        name_pattern varchar LIKE pattern of that name
        version_pattern varchar LIKE pattern of SSM's PlatformVersion
        platform varchar display name of the operating system
        operating_system varchar SSM's OperatingSystem value, null when SSM has none
        is_supported boolean Patch Manager patches it
        source varchar where the facts come from
        as_of_date date day the source was read
        """,
        "described_by, name_pattern, version_pattern",
    ),
)


def load_reference(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the reference tables by `data/reference/*.csv`."""
    for table in REFERENCE_TABLES:
        path = paths.reference_folder() / f"{table.name.partition('.')[2]}.csv"
        columns = {column.name: column.type for column in table.columns}
        connection.execute(f"delete from {table.name}")  # noqa: S608 - our own names
        source = f"read_csv($path, header = true, columns = {columns})"
        connection.execute(f"insert into {table.name} by name select * from {source}", {"path": str(path)})  # noqa: S608
