"""Decisions of risk items: what the facts allow, never more; more evidence and more exposure never lower them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.decision import DecisionTable, OwnerAnswers, load_answers, load_table
from patchlib.errors import SettingInvalid
from patchlib.metrics.priority import (
    decide,
    decision_change,
    decision_counts,
    decision_rows,
    decision_sentence,
    facts_of,
)

SSVC, BOD = load_table("ssvc_deployer"), load_table("cisa_bod_26_04")
# Gravest last; forensic triage is the same time with more to do.
URGENCY = {
    "ssvc_deployer": ("defer", "scheduled", "out-of-cycle", "immediate"),
    "cisa_bod_26_04": ("next major upgrade", "60 days", "14 days", "3 days", "3 days and forensic triage"),
}
ANSWERS = OwnerAnswers(
    owner="tests",
    signed_date=date(2026, 11, 1),
    human_impact={"low": "low", "high": "high", "critical": "very high"},
    system_exposure={"no way found": "small", "load balancer": "controlled", "public address": "open"},
)
BLANK: dict[str, Any] = {
    "account_id": "1", "region": "eu", "asset_kind": "node", "asset_id": "i-1", "cve_id": "CVE-1",
    "is_known_exploited": None, "ssvc_exploitation": None, "is_exploit_available": None, "is_exposed": None,
    "exposure": None, "ssvc_automatable": None, "ssvc_technical_impact": None, "criticality": None,
    "environment": None,
}  # fmt: skip


def _items(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([BLANK | row for row in rows], columns=list(BLANK)).astype(
        {"is_known_exploited": "boolean", "is_exploit_available": "boolean", "is_exposed": "boolean"}
    )


WHOLE: dict[str, Any] = {
    "is_known_exploited": True, "ssvc_exploitation": "active", "is_exposed": True, "exposure": "public address",
    "ssvc_automatable": "yes", "ssvc_technical_impact": "total", "criticality": "critical",
}  # fmt: skip


def test_what_is_known_decides_and_what_is_not_leaves_a_range() -> None:
    """All known: one row of the table. Nothing known: every row. In between: the rows that fit, and what would help."""
    found = decide(_items(WHOLE, {}, {"is_exposed": False, "is_known_exploited": False}), BOD)
    assert found["decision"].iloc[0] == "3 days and forensic triage"
    assert found["is_decided"].tolist() == [True, False, False]
    assert found["undecided_by"].iloc[0] == ""
    assert len(found["table_rows"].iloc[1].split(", ")) == 16
    assert set(found["decision"].iloc[1].split(" or ")) == set(URGENCY[BOD.name])
    assert set(found["decision"].iloc[2].split(" or ")) == {"next major upgrade", "60 days"}
    assert found["undecided_by"].iloc[2] == "automatable"


def test_what_only_an_owner_can_answer_is_not_known_without_one() -> None:
    """The same critical node in public: without a signed file neither its exposure nor its impact is assumed."""
    item = _items(WHOLE)
    without, having = decide(item, SSVC), decide(item, SSVC, ANSWERS)
    assert without["undecided_by"].iloc[0] == "system_exposure, human_impact"
    assert having["decision"].iloc[0] == "immediate"
    assert facts_of(_items({"criticality": "never heard of"}), ANSWERS)["human_impact"].iloc[0] is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, None),
        ({"is_known_exploited": False, "is_exploit_available": False}, None),
        ({"ssvc_exploitation": "none"}, "none"),
        ({"ssvc_exploitation": "none", "is_exploit_available": True}, "public poc"),
        ({"ssvc_exploitation": "poc"}, "public poc"),
        ({"ssvc_exploitation": "none", "is_known_exploited": True}, "active"),
        ({"ssvc_exploitation": "active", "is_known_exploited": False}, "active"),
    ],
)
def test_the_gravest_evidence_of_exploitation_counts(row: dict[str, Any], said: str | None) -> None:
    """None is an answer of SSVC; a catalogue or a scanner that is silent gives none."""
    assert facts_of(_items(row))["exploitation"].iloc[0] == said


def _bounds(row: dict[str, Any], table: DecisionTable) -> tuple[int, int]:
    words = decide(_items(row), table, ANSWERS)["decision"].iloc[0].split(" or ")
    ranks = [URGENCY[table.name].index(word) for word in words]
    return min(ranks), max(ranks)


STEPS: dict[str, list[dict[str, Any]]] = {
    "exploitation": [
        {"ssvc_exploitation": "none", "is_known_exploited": False},
        {"ssvc_exploitation": "none", "is_known_exploited": False, "is_exploit_available": True},
        {"ssvc_exploitation": "poc", "is_known_exploited": False},
        {"ssvc_exploitation": "poc", "is_known_exploited": True},
        {"ssvc_exploitation": "active", "is_known_exploited": True},
    ],
    "exposure": [
        {"is_exposed": False, "exposure": "no way found"},
        {"is_exposed": True, "exposure": "load balancer"},
        {"is_exposed": True, "exposure": "public address"},
    ],
    "automatable": [{"ssvc_automatable": "no"}, {"ssvc_automatable": "yes"}],
    "impact": [{"ssvc_technical_impact": "partial"}, {"ssvc_technical_impact": "total"}],
    "criticality": [{"criticality": "low"}, {"criticality": "high"}, {"criticality": "critical"}],
}


@settings(max_examples=60, deadline=None)
@given(
    kept=st.fixed_dictionaries({fact: st.integers(-1, len(steps) - 1) for fact, steps in STEPS.items()}),
    moved=st.sampled_from(sorted(STEPS)),
    data=st.data(),
)
def test_more_evidence_or_exposure_never_lowers_a_decision(
    kept: dict[str, int], moved: str, data: st.DataObject
) -> None:
    """One fact is raised, the others stay known or not: neither end of the range falls, in either table."""
    low = data.draw(st.integers(0, len(STEPS[moved]) - 2))
    high = data.draw(st.integers(low + 1, len(STEPS[moved]) - 1))
    rest: dict[str, Any] = {}
    for fact, place in kept.items():
        if fact != moved and place >= 0:
            rest |= STEPS[fact][place]
    for table in (SSVC, BOD):
        before, after = _bounds(rest | STEPS[moved][low], table), _bounds(rest | STEPS[moved][high], table)
        assert after[0] >= before[0], (table.name, rest, before, after)
        assert after[1] >= before[1], (table.name, rest, before, after)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([{}, WHOLE, *STEPS["exposure"], *STEPS["exploitation"]]), max_size=8))
def test_each_item_is_decided_as_if_it_were_alone(rows: list[dict[str, Any]]) -> None:
    """Deciding each combination once changes nothing, and rows keep their order."""
    alone = [decide(_items(row), BOD)["decision"].iloc[0] for row in rows]
    together = decide(_items(*rows), BOD)
    assert together["decision"].tolist() == alone
    assert decision_counts(together)["item_count"].sum() == len(rows)


def test_a_table_of_ones_own_may_ask_for_any_column(tmp_path: Path) -> None:
    """Facts of ours and columns of the items; one that nothing tells is refused, not taken for not known."""
    path = tmp_path / "ours.csv"
    path.write_text(
        "environment,exposed,decision,source,read_date\n"
        "prod,yes,now,us,2026-11-01\nprod,no,soon,us,2026-11-01\n"
        "test,yes,soon,us,2026-11-01\ntest,no,later,us,2026-11-01\n",
        encoding="utf-8",
    )
    items = _items({"environment": "prod", "is_exposed": True}, {"environment": "test"})
    assert decide(items, load_table(path))["decision"].tolist() == ["now", "soon or later"]
    path.write_text("mood,decision,source,read_date\ngood,later,us,2026-11-01\n", encoding="utf-8")
    with pytest.raises(SettingInvalid, match="asks for mood"):
        decide(items, load_table(path))


def test_answers_are_signed(tmp_path: Path) -> None:
    """A file without its owner or its date answers nothing; a misspelt key is said."""
    assert load_answers("") is None
    path = tmp_path / "answers.toml"
    path.write_text('owner = "us"\nsigned_date = 2026-11-01\n[human_impact]\nhigh = "high"\n', encoding="utf-8")
    answers = load_answers(path)
    assert answers is not None
    assert (answers.owner, answers.human_impact) == ("us", {"high": "high"})
    for text, said in (
        ("signed_date = 2026-11-01\n", "owner"),
        ('owner = "us"\n', "signed_date"),
        ('owner = "us"\nsigned_date = 2026-11-01\n[impact]\na = "b"\n', "impact"),
        ("owner = ", "cannot read"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SettingInvalid, match=said):
            load_answers(path)
    wrong = answers.model_copy(update={"human_impact": {"high": "enormous"}})
    with pytest.raises(SettingInvalid, match="cannot be 'enormous'"):
        decide(_items({"criticality": "high"}), SSVC, wrong)


def test_each_count_has_the_row_of_its_table() -> None:
    """What is decided comes first; rows that follow each other are a run; what would narrow it is said in words."""
    items = _items(WHOLE, {}, {"asset_id": "i-2"})
    rows = decision_rows(items, (BOD,))
    assert rows["is_decided"].tolist() == [True, False]
    assert rows["item_count"].tolist() == [1, 2]
    assert rows["asset_count"].tolist() == [1, 2]
    assert rows["table_rows"].tolist() == [decide(_items(WHOLE), BOD)["table_rows"].iloc[0], "1-16"]
    assert decision_sentence(rows) == (
        "cisa_bod_26_04 leaves 2 of 3 items (67 %) undecided: not known is automatable or exposed or known exploited "
        "or technical impact."
    )
    assert decision_sentence(decision_rows(_items(), (BOD,))).startswith("No item is known to be open")


def test_what_is_done_leaves_decisions_or_takes_them() -> None:
    """Every decision of today is told, with none left where all of it ends."""
    items = _items(WHOLE, {})
    changed = decision_change(decision_rows(items, (BOD,)), decision_rows(items.iloc[1:], (BOD,)))
    assert changed["now"].tolist() == [1, 1]
    assert changed["then"].tolist() == [0, 1]
