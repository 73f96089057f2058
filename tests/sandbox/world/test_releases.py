"""Promises of the releases of Amazon Linux 2023: those that are published, each from its day on."""

from __future__ import annotations

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.images import PLATFORMS, Images
from patchlib.sandbox.world.releases import amazon_linux_release, image_release


def test_a_release_holds_from_its_day_to_the_next() -> None:
    """2023.6.20250203 was out on 2025-02-15, the next one on 2025-02-27."""
    assert amazon_linux_release(instant("2025-02-15T00:00:00Z")) == "2023.6.20250203"
    assert amazon_linux_release(instant("2025-02-26T23:59:59Z")) == "2023.6.20250203"
    assert amazon_linux_release(instant("2025-02-27T00:00:00Z")) == "2023.6.20250218"
    assert amazon_linux_release(instant("2020-01-01T00:00:00Z")) == "2023.0.20230222"


def test_every_monthly_image_has_a_name_of_its_own() -> None:
    """Also where no newer release is known: the respin counts on."""
    images, year = Images(Draws(7)), range(1, 13)
    built = [images.newest(PLATFORMS["AmazonLinux2023"], "us-east-1", instant(f"2026-{month:02}-28")) for month in year]
    assert len({image.name for image in built}) == 12
    assert all(image_release(image.built_at) in image.name for image in built)
