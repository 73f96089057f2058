"""Environments are listed everywhere, their options once per change, and nothing of them that a customer wrote."""

from typing import Any

import pytest

from patchlib.sources import Request, source
from patchlib.sources.declaration import scrub
from patchlib.sources.elasticbeanstalk import KEPT_OPTIONS
from tests.sources.asking import context

ROWS = [
    {"EnvironmentId": f"e-{n}", "EnvironmentName": f"live-{n}", "ApplicationName": "shop", "Status": "Ready"}
    for n in (1, 2)
]


def _kept(*options: dict[str, str]) -> Any:
    page = {"ConfigurationSettings": [{"EnvironmentName": "live", "OptionSettings": list(options)}]}
    return scrub(source("elasticbeanstalk_configuration"), page)["ConfigurationSettings"][0]["OptionSettings"]


def test_environment_variables_never_stay() -> None:
    """Whatever is not on the list goes, also under a name that is on it in another namespace."""
    variable = "aws:elasticbeanstalk:application:environment"
    assert not _kept(
        {"Namespace": variable, "OptionName": "PASSWORD", "Value": "canary"},
        {"Namespace": variable, "OptionName": "DeploymentPolicy", "Value": "canary"},
        {"Namespace": "aws:autoscaling:launchconfiguration", "OptionName": "EC2KeyName", "Value": "canary"},
        {"OptionName": "DeploymentPolicy", "Value": "canary"},
    )


def test_options_about_updates_stay() -> None:
    """With namespace, name and value, and without the resource that carries them."""
    wanted = [{"Namespace": s, "OptionName": name, "Value": "1"} for s, names in KEPT_OPTIONS.items() for name in names]
    assert _kept(*({**each, "ResourceName": "AWSEBAutoScalingGroup"} for each in wanted)) == wanted


@pytest.mark.parametrize("member", ["managed_action", "managed_action_history"])
def test_each_environment_is_an_item(member: str) -> None:
    """One that is gone hides no other."""
    asked = list(source(f"elasticbeanstalk_{member}").requests(context(elasticbeanstalk_environment=ROWS)))
    assert asked == [Request({"EnvironmentId": name}, item=name) for name in ("e-1", "e-2")]


def test_options_are_asked_by_name_and_not_again_while_nothing_changed() -> None:
    """The environment's own row tells when it was changed last."""
    of = source("elasticbeanstalk_configuration")
    first, _ = of.requests(context(elasticbeanstalk_environment=ROWS))
    assert first == Request({"ApplicationName": "shop", "EnvironmentName": "live-1"}, item="e-1")
    assert of.detail is not None
    assert "DateUpdated" in of.detail.unchanged


@pytest.mark.parametrize("member", ["platform_branch", "platform_version"])
def test_platforms_are_asked_where_there_are_environments(member: str) -> None:
    """And once there, however many."""
    of = source(f"elasticbeanstalk_{member}")
    assert not list(of.requests(context(elasticbeanstalk_environment=[])))
    assert len(list(of.requests(context(elasticbeanstalk_environment=ROWS)))) == 1
