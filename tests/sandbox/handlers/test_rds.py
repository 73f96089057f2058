"""Promises of the databases' handlers: each thing to find is there once, and so is what does it well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from patchlib.sandbox.endpoint import Call, ServiceError
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.freezes import FREEZES
from tests.sandbox.handlers.conftest import Ask

SECOND = "210400173974"
PAID, OPTED_OUT = "open-source-rds-extended-support", "open-source-rds-extended-support-disabled"


def _instances(ask: Ask, **where: str) -> dict[str, dict[str, Any]]:
    return {row["DBInstanceIdentifier"]: row for row in ask("rds", "DescribeDBInstances", **where)["DBInstances"]}


def _pending(ask: Ask) -> dict[str, dict[str, Any]]:
    listed = ask("rds", "DescribePendingMaintenanceActions")["PendingMaintenanceActions"]
    return {row["ResourceIdentifier"].rpartition(":")[2]: row["PendingMaintenanceActionDetails"][0] for row in listed}


def _ends(ask: Ask) -> dict[tuple[str, str], Any]:
    return {
        (row["Engine"], row["MajorEngineVersion"]): row["SupportedEngineLifecycles"][0]["LifecycleSupportEndDate"]
        for row in ask("rds", "DescribeDBMajorEngineVersions")["DBMajorEngineVersions"]
    }


def test_one_is_behind_and_nobody_upgrades_it(ask: Ask) -> None:
    """A newer minor version is there; its neighbour is on it, and leaves the next one to AWS."""
    behind, well = _instances(ask)["orders"], _instances(ask)["catalogue"]
    filters = [{"Name": "engine", "Values": ["postgres"]}, {"Name": "engine-version", "Values": ["16.4", "16.10"]}]
    versions = ask("rds", "DescribeDBEngineVersions", Filters=filters, IncludeAll=True)["DBEngineVersions"]
    targets = {row["EngineVersion"]: row["ValidUpgradeTarget"] for row in versions}
    assert {row["EngineVersion"] for row in versions} == {"16.4", "16.10"}
    assert not behind["AutoMinorVersionUpgrade"]
    assert well["AutoMinorVersionUpgrade"]
    assert well["EngineVersion"] in {t["EngineVersion"] for t in targets[behind["EngineVersion"]] if t["AutoUpgrade"]}
    assert all(target["IsMajorVersionUpgrade"] for target in targets[well["EngineVersion"]])


def test_one_is_forced_inside_the_freeze_and_one_before_it(ask: Ask) -> None:
    """The same patch of the system, by the change calendar of the same account."""
    freeze = next(each for each in FREEZES if each.name == "year-end-freeze")
    forced, early = _pending(ask)["payments"], _pending(ask)["ledger"]
    assert forced["Action"] == early["Action"] == "system-update"
    assert freeze.state(int(forced["ForcedApplyDate"].timestamp()))[0] == "CLOSED"
    assert freeze.state(int(early["CurrentApplyDate"].timestamp()))[0] == "OPEN"


def test_extended_support_is_paid_refused_and_not_needed(ask: Ask, organisation: Organisation) -> None:
    """Past standard support one pays and one will be upgraded; a third is in standard support."""
    found, ends, now = _instances(ask), _ends(ask), organisation.as_of
    assert ends["postgres", "13"] < now < ends["postgres", "17"]
    assert ends["mysql", "8.0"] < now
    assert found["loyalty"]["EngineLifecycleSupport"] == found["profiles"]["EngineLifecycleSupport"] == PAID
    assert found["returns"]["EngineLifecycleSupport"] == OPTED_OUT
    assert _pending(ask)["returns"]["Action"] == "db-upgrade"


def test_one_server_certificate_ends_soon(ask: Ask, organisation: Organisation) -> None:
    """The other has months left; both are of an engine whose certificate does not renew itself."""
    left = {name: row["CertificateDetails"]["ValidTill"] - organisation.as_of for name, row in _instances(ask).items()}
    assert timedelta(0) < left["reporting"] < timedelta(days=30)
    assert all(each > timedelta(days=90) for name, each in left.items() if name != "reporting")
    versions = ask("rds", "DescribeDBEngineVersions")["DBEngineVersions"]
    assert {row["Engine"] for row in versions if not row["SupportsCertificateRotationWithoutRestart"]} == {
        "sqlserver-se"
    }


def test_a_standby_and_a_cluster_are_told_apart(ask: Ask) -> None:
    """A Multi-AZ instance is in no cluster; the members of clusters name theirs and are its members."""
    found = _instances(ask, account_id=SECOND)
    clusters = {
        row["DBClusterIdentifier"]: row for row in ask("rds", "DescribeDBClusters", account_id=SECOND)["DBClusters"]
    }
    assert found["stock"]["MultiAZ"]
    assert "DBClusterIdentifier" not in found["stock"]
    assert [name for name, row in clusters.items() if "DBClusterInstanceClass" in row] == ["tariffs"]
    for name, cluster in clusters.items():
        members = {row["DBInstanceIdentifier"] for row in cluster["DBClusterMembers"]}
        assert members == {each for each, row in found.items() if row.get("DBClusterIdentifier") == name}
        assert sum(row["IsClusterWriter"] for row in cluster["DBClusterMembers"]) == 1


def test_one_deployment_waits_and_one_is_done(ask: Ask) -> None:
    """Each has its source among the databases."""
    [waits] = ask("rds", "DescribeBlueGreenDeployments", account_id=SECOND)["BlueGreenDeployments"]
    [done] = ask("rds", "DescribeBlueGreenDeployments")["BlueGreenDeployments"]
    assert (waits["Status"], done["Status"]) == ("AVAILABLE", "SWITCHOVER_COMPLETED")
    assert done["Source"] == _instances(ask)["profiles"]["DBInstanceArn"]


def test_earlier_there_was_less(organisation: Organisation) -> None:
    """A database that was made later is not there yet, nor what AWS told later, nor its deployment."""
    past = organisation.at(organisation.as_of - timedelta(days=60))
    call = {"account_id": "210400173933", "region": "eu-central-1"}

    def ask_then(operation: str) -> dict[str, Any]:
        return past.handlers["rds", operation](Call("rds", operation, params={}, as_of=past.as_of, **call))

    names = {row["DBInstanceIdentifier"] for row in ask_then("DescribeDBInstances")["DBInstances"]}
    assert "profiles" not in names
    assert "orders" in names
    waiting = ask_then("DescribePendingMaintenanceActions")["PendingMaintenanceActions"]
    assert [row["ResourceIdentifier"].rpartition(":")[2] for row in waiting] == ["returns"]
    assert ask_then("DescribeBlueGreenDeployments")["BlueGreenDeployments"] == []


def test_what_it_does_not_follow_is_refused(ask: Ask) -> None:
    """A filter that the sandbox does not know is an error, never everything."""
    with pytest.raises(ServiceError):
        ask("rds", "DescribeDBEngineVersions", Filters=[{"Name": "engine-mode", "Values": ["serverless"]}])


def test_snapshots_are_those_of_the_type_asked(ask: Ask) -> None:
    """An old one and one before the upgrade that is due; no automated one."""
    made = ask("rds", "DescribeDBSnapshots", SnapshotType="manual")["DBSnapshots"]
    assert [row["DBInstanceIdentifier"] for row in made] == ["orders", "loyalty"]
    assert ask("rds", "DescribeDBSnapshots", SnapshotType="automated")["DBSnapshots"] == []
    assert ask("rds", "DescribeDBClusterSnapshots")["DBClusterSnapshots"] == []
