"""Promises of the scaling activities."""

from patchlib.sandbox.world.calendars import DAY
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.groups import KEPT_DAYS
from patchlib.sandbox.world.rollout import Activity, activities


def _all(estate: Estate) -> dict[str, list[Activity]]:
    groups = [group for groups in estate.groups.values() for group in groups]
    return {group.name: activities(estate.draws, group, estate.as_of) for group in groups}


def test_every_member_of_a_recent_refresh_was_launched_by_an_activity(estate: Estate) -> None:
    """The activity names the instance, at the second of its launch."""
    found = _all(estate)
    checked = 0
    for group in (group for groups in estate.groups.values() for group in groups):
        launched = {each.description.rpartition(": ")[2]: each.started_at for each in found[group.name]}
        for node in group.members:
            if any(r.status == "Successful" for r in group.refreshes) or group.service.kind == "batch":
                assert launched[node.node_id] == node.launched_at
                checked += 1
    assert checked > 30


def test_groups_whose_image_is_gone_fail_every_day(estate: Estate) -> None:
    """And they alone; the message names the image."""
    for group in (group for groups in estate.groups.values() for group in groups):
        failed = [each for each in _all(estate)[group.name] if each.status == "Failed"]
        assert bool(failed) == group.cannot_launch(estate.as_of)
        if group.image is not None:
            assert all(group.image.image_id in each.message for each in failed)


def test_six_weeks_newest_first_each_once(estate: Estate) -> None:
    """As Auto Scaling lists them."""
    for listed in _all(estate).values():
        starts = [each.started_at for each in listed]
        assert starts == sorted(starts, reverse=True)
        assert all(estate.as_of - KEPT_DAYS * DAY < at <= estate.as_of for at in starts)
        assert len({each.activity_id for each in listed}) == len(listed)
