"""The packages behind the titles of Linux patches, with keys that sort as rpm and dpkg sort versions.

Patch Manager titles an rpm patch `name.arch:epoch:version-release` and a Debian one `name.arch:version`, where the
version has its epoch before a colon if it has one (user guide, "Approved package name formats"; the agent's own
patch-baseline-operations, as mirrored by tekumara/aws-ssm-patch-manager fd11be0; both read 2026-11-25). What follows
the first colon is therefore a version to either. The keys are Python's, because SQL cannot make them; they are a
table of their own, because a column of `core.patch_key` would number every patch of an older store anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import duckdb
import pandas as pd

from patchlib.schema import declare
from patchlib.versions import VersionInvalid, dpkg_key, rpm_key

__all__ = ["PACKAGE_TABLE", "Package", "fill_packages", "packages_of"]

PACKAGE_TABLE = declare(
    "core.patch_package",
    "packages behind the titles of Linux patches, one row per patch and per order that takes its version",
    """
    patch_ref varchar title of the patch: name.arch:epoch:version-release, or name.arch:version of a Debian package
    version_order varchar whose order the key keeps: rpm or dpkg; a version that both take has two rows
    package varchar name of the package
    arch varchar architecture
    version varchar version with its release, and with its epoch where the title has one
    version_key varchar sorts as that order sorts versions, as core.advisory_package.fixed_version_key does
    os_release varchar release of the operating system that the version names, null when it names none
    """,
    "patch_ref, version_order",
)

_TITLE = re.compile(r"(?P<package>[^\s:/]+)\.(?P<arch>[A-Za-z0-9_]+):(?P<version>[^\s/]+)")
# 5.14.0-570.12.1.el9_6, 1.module+el8.10.0+1+2, 8.5.0-1.amzn2023.0.4: the tag of the distribution, as its vendor sets it
_RPM_RELEASE = re.compile(r"[._+](?:el(?P<el>\d+)|amzn(?P<amzn>\d+))(?![0-9a-z])")
# 3.4-0ubuntu0.22.04.2, 6.8.0-40.40~22.04.3 (Ubuntu wiki, SecurityTeam/UpdatePreparation); 0ubuntu12.04 is a count
_DPKG_RELEASE = re.compile(r"(?:ubuntu\d+\.|~)(?P<ubuntu>\d\d\.(?:04|10))(?!\d)")
_ORDERS: dict[str, tuple[Callable[[str], str], re.Pattern[str]]] = {
    "rpm": (rpm_key, _RPM_RELEASE),
    "dpkg": (dpkg_key, _DPKG_RELEASE),
}


class Package(NamedTuple):
    """A row of core.patch_package."""

    patch_ref: str
    version_order: str
    package: str
    arch: str
    version: str
    version_key: str
    os_release: str | None


def packages_of(patch_ref: str) -> list[Package]:
    """The package that a patch is, once per order that takes its version; none for a title that names no package."""
    told = _TITLE.fullmatch(patch_ref)
    if told is None:
        return []
    found = []
    for order, (key_of, release) in _ORDERS.items():
        try:
            key = key_of(told["version"])
        except VersionInvalid:
            continue
        tag = release.search(told["version"])
        named = next(filter(None, tag.groups()), None) if tag else None
        found.append(Package(patch_ref, order, told["package"], told["arch"], told["version"], key, named))
    return found


def fill_packages(connection: duckdb.DuckDBPyConnection) -> int:
    """Add the packages of patches that the store holds and has not taken apart yet; returns the rows added."""
    refs = connection.execute(
        "select patch_ref from (select patch_ref from core.patch_key union select patch_ref from core.patch) as ref "
        "where patch_ref like '%.%:%' and patch_ref not in (select patch_ref from core.patch_package) "
        "order by patch_ref"
    ).fetchall()
    rows = [package for (patch_ref,) in refs for package in packages_of(patch_ref)]
    if rows:
        connection.register("titled", pd.DataFrame(rows, columns=list(Package._fields), dtype="str"))
        connection.execute("insert into core.patch_package by name select * from titled")
        connection.unregister("titled")
    return len(rows)
