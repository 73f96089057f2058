"""Amazon RDS: databases, what waits for them, and what their versions may become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Handler
from patchlib.sandbox.handlers.listing import Row, equals, listed
from patchlib.sandbox.world.calendars import DAY, HOUR, instant, to_datetime
from patchlib.sandbox.world.databases import (
    CERTIFICATES,
    LIFECYCLES,
    UPGRADES,
    Database,
    Upgrade,
    databases,
    deployments,
)
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]

_AUTHORITY = CERTIFICATES[0][0]
_STANDARD, _PAID = "open-source-rds-standard-support", "open-source-rds-extended-support"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of RDS over one estate."""
    snapshots = {"SnapshotType": "SnapshotType"}
    chosen = {"engine": equals("Engine"), "engine-version": equals("EngineVersion")}
    return {
        "DescribeDBInstances": listed("rds_db_instance", estate, _instances),
        "DescribeDBClusters": listed("rds_db_cluster", estate, _clusters),
        "DescribePendingMaintenanceActions": listed("rds_pending_maintenance", estate, _pending),
        "DescribeDBEngineVersions": listed(
            "rds_engine_version", estate, _versions, filters=chosen, ignored=("IncludeAll",)
        ),
        "DescribeBlueGreenDeployments": listed("rds_blue_green", estate, _deployments),
        "DescribeDBSnapshots": listed("rds_db_snapshot", estate, _snapshots, by=snapshots),
        "DescribeDBClusterSnapshots": listed("rds_cluster_snapshot", estate, _cluster_snapshots, by=snapshots),
        "DescribeCertificates": listed("rds_certificate", estate, _certificates),
        "DescribeDBMajorEngineVersions": listed("rds_major_version", estate, _majors),
    }


def _shared(estate: Estate, each: Database) -> dict[str, Any]:
    """What an instance and a cluster have in common."""
    found: dict[str, Any] = {
        "Engine": each.engine,
        "EngineVersion": each.version,
        "PreferredMaintenanceWindow": each.window,
        "PreferredBackupWindow": "00:30-01:00",
        "BackupRetentionPeriod": each.retention,
        "AutoMinorVersionUpgrade": each.upgrades,
        "DeletionProtection": each.protected,
        "StorageEncrypted": True,
        "CopyTagsToSnapshot": True,
        "PendingModifiedValues": {},
        "TagList": [{"Key": "Application", "Value": each.name}],
    }
    if each.retention:
        found["LatestRestorableTime"] = to_datetime(estate.as_of - HOUR // 12)
    return found | ({"EngineLifecycleSupport": each.lifecycle} if each.lifecycle else {})


def _instances(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each in databases(estate, account_id, region):
        for number in range(max(1, each.members)):
            yield _instance(estate, each, number)


def _instance(estate: Estate, each: Database, number: int) -> dict[str, Any]:
    name = f"{each.name}-{number + 1}" if each.is_cluster else each.name
    row = _shared(estate, each) | {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": f"arn:aws:rds:{each.region}:{each.account_id}:db:{name}",
        "DbiResourceId": "db-" + estate.draws.hexadecimal(26, "database", each.arn, number).upper(),
        "DBInstanceClass": "db.r6g.large",
        "DBInstanceStatus": "available",
        "InstanceCreateTime": to_datetime(instant(each.made_at)),
        "AvailabilityZone": each.region + "abc"[number % 3],
        "MultiAZ": each.zones > 1,
        "CACertificateIdentifier": _AUTHORITY,
        "CertificateDetails": {
            "CAIdentifier": _AUTHORITY,
            "ValidTill": to_datetime(instant(each.certificate_until)),
        },
        "PubliclyAccessible": False,
    }
    if each.zones > 1:
        row["SecondaryAvailabilityZone"] = each.region + "b"
    return row | ({"DBClusterIdentifier": each.name} if each.is_cluster else {})


def _clusters(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each in databases(estate, account_id, region):
        if not each.is_cluster:
            continue
        # A Multi-AZ cluster of RDS has the size of its members itself; an Aurora or DocumentDB one has not.
        own = {} if each.is_aurora or each.engine == "docdb" else {"DBClusterInstanceClass": "db.r6gd.large"}
        yield (
            _shared(estate, each)
            | own
            | {
                "DBClusterIdentifier": each.name,
                "DBClusterArn": each.arn,
                "DbClusterResourceId": "cluster-" + estate.draws.hexadecimal(26, "database", each.arn).upper(),
                "Status": "available",
                "ClusterCreateTime": to_datetime(instant(each.made_at)),
                "MultiAZ": True,
                "EngineMode": "provisioned",
                "AvailabilityZones": [each.region + letter for letter in "abc"],
                "DBClusterMembers": [
                    {
                        "DBInstanceIdentifier": f"{each.name}-{number + 1}",
                        "IsClusterWriter": number == 0,
                        "DBClusterParameterGroupStatus": "in-sync",
                        "PromotionTier": 1,
                    }
                    for number in range(each.members)
                ],
            }
        )


def _pending(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each in databases(estate, account_id, region):
        told = [action for action in each.pending if instant(action.told_at) <= estate.as_of]
        details = []
        for action in told:
            detail: dict[str, Any] = {"Action": action.action, "Description": action.text}
            dates = {"AutoAppliedAfterDate": action.auto, "ForcedApplyDate": action.forced}
            detail |= {name: to_datetime(instant(date)) for name, date in dates.items() if date}
            detail["CurrentApplyDate"] = to_datetime(min(instant(date) for date in dates.values() if date))
            details.append(detail)
        if details:
            yield {"ResourceIdentifier": each.arn, "PendingMaintenanceActionDetails": details}


def _versions(_estate: Estate, _account_id: str, _region: str) -> Iterator[Row]:
    for (engine, version), targets in UPGRADES.items():
        is_newest = not targets or all(target.major for target in targets)
        yield {
            "Engine": engine,
            "EngineVersion": version,
            "MajorEngineVersion": _major(engine, version),
            "DBParameterGroupFamily": f"{engine}{_major(engine, version)}",
            "DBEngineDescription": engine,
            "Status": "available" if is_newest else "deprecated",
            # SQL Server restarts for a new server certificate, so RDS does not renew it by itself.
            "SupportsCertificateRotationWithoutRestart": not engine.startswith("sqlserver"),
            "SupportedCACertificateIdentifiers": [name for name, *_ in CERTIFICATES],
            "ValidUpgradeTarget": [_target(engine, target) for target in targets],
        }


def _target(engine: str, target: Upgrade) -> dict[str, Any]:
    return {
        "Engine": engine,
        "EngineVersion": target.version,
        "Description": f"{engine} {target.version}",
        "AutoUpgrade": target.auto,
        "IsMajorVersionUpgrade": target.major,
    }


def _major(engine: str, version: str) -> str:
    parts = version.split(".")
    return parts[0] if engine in {"postgres", "aurora-postgresql"} else ".".join(parts[:2])


def _deployments(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each, source in deployments(estate, account_id, region):
        is_over = bool(each.switched_at) and instant(each.switched_at) <= estate.as_of
        green = source.arn.rpartition(":")[0] + f":{each.green}"
        yield {
            "BlueGreenDeploymentIdentifier": "bgd-" + estate.draws.hexadecimal(16, "blue green", each.name),
            "BlueGreenDeploymentName": each.name,
            "Source": source.arn,
            "Target": green,
            "Status": "SWITCHOVER_COMPLETED" if is_over else "AVAILABLE",
            "CreateTime": to_datetime(instant(each.made_at)),
            "SwitchoverDetails": [
                {
                    "SourceMember": source.arn,
                    "TargetMember": green,
                    "Status": "SWITCHOVER_COMPLETED" if is_over else "AVAILABLE",
                }
            ],
            "Tasks": [{"Name": "DB_ENGINE_VERSION_UPGRADE", "Status": "COMPLETED"}],
        }


def _snapshots(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each, made_at in _made(estate, account_id, region):
        if not each.is_cluster:
            name = f"{each.name}-{made_at[:10]}"
            yield {
                "DBSnapshotIdentifier": name,
                "DBSnapshotArn": f"arn:aws:rds:{region}:{account_id}:snapshot:{name}",
                "DBInstanceIdentifier": each.name,
                "SnapshotCreateTime": to_datetime(instant(made_at)),
                "Engine": each.engine,
                "EngineVersion": each.version,
                "Status": "available",
                "SnapshotType": "manual",
                "PercentProgress": 100,
                "AllocatedStorage": 200,
                "Encrypted": True,
            }


def _cluster_snapshots(estate: Estate, account_id: str, region: str) -> Iterator[Row]:
    for each, made_at in _made(estate, account_id, region):
        if each.is_cluster:
            name = f"{each.name}-{made_at[:10]}"
            yield {
                "DBClusterSnapshotIdentifier": name,
                "DBClusterSnapshotArn": f"arn:aws:rds:{region}:{account_id}:cluster-snapshot:{name}",
                "DBClusterIdentifier": each.name,
                "SnapshotCreateTime": to_datetime(instant(made_at)),
                "Engine": each.engine,
                "EngineVersion": each.version,
                "Status": "available",
                "SnapshotType": "manual",
                "PercentProgress": 100,
                "StorageEncrypted": True,
            }


def _made(estate: Estate, account_id: str, region: str) -> Iterator[tuple[Database, str]]:
    for each in databases(estate, account_id, region):
        yield from ((each, made_at) for made_at in each.snapshots if instant(made_at) <= estate.as_of)


def _certificates(_estate: Estate, _account_id: str, region: str) -> Iterator[Row]:
    for name, since, until, is_default in CERTIFICATES:
        yield {
            "CertificateIdentifier": name,
            "CertificateType": "CA",
            "CertificateArn": f"arn:aws:rds:{region}::cert:{name}",
            "ValidFrom": to_datetime(instant(since)),
            "ValidTill": to_datetime(instant(until)),
            "CustomerOverride": is_default,
        }


def _majors(_estate: Estate, _account_id: str, _region: str) -> Iterator[Row]:
    for engine, major, first, standard, extended in LIFECYCLES:
        periods = ((_STANDARD, first, standard), (_PAID, _day_after(standard), extended))
        yield {
            "Engine": engine,
            "MajorEngineVersion": major,
            "SupportedEngineLifecycles": [
                {
                    "LifecycleSupportName": name,
                    "LifecycleSupportStartDate": to_datetime(instant(start)),
                    "LifecycleSupportEndDate": to_datetime(instant(end)),
                }
                for name, start, end in periods
            ],
        }


def _day_after(date: str) -> str:
    return f"{to_datetime(instant(date) + DAY):%Y-%m-%d}"
