"""The demo from end to end, judged by the world itself: what the pages say is what the organisation is.

Nothing here goes through extraction, SQL or metrics: the expected numbers are counted from the world's own
nodes and observations (`Organisation.truth`), the found ones are read from what the demo published.
"""

from __future__ import annotations

import gzip
import html
import math
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pytest

from patchlib import commands, paths
from patchlib.queries import run
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.secrets import CANARY
from patchlib.sandbox.world.catalogue import catalogues
from patchlib.store import connect

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / paths.REPORT_OUTPUT / "demo"


@pytest.fixture(scope="module", autouse=True)
def _demo() -> None:
    """`make test` builds the demo first; run alone, these proofs build it."""
    if not (SITE / "summary.json").exists() or not (ROOT / paths.DEMO_STORE).exists():
        command = [sys.executable, "-m", "patchlib", "demo"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={**os.environ, "PATCHLIB_STORE": ""})


@cache
def world() -> Organisation:
    """The world that the demo served."""
    return Organisation(commands.WORLD_SEED, commands.WORLD_NODES, commands.WORLD_ACCOUNTS)


@cache
def excluded() -> frozenset[str]:
    """Nodes that the sandbox's settings exclude, by the world's own tags."""
    return frozenset(n.node_id for n in world().truth.known_nodes if n.tags.get("Appliance") == "network-firewall")


@cache
def ended_products() -> frozenset[str]:
    """Products past end of support at the world's present, by AWS's and Microsoft's announcements.

    Amazon Linux 2: 2026-06-30 (https://aws.amazon.com/amazon-linux-2/faqs/). The others of the world run on:
    Windows Server 2016 to 2027-01-12, Ubuntu 22.04 to 2027-04, RHEL 8 to 2029-05-31.
    """
    return frozenset(n.platform.product for n in world().truth.nodes if n.platform.operating_system == "AMAZON_LINUX_2")


def summary() -> dict[str, Any]:
    """What the demo published for machines."""
    return orjson.loads((SITE / "summary.json").read_bytes())  # type: ignore[no-any-return]


def facts(notebook: str) -> dict[str, float]:
    """The facts of one notebook's page."""
    entry = next(each for each in summary()["notebooks"] if each["name"] == notebook)
    return {fact["name"]: fact["value"] for fact in entry["facts"]}


def page(name: str) -> str:
    """A page's text as a reader sees it."""
    raw = (SITE / f"{name}.html").read_text(encoding="utf-8")
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", raw, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_coverage_is_that_of_the_world() -> None:
    """The nine coverage states of the fleet page hold as many nodes as the world has in them."""
    expected = world().truth.coverage(excluded())
    with connect(ROOT / paths.DEMO_STORE, read_only=True) as connection:
        given = {"stale_after_days": 7, "scan_interval_hours": 24}
        frame = run(connection, "fleet/coverage", as_of=world().as_of.replace(tzinfo=None), **given)
    assert {
        state: count for state, count in zip(frame["coverage_state"], frame["node_count"], strict=True) if count
    } == {state: count for state, count in expected.items() if count}
    should = sum(expected.values()) - expected["excluded"]
    assert facts("01_fleet")["fresh_share"] == pytest.approx(expected["fresh"] / should)
    assert facts("01_fleet")["unseen_node_count"] == should - expected["fresh"]
    assert f"{expected['fresh']} of {should} nodes" in page("01_fleet")


def test_blind_accounts_are_those_of_the_world() -> None:
    """The accounts that the page calls unreadable are the ones the world closes, and are named."""
    closed = set(world().truth.unreadable_accounts)
    assert set(summary()["coverage"]["blind_accounts"]) == closed
    assert facts("01_fleet")["blind_account_count"] == len(closed)
    assert all(account_id in page("01_fleet") for account_id in closed)


def test_compliance_is_that_of_the_world() -> None:
    """Compliant, non-compliant, past end of support and unknown nodes, node by node."""
    expected = world().truth.compliance(ended_products(), excluded())
    with connect(ROOT / paths.DEMO_STORE, read_only=True) as connection:
        given = {"stale_after_days": 7, "scan_interval_hours": 24}
        frame = run(connection, "compliance/node_status", as_of=world().as_of.replace(tzinfo=None), **given)
    frame = frame[~frame["node_id"].isin(list(excluded()))]
    assert dict(zip(frame["node_id"], frame["compliance_status"], strict=True)) == expected
    counts = Counter(expected.values())
    found = facts("02_compliance")
    assert found["compliant_share"] == pytest.approx(counts["compliant"] / len(expected))
    assert found["unknown_node_count"] == counts["unknown"]
    assert f"{counts['compliant']} of {len(expected)} nodes" in page("02_compliance")


def test_awss_own_label_is_that_of_the_world() -> None:
    """The label counts every scanned node by its last scan alone, and the page says what that hides."""
    bad = {"Missing", "Failed", "InstalledPendingReboot", "InstalledRejected"}
    known = {node.node_id for node in world().truth.known_nodes} - excluded()
    labelled = {i: c for i, c in world().truth.patch_counts().items() if i in known}
    clean = sum(not any(count[state] for state in bad) for count in labelled.values())
    assert facts("02_compliance")["aws_compliant_share"] == pytest.approx(clean / len(labelled))
    assert f"{clean} of {len(labelled)} labelled nodes" in page("02_compliance")


def test_patch_rows_arrive_state_by_state() -> None:
    """Every patch row of every readable node is in the store, by state."""
    expected: Counter[str] = Counter()
    for counts in world().truth.patch_counts().values():
        expected.update(counts)
    with connect(ROOT / paths.DEMO_STORE, read_only=True) as connection:
        found = connection.sql("select patch_state, count(*) from core.node_patch_now group by 1").fetchall()
    assert dict(found) == {state: count for state, count in expected.items() if count}


def test_every_linux_patch_of_the_world_has_its_release() -> None:
    """Through the feed door: each patch that a node reports and a vendor released, on the day it was released."""
    released = {
        (patch.operating_system, patch.ref): datetime.fromtimestamp(patch.released_at, UTC).replace(tzinfo=None)
        for catalogue in catalogues().values()
        for patch in catalogue.patches
        if not patch.is_windows
    }
    with connect(ROOT / paths.DEMO_STORE, read_only=True) as connection:
        rows = run(connection, "lag/patch_row", as_of=world().as_of.replace(tzinfo=None))
        sources = run(connection, "lag/release_source", as_of=world().as_of.replace(tzinfo=None))
    linux = rows.loc[rows["operating_system"].notna() & (rows["operating_system"] != "WINDOWS")]
    told = linux[["operating_system", "patch_ref", "released_at"]].drop_duplicates()
    for system, ref, at in told.itertuples(index=False):
        assert released.get((system, ref)) == (None if pd.isna(at) else at), ref
    tellers = set(sources["release_source"])
    assert tellers == {"DescribeAvailablePatches", "ALAS", "RHSA", "AlmaLinux", "USN", "unknown"}
    assert "by AlmaLinux's in place of Red Hat's" in page("03_lag")


def test_survival_meets_the_worlds_exact_curve() -> None:
    """Kaplan-Meier from the extracted rows stays within a 99.9 % band of the exact curve, pooled over strata.

    The band is Dvoretzky-Kiefer-Wolfowitz with the number of nodes, not of patches, as sample size: the
    patches of one node share its windows and its service's discipline.
    """
    with connect(ROOT / paths.DEMO_STORE, read_only=True) as connection:
        episodes = run(connection, "lag/episode", as_of=world().as_of.replace(tzinfo=None))
    episodes = _of_nodes_there(episodes[episodes["clock"] == "released"])
    exact = world().truth.survival(event="installed").set_index("lag_days")["survival"]
    found = _kaplan_meier(episodes)
    nodes = episodes["node_id"].nunique()
    band = math.sqrt(-math.log(0.001 / 2) / (2 * nodes))
    worst = max(abs(found(day) - float(exact.loc[float(day)])) for day in range(1, 366))
    assert worst < band, (worst, band)


@pytest.mark.parametrize(
    ("platform", "system", "is_whole"),
    [
        ("Amazon Linux 2023", "AMAZON_LINUX_2023", True),
        ("Red Hat Enterprise Linux", "REDHAT_ENTERPRISE_LINUX", True),
        ("Ubuntu", "UBUNTU", False),
    ],
)
def test_linux_timed_by_advisories_meets_the_worlds_curve(platform: str, system: str, is_whole: bool) -> None:
    """The same for each system whose releases only advisories tell; of Ubuntu, nodes that tell no times are out."""
    with connect(ROOT / paths.DEMO_STORE, read_only=True) as connection:
        rows = run(connection, "lag/episode", as_of=world().as_of.replace(tzinfo=None))
    episodes = _of_nodes_there(rows[(rows["platform"] == platform) & (rows["clock"] == "released")])
    pairs = world().truth.pairs({"operating_system": system}, event="installed")
    assert (len(episodes) == len(pairs.entry)) is is_whole
    exact = world().truth.survival({"operating_system": system}, event="installed").set_index("lag_days")["survival"]
    found = _kaplan_meier(episodes)
    band = math.sqrt(-math.log(0.001 / 2) / (2 * episodes["node_id"].nunique()))
    worst = max(abs(found(day) - float(exact.loc[float(day)])) for day in range(1, 366))
    assert worst < band, (worst, band)


def _of_nodes_there(episodes: Any) -> Any:
    """The world's pairs: nodes listed and scanned, each patch once. The store also remembers what went or came back."""
    there = set(world().truth.patch_counts())
    return episodes[episodes["node_id"].isin(there) & (episodes["episode_number"] == 1)]


def _kaplan_meier(episodes: Any) -> Any:
    """Kaplan-Meier with delayed entry by definition, loop by loop: slow, plain, and not the code under test."""
    rows = list(zip(episodes["entry_days"], episodes["exit_days"], episodes["is_event"], strict=True))
    steps: dict[float, float] = {}
    share = 1.0
    for day in sorted({float(exit_) for _, exit_, is_event in rows if is_event}):
        at_risk = sum(entry < day <= exit_ for entry, exit_, _ in rows)
        events = sum(bool(is_event) and exit_ == day for _, exit_, is_event in rows)
        share *= 1 - events / at_risk
        steps[day] = share
    return lambda at: next((steps[day] for day in sorted(steps, reverse=True) if day <= at), 1.0)


def test_a_tag_that_carries_script_stays_text() -> None:
    """The world plants a tag with a script in it; no page lets it become markup."""
    hostile = {v for node in world().truth.known_nodes for v in node.tags.values() if "<script" in v}
    assert hostile
    for path in SITE.glob("*.html"):
        raw = path.read_text(encoding="utf-8")
        assert not any(value in raw for value in hostile), path.name


def test_the_demo_is_as_of_its_world() -> None:
    """The report speaks of the sandbox's own instant, not of today, and says that it is a sandbox."""
    said = datetime.fromisoformat(summary()["as_of"])
    assert said.astimezone(UTC) == world().as_of
    assert summary()["is_sandbox"]
    assert "sandbox organisation" in page("index")


def test_no_secret_of_the_sandbox_is_written_anywhere() -> None:
    """The sandbox plants one text in every field that can hold a secret: no page file, store or page has it."""
    with connect(ROOT / paths.DEMO_STORE) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables() where not internal")
        for (table,) in tables.fetchall():
            hit = connection.execute(
                f"select count(*) from {table} as t where cast(t as varchar) like $secret",
                {"secret": f"%{CANARY}%"},
            ).fetchone()
            assert hit == (0,), table
    files = [*(ROOT / paths.DEMO_SNAPSHOTS).rglob("*"), *SITE.rglob("*")]
    written = [file for file in files if file.is_file()]
    assert len(written) > 200
    for file in written:
        data = file.read_bytes()
        assert CANARY.encode() not in (gzip.decompress(data) if file.suffix == ".gz" else data), file


@pytest.mark.slow
def test_the_commands_of_the_demo_log_no_secret(tmp_path: Path) -> None:
    """What an extraction says on standard output and standard error is free of them too."""
    command = [
        sys.executable,
        "-m",
        "patchlib",
        "--debug",
        "extract",
        "--sandbox",
        "--store",
        str(tmp_path / "s.duckdb"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATCHLIB_STORE": ""}
    ended = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, env=environment)
    assert "20261102T060000Z" in ended.stdout
    assert CANARY not in ended.stdout + ended.stderr
