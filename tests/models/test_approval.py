"""A rule that lets nothing in is told from one that is slow, and what is not known is not called harmless."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from patchlib.models.approval import (
    approval_headline,
    approval_lint,
    approval_sentence,
    rejected_headline,
    rejected_sentence,
)
from patchlib.models.phase import PhaseAssumptions

AS_OF = datetime(2026, 11, 2, 6)  # noqa: DTZ001 - the store's instants are naive UTC
USUAL: dict[str, Any] = {
    "account_id": "1", "region": "eu", "baseline_id": "pb-1", "baseline_name": "usual", "operating_system": "WINDOWS",
    "rule_number": 1, "approve_after_days": 7.0, "approve_until_date": None, "is_frozen": False, "node_count": 2,
    "held_back_count": None, "exploited_count": None,
}  # fmt: skip
FROZEN = {
    "baseline_id": "pb-f", "baseline_name": "frozen-base", "approve_after_days": None,
    "approve_until_date": pd.Timestamp("2026-03-31"),
    "is_frozen": True, "node_count": 5, "held_back_count": 9,
}  # fmt: skip


def rules(*rows: dict[str, Any]) -> pd.DataFrame:
    """A governance/approval_rule frame."""
    return pd.DataFrame([USUAL | row for row in rows], columns=list(USUAL))


def judged(**row: Any) -> tuple[str, str]:
    """Verdict and note of one rule."""
    (found,) = approval_lint(rules(row), AS_OF, PhaseAssumptions()).to_dict("records")
    return found["verdict"], found["note"]


@pytest.mark.parametrize(
    ("days", "verdict"),
    [(0, "approves"), (27, "approves"), (28, "partly replaced"), (35, "partly replaced"), (36, "never approved")],
)
def test_a_delay_as_long_as_the_time_to_the_next_release(days: int, verdict: str) -> None:
    """Patch Tuesdays are 28 or 35 days apart, an hour more when clocks go back: from 28 days on some are replaced."""
    assert judged(approve_after_days=days)[0] == verdict


def test_the_note_counts_what_is_replaced() -> None:
    """All the releases of the horizon, by name of the delay."""
    verdict, note = judged(approve_after_days=60)
    assert verdict == "never approved"
    told, _, rest = note.partition(" of ")
    assert rest.startswith(f"{told} releases to come are replaced before 60 days are over")


def test_only_monthly_systems_are_known_to_be_replaced() -> None:
    """What a release of Amazon Linux replaces is not known here, so no slow rule is called useless."""
    assert judged(operating_system="AMAZON_LINUX_2", approve_after_days=360) == ("approves", "")
    assert judged(operating_system=None, approve_after_days=360)[0] == "unknown"


def test_a_date_in_the_past_is_frozen_on_every_system() -> None:
    """Nothing released since is let in, whatever the system."""
    for system in ("WINDOWS", "UBUNTU", None):
        assert judged(**FROZEN | {"operating_system": system}) == (
            "frozen", "nothing released after 2026-03-31 is approved",
        )  # fmt: skip


def test_each_rule_says_when_it_approves() -> None:
    """By days, up to a date, or at once where it has neither: no date is named where none is set."""
    ubuntu = {"operating_system": "UBUNTU", "approve_after_days": None}
    lint = approval_lint(rules({}, {"approve_after_days": 1}, {"approve_after_days": 0}, ubuntu, FROZEN), AS_OF,
                         PhaseAssumptions())  # fmt: skip
    assert lint["approval"].tolist() == [
        "until 2026-03-31", "7 days after release", "1 day after release", "at once", "at once",
    ]  # fmt: skip


def test_faults_come_first() -> None:
    """What lets nothing in is on top, on most nodes first."""
    lint = approval_lint(rules({}, {"approve_after_days": 30}, FROZEN, FROZEN | {"node_count": 9}), AS_OF,
                         PhaseAssumptions())  # fmt: skip
    assert lint["verdict"].tolist() == ["frozen", "frozen", "partly replaced", "approves"]
    assert lint["node_count"].tolist() == [9, 5, 2, 2]


def test_the_sentence_says_what_is_held_back() -> None:
    """Rules, nodes and patches; a baseline with two such rules has its nodes once."""
    lint = approval_lint(
        rules({}, FROZEN, FROZEN | {"rule_number": 2, "held_back_count": 4}), AS_OF, PhaseAssumptions()
    )
    assert approval_sentence(lint) == (
        "2 rules of 3 approve nothing new, all by a date in the past, and 5 nodes went by them at the last scan: "
        "frozen-base (5 nodes, up to 9 later patches held back, of which it is not known whether they are exploited)."
    )
    known = approval_lint(rules(FROZEN | {"exploited_count": 3}), AS_OF, PhaseAssumptions())
    assert approval_sentence(known).endswith("9 later patches held back, 3 of them known to be exploited).")


def test_copies_of_one_baseline_are_named_once() -> None:
    """By name, most nodes first, with how many baselines carry it; what is not a date's fault holds nothing back."""
    slow = {"baseline_id": "pb-s", "baseline_name": "slow", "approve_after_days": 60, "node_count": 30}
    copies = [FROZEN | {"region": region, "node_count": 4} for region in ("eu", "us")]
    unread = FROZEN | {"baseline_id": "pb-n", "baseline_name": None, "node_count": 0, "held_back_count": None}
    assert approval_sentence(approval_lint(rules(slow, *copies, unread, {}), AS_OF, PhaseAssumptions())) == (
        "4 rules of 5 approve nothing new, 3 of them by a date in the past, and 38 nodes went by them at the last "
        "scan: slow (30 nodes); frozen-base (2 baselines of that name, 8 nodes, 9 later patches held back, of which it "
        "is not known whether they are exploited); baselines whose name was not read (0 nodes)."
    )
    many = [FROZEN | {"baseline_id": f"pb-{n}", "baseline_name": f"base-{n}"} for n in range(5)]
    said = approval_sentence(approval_lint(rules(*many), AS_OF, PhaseAssumptions()))
    assert said.endswith("; and 2 more.")
    assert "base-2" in said
    assert "base-3" not in said


def test_no_fault_and_no_rule_are_stated() -> None:
    """Nothing wrong, nothing read: two sentences."""
    lint = approval_lint(rules({}, {"approve_after_days": 30}), AS_OF, PhaseAssumptions())
    assert approval_sentence(lint) == (
        "Each of 2 rules approves new releases. Of 1 rule some releases are replaced before they are approved."
    )
    assert approval_sentence(approval_lint(rules(), AS_OF, PhaseAssumptions())) == "No approval rule was read."


def test_rejections_of_which_nothing_is_known_are_counted() -> None:
    """Exploited, not, and not known: three answers."""
    rows = pd.DataFrame({"known_exploited": pd.array([True, False, None, None], dtype="boolean")})
    assert rejected_sentence(rows) == (
        "4 rejections by name in baselines: 1 of them fix what is known to be exploited; of 2 it is not known."
    )
    assert rejected_sentence(rows.head(0)) == "No baseline that was read rejects a patch by name."


def test_cards_do_not_count_what_is_not_known() -> None:
    """No rule read is unknown, not zero; a rejection of which nothing is known is no harmless one."""
    lint = approval_lint(rules({}, FROZEN, {"approve_after_days": 30}), AS_OF, PhaseAssumptions())
    assert approval_headline(lint)["value"] == 1
    assert approval_headline(lint.head(0))["value"] is None
    rows = pd.DataFrame({"known_exploited": pd.array([True, False, None], dtype="boolean")})
    assert [rejected_headline(part, lint)["value"] for part in (rows, rows.tail(1), rows.head(0))] == [1, None, 0]
    assert rejected_headline(rows.head(0), lint.head(0))["value"] is None
