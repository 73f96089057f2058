"""Decision tables: published rows, their invariants, and what is not known stays open."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.decision import DecisionTable, load_table
from patchlib.errors import SettingInvalid
from patchlib.remediation import load_policy

SSVC, BOD = load_table("ssvc_deployer"), load_table("cisa_bod_26_04")
URGENCY = ("defer", "scheduled", "out-of-cycle", "immediate")
ORDER = {
    "exploitation": ("none", "public poc", "active"),
    "system_exposure": ("small", "controlled", "open"),
    "automatable": ("no", "yes"),
    "human_impact": ("low", "medium", "high", "very high"),
}


def test_the_deployer_table_has_the_published_counts() -> None:
    """72 rows: scheduled 42, out-of-cycle 20, defer 7, immediate 3."""
    assert Counter(row[-1] for row in SSVC.rows) == {
        "scheduled": 42,
        "out-of-cycle": 20,
        "defer": 7,
        "immediate": 3,
    }
    assert {fact: set(SSVC.values(fact)) for fact in SSVC.facts} == {fact: set(told) for fact, told in ORDER.items()}


def test_more_of_any_fact_is_never_less_urgent() -> None:
    """Raising one fact by one step never lowers the decision."""
    urgency = {row[:-1]: URGENCY.index(row[-1]) for row in SSVC.rows}
    for facts in itertools.product(*ORDER.values()):
        for place, values in enumerate(ORDER.values()):
            step = values.index(facts[place]) + 1
            if step < len(values):
                raised = (*facts[:place], values[step], *facts[place + 1 :])
                assert urgency[raised] >= urgency[facts], (facts, raised)


def test_what_the_deployer_table_never_says() -> None:
    """Active never defers; without exploitation only open, automatable and very high is out-of-cycle."""
    assert "defer" not in {row[-1] for row in SSVC.rows if row[0] == "active"}
    assert [row[1:4] for row in SSVC.rows if row[0] == "none" and row[-1] == "out-of-cycle"] == [
        ("open", "yes", "very high")
    ]
    assert {row[:4] for row in SSVC.rows if row[-1] == "immediate"} == {
        ("active", "open", "no", "very high"),
        ("active", "open", "yes", "high"),
        ("active", "open", "yes", "very high"),
    }


def test_the_directives_table_and_its_policy_say_the_same() -> None:
    """16 rows, counted as published; the rules of the policy of the same name are they."""
    assert Counter(row[-1] for row in BOD.rows) == {
        "14 days": 6,
        "60 days": 3,
        "3 days and forensic triage": 3,
        "3 days": 2,
        "next major upgrade": 2,
    }
    policy = load_policy("cisa-bod-26-04", owner="tests", clock="released")
    words = {True: "yes", False: "no"}
    for rule in policy.rules:
        facts = {
            "known_exploited": words[bool(rule.known_exploited)],
            "exposed": words[bool(rule.exposed)],
            "automatable": words[bool(rule.automatable)],
            "technical_impact": "total" if rule.total_impact else "partial",
        }
        limit = rule.limit.removeprefix("until ") + (f" and {rule.also}" if rule.also else "")
        assert BOD.decide(facts).decisions == (limit,)


def test_what_is_not_known_leaves_a_range_and_says_by_what() -> None:
    """A range of decisions, and the facts that would narrow it; one decision where nothing could change it."""
    found = BOD.decide({"known_exploited": "yes", "exposed": "yes", "technical_impact": "total"})
    assert (found.words, found.undecided_by, len(found.rows)) == ("3 days and forensic triage", (), 2)
    found = BOD.decide({"known_exploited": "yes", "exposed": None, "automatable": "no", "technical_impact": "partial"})
    assert (found.words, found.is_decided, found.undecided_by) == ("14 days", True, ())
    found = BOD.decide({"known_exploited": "no", "exposed": None, "automatable": "yes", "technical_impact": "partial"})
    assert (found.words, found.undecided_by) == ("14 days or 60 days", ("exposed",))


@given(st.fixed_dictionaries({fact: st.sampled_from([None, *told]) for fact, told in ORDER.items()}), st.data())
def test_knowing_more_never_adds_a_decision(known: dict[str, str | None], data: st.DataObject) -> None:
    """Every answer to an open fact leaves decisions that were possible before; with all known there is one."""
    before = SSVC.decide(known)
    for fact in [fact for fact, value in known.items() if value is None]:
        known = {**known, fact: data.draw(st.sampled_from(ORDER[fact]))}
        after = SSVC.decide(known)
        assert set(after.decisions) <= set(before.decisions)
        assert set(after.rows) < set(before.rows)
        before = after
    assert before.is_decided
    assert len(before.rows) == 1


HEADER = "exposed,severe,decision,source,read_date\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("exposed,decision\nyes,now\n", "no such columns"),
        (HEADER, "has no rows"),
        (HEADER + "yes,yes,now,ours,2026-11-01\nno,no,later,ours,2026-11-01\n", "missing: exposed yes, severe no"),
        (HEADER + "yes,yes,now,ours,2026-11-01\nyes,yes,later,ours,2026-11-01\n", "twice: exposed yes, severe yes"),
        (HEADER + "yes,yes,,ours,2026-11-01\n", "empty or missing"),
        (HEADER + "yes,yes,now,ours,soon\n", "read_date"),
    ],
)
def test_a_table_with_a_gap_is_refused(tmp_path: Path, content: str, said: str) -> None:
    """Nothing is decided by a table that does not answer."""
    path = tmp_path / "ours.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingInvalid, match=said):
        load_table(path)


def test_a_table_of_ones_own_replaces_the_published_one(tmp_path: Path) -> None:
    """Any facts and any decisions, as long as each combination is there."""
    path = tmp_path / "ours.csv"
    path.write_text(HEADER + "yes,a,now,ours,2026-11-01\nno,a,later,ours,2026-11-01\n", encoding="utf-8")
    table = load_table(path)
    assert isinstance(table, DecisionTable)
    assert (table.name, table.source, table.decide({"exposed": "yes"}).words) == ("ours", "ours", "now")


def test_facts_and_values_that_the_table_has_not_are_refused() -> None:
    """A misspelt fact must not pass for one that is not known."""
    with pytest.raises(SettingInvalid, match="does not ask for exposure"):
        SSVC.decide({"exposure": "open"})
    with pytest.raises(SettingInvalid, match="cannot be 'PoC'"):
        SSVC.decide({"exploitation": "PoC"})
    with pytest.raises(SettingInvalid, match="cannot read the decision table"):
        load_table("nowhere")
