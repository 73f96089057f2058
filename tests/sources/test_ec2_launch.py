"""Which launch template versions are asked for."""

from typing import Any

from patchlib.sources import source
from patchlib.sources.declaration import Request, scrub
from patchlib.sources.ec2_launch import launch_specifications
from tests.sources.asking import context


def _named(template: str, version: str | None) -> dict[str, Any]:
    return {"LaunchTemplateId": template} | ({"Version": version} if version else {})


def _asked(groups: list[dict[str, Any]], listed: list[tuple[str, int]]) -> list[Request]:
    remembered = {
        "autoscaling_group": groups,
        "ec2_launch_template_version": [{"LaunchTemplateId": t, "VersionNumber": v} for t, v in listed],
    }
    return list(source("ec2_launch_template_pinned_version").requests(context(**remembered)))


def test_latest_and_default_of_all_templates_are_one_listing() -> None:
    """No template is named: with one, each would cost a call."""
    requests = source("ec2_launch_template_version").requests(context())
    assert [request.params for request in requests] == [{"Versions": ["$Latest", "$Default"]}]


def test_only_numbers_that_were_not_listed_are_asked() -> None:
    """One call per template, all its numbers in it; $Latest, $Default and what the listing had cost nothing."""
    groups = [
        {"LaunchTemplate": _named("lt-1", "3")},
        {"LaunchTemplate": _named("lt-1", "12")},
        {"LaunchTemplate": _named("lt-1", "7")},
        {"LaunchTemplate": _named("lt-2", "$Latest")},
        {"LaunchTemplate": _named("lt-3", None)},
        {"LaunchConfigurationName": "old"},
    ]
    [request] = _asked(groups, [("lt-1", 7)])
    assert request == Request({"LaunchTemplateId": "lt-1", "Versions": ["3", "12"]}, item="lt-1")


def test_templates_of_a_mix_and_of_its_overrides_count() -> None:
    """A mix names a template, and each of its overrides may name another."""
    overrides = [{"InstanceType": "t3.large"}, {"LaunchTemplateSpecification": _named("lt-2", "4")}]
    mix = {"LaunchTemplate": {"LaunchTemplateSpecification": _named("lt-1", "2"), "Overrides": overrides}}
    group = {"MixedInstancesPolicy": mix}
    assert [each["LaunchTemplateId"] for each in launch_specifications(group)] == ["lt-1", "lt-2"]
    assert [request.item for request in _asked([group], [])] == ["lt-1", "lt-2"]


def test_user_data_never_reaches_the_disk() -> None:
    """Neither from the listing nor from pinned versions."""
    for name in ("ec2_launch_template_version", "ec2_launch_template_pinned_version"):
        page = {"LaunchTemplateVersions": [{"LaunchTemplateData": {"ImageId": "ami-1", "UserData": "canary"}}]}
        assert scrub(source(name), page)["LaunchTemplateVersions"] == [{"LaunchTemplateData": {"ImageId": "ami-1"}}]


def test_only_own_snapshots_are_listed() -> None:
    """Without an owner EC2 lists every public snapshot there is."""
    requests = source("ec2_ebs_snapshot").requests(context())
    assert [request.params for request in requests] == [{"OwnerIds": ["self"]}]
