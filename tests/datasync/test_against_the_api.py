"""The oracle: what a bucket tells of the sandbox's nodes is exactly what their accounts' APIs tell."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from patchlib import paths
from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.datasync.extraction import extract_objects
from patchlib.datasync.objects import Bucket
from patchlib.extract import extract
from patchlib.load import load
from patchlib.manifest import CallerRecord, Manifest
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.handlers import data_sync
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import Organisation
from patchlib.settings import Rates, load_settings
from patchlib.sources import ALLOWED, BUCKET_READS
from patchlib.store import connect
from tests.estate import Told

SECURITY = "210400173928"
PATCHES = (
    "select account_id, region, node_id, title, kb_id, classification, severity, patch_state, installed_at "
    "from core.node_patch_now"
)
SCANS = (
    "select account_id, region, node_id, baseline_id, patch_group, aws_snapshot_id, operation, operation_started_at, "
    "operation_ended_at, last_no_reboot_install_at, reboot_option, installed_count, installed_other_count, "
    "installed_pending_reboot_count, installed_rejected_count, missing_count, failed_count, not_applicable_count, "
    "unreported_not_applicable_count, critical_non_compliant_count, security_non_compliant_count, "
    "other_non_compliant_count, available_security_update_count from core.node_scan_now"
)
# The API of a hybrid node does not tell its tags, the bucket does.
_TAGS = ", ".join(
    f"case when node_kind = 'ec2' then {tag} end" for tag in ("environment", "application", "owner", "criticality")
)
NODES = (
    f"select account_id, region, node_id, node_kind, name, {_TAGS}, platform, operating_system, platform_version, "
    "end_of_support_date from core.node_now where is_managed"
)


class _Both:
    """The sandbox organisation, read by its APIs and by its bucket into one store each, and into one together."""

    def __init__(self, folder: Path) -> None:
        self.organisation = Organisation(nodes=160)
        self.endpoint = Endpoint(
            self.organisation.handlers, as_of=self.organisation.as_of, organisation=self.organisation
        )
        settings = load_settings(paths.sandbox_settings())
        session = botocore.session.Session()
        session.set_credentials(f"AKIA{self.organisation.management_account_id}TEST", "x")
        session.set_config_variable("region", "eu-central-1")
        attach(session, self.endpoint)
        budget = RateBudget(Rates(default=1e9, burst=1000))
        reader = Reader(settings, ALLOWED | BUCKET_READS, session=session, budget=budget)
        caller = reader.caller()
        manifest = Manifest(
            snapshot_id="",
            taken_at=caller.answered_at,
            endpoint=caller.endpoint,
            is_aws=False,
            caller=CallerRecord(account_id=caller.account_id, arn=caller.arn),
            exclusions=settings.exclusions,
        )
        by_api = extract(settings, folder / "api", reader=reader, progress=Told())
        bucket = Bucket(reader, data_sync.BUCKET, data_sync.PREFIX, SECURITY)
        by_bucket = extract_objects(bucket, folder / "bucket", manifest, progress=Told())
        self.stores = {name: folder / f"{name}.duckdb" for name in ("api", "bucket", "both")}
        load([by_api], self.stores["api"])
        load([by_bucket], self.stores["bucket"])
        # Two snapshots of one instant need two names.
        by_bucket = by_bucket.rename(by_bucket.with_name(f"{by_bucket.name}-2"))
        text = (by_bucket / "manifest.json").read_text(encoding="utf-8")
        old = by_bucket.name.removesuffix("-2")
        renamed = text.replace(f'"snapshot_id": "{old}"', f'"snapshot_id": "{by_bucket.name}"')
        (by_bucket / "manifest.json").write_text(renamed, encoding="utf-8")
        shutil.copyfile(self.stores["api"], self.stores["both"])
        load([by_bucket], self.stores["both"])

    def rows(self, store: str, sql: str) -> set[tuple[Any, ...]]:
        """The rows of a query over one of the stores."""
        with connect(self.stores[store], read_only=True) as connection:
            return set(connection.execute(sql).fetchall())


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> _Both:
    """Both ways, once for all tests."""
    return _Both(tmp_path_factory.mktemp("both"))


@pytest.mark.parametrize("sql", [PATCHES, SCANS, NODES], ids=["patches", "scans", "nodes"])
def test_the_bucket_tells_what_the_api_tells(both: _Both, sql: str) -> None:
    """Row by row equal for every node that the APIs list; the bucket has more, and never less."""
    # Of a run with an override a bucket does not tell: there the API knows better than to name a baseline.
    overridden = both.rows("api", "select account_id, region, node_id from core.override_scan_now")
    by_api, by_bucket = (
        {row for row in both.rows(way, sql) if sql is not SCANS or row[:3] not in overridden}
        for way in ("api", "bucket")
    )
    assert by_api
    assert by_api <= by_bucket
    listed = {row[:3] for row in both.rows("api", NODES)}
    assert len(overridden) < len(listed) / 10
    assert {row for row in by_bucket if row[:3] in listed} == by_api


def test_the_bucket_shows_what_no_role_can_read(both: _Both) -> None:
    """What it has beyond the APIs: the cells that are closed to the reader, and nodes stopped for over a month."""
    world = both.organisation.estate
    more = {row[:3] for row in both.rows("bucket", NODES)} - {row[:3] for row in both.rows("api", NODES)}
    assert more
    for account_id, region, node_id in more:
        is_closed = not world.directory.can_read(account_id, region, "ssm")
        assert is_closed or not world.by_id[node_id].is_listed(world.as_of)
    assert {(account, region) for account, region, _ in more} >= {("210400173981", "eu-central-1")}


def test_both_ways_together_open_the_closed_cells(both: _Both) -> None:
    """With both in one store nothing is doubled, and the patches of the closed cells are those of the bucket."""
    together = both.rows("both", PATCHES)
    assert both.rows("api", PATCHES) <= together <= both.rows("bucket", PATCHES)
    assert len({row[:3] for row in together}) > len({row[:3] for row in both.rows("api", PATCHES)})
    sources = both.rows("both", "select source, count(*) > 0 from core.scan_source_now group by source")
    assert sources == {("ssm_patch_state", True), ("datasync_patch_summary", True)}


def test_what_is_the_bucket_s_own_is_counted_as_seen(both: _Both) -> None:
    """Coverage: fresh nodes in a cell that is denied to the reader, because its objects are fresh."""
    sql = "select region, node_id from core.scan_source_now where source like 'datasync%'"
    assert both.rows("both", sql)
    with connect(both.stores["both"], read_only=True) as connection:
        denied = connection.execute(
            "select count(*) from core.coverage_now where account_id = '210400173955' and region = 'us-east-1' "
            "and source = 'ssm_managed_node' and state not in ('ok', 'empty')"
        ).fetchone()
    assert denied == (1,)
