"""Promises of the world's EKS clusters."""

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.kubernetes import VERSIONS, clusters, versions

PRODUCTION, HOME = "210400173933", "eu-central-1"
DAYS = ("2025-06-01", "2025-11-09", "2026-02-12", "2026-11-02", "2027-12-31")


def test_no_cluster_is_on_a_version_that_is_not_out() -> None:
    """Nor a node group on a newer version than its cluster, nor on an image of the future, at any instant."""
    for day in DAYS:
        known = [each.name for each in versions(instant(day))]
        for cluster in clusters(PRODUCTION, HOME, instant(day)):
            assert cluster.version in known
            assert cluster.created_at <= instant(day)
            for group in cluster.groups:
                assert int(group.version[2:]) <= int(cluster.version[2:])
                assert group.released <= day.replace("-", "")


def test_support_goes_from_standard_to_extended_to_none() -> None:
    """At the very instants of the calendar."""
    version = next(each for each in VERSIONS if each.name == "1.31")
    ends = (version.standard_until, version.extended_until)
    assert [version.status(at + step) for at in ends for step in (-1, 0)] == [
        "STANDARD_SUPPORT",
        "EXTENDED_SUPPORT",
        "EXTENDED_SUPPORT",
        "UNSUPPORTED",
    ]


def test_one_cluster_moves_with_the_calendar() -> None:
    """So a history of a year shows an upgrade, and beside it clusters that stay."""
    found = [{each.name: each.version for each in clusters(PRODUCTION, HOME, instant(day))} for day in DAYS]
    assert len({each["shop"] for each in found}) > 2
    assert {each["orders"] for each in found} == {"1.31"}
