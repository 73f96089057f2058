"""Databases are listed in every cell; what hangs on them is asked only where there are any."""

import pytest

from patchlib.sources import Request, Scope, source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

POSTGRES = {"Engine": "postgres", "EngineVersion": "16.4"}
AURORA = {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.08.0"}
FOLLOWING = (
    "rds_pending_maintenance",
    "rds_engine_version",
    "rds_blue_green",
    "rds_db_snapshot",
    "rds_cluster_snapshot",
    "rds_certificate",
    "rds_major_version",
)


@pytest.mark.parametrize("name", FOLLOWING)
def test_without_a_database_nothing_more_is_asked(name: str) -> None:
    """Most cells have none, and cost two calls; with a cluster each follows in one listing."""
    assert not list(source(name).requests(context(rds_db_instance=[], rds_db_cluster=[])))
    assert len(list(source(name).requests(context(rds_db_instance=[], rds_db_cluster=[AURORA])))) == 1


def test_only_versions_in_use_are_asked_and_each_once() -> None:
    """In one listing, whatever the number of databases, also what AWS has withdrawn."""
    rows = {"rds_db_instance": [POSTGRES, POSTGRES, {"Engine": "mysql", "EngineVersion": None}]}
    [request] = source("rds_engine_version").requests(context(**rows, rds_db_cluster=[AURORA]))
    assert {each["Name"]: each["Values"] for each in request.params["Filters"]} == {
        "engine": ["aurora-mysql", "postgres"],
        "engine-version": ["16.4", "8.0.mysql_aurora.3.08.0"],
    }
    assert request.params["IncludeAll"] is True


@pytest.mark.parametrize("name", ["rds_db_snapshot", "rds_cluster_snapshot"])
def test_automated_snapshots_are_not_listed(name: str) -> None:
    """Up to 35 for each database, which it says itself."""
    asked = list(source(name).requests(context(rds_db_instance=[POSTGRES], rds_db_cluster=[AURORA])))
    assert asked == [Request({"SnapshotType": "manual"})]


def test_databases_need_no_node() -> None:
    """So a cell without nodes is asked too; the dates of support are asked once for all cells."""
    assert not any(source(name).on_nodes for name in ("rds_db_instance", "rds_db_cluster", *FOLLOWING))
    assert source("rds_major_version").scope is Scope.ESTATE


@pytest.mark.parametrize(("name", "member"), [("rds_db_instance", "DBInstances"), ("rds_db_cluster", "DBClusters")])
def test_nothing_about_signing_in_is_kept(name: str, member: str) -> None:
    """Neither who is master, nor a password that waits to be set, nor where it lies."""
    row = {
        "Engine": "mysql",
        "MasterUsername": "canary",
        "MasterUserSecret": {"SecretArn": "canary"},
        "DomainMemberships": [{"AuthSecretArn": "canary"}],
        "PendingModifiedValues": {"MasterUserPassword": "canary", "EngineVersion": "8.4.6"},
    }
    found = scrub(source(name), {member: [row]})
    assert found == {member: [{"Engine": "mysql", "PendingModifiedValues": {"EngineVersion": "8.4.6"}}]}
