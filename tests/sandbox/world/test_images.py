"""Promises of machine images."""

from patchlib.sandbox.world.calendars import DAY, instant
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.images import PLATFORMS, Images

AL2023 = PLATFORMS["AmazonLinux2023"]


def test_newest_image_is_before_the_launch() -> None:
    """A node starts from an image at least a day and at most about a month old."""
    at = instant("2026-05-13T09:00:00Z")
    image = Images(Draws(7)).newest(AL2023, "us-east-1", at)
    assert DAY <= at - image.built_at <= 32 * DAY


def test_images_are_regional_and_the_same_for_all() -> None:
    """One image per platform, Region and build; another Region has another id."""
    images, at = Images(Draws(7)), instant("2026-05-13T09:00:00Z")
    here, again = images.newest(AL2023, "us-east-1", at), images.newest(AL2023, "us-east-1", at + DAY)
    assert here is again
    assert images.newest(AL2023, "eu-central-1", at).image_id != here.image_id


def test_golden_images_are_owned() -> None:
    """The organisation's own builds belong to the account and have no alias."""
    golden = Images(Draws(7)).newest(AL2023, "us-east-1", instant("2026-05-13"), "210400173933")
    assert (golden.owner_id, golden.owner_alias) == ("210400173933", None)
    assert golden.name.startswith("golden-")


def test_images_are_deprecated_two_years_later() -> None:
    """The deprecation date follows the build by 730 days."""
    image = Images(Draws(7)).newest(AL2023, "us-east-1", instant("2026-05-13"))
    assert image.deprecated_at - image.built_at == 730 * DAY
