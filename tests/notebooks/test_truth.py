"""The whole way, judged by the world itself: extracted, loaded and asked, the fleet is what it is.

The world knows each node's state and the exact curves its installs were drawn from; nothing of that is
shared with extraction, store or queries.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import botocore.session
import duckdb
import numpy as np
import pandas as pd
import pytest

from patchlib import paths, queries
from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.extract import extract
from patchlib.feeds.update import update
from patchlib.load import load
from patchlib.models.action import RankingAssumptions, rank_actions, stages
from patchlib.models.effort import load_effort, with_effort
from patchlib.models.exposure import ExposureAssumptions, with_exposure
from patchlib.models.knapsack import best_ranked_within, best_within
from patchlib.models.overlap import MEASURES, Measure, Overlap, overlap
from patchlib.models.phase import PhaseAssumptions, phase_lint
from patchlib.sandbox.advisories import write_feeds
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import DEFAULT_AS_OF, Organisation
from patchlib.sandbox.world.patch_policies import policies
from patchlib.settings import Rates, load_settings
from patchlib.sources import ALLOWED
from patchlib.store import connect
from tests.estate import Told
from tests.metrics.survival_data import ask

# Executions of associations are kept for 30 days.
_MONTH_AGO = int(DEFAULT_AS_OF.timestamp()) - 30 * 86400
# What Systems Manager dates, and what only advisories do; half of Ubuntu's nodes tell no installation times.
TIMED = (
    ("Windows Server", "WINDOWS"),
    ("Amazon Linux 2", "AMAZON_LINUX_2"),
    ("Amazon Linux 2023", "AMAZON_LINUX_2023"),
    ("Red Hat Enterprise Linux", "REDHAT_ENTERPRISE_LINUX"),
)
PARAMS = {"stale_after_days": 7, "scan_interval_hours": 24}


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    """A small world of the usual shape."""
    return Organisation(seed=11, nodes=160)


@pytest.fixture(scope="module")
def store(organisation: Organisation, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Its store."""
    return extracted(organisation, tmp_path_factory.mktemp("truth"))


def extracted(organisation: Organisation, folder: Path) -> duckdb.DuckDBPyConnection:
    """The store of a world, extracted by boto3 through the in-process endpoint."""
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{organisation.management_account_id}TEST", "x")
    session.set_config_variable("region", organisation.home_region)
    attach(session, Endpoint(organisation.handlers, as_of=organisation.as_of, organisation=organisation))
    settings = load_settings(paths.sandbox_settings())
    budget = RateBudget(Rates(default=1e9, burst=1000), sleep=lambda _seconds: None)
    reader = Reader(settings, ALLOWED, session=session, budget=budget)
    snapshot = extract(settings, folder, reader=reader, progress=Told(), clock=lambda: 0.0)
    load([snapshot], folder / "truth.duckdb")
    feeds = write_feeds(folder / "feeds", organisation.as_of)
    update([], str(feeds), folder / "truth.duckdb", organisation.as_of.replace(tzinfo=None))
    return connect(folder / "truth.duckdb")


def answer(store: duckdb.DuckDBPyConnection, organisation: Organisation, name: str) -> pd.DataFrame:
    """One query at the world's instant."""
    query = queries.load(name)
    known = {"as_of": organisation.as_of.astimezone(UTC).replace(tzinfo=None), **PARAMS}
    return queries.run(store, name, **{param.name: known[param.name] for param in query.params})


@pytest.fixture(scope="module")
def excluded(store: duckdb.DuckDBPyConnection, organisation: Organisation) -> set[str]:
    """Nodes a rule leaves out."""
    rows = answer(store, organisation, "fleet/excluded_node")
    return set(rows.loc[~rows["is_expired"].astype(bool), "node_id"])


def test_every_node_has_its_true_coverage_state(
    store: duckdb.DuckDBPyConnection, organisation: Organisation, excluded: set[str]
) -> None:
    """Node by node, what is known of it is what can be known of it."""
    rows = answer(store, organisation, "fleet/node_coverage")
    truth = organisation.truth
    assert dict(zip(rows["node_id"], rows["coverage_state"], strict=True)) == {
        node.node_id: truth.coverage_state(node, excluded) for node in truth.known_nodes
    }


def test_the_blind_accounts_are_the_unreadable_ones(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """No account is called blind that is not, and none is missed."""
    rows = answer(store, organisation, "fleet/accounts")
    assert set(rows.loc[rows["is_blind"].astype(bool), "account_id"]) == set(organisation.truth.unreadable_accounts)


def test_every_node_has_its_true_compliance_status(
    store: duckdb.DuckDBPyConnection, organisation: Organisation, excluded: set[str]
) -> None:
    """Node by node, compliance by patch rows is the world's own."""
    rows = answer(store, organisation, "compliance/node_status").dropna(subset=["compliance_status"])
    ended = {"AmazonLinux2"}  # end of support 2026-06-30 by data/reference/os_lifecycle.csv
    assert dict(zip(rows["node_id"], rows["compliance_status"], strict=True)) == organisation.truth.compliance(
        ended, excluded
    )


def test_episodes_are_the_pairs_that_can_be_watched(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Neither rows seen only by their end nor rows that came with the image are timed, and none is lost."""
    rows = answer(store, organisation, "lag/episode")
    for platform, system in TIMED:
        pairs = organisation.truth.pairs({"operating_system": system}, event="installed")
        assert len(pairs.entry) == int(((rows["platform"] == platform) & (rows["clock"] == "released")).sum())


def test_the_survival_curve_tends_to_the_exact_one(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Over all timed pairs of an operating system, the estimate lies near the curve the world was drawn from."""
    rows = answer(store, organisation, "lag/episode")
    days = np.array([7, 14, 30, 60, 90, 120], dtype=float)
    for platform, system in TIMED:
        is_one = (rows["platform"] == platform) & (rows["clock"] == "released")
        one = rows[is_one].assign(severity="all", environment="all")
        curve = ask("lag/survival", one).set_index("day")["survival_share"]
        ours = curve.reindex(days, method="ffill").fillna(1.0).to_numpy()
        exact = organisation.truth.survival({"operating_system": system}, days=days, event="installed")
        assert np.abs(ours - exact["survival"].to_numpy()).max() < 0.06


@pytest.mark.slow
def test_the_intervals_hold_the_exact_curve_as_often_as_they_say(tmp_path: Path) -> None:
    """30, 90 and 180 days after the release, in every severity and environment of three worlds: wherever an interval
    is told, it holds the world's own share in at least 90 of 100 cases."""
    held: list[bool] = []
    days = np.array([30, 90, 180], dtype=float)
    for seed in (1, 2, 3):
        world, folder = Organisation(seed=seed, nodes=160), tmp_path / str(seed)
        folder.mkdir()
        rows = answer(extracted(world, folder), world, "lag/episode")
        for platform, system in TIMED[:2]:
            curves = ask("lag/survival", rows[(rows["platform"] == platform) & (rows["clock"] == "released")])
            for (severity, environment), curve in curves.groupby(["severity", "environment"]):
                word = "Moderate" if severity == "Medium" else str(severity)  # the world's scale is Microsoft's
                strata = {"operating_system": system, "severity": word, "environment": str(environment)}
                exact = world.truth.survival(strata, days=days, event="installed")["survival"].to_numpy()
                ends = curve.set_index("day")[["survival_low", "survival_high"]].reindex(days, method="ffill")
                told = ends.notna().all(axis=1).to_numpy() & ~np.isnan(exact)
                inside = (ends["survival_low"] <= exact) & (exact <= ends["survival_high"])
                held += inside[told].tolist()
    assert len(held) > 150
    assert sum(held) / len(held) >= 0.9


def test_patch_states_are_counted_as_they_are(store: duckdb.DuckDBPyConnection, organisation: Organisation) -> None:
    """Every patch row arrived, in its state."""
    rows = answer(store, organisation, "compliance/patch_states").set_index("patch_state")["patch_row_count"]
    truth: dict[str, int] = {}
    for counts in organisation.truth.patch_counts().values():
        for state, count in counts.items():
            truth[state] = truth.get(state, 0) + count
    assert {state: count for state, count in rows.items() if count} == truth


def test_the_baseline_is_unknown_where_an_override_could_not_be_read(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Exactly the nodes that a patch policy scanned last go by its override, which is known or not by policy."""
    estate = organisation.estate
    expected = {}
    for policy in policies(estate):
        for node in estate.by_cell[policy.account_id, policy.region]:
            seen = estate.observations.get(node.node_id)
            is_scanned = seen is not None and seen.operation.kind == "Scan" and seen.operation.ended_at > _MONTH_AGO
            if is_scanned and node.tags["Application"] == policy.application and node.is_listed(estate.as_of):
                expected[node.node_id] = "override" if policy.is_readable else "unknown"
    assert set(expected.values()) == {"override", "unknown"}
    rows = store.execute(
        "select node_id, baseline_source, baseline_id from core.node_scan_now where baseline_source <> 'patch state'"
    ).fetchall()
    assert {node_id: source for node_id, source, _ in rows} == expected
    for node_id, source, baseline_id in rows:
        assert baseline_id == (None if source == "unknown" else estate.observations[node_id].baseline.baseline_id)


def test_the_world_s_instant_is_the_store_s(store: duckdb.DuckDBPyConnection, organisation: Organisation) -> None:
    """Questions are asked of the instant the snapshot was taken."""
    taken = store.execute("select max(taken_at) from core.snapshot").fetchone()
    assert taken is not None
    assert taken[0] == datetime.fromisoformat(organisation.as_of.isoformat()).replace(tzinfo=None)


def test_a_window_after_patch_tuesday_misses_the_approval(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Found by its targets and their group: four days after Patch Tuesday and seven of approval are 32 or 39 days."""
    as_of = organisation.as_of.astimezone(UTC).replace(tzinfo=None)
    lint = phase_lint(answer(store, organisation, "lag/window_rule"), as_of, PhaseAssumptions())
    is_monthly = (lint["window_name"] == "production-after-patch-tuesday") & (lint["operating_system"] == "WINDOWS")
    rows = lint[is_monthly]
    assert rows["node_count"].min() > 0
    assert set(rows["verdict"]) == {"out of phase"}
    assert {int(days) for days in rows["best_days"]} == {32}
    assert {int(days) for days in rows["worst_days"]} == {39}
    assert {int(days) for days in rows["best_phase_mean_days"]} == {7}


def test_open_items_are_those_that_the_latest_scans_list(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Each open patch of a node that is there is an item, and none is both open and effective."""
    rows = answer(store, organisation, "lag/sla_item")
    is_open = ~rows["is_event"].astype(bool) & rows["is_listed"].astype(bool)
    assert rows.loc[is_open, "closed_at"].isna().all()
    listed = store.execute(
        """
        select count(distinct (p.node_key, k.patch_ref)) from core.node_patch_now as p
        inner join core.patch_key as k on k.patch_key = p.patch_key
        inner join core.node_key as n on n.node_key = p.node_key
        inner join core.node_now as a
            on a.account_id = n.account_id and a.region = n.region and a.node_id = n.node_id
        where p.patch_state in ('Missing', 'Failed', 'InstalledPendingReboot', 'AvailableSecurityUpdate')
        """
    ).fetchall()
    assert int(is_open.sum()) == listed[0][0] > 0


def test_nobody_patches_the_world_but_patch_manager(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Every installation of the world has its run: none is called outside, and what cannot be told is not known."""
    rows = answer(store, organisation, "compliance/outside_patch_manager")
    assert int(rows["outside_count"].sum()) == 0
    assert int(rows["installed_count"].sum()) > 0
    assert set(rows.loc[rows["undated_count"] > 0, "verdict"]) == {"not known"}


def test_a_policy_that_cannot_be_read_leaves_the_baseline_of_its_nodes_unknown(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Exactly the managed nodes that its tag selects, for the daily scan selects them as well."""
    rows = answer(store, organisation, "governance/node_regime")
    estate = organisation.estate
    closed = [policy for policy in policies(estate) if not policy.is_readable]
    expected = {
        node.node_id
        for policy in closed
        for node in estate.by_cell[policy.account_id, policy.region]
        if node.tags.get("Application") == policy.application
    } & set(rows["node_id"])
    assert expected
    assert set(rows.loc[rows["finding"] == "baseline not known", "node_id"]) == expected


def test_the_frozen_baseline_is_the_one_whose_date_was_never_moved(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """By name, in every cell that has it; what it holds back are the releases since."""
    rows = answer(store, organisation, "governance/approval_rule")
    frozen = rows[rows["is_frozen"].astype(bool)]
    assert set(frozen["baseline_name"]) == {"shared-windows-frozen"}
    assert (frozen["held_back_count"] > 0).all()


def test_systems_that_were_asked_say_what_the_world_says(
    store: duckdb.DuckDBPyConnection, organisation: Organisation
) -> None:
    """Where AWS Config judges a fresh, supported node it agrees with us; silence is never counted as agreement."""
    rows = answer(store, organisation, "compliance/system_verdict")
    silent = rows[rows["is_good"].isna() & (rows["compliance_status"] != "excluded")]
    assert silent["difference"].notna().all()
    config = rows[(rows["system"] == "AWS Config") & rows["is_good"].notna()]
    judged = config[config["compliance_status"].isin(["compliant", "non-compliant"])]
    assert len(judged) > 0
    assert judged["difference"].isna().all()
    ended = config[(config["compliance_status"] == "past end of support") & config["is_good"].astype(bool)]
    assert set(ended["difference"]) <= {"it knows no end of support"}


@pytest.fixture(scope="module")
def candidates(store: duckdb.DuckDBPyConnection, organisation: Organisation) -> Overlap:
    """What could be done on the sandbox, and which items each action ends."""
    curves = answer(store, organisation, "lag/survival")
    exposed = with_exposure(answer(store, organisation, "risk/item"), curves, ExposureAssumptions())
    actions = with_effort(answer(store, organisation, "risk/action"), load_effort())
    return overlap(actions, answer(store, organisation, "risk/action_item"), exposed)


@pytest.mark.parametrize("measure", MEASURES)
def test_ten_actions_reach_nine_tenths_of_the_best(candidates: Overlap, measure: Measure) -> None:
    """Ranked by the measure alone, they remove at least 90 % of what any actions could remove in as many hours."""
    ranked = rank_actions(candidates, RankingAssumptions(first=(), measure=measure)).head(10)
    best = best_within(candidates, float(ranked["hours_sum"].iloc[-1]), measure)
    assert len(ranked) == 10
    assert best.is_proven
    assert ranked["removed_share"].iloc[-1] >= 0.9 * best.removed_share > 0


def test_what_comes_first_by_priority_has_its_price_and_no_more(candidates: Overlap) -> None:
    """What is exploited first: nine tenths of what could be ended of it in as many hours, and the rest pays for it."""
    order = RankingAssumptions(first=("known exploited",))
    ranked = rank_actions(candidates, order).head(10)
    hours = float(ranked["hours_sum"].iloc[-1])
    best, free = best_ranked_within(candidates, hours, order), best_within(candidates, hours)
    exploited = stages(candidates, order)[0].weights
    done, most = (float(exploited @ candidates.ended(list(ids))) for ids in (ranked["action_id"], best.action_ids))
    assert best.is_proven
    assert done >= 0.9 * most > 0
    assert ranked["removed_share"].iloc[-1] <= free.removed_share
