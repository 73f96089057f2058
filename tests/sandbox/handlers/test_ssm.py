"""Promises of the managed node handler."""

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import SHARED, Ask


def test_managed_nodes_are_listed(ask: Ask, organisation: Organisation) -> None:
    """Unmanaged and terminated nodes, and those stopped for a month, are not listed; hybrid ones are."""
    rows = ask("ssm", "DescribeInstanceInformation", account_id=SHARED)["InstanceInformationList"]
    nodes = {row["InstanceId"]: organisation.estate.by_id[row["InstanceId"]] for row in rows}
    assert not any(node.unmanaged for node in nodes.values())
    assert {row["ResourceType"] for row in rows} == {"EC2Instance", "ManagedInstance"}
    for row in rows:
        assert row["InstanceId"].startswith("mi-") == (row["ResourceType"] == "ManagedInstance")
        assert ("ActivationId" in row) == (row["ResourceType"] == "ManagedInstance")


def test_silent_nodes_have_lost_connection(ask: Ask, organisation: Organisation) -> None:
    """A stopped or lost node is ConnectionLost and its last ping lies before its silence."""
    rows = ask("ssm", "DescribeInstanceInformation")["InstanceInformationList"]
    for row in rows:
        node = organisation.estate.by_id[row["InstanceId"]]
        assert (row["PingStatus"] == "ConnectionLost") == (node.silent_at <= organisation.estate.as_of)
        assert row["LastPingDateTime"].timestamp() <= min(node.silent_at, organisation.estate.as_of)


def test_filters(ask: Ask) -> None:
    """Filters by ping status narrow; an unknown key is refused."""
    online = ask("ssm", "DescribeInstanceInformation", Filters=[{"Key": "PingStatus", "Values": ["Online"]}])
    assert {row["PingStatus"] for row in online["InstanceInformationList"]} == {"Online"}
    with pytest.raises(ServiceError, match="InvalidFilterKey"):
        ask("ssm", "DescribeInstanceInformation", Filters=[{"Key": "AgentVersion", "Values": ["1"]}])
