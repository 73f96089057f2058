"""Amazon RDS and Aurora: databases, what waits to be applied to them, what they may be upgraded to, and until when.

DescribeDBInstances and DescribeDBClusters also tell of Amazon DocumentDB and Amazon Neptune (botocore model, their
documentation), whose own clients send the same request to the same endpoint: all are listed once, by this service.
"""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES"]

_DATABASES = ("rds_db_instance", "rds_db_cluster")


def _has_database(context: Context) -> bool:
    return any(context.rows(name) for name in _DATABASES)


def _where_databases_are(context: Context) -> Iterator[Request]:
    if _has_database(context):
        yield Request()


def _made_by_people(context: Context) -> Iterator[Request]:
    # Automated ones are up to 35 for each database, and the instant up to which it can be restored tells as much.
    if _has_database(context):
        yield Request({"SnapshotType": "manual"})


def _in_use(context: Context) -> Iterator[Request]:
    # All versions of all engines are hundreds of rows of some kilobytes; one listing takes both filters.
    pairs = {(row["Engine"], row["EngineVersion"]) for name in _DATABASES for row in context.rows(name)}
    named = {(engine, version) for engine, version in pairs if engine and version}
    if named:
        engines, versions = (sorted({pair[place] for pair in named}) for place in (0, 1))
        filters = [{"Name": "engine", "Values": engines}, {"Name": "engine-version", "Values": versions}]
        # A version in use may be deprecated, and is then left out unless all are asked for.
        yield Request({"Filters": filters, "IncludeAll": True})


_SECRETS = ("MasterUsername", "MasterUserSecret", "DomainMemberships")

SOURCES = (
    Source(
        name="rds_db_instance",
        service="rds",
        operation="DescribeDBInstances",
        scope=Scope.CELL,
        items="DBInstances[]",
        page_size=100,
        about="database instances of RDS, Aurora, DocumentDB and Neptune: engine, version, window, who upgrades them",
        system="RDS",
        key=("DBInstanceIdentifier",),
        remember=("Engine", "EngineVersion"),
        drop=(
            *(Drop(f"DBInstances[].{each}") for each in _SECRETS),
            Drop("DBInstances[].PendingModifiedValues.MasterUserPassword"),
        ),
        on_nodes=False,
    ),
    Source(
        name="rds_db_cluster",
        service="rds",
        operation="DescribeDBClusters",
        scope=Scope.CELL,
        items="DBClusters[]",
        page_size=100,
        about="database clusters: Aurora, Multi-AZ clusters of RDS, DocumentDB and Neptune, with their members",
        system="RDS",
        key=("DBClusterIdentifier",),
        remember=("Engine", "EngineVersion"),
        drop=(
            *(Drop(f"DBClusters[].{each}") for each in _SECRETS),
            Drop("DBClusters[].PendingModifiedValues.MasterUserPassword"),
        ),
        on_nodes=False,
    ),
    Source(
        name="rds_pending_maintenance",
        service="rds",
        operation="DescribePendingMaintenanceActions",
        scope=Scope.CELL,
        items="PendingMaintenanceActions[]",
        page_size=100,
        about="maintenance that waits for a database, and the dates after which AWS applies it",
        system="RDS",
        key=("ResourceIdentifier",),
        needs=_DATABASES,
        requests=_where_databases_are,
        least="one listing of each account and Region that has databases",
        on_nodes=False,
    ),
    Source(
        name="rds_engine_version",
        service="rds",
        operation="DescribeDBEngineVersions",
        scope=Scope.CELL,
        items="DBEngineVersions[]",
        page_size=100,
        about="the engine versions in use, and what each may be upgraded to here, by whom",
        system="RDS",
        key=("Engine", "EngineVersion"),
        needs=_DATABASES,
        requests=_in_use,
        least="one listing of the versions in use of each account and Region that has databases",
        on_nodes=False,
    ),
    Source(
        name="rds_blue_green",
        service="rds",
        operation="DescribeBlueGreenDeployments",
        scope=Scope.CELL,
        items="BlueGreenDeployments[]",
        page_size=100,
        about="blue/green deployments: an upgrade that is prepared on a copy, and whether it was switched over",
        system="RDS",
        key=("BlueGreenDeploymentIdentifier",),
        needs=_DATABASES,
        requests=_where_databases_are,
        least="one listing of each account and Region that has databases",
        on_nodes=False,
    ),
    Source(
        name="rds_db_snapshot",
        service="rds",
        operation="DescribeDBSnapshots",
        scope=Scope.CELL,
        items="DBSnapshots[]",
        page_size=100,
        about="snapshots of instances that people or their tools made: a way back beside automated backups",
        system="RDS",
        key=("DBSnapshotArn",),
        needs=_DATABASES,
        requests=_made_by_people,
        drop=(Drop("DBSnapshots[].MasterUsername"),),
        least="one per 100 snapshots made by hand; automated ones are not listed",
        on_nodes=False,
    ),
    Source(
        name="rds_cluster_snapshot",
        service="rds",
        operation="DescribeDBClusterSnapshots",
        scope=Scope.CELL,
        items="DBClusterSnapshots[]",
        page_size=100,
        about="snapshots of clusters that people or their tools made",
        system="RDS",
        key=("DBClusterSnapshotArn",),
        needs=("rds_db_cluster",),
        requests=lambda context: [Request({"SnapshotType": "manual"})] if context.rows("rds_db_cluster") else [],
        drop=(Drop("DBClusterSnapshots[].MasterUsername"),),
        least="one per 100 snapshots made by hand; automated ones are not listed",
        on_nodes=False,
    ),
    Source(
        name="rds_certificate",
        service="rds",
        operation="DescribeCertificates",
        scope=Scope.CELL,
        items="Certificates[]",
        page_size=100,
        about="certificate authorities that databases may use here, and until when they are valid",
        system="RDS",
        key=("CertificateIdentifier",),
        needs=_DATABASES,
        requests=_where_databases_are,
        least="one listing of each account and Region that has databases",
        on_nodes=False,
    ),
    Source(
        name="rds_major_version",
        service="rds",
        operation="DescribeDBMajorEngineVersions",
        scope=Scope.ESTATE,
        items="DBMajorEngineVersions[]",
        page_size=100,
        about="until when each major version has standard and paid extended support",
        system="RDS",
        unit="key",
        key=("Engine", "MajorEngineVersion"),
        needs=_DATABASES,
        requests=_where_databases_are,
        least="one listing for the whole estate: the dates are the same everywhere",
        on_nodes=False,
    ),
)
