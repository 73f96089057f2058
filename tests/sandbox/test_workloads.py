"""What runs beside instances, from the sandbox to the store: each fault once, and beside it what has it not."""

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
from patchlib.snapshot import open_snapshot, read_pages
from patchlib.sources import ALLOWED, HEAVY
from patchlib.store import connect
from tests import estate
from tests.sandbox.handlers.conftest import PRODUCTION, SHARED

HOME = "eu-central-1"
SERVICES = {"ecs", "eks", "imagebuilder", "lambda"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two accounts of a small organisation, read with a secret in every field that may hold one."""
    organisation = Organisation(nodes=90)
    settings = Settings(accounts=(PRODUCTION, SHARED), home_region=HOME, regions=(HOME,), role="PatchlibReader")
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{organisation.management_account_id}TEST", "x")
    attach(session, Endpoint(planting(organisation.handlers), as_of=organisation.as_of, organisation=organisation))
    budget = RateBudget(Rates(default=1e9, burst=1000), sleep=lambda _seconds: None)
    reader = Reader(settings, ALLOWED, session=session, budget=budget, raw_operations=HEAVY)
    return extract(settings, tmp_path_factory.mktemp("workloads"), reader=reader, progress=estate.Told())


@pytest.fixture(scope="module")
def store(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store with that snapshot."""
    path = estate.loaded(tmp_path_factory.mktemp("store") / "store.duckdb", snapshot)
    with connect(path, read_only=True) as connection:
        yield connection


def _names(store: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [row[0] for row in store.execute(f"{sql} order by 1").fetchall()]


def test_everything_was_answered_and_no_secret_is_kept(snapshot: Path) -> None:
    """Every source has an answer in both accounts; the planted text stands in no page."""
    cells = [cell for cell in open_snapshot(snapshot).cells if cell.service in SERVICES]
    assert {cell.state for cell in cells} == {"ok", "empty"}
    unread = {cell.source for cell in cells} - {cell.source for cell in cells if cell.state == "ok"}
    assert unread == {"imagebuilder_container_recipe"}
    pages = [str(page.response) for cell in cells if cell.file for page, _ in read_pages(snapshot / cell.file)]
    assert pages
    assert not [text for text in pages if CANARY in text]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select function_name from core.lambda_function_now where runtime = 'python3.8'", ["nightly-export"]),
        ("select function_name from core.lambda_function_now where runtime_version_arn is not null", ["token-rotator"]),
        (
            "select function_name from core.lambda_function_layer_now where newer_count = 3",
            ["label-render", "receipt-render", "statement-render"],
        ),
        (
            "select a.function_name from core.lambda_alias_now as a inner join core.lambda_function_version_now as v "
            "using (function_name, function_version) inner join core.lambda_function_now as f using (function_name) "
            "where v.runtime <> f.runtime",
            ["order-events"],
        ),
        ("select service_name from core.ecs_service_now where not has_circuit_breaker", ["returns-api"]),
        (
            "select distinct s.service_name from core.ecs_task_container_now as c inner join core.ecs_service_now as s "
            "using (task_definition_arn) where c.image like '%/storefront:live'",
            ["storefront-web"],
        ),
        (
            "select distinct i.cluster_arn[-7:] from core.ecs_container_instance_now as i "
            "inner join core.instance_now as n using (instance_id) inner join core.image_now as g "
            "on g.image_id = n.image_id where g.created_at < timestamp '2025-11-02'",
            ["imports"],
        ),
        (
            "select c.cluster_name from core.eks_cluster_now as c inner join core.eks_version_now as v "
            "using (kubernetes_version) where v.support_status = 'EXTENDED_SUPPORT'",
            ["ledger", "orders"],
        ),
        ("select node_group_name from core.eks_node_group_now where skew > 1", ["orders-old"]),
        ("select cluster_name from core.eks_insight_now where insight_status = 'ERROR'", ["orders"]),
        ("select pipeline_name from core.image_pipeline_now where consecutive_failures > 2", ["golden-ubuntu2204"]),
        (
            "select pipeline_name from core.image_pipeline_now where last_run_at < timestamp '2026-08-01'",
            ["golden-windows2019"],
        ),
        ("select pipeline_name from core.image_pipeline_now where is_parent_pinned", ["golden-rhel8"]),
    ],
)
def test_each_fault_is_found_once(store: duckdb.DuckDBPyConnection, sql: str, expected: list[str]) -> None:
    """By the words of the core relations alone."""
    assert _names(store, sql) == expected


def test_what_a_tag_points_to_is_told_from_what_runs(store: duckdb.DuckDBPyConnection) -> None:
    """Images of one repository by one tag: a function and a service run the same old digest, others the new one."""
    running = dict(
        store.execute(
            "select any_value(image), count(distinct image_digest) from core.ecs_task_container_now group by image"
        ).fetchall()
    )
    assert set(running.values()) == {1}
    digests = set(_names(store, "select distinct image_digest from core.ecs_task_container_now"))
    functions = set(_names(store, "select image_digest from core.lambda_function_now where package_type = 'Image'"))
    assert functions == digests
    assert len(digests) == 2
