"""Images are built at a pace, share what their base lacks, and are scanned or not for a reason."""

from __future__ import annotations

from collections import Counter

import pytest

from patchlib.sandbox.world.calendars import DAY, instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.registries import (
    ContainerImage,
    Repository,
    gaps,
    images,
    is_enhanced,
    repositories,
    scan_of,
)
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED

HOME = "eu-central-1"


def held(estate: Estate, account_id: str) -> dict[str, tuple[Repository, list[ContainerImage]]]:
    return {each.name: (each, list(images(estate, each))) for each in repositories(account_id, HOME)}


@pytest.mark.parametrize("day", ["2025-06-01", "2026-11-02", "2027-12-31"])
def test_every_repository_has_images_that_were_pushed_before(day: str) -> None:
    """In every year of the world; tens in all, and none in another Region."""
    estate = Estate(7, 60, 9, instant(day))
    found = [each for account in (PRODUCTION, DEVELOPMENT, SHARED) for each in held(estate, account).values()]
    assert all(rows for _, rows in found)
    rows = [image for _, each in found for image in each]
    assert len(rows) < 40
    assert all(image.pushed_at <= estate.as_of for image in rows)
    assert all(image.pulled_at is None or image.pushed_at <= image.pulled_at <= estate.as_of for image in rows)
    assert not repositories(PRODUCTION, "us-east-1")


def test_a_base_image_is_the_same_wherever_it_is_copied(estate: Estate) -> None:
    """One digest in several accounts; what is built elsewhere has its own, also under one name."""
    name = "base/amazonlinux2023"
    digests = {image.digest for account in (PRODUCTION, SHARED) for image in held(estate, account)[name][1]}
    assert len(digests) == 1
    counted = Counter(
        image.digest
        for account in (PRODUCTION, DEVELOPMENT, SHARED)
        for each, rows in held(estate, account).values()
        for image in rows
        if each.name != name
    )
    assert max(counted.values()) == 1


def test_images_on_one_base_lack_what_it_lacks(estate: Estate) -> None:
    """What the base of an image lacks, the image lacks; it lacks more the older its base is."""
    shared = held(estate, SHARED)
    [base] = shared["base/ubi9"][1]
    own = {gap.cve_id for gap in gaps(estate, base, estate.as_of)}
    older, newer = shared["tools/report-writer"][1]
    by_image = [{gap.cve_id for gap in gaps(estate, image, estate.as_of)} for image in (older, newer)]
    assert own < by_image[1] < by_image[0]
    assert not list(gaps(estate, base, base.pushed_at))


def test_an_index_is_one_thing_and_its_images_others(estate: Estate) -> None:
    """The index bears the tag and holds no package; each architecture has a digest of its own."""
    index, *rest = held(estate, PRODUCTION)["batch/price-import"][1]
    assert (index.is_index, len(index.tags), [image.tags for image in rest]) == (True, 1, [(), ()])
    assert [image.architecture for image in rest] == ["amd64", "arm64"]
    assert not list(gaps(estate, index, estate.as_of))
    assert scan_of(estate, index) is None


def test_each_way_of_being_scanned_is_there(estate: Estate) -> None:
    """At the push, by hand every week, never for want of a rule, never for its age, and not readable."""
    assert (is_enhanced(PRODUCTION), is_enhanced(SHARED), is_enhanced(DEVELOPMENT)) == (True, False, False)
    found = {name: scan_of(estate, rows[-1]) for name, (_, rows) in held(estate, SHARED).items()}
    assert {name for name, scan in found.items() if scan is None} == {"docker-hub/library/haproxy", "tools/importer"}
    assert found["tools/label-proxy"] is not None
    assert (found["tools/label-proxy"].status, found["tools/label-proxy"].scanned_at) == ("UNSUPPORTED_IMAGE", None)
    ages = {name: (estate.as_of - scan.scanned_at) / DAY for name, scan in found.items() if scan and scan.scanned_at}
    assert ages["tools/build-agent"] < 7 < ages["base/ubi9"]
    just_now = Estate(7, 60, 9, held(estate, SHARED)["base/ubi9"][1][0].pushed_at + 1)
    running = scan_of(just_now, held(just_now, SHARED)["base/ubi9"][1][0])
    assert running is not None
    assert running.status == "IN_PROGRESS"
