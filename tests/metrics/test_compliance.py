"""Compliance sentences keep the denominator, the unknown part and AWS's claim together."""

import pandas as pd

from patchlib.metrics import compliance

ACCOUNTS = pd.DataFrame({"is_blind": [False, False]})


def overall(**counts: int) -> pd.DataFrame:
    """A compliance/overall frame."""
    names = ("compliant", "expected", "unknown", "aws_compliant", "aws_labelled")
    return pd.DataFrame([{f"{name}_count": counts.get(name, 0) for name in names}])


LABELS = pd.DataFrame(
    [
        ("compliant", "compliant", "nothing open", False, 5),
        ("compliant", "unknown", "stale", True, 3),
        ("none", "unknown", "never scanned", True, 4),
        ("non-compliant", "non-compliant", "missing", False, 2),
    ],
    columns=["aws_label", "compliance_status", "reason", "is_hidden", "node_count"],
)


def test_the_sentence_bounds_the_truth_by_the_unknown() -> None:
    """Unknown nodes widen the answer, they do not improve it."""
    frame = overall(compliant=50, expected=100, unknown=20, aws_compliant=60, aws_labelled=80)
    assert compliance.status_sentence(frame, ACCOUNTS) == (
        "50 of 100 nodes that should be compliant are known to be (50 %); "
        "20 are unknown, so at most 70 % of the 100 can be. "
        "AWS's own label calls 60 of 80 labelled nodes compliant (75 %)."
    )
    dark = compliance.status_sentence(frame, ACCOUNTS.assign(is_blind=True))
    assert "of the 100 can be. Nodes of 2 accounts without an answer are not counted. AWS's own" in dark


def test_no_expected_node_is_a_stated_result() -> None:
    """An empty store has no compliant share."""
    assert compliance.status_sentence(overall(), ACCOUNTS) == "No node is known that should be compliant."


def test_hidden_rows_come_largest_first() -> None:
    """What the label hides is ordered by how many nodes it hides."""
    assert compliance.hidden(LABELS)["reason"].tolist() == ["never scanned", "stale"]


def test_the_label_s_silence_is_told_apart_from_its_error() -> None:
    """Saying compliant wrongly and saying nothing are two faults."""
    assert compliance.hidden_sentence(LABELS) == (
        "AWS calls 3 nodes compliant that cannot be called so, and says nothing of 4 more; "
        "the largest reason is never scanned (4 nodes)."
    )
    assert compliance.hidden_sentence(LABELS.head(1)).startswith("AWS's label hides nothing")


def test_the_weakest_group_is_the_lowest_share_not_the_fewest_nodes() -> None:
    """Groups are compared by share; groups where nothing is expected are left out."""
    groups = pd.DataFrame(
        [("prod", 8, 10, 0.8, 1), ("dev", 1, 2, 0.5, 0), ("lab", 0, 0, None, 0)],
        columns=["environment", "compliant_count", "expected_count", "compliant_share", "unknown_count"],
    )
    assert compliance.weakest(groups, "environment") == "Lowest is dev with 1 of 2 nodes (50 %), 0 unknown."
    assert compliance.weakest(groups.tail(1), "environment") == "No node is known that should be compliant."


def test_groups_without_a_compliant_node_are_all_named() -> None:
    """Of several groups at none, naming one would let the others pass."""
    groups = pd.DataFrame(
        [("lab", 0, 2, 0.0, 0), ("dev", 0, 9, 0.0, 1), ("prod", 1, 9, 0.1, 0)],
        columns=["environment", "compliant_count", "expected_count", "compliant_share", "unknown_count"],
    )
    assert compliance.weakest(groups, "environment") == ("Not one node is compliant in dev (0 of 9), lab (0 of 2).")


def test_the_shortfall_counts_nodes_that_lack_one_and_few() -> None:
    """A node one patch short and a node fifty short are both non-compliant, and not the same work."""
    rows = pd.DataFrame(
        {"bucket_rank": [1, 2, 3], "up_to_count": [2, 5, 10], "non_compliant_count": 10, "reboot_only_count": [1, 0, 0]}
    )
    assert compliance.shortfall_sentence(rows) == (
        "2 of 10 non-compliant nodes (20 %) lack a single patch and 5 (50 %) at most five; 5 lack more. "
        "A reboot alone would do for 1 node."
    )
    assert compliance.shortfall_sentence(rows.assign(non_compliant_count=0)) == "No node is non-compliant."


def test_the_commonest_open_state_is_named() -> None:
    """NotApplicable rows are not in the denominator; a state we do not know is, and does not count as open."""
    states = pd.DataFrame(
        [("Missing", True, 2), ("Failed", True, 3), ("Quarantined", None, 5), ("NotApplicable", False, 90)],
        columns=["patch_state", "is_open", "patch_row_count"],
    )
    assert compliance.state_sentence(states) == (
        "5 of 10 applicable patch rows (50 %) count against compliance, most of them Failed (3)."
    )
    assert compliance.state_sentence(states.tail(2)) == "No applicable patch row counts against compliance."
    assert compliance.state_sentence(states.head(0)) == "No patch row was read."


def test_reboot_debt_is_nodes_patches_and_days() -> None:
    """The wait is told by its median and its longest."""
    debt = pd.DataFrame({"pending_days": [2.0, 10.0, 30.0], "pending_reboot_count": [1, 2, 3]})
    assert compliance.reboot_sentence(debt) == (
        "Waiting for a reboot: 3 nodes with 6 patches not in effect; the median wait is 10 days, the longest 30."
    )
    assert compliance.reboot_sentence(debt.head(0)) == "No node waits for a reboot."
