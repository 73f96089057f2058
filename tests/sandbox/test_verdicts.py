"""AWS's own judges beside ours, from the sandbox to the store: the same nodes, each with its known difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import botocore.session
import duckdb
import pytest

from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.extract import extract
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.secrets import CANARY, planting
from patchlib.settings import Rates, Settings
from patchlib.snapshot import open_snapshot
from patchlib.sources import ALLOWED, HEAVY
from patchlib.store import connect
from tests import estate
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED

HOME = "eu-central-1"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three accounts of a small organisation, read with a secret in every field that may hold one."""
    organisation = Organisation(nodes=90)
    settings = Settings(
        accounts=(PRODUCTION, DEVELOPMENT, SHARED), home_region=HOME, regions=(HOME,), role="PatchlibReader"
    )
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{organisation.management_account_id}TEST", "x")
    served = Endpoint(planting(organisation.handlers), as_of=organisation.as_of, organisation=organisation)
    attach(session, served)
    budget = RateBudget(Rates(default=1e9, burst=1000), sleep=lambda _seconds: None)
    reader = Reader(settings, ALLOWED, session=session, budget=budget, raw_operations=HEAVY)
    return extract(settings, tmp_path_factory.mktemp("verdicts"), reader=reader, progress=estate.Told())


@pytest.fixture(scope="module")
def store(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store with that snapshot."""
    path = estate.loaded(tmp_path_factory.mktemp("store") / "store.duckdb", snapshot)
    with connect(path, read_only=True) as connection:
        yield connection


def test_the_ledger_tells_off_from_on(snapshot: Path) -> None:
    """Where nothing records, Security Hub is not subscribed to or Inspector is off, the ledger says which it is."""
    states = {(each.account_id, each.source): each.state for each in open_snapshot(snapshot).cells}
    assert states[PRODUCTION, "config_rule_result"] == "ok"
    assert states[DEVELOPMENT, "config_recorder_status"] == "ok"
    assert states[DEVELOPMENT, "config_rule"] == states[DEVELOPMENT, "config_rule_result"] == "disabled"
    assert states[DEVELOPMENT, "securityhub_hub"] == states[DEVELOPMENT, "securityhub_finding"] == "not_subscribed"
    assert states[DEVELOPMENT, "inspector2_account"] == "ok"
    assert states[DEVELOPMENT, "inspector2_finding"] == states[SHARED, "inspector2_coverage"] == "disabled"


def test_config_agrees_with_systems_manager_where_it_records_at_once(store: duckdb.DuckDBPyConnection) -> None:
    """Node by node; a daily recorder is of yesterday, and an account that records nothing has no word."""
    rows = store.execute(
        "select c.account_id, count(*), count(*) filter (where (c.compliance_type = 'COMPLIANT') "
        "= (s.aws_status = 'COMPLIANT')) from core.config_node_compliance_now as c "
        "inner join core.node_compliance_now as s on s.account_id = c.account_id and s.region = c.region "
        "and s.node_id = c.node_id and s.compliance_type = 'Patch' "
        "where c.source_identifier = 'EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK' group by 1"
    ).fetchall()
    found = {account: (count, agreeing) for account, count, agreeing in rows}
    assert set(found) == {PRODUCTION, SHARED}
    assert found[PRODUCTION][0] == found[PRODUCTION][1] > 10


def test_a_hubs_control_rests_on_configs_rule(store: duckdb.DuckDBPyConnection) -> None:
    """SSM.2 has failed exactly where the rule behind it is not compliant."""
    (compared, differing) = store.execute(
        "select count(*), count(*) filter (where (h.compliance_status = 'PASSED') "
        "<> (c.compliance_type = 'COMPLIANT')) "
        "from core.security_hub_node_finding_now as h inner join core.config_node_compliance_now as c "
        "on c.account_id = h.account_id and c.region = h.region and c.node_id = h.node_id "
        "and c.source_identifier = 'EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK' where h.control_id = 'SSM.2'"
    ).fetchone() or (0, 1)
    assert compared > 10
    assert differing == 0


def test_every_instance_is_covered_or_says_why_not(store: duckdb.DuckDBPyConnection) -> None:
    """Inspector knows each instance of an account that it scans, and its findings join the node's own patches."""
    instances, covered = store.execute(
        "select count(*), count(i.node_id) from core.node_now as n left join core.inspector_node_now as i "
        "on i.account_id = n.account_id and i.region = n.region and i.node_id = n.node_id "
        "where n.node_kind = 'ec2' and n.account_id = ?",
        [PRODUCTION],
    ).fetchone() or (0, 0)
    assert instances == covered > 10
    unseen = store.execute(
        "select count(*) from core.inspector_node_now where scan_reason = 'UNMANAGED_EC2_INSTANCE' "
        "and open_finding_count > 0"
    ).fetchone()
    assert unseen == (0,)
    windows = store.execute(
        "select count(distinct f.finding_arn) from core.inspector_finding_now as f inner join core.node_patch_now as p "
        "on p.node_id = f.resource_id and p.patch_ref = f.vulnerability_id where p.patch_state = 'Missing'"
    ).fetchone() or (0,)
    assert windows[0] > 10
    packages = store.execute("select count(distinct finding_arn) from core.inspector_package_now").fetchone()
    assert packages == store.execute("select count(*) from core.inspector_finding_now").fetchone()


def test_no_secret_arrived(snapshot: Path) -> None:
    """Parameters of rules, notes and details of findings were planted, and are nowhere."""
    texts = [page.model_dump_json() for page in estate.pages(snapshot)]
    assert any('"config_rule"' in text for text in texts)
    assert not any(CANARY in text for text in texts)
