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
from patchlib.queries import run
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import DEFAULT_AS_OF, Organisation
from patchlib.sandbox.secrets import CANARY, planting
from patchlib.sandbox.world.calendars import to_datetime
from patchlib.sandbox.world.watchers import RECORDER_STOPPED_AT
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
        accounts=(PRODUCTION, DEVELOPMENT, SHARED),
        home_region=HOME,
        regions=(HOME,),
        role="PatchlibReader",
        config_history_days=250,
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


def test_the_recorded_past_ends_where_ours_begins(store: duckdb.DuckDBPyConnection) -> None:
    """By node, with counts; a recorder that was stopped has told what it knew until then."""
    rows = store.execute(
        "select h.account_id, count(distinct h.node_id), max(h.captured_at), min(h.patch_count), "
        "count(*) filter (where h.captured_at >= s.valid_from) from core.config_patch_history_now as h "
        "left join core.node_scan as s on s.account_id = h.account_id and s.region = h.region "
        "and s.node_id = h.node_id group by 1"
    ).fetchall()
    found = {account: rest for account, *rest in rows}
    assert set(found) == {PRODUCTION, DEVELOPMENT, SHARED}
    assert all(nodes > 3 and least > 0 and overlapping == 0 for nodes, _, least, overlapping in found.values())
    assert found[DEVELOPMENT][1] <= to_datetime(RECORDER_STOPPED_AT).replace(tzinfo=None) < found[PRODUCTION][1]


def test_each_image_is_seen_or_says_why_not(snapshot: Path, store: duckdb.DuckDBPyConnection) -> None:
    """Under either scanner, and one repository whose own policy denies the answer: each state is there."""
    rows = run(store, "risk/image_coverage", as_of=DEFAULT_AS_OF, stale_after_days=7)
    states = {(row["account_id"], row["repository_name"]): row["coverage_state"] for _, row in rows.iterrows()}
    assert states[PRODUCTION, "checkout-api"] == states[SHARED, "tools/build-agent"] == "fresh"
    assert states[PRODUCTION, "batch/price-import"] == states[SHARED, "tools/report-writer"] == "stale"
    assert states[PRODUCTION, "lab/demand-notebook"] == states[SHARED, "docker-hub/library/haproxy"] == "scanning off"
    assert states[SHARED, "tools/importer"] == "never scanned"
    assert states[SHARED, "tools/label-proxy"] == "unsupported"
    assert states[SHARED, "security/token-broker"] == "not readable"
    [record] = [
        each for each in open_snapshot(snapshot).cells if (each.account_id, each.source) == (SHARED, "ecr_image_scan")
    ]
    assert (record.state, record.refusal) == ("partial", "denied")


def test_findings_of_ecr_and_inspector_are_of_images_that_are_listed(store: duckdb.DuckDBPyConnection) -> None:
    """By digest on the one side and by ARN on the other; ECR speaks of the accounts that Inspector does not scan."""
    told = store.execute(
        "select f.account_id, i.image_kind, count(*) from core.ecr_image_finding_now as f "
        "left join core.ecr_image_now as i on i.account_id = f.account_id and i.region = f.region "
        "and i.repository_name = f.repository_name "
        "and i.image_digest = f.image_digest where f.package_name <> '' group by 1, 2"
    ).fetchall()
    assert {(account, kind) for account, kind, _ in told} <= {(SHARED, "image"), (DEVELOPMENT, "image")}
    assert sum(count for *_, count in told) > 5
    named = store.execute(
        "select distinct f.account_id, i.image_kind from core.inspector_finding_now as f "
        "left join core.ecr_image_now as i on i.account_id = f.account_id and i.region = f.region "
        "and i.image_arn = f.resource_id where f.resource_type = 'AWS_ECR_CONTAINER_IMAGE'"
    ).fetchall()
    assert named == [(PRODUCTION, "image")]


def test_what_runs_is_known_where_inspector_counts_it(store: duckdb.DuckDBPyConnection) -> None:
    """One build of a service runs; of images elsewhere nothing is said, and of none that it does not run."""
    rows = store.execute("select account_id, repository_name, is_in_use from core.ecr_image_now").fetchall()
    assert {is_in_use for *_, is_in_use in rows} == {True, None}
    used = sorted(name for account, name, is_in_use in rows if is_in_use)
    assert used == ["checkout-api", "storefront"]


def test_a_repository_has_its_owner_and_its_rules(store: duckdb.DuckDBPyConnection) -> None:
    """What ECR fills from another registry has neither an owner nor a policy."""
    found = store.execute(
        "select owner, environment, has_lifecycle_policy, upstream_registry, tag_mutability "
        "from core.ecr_repository_now where account_id = ? and repository_name in (?, ?) order by repository_name",
        [SHARED, "base/ubi9", "docker-hub/library/haproxy"],
    ).fetchall()
    assert found == [
        ("platform", "shared", True, None, "IMMUTABLE"),
        (None, None, False, "docker-hub", "MUTABLE"),
    ]
