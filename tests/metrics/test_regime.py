"""Regimes and baselines in words: what is not known is counted, and never passes for one baseline."""

from __future__ import annotations

import pandas as pd

from patchlib.metrics import regime

FINDINGS = pd.DataFrame(
    [
        ("baselines differ", "patch group", 2, 1),
        ("baseline not known", "patch group", 1, 0),
        ("nothing installs", "default: no patch group", 3, 2),
        ("default baseline", "default: group has none for this system", 1, 0),
        ("one regime", "patch group", 3, 0),
    ],
    columns=["finding", "baseline_choice", "node_count", "member_count"],
)


def test_a_default_that_nobody_chose_is_told_from_several_regimes() -> None:
    """Four of ten go by a default, three of them without a patch group; two answers to who decides."""
    assert regime.unchosen_sentence(FINDINGS) == (
        "4 of 10 managed nodes (40 %) go by a default baseline that nobody chose for them, 3 for want of a patch group."
    )
    assert regime.regime_sentence(FINDINGS) == (
        "Nothing installs on 3 of 10 managed nodes (30 %), 2 of them members of Auto Scaling groups, which may be "
        "replaced instead. On 2 nodes regimes go by different baselines; on 1 more the baseline of one of several is "
        "not known. 3 of 4 nodes on a default baseline stand in a graver row."
    )
    for sentence in (regime.unchosen_sentence, regime.regime_sentence):
        assert sentence(FINDINGS.head(0)) == "No managed node was read."


def test_cards_have_their_denominator_and_nothing_read_is_unknown() -> None:
    """A share for what nobody chose, counts for what differs and for what nothing installs."""
    cards = [regime.unchosen_headline, regime.conflict_headline, regime.idle_headline]
    assert [card(FINDINGS)["value"] for card in cards] == [0.4, 3, 3]
    assert {card(FINDINGS)["denominator"] for card in cards[1:]} == {"of 10 managed nodes"}
    assert [card(FINDINGS.head(0))["value"] for card in cards] == [None, None, None]


def test_nodes_on_which_several_decide() -> None:
    """What differs first, then what is not known; a node of one regime is no row."""
    nodes = pd.DataFrame(
        {
            "node_id": list("abcd"),
            "finding": ["one regime", "baseline not known", "baselines differ", "several install"],
        }
    )
    assert regime.unclear_regimes(nodes)["node_id"].tolist() == ["c", "b", "d"]


def test_seen_set_up_and_not_known_are_three_answers() -> None:
    """A single move is no overwriting."""
    rows = pd.DataFrame({"evidence": ["seen", "seen and set up", "set up", "not known", "not known", "moved"]})
    assert regime.overwritten_sentence(rows) == (
        "On 2 nodes a scan by another baseline was overwritten and came back; on 1 more it is set up so. On 2 one of "
        "several baselines is not known, and 1 node moved to another baseline once."
    )
    assert regime.overwritten_sentence(rows.head(0)).startswith("No node was seen")


def difference(*rows: tuple[str, str, bool | None]) -> pd.DataFrame:
    """A governance/baseline_difference frame of operating systems, aspects and answers."""
    frame = pd.DataFrame(list(rows), columns=["operating_system", "aspect", "is_different"])
    return frame.astype({"is_different": "boolean"})


def test_environments_differ_in_settings_of_systems_they_share() -> None:
    """A system on one side alone is no difference and no agreement."""
    rows = difference(
        ("UBUNTU", "approval", True), ("UBUNTU", "approval", True), ("UBUNTU", "source", True),
        ("UBUNTU", "compliance level", False), ("WINDOWS", "approval", None),
    )  # fmt: skip
    assert regime.contrast_sentence(rows, "prod", "dev") == (
        "prod and dev differ in 3 of 4 settings (75 %) of 1 operating system: approval 2, source 1. Only one side has "
        "nodes of 1 more operating system."
    )
    assert regime.contrast_sentence(rows.iloc[[3]], "prod", "dev") == (
        "prod and dev set the same for all of 1 operating system."
    )
    assert regime.contrast_sentence(rows.tail(1), "prod", "dev").startswith("No operating system has nodes in both")


def test_what_waits_is_told_with_where_it_is_unseen() -> None:
    """Each direction has its clause; what waits for good is counted."""
    effect = pd.DataFrame(
        [("dev", "prod", pd.Timestamp("2026-11-04"), 3, 163), ("dev", "prod", pd.NaT, 1, 163),
         ("prod", "dev", pd.NaT, 0, 9)],
        columns=["approved_in", "waits_in", "waits_until_at", "open_count", "unseen_count"],
    )  # fmt: skip
    assert regime.effect_sentence(effect) == (
        "2 releases approved in dev and not in prod, 1 of them for good: open on up to 3 nodes of dev, while no scan "
        "asks for them on up to 163 nodes of prod; 1 release approved in prod and not in dev, 1 of them for good: open "
        "on up to 0 nodes of prod, while no scan asks for them on up to 9 nodes of dev."
    )
    assert regime.effect_sentence(effect.head(0)).startswith("No release is known")


def test_what_cannot_be_resolved_is_counted_by_regime() -> None:
    """A window with two gaps is one window; the commonest gap is named."""
    rows = pd.DataFrame({"regime_id": ["mw-1", "mw-1", "a-1"], "gap": ["x", "y", "y"]})
    assert regime.unresolved_sentence(rows) == (
        "Windows and associations of which that is not known: 2, mostly for y. A node that none but these reach counts "
        "as installed by nothing."
    )
    assert regime.unresolved_sentence(rows.head(0)).startswith("Of every window and association")
