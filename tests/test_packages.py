"""Titles of Linux patches become packages: name, architecture, version, and the release that the version names."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib import queries
from patchlib.entities import create_tables
from patchlib.packages import fill_packages, packages_of
from patchlib.versions import dpkg_key, rpm_key

# Title, order, package, architecture, version, release: forms of the agent's own titles, versions as published.
TITLES = [
    ("kernel.x86_64:0:5.10.225-213.878.amzn2", "rpm", "kernel", "x86_64", "0:5.10.225-213.878.amzn2", "2"),
    ("openssl-libs.x86_64:1:3.0.8-1.amzn2023.0.20", "rpm", "openssl-libs", "x86_64", "1:3.0.8-1.amzn2023.0.20", "2023"),
    ("bind-libs.x86_64:32:9.8.2-0.68.rc1.60.amzn1", "rpm", "bind-libs", "x86_64", "32:9.8.2-0.68.rc1.60.amzn1", "1"),
    ("krb5-libs.x86_64:0:1.18.2-30.el8_10", "rpm", "krb5-libs", "x86_64", "0:1.18.2-30.el8_10", "8"),
    ("nodejs.x86_64:1:22.15.0-1.module_el8.10.0+3986+a9", "rpm", "nodejs", "x86_64",
     "1:22.15.0-1.module_el8.10.0+3986+a9", "8"),
    ("python3.11.noarch:0:3.11.9-7.el9", "rpm", "python3.11", "noarch", "0:3.11.9-7.el9", "9"),
    ("openssl.amd64:3.0.2-0ubuntu1.19", "dpkg", "openssl", "amd64", "3.0.2-0ubuntu1.19", None),
    ("git.amd64:1:2.34.1-1ubuntu1.12", "dpkg", "git", "amd64", "1:2.34.1-1ubuntu1.12", None),
    ("tzdata.all:2026a-0ubuntu0.22.04.1", "dpkg", "tzdata", "all", "2026a-0ubuntu0.22.04.1", "22.04"),
    ("linux-image-6.8.0-40-generic.amd64:6.8.0-40.40~22.04.3", "dpkg", "linux-image-6.8.0-40-generic", "amd64",
     "6.8.0-40.40~22.04.3", "22.04"),
    ("libstdc++6.amd64:12.3.0-1ubuntu1~22.04", "dpkg", "libstdc++6", "amd64", "12.3.0-1ubuntu1~22.04", "22.04"),
    # ubuntu12.04 is the twelfth change and its fourth, not a release
    ("thing.amd64:1.0-1ubuntu12.04", "dpkg", "thing", "amd64", "1.0-1ubuntu12.04", None),
]  # fmt: skip


@pytest.mark.parametrize(("title", "order", "package", "arch", "version", "os_release"), TITLES)
def test_a_title_names_a_package(
    title: str, order: str, package: str, arch: str, version: str, os_release: str | None
) -> None:
    """In its own order, with the key that an advisory's version has."""
    [found] = [each for each in packages_of(title) if each.version_order == order]
    assert (found.package, found.arch, found.version, found.os_release) == (package, arch, version, os_release)
    assert found.version_key == {"rpm": rpm_key, "dpkg": dpkg_key}[order](version)


@pytest.mark.parametrize(
    "title", ["KB5034441", "2026-01 Cumulative Update for Windows (KB1)", "unnamed", "macOS.14.1", "thing:1.0", ".x:1"]
)
def test_what_is_no_package_has_none(title: str) -> None:
    """A KB number, a sentence, a name without architecture."""
    assert packages_of(title) == []


def test_an_epoch_of_nought_is_said_or_not() -> None:
    """rpm titles say epoch 0, advisories leave it out: the same version."""
    [told] = [each for each in packages_of("curl.x86_64:0:8.5.0-1.amzn2023.0.4") if each.version_order == "rpm"]
    assert told.version_key == rpm_key("8.5.0-1.amzn2023.0.4")


@given(st.text(max_size=40))
def test_no_title_is_too_strange(title: str) -> None:
    """Whatever a node reports, it has at most one row per order."""
    found = packages_of(title)
    assert len({each.version_order for each in found}) == len(found)


def test_packages_are_filled_once() -> None:
    """From patches that nodes report and from those that Systems Manager lists; a second time nothing is added."""
    connection = duckdb.connect()
    create_tables(connection)
    connection.execute("insert into core.patch_key (patch_key, patch_ref) values (1, 'KB1'), (2, 'a.amd64:1.0-1')")
    connection.execute(
        "insert into core.patch (operating_system, patch_ref) values ('AMAZON_LINUX_2', 'b.x86_64:0:1-1.amzn2')"
    )
    assert fill_packages(connection) == 4
    assert fill_packages(connection) == 0
    rows = connection.execute("select patch_ref, version_order, os_release from core.patch_package order by all")
    assert rows.fetchall() == [
        ("a.amd64:1.0-1", "dpkg", None),
        ("a.amd64:1.0-1", "rpm", None),
        ("b.x86_64:0:1-1.amzn2", "dpkg", None),
        ("b.x86_64:0:1-1.amzn2", "rpm", "2"),
    ]


@pytest.fixture(scope="module")
def store() -> duckdb.DuckDBPyConnection:
    """An empty store in memory."""
    connection = duckdb.connect()
    create_tables(connection)
    return connection


@settings(max_examples=40)
@given(st.sets(st.integers(0, 9), max_size=5), st.lists(st.integers(0, 9), max_size=6))
def test_what_a_version_brings_by_plain_count(
    store: duckdb.DuckDBPyConnection, versions: set[int], fixes: list[int]
) -> None:
    """Advisories above the version before it, and the newest it holds: counted one by one."""
    store.execute("begin")
    for version in versions:
        named = f"a.x86_64:0:{version}-1.amzn2023"
        store.execute("insert into core.patch_key (patch_key, patch_ref) values ($1, $2)", [version, named])
    fill_packages(store)
    for number, fix in enumerate(fixes):
        row = ["alas2023", f"FIX{number}", "2023", "a", "any", rpm_key(f"{fix}-1.amzn2023")]
        columns = "feed, advisory_id, os_release, package, arch, fixed_version_key"
        store.execute(f"insert into core.advisory_package ({columns}) values ($1, $2, $3, $4, $5, $6)", row)
    frame = queries.run(store, "lag/patch_advisory", as_of="2026-11-02")
    store.execute("rollback")
    expected = set()
    for version in versions:
        before = max((each for each in versions if each < version), default=version)
        newest = max((fix for fix in fixes if fix <= version), default=None)
        for number, fix in enumerate(fixes):
            if fix <= version and (fix > before or fix == newest):
                expected.add((f"a.x86_64:0:{version}-1.amzn2023", f"FIX{number}", fix == version))
    found = frame[["patch_ref", "advisory_id", "is_own_version"]].itertuples(index=False, name=None)
    assert set(found) == expected
