"""Behind the compliant share: what differs, what is masked, what waits too long, and what cannot be told."""

from __future__ import annotations

import pandas as pd

from patchlib.metrics import detail

MATRIX = pd.DataFrame(
    [
        ("non-compliant", "compliant", "non-compliant", "agree", 6, 6),
        ("compliant", "none", "compliant", "agree", 2, 0),
        ("compliant", "non-compliant", "unknown", "label of an earlier scan: stale", 1, 0),
        ("none", "none", "unknown", "no label: stopped", 3, 0),
        ("none", "compliant", "excluded", "excluded by a rule", 9, 0),
    ],
    columns=["patch_label", "association_label", "compliance_status", "difference", "node_count", "masked_count"],
)


def test_what_differs_and_what_is_masked_are_two_numbers() -> None:
    """Excluded nodes are in neither; the largest reason is named."""
    assert detail.difference_sentence(MATRIX) == (
        "AWS's label of patches and our status differ on 4 of 12 nodes (33 %); the largest reason is no label: stopped "
        "(3 nodes). On 6 of 12 nodes (50 %) an association that succeeded stands as compliant while the node is not "
        "known to be: it tells that a scan ran, not what it found."
    )


def test_agreement_and_nothing_known_are_stated() -> None:
    """Where the labels agree associations can still mask; where no node is known nothing is claimed."""
    assert detail.difference_sentence(MATRIX.head(2)).startswith(
        "AWS's label of patches and our status agree on all 8 nodes. On 6 of 8 nodes (75 %)"
    )
    assert detail.difference_sentence(MATRIX.tail(1)) == "No node is known that should be compliant."


def test_a_label_that_says_compliant_comes_before_silence() -> None:
    """What agrees and what is excluded is no difference."""
    rows = MATRIX.iloc[[0, 3, 4, 2]].reset_index(drop=True)
    assert detail.differing(rows)["difference"].tolist() == ["label of an earlier scan: stale", "no label: stopped"]


def test_the_furthest_from_compliant_comes_first() -> None:
    """All four open states count; compliant and unknown nodes are no rows, and the source stays named."""
    nodes = pd.DataFrame(
        [("a", "non-compliant", 1, 0, 0, 0), ("b", "compliant", 0, 0, 0, 0), ("c", "non-compliant", 0, 1, 1, 1),
         ("d", "unknown", 9, 0, 0, 0)],
        columns=["node_id", "compliance_status", "missing_count", "failed_count", "pending_reboot_count",
                 "rejected_count"],
    )  # fmt: skip
    nodes.attrs["patchlib_query"] = "compliance/node_status"
    found = detail.non_compliant_nodes(nodes)
    assert found["node_id"].tolist() == ["c", "a"]
    assert found.attrs == nodes.attrs


DEBT = pd.DataFrame(
    {"node_id": ["a", "b", "c"], "pending_days": [30.0, 14.0, 45.0], "reboot_option": ["NoReboot", None, None]}
)


def test_overdue_is_beyond_a_limit_that_was_set() -> None:
    """The limit's own day is not beyond it; without a limit every row is shown and none is called overdue."""
    assert detail.overdue(DEBT, 14)["node_id"].tolist() == ["c", "a"]
    assert detail.overdue_sentence(DEBT, 14) == (
        "2 of 3 waiting nodes (67 %) have waited longer than 14 days; the last operation of 1 was told not to reboot."
    )
    assert detail.overdue(DEBT, 0)["node_id"].tolist() == ["c", "a", "b"]
    assert detail.overdue_sentence(DEBT, 0) == "No limit is set: ages are shown, and nothing is called overdue."
    assert detail.overdue_sentence(DEBT.head(0), 14) == "No node waits for a reboot."


OUTSIDE = pd.DataFrame(
    [
        ("a", "by Patch Manager", pd.NaT, 2, 0),
        ("b", "outside", pd.Timestamp("2026-10-01"), 0, 0),
        ("c", "not known", pd.NaT, 0, 5),
        ("d", "outside", pd.Timestamp("2026-10-09"), 1, 0),
    ],
    columns=["node_id", "verdict", "last_outside_at", "before_count", "undated_count"],
)


def test_patched_outside_is_listed_and_not_known_is_counted() -> None:
    """The latest on top; nodes that nothing can be said of are a number in the sentence, not rows without words."""
    assert detail.outside_nodes(OUTSIDE)["node_id"].tolist() == ["d", "b"]
    assert detail.outside_sentence(OUTSIDE) == (
        "2 of 4 nodes with patches installed since their launch (50 %) were patched with no installation by Patch "
        "Manager within a day; of 1 it is not known. Of 8 patches nothing can be told: they are older than the record "
        "of commands, or without an instant."
    )
    assert detail.outside_sentence(OUTSIDE.head(0)) == "No node has a patch that was installed since its launch."


VERDICTS = pd.DataFrame(
    [
        ("a", "agree", 3, 0),
        ("b", "differ", 2, 1),
        ("c", "differ", 4, 3),
        ("d", "not known", 0, 0),
        ("e", "excluded", 4, 4),
    ],
    columns=["node_id", "agreement", "answer_count", "differing_count"],
)


def test_systems_that_answer_are_told_from_those_that_are_silent() -> None:
    """Excluded nodes are in no number; what nobody can tell is no agreement."""
    assert detail.verdict_sentence(VERDICTS) == (
        "On 1 of 4 nodes (25 %) every system that answers says what we say; on 2 at least one says otherwise, and on "
        "1 it is not known: we do not know the node's state, or none answers. On average 2.2 of 4 systems answer."
    )
    assert detail.verdict_sentence(VERDICTS.tail(1)) == "No node is known that should be compliant."
    assert detail.disagreeing(VERDICTS)["node_id"].tolist() == ["c", "b"]


def test_a_lock_hides_what_a_scan_does_not_miss() -> None:
    """Behind, scanned of late and nothing missing comes first; an old scan explains nothing and is counted apart."""
    rows = pd.DataFrame(
        [
            ("a", "behind", 40.0, 3.0),
            ("b", "behind", 20.0, 0.0),
            ("c", "newest", 0.0, 0.0),
            ("d", "newest not known", None, 0.0),
            ("e", "behind", 60.0, None),
            ("f", "behind", 90.0, 0.0),
        ],
        columns=["node_id", "release_status", "behind_days", "missing_count"],
    ).assign(account_id="1", region="eu")
    states = ["fresh", "fresh", "fresh", "fresh", "never scanned", "stale"]
    ages = [0.2, 0.3, 0.2, 0.2, None, 136.0]
    status = rows[["account_id", "region", "node_id"]].assign(coverage_state=states, scan_age_days=ages)
    found = detail.locked(rows, status)
    assert found["node_id"].tolist() == ["b", "f", "e", "a"]
    assert found["scan_age_days"].tolist()[:2] == [0.3, 136.0]
    assert detail.lock_sentence(rows, status) == (
        "4 of 6 nodes with Amazon Linux 2023 (67 %) stand behind the newest release known; on 1 of them a fresh scan "
        "misses nothing, because it looks no further than the release; 2 have no fresh scan and say nothing of that. "
        "Of 1 it is not known whether they are behind."
    )
    no_clean = detail.lock_sentence(rows.tail(1), status)
    assert "on 0 of them a fresh scan misses nothing; 1 have no fresh scan" in no_clean
    assert detail.lock_sentence(rows.head(0), status) == "No node with Amazon Linux 2023 is known."
