"""Promises of the Auto Scaling groups."""

from patchlib.sandbox.world.calendars import DAY, instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.groups import KEPT_DAYS, Group


def _groups(estate: Estate) -> list[Group]:
    return [group for groups in estate.groups.values() for group in groups]


def test_every_member_is_in_exactly_its_group(estate: Estate) -> None:
    """The nodes that carry a group's name are its members, those just terminated left out."""
    listed = sorted(node.node_id for group in _groups(estate) for node in group.members)
    living = [n for n in estate.nodes if n.auto_scaling_group is not None and n.terminated_at > estate.as_of]
    assert listed == sorted(node.node_id for node in living)
    assert all(node.auto_scaling_group == group.name for group in _groups(estate) for node in group.members)


def test_members_run_the_image_of_the_version_they_were_launched_from(estate: Estate) -> None:
    """Wherever the version names an image."""
    checked = 0
    for group in _groups(estate):
        for node in group.members:
            version = group.versions[group.version_of(node) - 1]
            assert version.number == group.version_of(node)
            if not version.image_id.startswith("resolve:ssm:"):
                assert node.image is not None
                assert node.image.image_id == version.image_id
                checked += 1
    assert checked > 100


def test_there_is_something_to_find(estate: Estate) -> None:
    """Every way to name a version, one launch configuration, a mix, and groups whose image is gone."""
    groups = _groups(estate)
    assert {group.choice for group in groups} == {"$Latest", "$Default", "pinned"}
    assert any(group.choice == "pinned" and int(group.version) < group.latest.number for group in groups)
    assert any(group.latest.image_id.startswith("resolve:ssm:") for group in groups)
    assert any(group.configuration is not None for group in groups)
    assert any(group.is_mixed for group in groups)
    stuck = [group for group in groups if group.cannot_launch(estate.as_of)]
    assert stuck
    assert all(group.desired == len(group.members) + 1 for group in stuck)


def test_refreshes_of_every_kind_within_six_weeks(estate: Estate) -> None:
    """Some went through, one was rolled back, one cancelled, one failed because the image is gone."""
    refreshes = [(group, refresh) for group in _groups(estate) for refresh in group.refreshes]
    assert {r.status for _, r in refreshes} == {"Successful", "RollbackSuccessful", "Cancelled", "Failed"}
    for group, refresh in refreshes:
        assert estate.as_of - KEPT_DAYS * DAY < refresh.started_at <= estate.as_of
        assert refresh.ended_at is not None
        assert (refresh.status == "Failed") == group.cannot_launch(estate.as_of)
        if refresh.status == "Successful":
            assert all(refresh.started_at <= node.launched_at <= refresh.ended_at for node in group.members)


def test_a_refresh_under_way_has_no_end() -> None:
    """At the hour of a refresh some members are replaced and others are not."""
    running = [
        refresh
        for day in range(4, 13)
        for group in _groups(Estate(7, 800, 9, instant(f"2026-10-{day:02d}T09:25:00Z")))
        for refresh in group.refreshes
        if refresh.status == "InProgress"
    ]
    assert running
    assert all(refresh.ended_at is None and refresh.replaced >= 1 for refresh in running)


def test_the_past_stays(estate: Estate) -> None:
    """Three weeks later the same refreshes are told, with the same ids, as far as six weeks reach."""
    later = Estate(7, 800, 9, estate.as_of + 21 * DAY)
    since = later.as_of - KEPT_DAYS * DAY
    before = {r for group in _groups(estate) for r in group.refreshes if r.started_at > since}
    assert before
    assert before <= {r for group in _groups(later) for r in group.refreshes}
