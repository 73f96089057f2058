"""Scanners beside each other: each item once, silence counted, and findings without a vulnerability not lost."""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.scanner import (
    difference_counts,
    difference_sentence,
    scanner_counts,
    scanner_sentence,
    unnamed_sentence,
)

MANAGER, BOTH = "Systems Manager", "Inspector; Systems Manager"


def items(*rows: tuple[str, str | None]) -> pd.DataFrame:
    """Items of one vulnerability on a node each: who finds it, and why another is silent."""
    return pd.DataFrame(
        {
            "account_id": "1", "region": "eu", "asset_kind": "node", "cve_id": "CVE-2026-0001",
            "asset_id": [f"i-{place}" for place in range(len(rows))],
            "scanners": pd.Series([each for each, _ in rows], dtype=object),
            "scanner_difference": pd.Series([each for _, each in rows], dtype=object),
        }
    )  # fmt: skip


def test_each_item_is_counted_for_who_finds_it() -> None:
    """One of three is found by both; alone, Inspector would have missed two."""
    frame = items((MANAGER, "Inspector: not covered"), (MANAGER, None), (BOTH, None))
    counts = scanner_counts(frame)
    assert counts.values.tolist() == [["node", MANAGER, 2, 1, 1], ["node", BOTH, 1, 1, 0]]
    assert scanner_sentence(counts) == (
        "Inspector finds 1 of 3 items (33 %); Systems Manager finds 3 of 3 items (100 %). More than one finds 1 of 3 "
        "items (33 %)."
    )
    assert difference_counts(frame).values.tolist() == [["Inspector: not covered", MANAGER, 1, 1]]
    assert difference_sentence(frame).startswith("On 1 of 3 items (33 %) a scanner is silent")


def test_nothing_found_is_said() -> None:
    """No share of nothing."""
    assert scanner_sentence(scanner_counts(items())) == "No scanner names a vulnerability."
    assert difference_sentence(items()) == "No scanner names a vulnerability."
    assert difference_counts(items()).empty


def test_findings_without_a_vulnerability_have_their_denominator() -> None:
    """Both reasons of one scanner are of the same findings."""
    rows = [("ECR", "no CVE", 1, 4), ("ECR", "not a security update", 1, 4), ("Inspector", "no CVE", 3, 9)]
    unnamed = pd.DataFrame(rows, columns=["scanner", "reason", "finding_count", "scanner_count"])
    assert unnamed_sentence(unnamed) == (
        "2 of 4 findings of ECR (50 %); 3 of 9 findings of Inspector (33 %) name no vulnerability: they are in no item "
        "above."
    )
    assert unnamed_sentence(unnamed.head(0)) == "No finding without a vulnerability is known."
