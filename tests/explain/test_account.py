"""Promises of an account: node and item in sections, values and rows once, text that stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from patchlib.explain import as_json, as_text, explain
from patchlib.explain.account import MOST_DECIDING, Account
from patchlib.explain.asked import Node
from patchlib.explain.evidence import Evidence, Observation
from patchlib.explain.item import Fixed, cve_section, release_words
from patchlib.explain.node import DECIDES, OPEN_TOO, deciding
from patchlib.explain.parts import Section
from patchlib.notebook import Session
from tests import estate, snapshots
from tests.datasync import places
from tests.explain.hand_store import LINUX, NODE, WEEK
from tests.snapshots import ACCOUNT, REGION, TAKEN


@pytest.fixture
def session(hand: Path) -> Iterator[Session]:
    with closing(Session(hand / "own.duckdb", "", {})) as opened:
        yield opened


def test_the_node_comes_before_the_patch(session: Session, hand: Path) -> None:
    """Sections in the order of the questions; a patch only where one was asked for."""
    titles = [section.title for section in explain(session, NODE, folders=[hand / "snapshots"]).sections]
    assert titles == ["Node", "Coverage", "Compliance", "Patch baseline", "Patched by", "Kernel live patching"]
    asked = explain(session, LINUX, "CVE-2026-0001", folders=[hand / "snapshots"])
    assert [section.title for section in asked.sections[6:]] == ["CVE-2026-0001", "Patch bash.x86_64:0:4.2.46-35.amzn2"]


def test_rows_that_do_not_stand_do_not_decide() -> None:
    """Of the rows in a deciding state only those of the latest scan."""
    rows = pd.DataFrame(
        {
            "patch_ref": ["KB1", "KB2", "KB3"],
            "patch_state": ["Missing", "Missing", "Installed"],
            "valid_to": [pd.NaT, pd.Timestamp("2026-11-01"), pd.NaT],
        }
    )
    assert list(deciding(rows, "missing")["patch_ref"]) == ["KB1"]
    assert len(deciding(rows, "stale")) == 0


def test_a_vulnerability_whose_fix_is_not_listed_is_told_with_the_fix() -> None:
    """A feed knows a patch, the node's scan does not: neither "fixed" nor silence."""
    fixed = Fixed(scanned={"KB1": frozenset({"CVE-2026-0001"})}, fed={"KB2": frozenset({"CVE-2026-0002"})})
    (value,) = cve_section("CVE-2026-0002", fixed, []).values
    assert (value.value, "not applicable" in value.note) == ("KB2", True)


def test_a_long_list_is_cut_in_text_and_whole_in_json() -> None:
    """A node with a hundred open patches is still read from top to bottom; the cut is said."""
    seen = Observation("s", "ssm_patch", ACCOUNT, REGION, NODE, TAKEN.replace(tzinfo=None))
    section, count = Section("Compliance"), MOST_DECIDING + 3
    for number in range(1, count + 1):
        section.add(f"KB{number}", "Missing", DECIDES, evidence=(number,))
    cited = [Evidence(number, seen, {}, [], missing="gone") for number in range(1, count + 1)]
    node = Node(ACCOUNT, None, REGION, NODE, None, None, None, "")
    account = Account(node, "2026-11-02T06:00:00Z", False, [section], cited)
    text = list(as_text(account))
    assert (
        sum(line.endswith(f"({DECIDES}) [{number}]") for number in range(1, count + 1) for line in text)
        == MOST_DECIDING
    )
    assert "  and 3 more open patches: `--format json` lists them all" in text
    assert sum(line.startswith("  [") for line in text) == MOST_DECIDING
    for number in range(MOST_DECIDING + 1):
        section.add(f"KB9{number}", "Failed", OPEN_TOO)
    also = list(as_text(account))
    assert sum(f"({OPEN_TOO})" in line for line in also) == MOST_DECIDING
    assert "  and 4 more open patches: `--format json` lists them all" in also
    del section.values[count:]
    told = as_json(account)
    assert (len(told["sections"][0]["values"]), len(told["evidence"])) == (count, count)


def test_a_node_of_a_data_sync_is_explained_by_its_objects(tmp_path: Path) -> None:
    """No account was asked: what stands behind each value is the row of an object about this very node."""
    texts = places.node("i-1") | places.node("i-2", missing=3)
    taken = places.take(places.folder_of(tmp_path / "files", texts), tmp_path / "s")
    store = estate.loaded(tmp_path / "own.duckdb", taken)
    with closing(Session(store, "", {})) as session:
        account = explain(session, "i-2", "m1", folders=[tmp_path / "s"])
    assert all(each.missing == "" for each in account.evidence)
    assert {each.observation.operation for each in account.evidence} == {"s3:GetObject"}
    assert {each.observation.item for each in account.evidence} == {"i-2"}
    values = {value.name: value for section in account.sections for value in section.values}
    scan, state, owner = (values[name] for name in ("last scan", "state", "owner"))
    assert account.evidence[scan.evidence[0] - 1].members["OperationEndTime"] == "2026-11-02T01:00:00Z"
    row = account.evidence[state.evidence[0] - 1].members
    assert (row["Id"], row["Title"], row["PatchState"], state.value) == ("m1.x86_64", "m1", "Missing", "Missing")
    assert (owner.value, account.evidence[owner.evidence[0] - 1].members["Value"]) == ("team-a", "team-a")


def test_a_node_that_cannot_be_read_says_what_closes_it(tmp_path: Path) -> None:
    """The operation, its state, since when, and who can open it; nothing of the node passes for known."""
    open_week = snapshots.estate({NODE: [snapshots.patch("KB1")]})
    weeks = [open_week, dict.fromkeys(open_week, "denied")]
    taken = [snapshots.write(tmp_path / "s", TAKEN + n * WEEK, each) for n, each in enumerate(weeks)]
    with closing(Session(estate.loaded(tmp_path / "own.duckdb", *taken), "", {})) as session:
        account = explain(session, NODE, folders=[tmp_path / "s"])
    values = {value.name: value for section in account.sections for value in section.values}
    assert (values["coverage state"].value, values["compliance status"].value) == ("not readable", "unknown")
    assert values["closed"].value.endswith(" denied")
    assert "since 2026-11-09 06:00 UTC" in values["closed"].note
    assert "who opens it: " in values["closed"].note


def test_a_release_that_an_advisory_tells_says_which() -> None:
    """AWS lists no release of such a patch, so no row of a page stands behind it: source and advisory do."""
    told = {"released_at": TAKEN, "release_source": "AlmaLinux", "advisory_ids": "ALSA-1;ALSA-2", "is_stand_in": True}
    assert release_words(told) == (
        "vendor's release, told by AlmaLinux in ALSA-1, ALSA-2, another vendor's date in its place"
    )
    assert release_words({}).startswith("not known")
