"""The sandbox's advisories: read by the feed door, they are the world's own Linux patches and say that they are its."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from patchlib.feeds.update import update
from patchlib.packages import packages_of
from patchlib.sandbox.advisories import write_feeds
from patchlib.sandbox.world.catalogue import Patch, catalogues
from patchlib.store import connect

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
FEEDS = {
    "AmazonLinux2": ("alas2",), "AmazonLinux2023": ("alas2023",), "Ubuntu22.04": ("usn",), "Ubuntu24.04": ("usn",),
    "RedhatEnterpriseLinux8": ("rhsa", "alma"), "RedhatEnterpriseLinux9": ("rhsa", "alma"),
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """A store with the sandbox's feeds."""
    folder = tmp_path_factory.mktemp("advisories")
    outcomes = update([], str(write_feeds(folder, AS_OF)), folder / "store.duckdb", AS_OF.replace(tzinfo=None))
    assert {each.feed for each in outcomes if each.state == "updated"} == {
        *(name for names in FEEDS.values() for name in names), "kev", "epss", "epss_history", "cvss",
    }  # fmt: skip
    return connect(folder / "store.duckdb")


def _released(product: str) -> tuple[Patch, ...]:
    return catalogues()[product].until(int(AS_OF.timestamp()))


@pytest.mark.parametrize("product", FEEDS)
def test_every_patch_is_told_as_the_world_has_it(store: duckdb.DuckDBPyConnection, product: str) -> None:
    """Its version, day, kind and vulnerabilities; and what is still to come is not told."""
    asked = """
        select a.published_at, p.package, p.fixed_version_key, a.kind,
            (select list(cve_id order by cve_id) from core.advisory_cve as c
             where c.feed = a.feed and c.advisory_id = a.advisory_id) as cve_ids
        from core.advisory as a join core.advisory_package as p using (feed, advisory_id)
        where a.feed in (select unnest($feeds)) and p.os_release = $release
    """
    release = product.removeprefix("AmazonLinux").removeprefix("RedhatEnterpriseLinux").removeprefix("Ubuntu")
    found = store.execute(asked, {"feeds": list(FEEDS[product]), "release": release}).fetchall()
    order = "dpkg" if product.startswith("Ubuntu") else "rpm"
    keys = {patch.title: next(p.version_key for p in packages_of(patch.title) if p.version_order == order)
            for patch in _released(product)}  # fmt: skip
    told = sorted((at, package, key, kind, tuple(cves or ())) for at, package, key, kind, cves in found)
    assert told == sorted(
        (
            datetime.fromtimestamp(patch.released_at, UTC).replace(tzinfo=None), patch.package, keys[patch.title],
            patch.classification.lower(), tuple(sorted(patch.cve_ids)),
        )
        for patch in _released(product)
    )  # fmt: skip


def test_real_dates_are_alma_s_and_invented_ones_say_so(store: duckdb.DuckDBPyConnection) -> None:
    """What rests on AlmaLinux's errata comes from there, with Red Hat's number; every title names the sandbox."""
    real = {patch.advisory_id for name in ("8", "9") for patch in _released(f"RedhatEnterpriseLinux{name}")
            if not patch.is_synthetic}  # fmt: skip
    found = store.execute("select same_as from core.advisory where feed = 'alma'").fetchall()
    assert {each for (each,) in found} == real
    [(count, named)] = store.execute(
        "select count(*), count(*) filter (where title like '%(sandbox organisation)') from core.advisory"
    ).fetchall()
    assert count == named > 500


def test_the_same_instant_gives_the_same_bytes(tmp_path: Path) -> None:
    """So that a second demo finds them unchanged."""
    first, second = (write_feeds(tmp_path / name, AS_OF) for name in ("a", "b"))
    files = [path.relative_to(first) for path in sorted(first.rglob("*")) if path.is_file()]
    assert len(files) == 9
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files)
