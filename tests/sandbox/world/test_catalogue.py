"""Promises of the patch catalogue and its tables."""

import csv
from collections import Counter

import numpy as np
import pytest

from patchlib.paths import reference_folder
from patchlib.sandbox.world.calendars import NEVER, instant, to_datetime
from patchlib.sandbox.world.catalogue import catalogues, severity_stratum

FILES = sorted(reference_folder().glob("patch_*.csv"))
ROWS = [row for path in FILES for row in csv.DictReader(path.open(encoding="utf-8", newline=""))]


def test_tables_are_small() -> None:
    """All tables together stay under 400 KB."""
    assert len(FILES) == 4
    assert sum(path.stat().st_size for path in FILES) < 400_000


def test_every_row_says_where_it_is_from() -> None:
    """Each row has a source, a date and says whether it is invented."""
    assert all(row["source"] and row["as_of_date"] and row["is_synthetic"] in ("true", "false") for row in ROWS)


def test_invented_rows_cannot_be_taken_for_facts() -> None:
    """Invented CVE numbers begin at 9900001, invented KBs with KB599, invented advisories carry SYN or BUG."""
    for row in ROWS:
        is_invented = row["is_synthetic"] == "true"
        if "kb_id" in row:
            assert row["kb_id"].startswith("KB599") == is_invented
        else:
            assert ("SYN" in row["advisory_id"] or "BUG" in row["advisory_id"]) == is_invented
        cves = filter(None, row["cve_ids"].split(";"))
        assert all((int(cve.rpartition("-")[2]) >= 9900001) == is_invented for cve in cves)


def test_a_patch_has_one_name() -> None:
    """KB numbers and package versions are unique over their operating system."""
    names = Counter((p.operating_system, p.ref, p.product) for c in catalogues().values() for p in c.patches)
    assert max(names.values()) == 1
    kbs = Counter(p.kb_id for c in catalogues().values() for p in c.patches if p.is_windows)
    assert max(kbs.values()) == 1


def test_cumulative_updates_come_on_patch_tuesday() -> None:
    """One cumulative update per Windows product and month, released within a day of the second Tuesday."""
    for product in ("WindowsServer2019", "WindowsServer2022", "WindowsServer2025"):
        days = [to_datetime(p.released_at) for p in catalogues()[product].patches if p.family == "cumulative update"]
        assert len({(day.year, day.month) for day in days}) == len(days) == 32
        assert all(day.weekday() in (1, 2) and 8 <= day.day <= 15 for day in days)


def test_products_get_nothing_after_their_support() -> None:
    """Amazon Linux 2 ends on 2026-06-30, Windows Server 2016 on 2027-01-12."""
    for product, end in (("AmazonLinux2", "2026-07-01"), ("WindowsServer2016", "2027-02-01")):
        assert catalogues()[product].released.max() < instant(end)


def test_linux_titles_have_the_compliance_form() -> None:
    """Linux titles are name.arch:epoch:version-release and the KB id is name.arch."""
    patch = next(p for p in catalogues()["RedhatEnterpriseLinux9"].patches if p.package == "glibc")
    assert patch.title == f"glibc.x86_64:{patch.epoch}:{patch.version}-{patch.release}"
    assert patch.kb_id == "glibc.x86_64"


def test_a_later_update_brings_the_earlier() -> None:
    """Within a family no patch is installed later than one released after it."""
    catalogue = catalogues()["WindowsServer2022"]
    installed = np.full((1, len(catalogue.patches)), NEVER)
    last = next(
        i for i in reversed(range(len(catalogue.patches))) if catalogue.patches[i].family == "cumulative update"
    )
    installed[0, last] = 1000
    carried = catalogue.carried(installed)[0]
    families = [patch.family for patch in catalogue.patches]
    assert all((at == 1000) == (family == "cumulative update") for at, family in zip(carried, families, strict=True))


@pytest.mark.parametrize(("word", "stratum"), [("High", "Important"), ("Medium", "Moderate"), ("Critical", "Critical")])
def test_severities_meet_on_one_scale(word: str, stratum: str) -> None:
    """Ubuntu's and Amazon's words map to Microsoft's for the world's hazards."""
    assert severity_stratum(word) == stratum
