"""Published advisories date the patches that Systems Manager would title so, and no others."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import duckdb
import pandas as pd
import pytest

from patchlib import queries
from patchlib.feeds.update import update
from patchlib.packages import fill_packages
from patchlib.store import connect

pytestmark = pytest.mark.published

NOW = datetime(2026, 11, 25)  # noqa: DTZ001 - naive UTC, as the store keeps it
LATER = "anacron.x86_64:0:99.0-1.el9"


def _update(told: Mapping[str, Any]) -> str:
    """A published Amazon Linux advisory, taken from JSON back to the XML that repositories have."""
    named = [
        " ".join(f"{name.lower()}={quoteattr(value)}" for name, value in each.items() if name != "Filename")
        for each in told["Pkglist"]["Collection"]["Package"]
    ]
    packages = "".join(f"<package {attributes}/>" for attributes in named)
    references = "".join(f"<reference id={quoteattr(each['ID'])}/>" for each in told["References"]["Reference"])
    return (
        f"<update type={quoteattr(told['Type'])}><id>{told['ID']}</id><title/><severity>{told['Severity']}</severity>"
        f"<issued date={quoteattr(told['Issued']['Date'])}/><updated date={quoteattr(told['Updated']['Date'])}/>"
        f"<references>{references}</references><pkglist><collection>{packages}</collection></pkglist></update>"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the store and the files that it is made of."""
    return tmp_path_factory.mktemp("releases")


@pytest.fixture
def store(published: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A store with published advisories, and patches with the titles of all packages that AlmaLinux fixes."""
    path = folder / "store.duckdb"
    if not path.exists():
        samples = sorted((published / "advisories" / "alas_samples").glob("ALAS2023-*.json"))
        updates = "".join(_update(json.loads(sample.read_bytes())) for sample in samples)
        files = {
            "alas2023/updateinfo.xml.gz": gzip.compress(f"<updates>{updates}</updates>".encode()),
            "usn/database.json": (published / "advisories" / "usn_samples" / "usndb_sample.json").read_bytes(),
            "advisories/alma_rhsa.parquet": (published / "advisories" / "alma_rhsa.parquet").read_bytes(),
            "advisories/windows_kb.parquet": (published / "advisories" / "windows_kb.parquet").read_bytes(),
        }
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        update([], str(folder), path, NOW)
    with connect(path, read_only=False) as connection:
        connection.execute("begin")
        yield connection


def _released(store: duckdb.DuckDBPyConnection, *refs: str) -> pd.DataFrame:
    """What lag/release says of patches that are titled so."""
    rows = list(enumerate(refs, start=1))
    store.executemany("insert into core.patch_key (patch_key, patch_ref) values (?, ?)", rows)
    fill_packages(store)
    found = queries.run(store, "lag/release", as_of=NOW)
    return found[found["patch_ref"].isin(refs)].set_index(["operating_system", "patch_ref"])


def test_a_published_alas_dates_its_packages(store: duckdb.DuckDBPyConnection) -> None:
    """By name, architecture, epoch and version; the next build has no date."""
    refs = ["rsyslog.x86_64:0:8.2204.0-3.amzn2023.0.2", "rsyslog.x86_64:0:8.2204.0-3.amzn2023.0.3"]
    found = _released(store, *refs)
    assert list(found.index) == [("AMAZON_LINUX_2023", refs[0])]
    row = found.iloc[0]
    assert (row["released_at"], row["release_source"], row["advisory_ids"], row["severity"]) == (
        pd.Timestamp("2023-02-17T20:41:00"), "ALAS", "ALAS2023-2023-001", "Important",
    )  # fmt: skip


def test_a_published_usn_dates_its_packages(store: duckdb.DuckDBPyConnection) -> None:
    """As the database has them, each for its own release, at the notice's own second."""
    refs = ["python-jinja2.all:2.8-1ubuntu0.1", "python-jinja2.all:2.10-1ubuntu0.18.04.1", "python-jinja2.all:2.8-1"]
    found = _released(store, *refs)
    at = pd.Timestamp(datetime.fromtimestamp(1559819644.967449, UTC).replace(tzinfo=None))
    assert found["released_at"].to_dict() == {("UBUNTU", refs[0]): at, ("UBUNTU", refs[1]): at}
    assert found["os_release"].to_dict() == {("UBUNTU", refs[0]): "16.04", ("UBUNTU", refs[1]): "18.04"}
    assert set(found["advisory_ids"]) == {"USN-4011-1"}


def test_every_package_of_alma_has_the_date_of_its_first_erratum(
    store: duckdb.DuckDBPyConnection, published: Path
) -> None:
    """All of them at once, counted from the published table by plain text; for Red Hat they stand in.

    The table files errata for both releases under one of them: what is tagged otherwise is dated for neither.
    """
    errata = duckdb.sql(f"from '{published / 'advisories' / 'alma_rhsa.parquet'}'").df()
    first: dict[str, pd.Timestamp] = {}
    for published_at, major, packages in errata[["published", "os_major", "packages"]].itertuples(index=False):
        at = pd.Timestamp(published_at).tz_localize(None)
        for package, _, version in (part.partition("=") for part in packages.split(";") if part):
            if not re.search(rf"[._+]el{major}([._+]|$)", version):
                continue
            epoch = "" if ":" in version else "0:"
            ref = f"{package}.x86_64:{epoch}{version}"
            first[ref] = min(at, first.get(ref, at))
    found = _released(store, *first, LATER)
    red_hat = found.xs("REDHAT_ENTERPRISE_LINUX")
    assert len(red_hat) == len(first) > 10_000
    assert red_hat["released_at"].to_dict() == first
    assert red_hat["is_stand_in"].all()
    assert not found.xs("ALMA_LINUX")["is_stand_in"].any()


def test_a_published_update_for_windows_has_its_day(store: duckdb.DuckDBPyConnection, published: Path) -> None:
    """The first day on which its publisher lists it, where Systems Manager does not."""
    table = published / "advisories" / "windows_kb.parquet"
    days = dict(duckdb.sql(f"select kb, min(release_date)::timestamp from '{table}' group by kb").fetchall())
    found = queries.run(store, "lag/release", as_of=NOW)
    windows = found[found["operating_system"] == "WINDOWS"]
    assert dict(zip(windows["patch_ref"], windows["released_at"], strict=True)) == days
    assert set(windows["release_source"]) == {"MSRC"}
