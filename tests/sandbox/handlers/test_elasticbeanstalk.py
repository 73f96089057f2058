"""Promises of the environments' handlers: each thing to find once, beside what does it well."""

from __future__ import annotations

from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.platforms import BRANCHES, environments
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, Ask

STATES = [{"Attribute": "LifecycleState", "Operator": "in", "Values": ["supported", "retired"]}]


def _environments(ask: Ask, **where: str) -> list[dict[str, Any]]:
    return list(ask("elasticbeanstalk", "DescribeEnvironments", IncludeDeleted=False, **where)["Environments"])


def _option(ask: Ask, row: dict[str, Any], name: str, **where: str) -> str | None:
    asked = {"ApplicationName": row["ApplicationName"], "EnvironmentName": row["EnvironmentName"]}
    [found] = ask("elasticbeanstalk", "DescribeConfigurationSettings", **asked, **where)["ConfigurationSettings"]
    return next((each["Value"] for each in found["OptionSettings"] if each["OptionName"] == name), None)


def test_one_is_not_updated_and_one_goes_down_as_a_whole(ask: Ask) -> None:
    """In production; the same way of deploying is harmless in development."""
    rows = _environments(ask)
    off = [row["ApplicationName"] for row in rows if _option(ask, row, "ManagedActionsEnabled") == "false"]
    whole = [row["ApplicationName"] for row in rows if _option(ask, row, "DeploymentPolicy") == "AllAtOnce"]
    assert (off, whole) == (["storefront"], ["price-engine"])
    [test] = _environments(ask, account_id=DEVELOPMENT)
    assert _option(ask, test, "DeploymentPolicy", account_id=DEVELOPMENT) == "AllAtOnce"


def test_one_stands_on_a_retired_branch(ask: Ask) -> None:
    """All others on one that is supported."""
    listed = ask("elasticbeanstalk", "ListPlatformBranches", Filters=STATES)["PlatformBranchSummaryList"]
    states = {row["BranchName"]: row["LifecycleState"] for row in listed}
    found = {row["ApplicationName"]: states[row["PlatformArn"].split("/")[1]] for row in _environments(ask)}
    assert [name for name, state in found.items() if state == "Retired"] == ["returns-desk"]
    assert set(found.values()) == {"Retired", "Supported"}
    assert "Deprecated" in {state for _, _, state, _ in BRANCHES} - set(states.values())


def test_one_managed_action_failed_and_one_is_due(ask: Ask) -> None:
    """Others were completed; nothing that is due lies in the past."""
    done: dict[str, str] = {}
    due: dict[str, str] = {}
    for row in _environments(ask):
        asked = {"EnvironmentId": row["EnvironmentId"]}
        history = ask("elasticbeanstalk", "DescribeEnvironmentManagedActionHistory", **asked)
        for each in history["ManagedActionHistoryItems"]:
            done[row["ApplicationName"]] = each["Status"]
        actions = ask("elasticbeanstalk", "DescribeEnvironmentManagedActions", **asked)["ManagedActions"]
        for each in actions:
            due[row["ApplicationName"]] = each["Status"]
    assert done == {"search-index": "Completed", "ledger": "Failed", "price-engine": "Completed"}
    assert due == {"search-index": "Scheduled"}


def test_a_secret_is_there_to_be_dropped(ask: Ask) -> None:
    """As in real environments."""
    assert all(_option(ask, row, "DATABASE_PASSWORD") for row in _environments(ask))


def test_what_is_not_there_is_refused(ask: Ask) -> None:
    """An environment that is gone, and a filter that the sandbox does not follow."""
    with pytest.raises(ServiceError, match="No Environment found"):
        ask("elasticbeanstalk", "DescribeEnvironmentManagedActions", EnvironmentId="e-gone")
    with pytest.raises(ServiceError, match="LifecycleState only"):
        ask("elasticbeanstalk", "ListPlatformBranches", Filters=[STATES[0] | {"Attribute": "TierType"}])


def test_they_are_in_the_home_region(organisation: Organisation) -> None:
    """And nowhere else."""
    assert list(environments(organisation.estate, PRODUCTION, "eu-central-1"))
    assert not list(environments(organisation.estate, PRODUCTION, "us-east-1"))
