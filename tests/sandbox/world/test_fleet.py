"""Promises of the fleet."""

from collections import Counter, defaultdict

from patchlib.sandbox.world.calendars import DAY, HOUR, instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.fleet import SCRIPT_NAME, SCRIPT_OWNER


def test_ids_are_unique_and_of_awss_form(estate: Estate) -> None:
    """Instance ids have i- and 17 hexadecimal digits, hybrid ones mi- and 17."""
    ids = [node.node_id for node in estate.nodes]
    assert len(set(ids)) == len(ids)
    for node in estate.nodes:
        prefix, _, digits = node.node_id.partition("-")
        assert prefix == ("mi" if node.kind == "hybrid" else "i")
        assert len(digits) == 17
        assert int(digits, 16) >= 0


def test_size_is_as_asked(estate: Estate) -> None:
    """800 nodes live at the default instant, beside the one just terminated."""
    assert sum(node.terminated_at > estate.as_of for node in estate.nodes) == 800
    assert sum(node.terminated_at <= estate.as_of for node in estate.nodes) == 1


def test_group_instances_are_identical_and_tagged(estate: Estate) -> None:
    """Instances of an Auto Scaling group share image and launch day and carry the group's tag."""
    groups = defaultdict(list)
    for node in estate.nodes:
        if node.auto_scaling_group and node.service != "overnight-batch":
            groups[node.auto_scaling_group].append(node)
    assert len(groups) > 10
    for name, members in groups.items():
        assert {node.tags["aws:autoscaling:groupName"] for node in members} == {name}
        assert len({node.image.image_id for node in members if node.image}) == 1
        assert max(n.launched_at for n in members) - min(n.launched_at for n in members) < DAY


def test_groups_are_younger(estate: Estate) -> None:
    """Replaced instances are younger than single machines, on average by more than half a year."""
    ages = {True: [0], False: [0]}
    for node in estate.nodes:
        ages[node.auto_scaling_group is not None].append(estate.as_of - node.launched_at)
    mean = {key: sum(values) / len(values) for key, values in ages.items()}
    assert mean[False] - mean[True] > 180 * DAY


def test_one_node_was_just_launched(estate: Estate) -> None:
    """Whenever one looks, one node is younger than a day."""
    for as_of in ("2026-11-02T06:00:00Z", "2026-11-02T05:00:00Z", "2027-03-09T23:10:00Z"):
        world = Estate(7, 60, 9, instant(as_of))
        young = [
            n for n in world.nodes if 0 <= world.as_of - n.launched_at < 24 * HOUR and n.terminated_at > world.as_of
        ]
        assert "overnight-batch" in {node.service for node in young}


def test_something_goes_wrong_with_some(estate: Estate) -> None:
    """Stopped, unmanaged, never scanned and lost nodes exist, each a small share."""
    counts = Counter(
        stopped=sum(n.stopped_at <= estate.as_of for n in estate.nodes),
        unmanaged=sum(n.unmanaged for n in estate.nodes),
        unscanned=sum(not n.scanned for n in estate.nodes),
        lost=sum(n.lost_at <= estate.as_of for n in estate.nodes),
    )
    assert all(5 <= count <= 60 for count in counts.values()), counts


def test_markup_in_tags(estate: Estate) -> None:
    """Two tag values carry markup, so that escaping is proven downstream."""
    values = Counter(value for node in estate.nodes for value in node.tags.values())
    assert values[SCRIPT_NAME] == 1
    assert values[SCRIPT_OWNER] == 1


def test_some_tags_are_missing(estate: Estate) -> None:
    """Environment, Owner, Criticality and Patch Group are missing on some nodes and there on most."""
    for tag in ("Environment", "Owner", "Criticality"):
        share = sum(tag in node.tags for node in estate.nodes) / len(estate.nodes)
        assert 0.6 < share < 0.99, tag
    single = [node for node in estate.nodes if node.auto_scaling_group is None and node.kind == "ec2"]
    assert 0 < sum("Patch Group" not in node.tags for node in single) < len(single) / 8


def test_image_is_older_than_the_node(estate: Estate) -> None:
    """A node is launched after its image was built."""
    assert all(node.image is None or node.image.built_at < node.launched_at for node in estate.nodes)
