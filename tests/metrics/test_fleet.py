"""Coverage sentences name what is not seen and who opens it."""

import pandas as pd

from patchlib.metrics import fleet

STATES = (
    "not readable", "excluded", "unsupported OS", "stopped", "unmanaged",
    "short-lived", "never scanned", "stale", "fresh",
)  # fmt: skip


NO_NODES = pd.DataFrame(columns=["coverage_state", "account_name", "opened_by"])


def coverage(**counts: int) -> pd.DataFrame:
    """A fleet/coverage frame; counts by state, spaces written as underscores."""
    known = {state: counts.get(state.replace(" ", "_"), 0) for state in STATES}
    return pd.DataFrame(
        {"coverage_state": known.keys(), "node_count": known.values(), "opened_by": [f"opens {s}" for s in known]}
    )


def accounts(*blind: bool) -> pd.DataFrame:
    """A fleet/accounts frame of as many accounts as flags."""
    return pd.DataFrame(
        {
            "account_id": [f"{place:012}" for place in range(len(blind))],
            "account_name": [f"team-{place}" for place in range(len(blind))],
            "is_blind": list(blind),
            "is_left_out": [False] * len(blind),
        }
    )


def test_excluded_nodes_are_not_expected() -> None:
    """The fresh share is of known nodes less the excluded."""
    share = fleet.fresh(coverage(fresh=6, excluded=2, stale=2))
    assert (share.part, share.whole) == (6, 8)


def test_the_sentence_names_share_blind_accounts_and_largest_gap() -> None:
    """One sentence answers what cannot be seen and who opens it."""
    sentence = fleet.coverage_sentence(coverage(fresh=6, unmanaged=3, stale=1), accounts(False, True), NO_NODES)
    assert sentence == (
        "6 of 10 nodes that should be covered (60 %) have a fresh scan. "
        "1 of 2 accounts cannot be read at all (team-1). "
        "The largest known gap is 3 nodes unmanaged, to be opened by the opens unmanaged."
    )


def test_an_account_without_a_name_is_named_by_its_id() -> None:
    """When the organisation cannot be read, the account number stands for the name."""
    nameless = accounts(True).assign(account_name=None)
    assert "000000000000" in fleet.coverage_sentence(coverage(fresh=1), nameless, NO_NODES)


def test_a_fleet_that_is_all_fresh_has_no_gap() -> None:
    """Nothing to open is said by leaving the gap out."""
    assert fleet.largest_gap(coverage(fresh=3)) is None
    assert "gap" not in fleet.coverage_sentence(coverage(fresh=3), accounts(False), NO_NODES)


def test_excluded_nodes_are_no_gap() -> None:
    """What a rule leaves out on purpose needs no opening."""
    assert fleet.largest_gap(coverage(fresh=1, excluded=5)) is None
    assert (
        fleet.gap_sentence(coverage(fresh=1, excluded=5), NO_NODES) == "Every node that should be is freshly scanned."
    )


def test_the_gap_names_its_share_and_who_opens_it() -> None:
    """The finding under the chart is the longest bar, in words."""
    assert fleet.gap_sentence(coverage(fresh=1, stale=1), NO_NODES) == (
        "The largest known gap is stale, 1 of 2 known nodes (50 %), to be opened by the opens stale."
    )
    assert fleet.gap_sentence(coverage(), NO_NODES) == "No node is known."


def test_what_is_not_readable_is_opened_by_whoever_opens_most_of_it() -> None:
    """Where the organisation's policy denies, the account's owner can do nothing; other gaps name their own opener."""
    unseen = pd.DataFrame(
        [
            ("not readable", "a", "policy owner: allow it"),
            ("not readable", "a", "policy owner: allow it"),
            ("not readable", "b", "account owner: allow it"),
            ("stale", "c", "patching team: look"),
        ],
        columns=["coverage_state", "account_name", "opened_by"],
    )
    gap = fleet.gap_sentence(coverage(fresh=10, not_readable=10), unseen)
    assert gap == (
        "The largest known gap is not readable, 10 of 20 known nodes (50 %), most in account a, "
        "to be opened by the policy owner: allow it."
    )
    assert ", in account a, to be" in fleet.gap_sentence(coverage(fresh=1, not_readable=1), unseen.head(2))
    assert "to be opened by the opens stale" in fleet.gap_sentence(coverage(fresh=1, stale=1), unseen)


def test_accounts_with_most_to_open_are_shown_and_the_others_counted() -> None:
    """First what is dark, then what is not fresh; a Region that a policy closes is nothing to open."""
    rows = [("a", "x", True, 9, 9), ("b", "x", False, 0, 0), ("c", "x", None, 0, 0), ("d", "x", True, 9, 2)]
    by_account = pd.DataFrame(rows, columns=["account_id", "region", "is_readable", "expected_count", "fresh_count"])
    shown = fleet.busiest_accounts(by_account, most=2)
    assert list(shown["account_id"]) == ["b", "d"]
    assert list(fleet.busiest_accounts(by_account)["account_id"]) == ["a", "b", "c", "d"]
    spots = pd.DataFrame({"account_id": ["b"], "region": ["x"], "state": ["role_missing"]})
    told = fleet.places_sentence(spots, by_account, shown)
    assert told == (
        "Not answered in full: 1 read in 1 account and Region pair (1 role missing). "
        "2 accounts in which there is less to open can be found in the data."
    )
    assert fleet.places_sentence(spots.head(0), by_account, by_account) == fleet.blind_sentence(spots.head(0))


def test_of_equal_gaps_the_first_in_precedence_is_named() -> None:
    """Ties do not depend on the order of rows by chance."""
    gap = fleet.largest_gap(coverage(stale=2, unmanaged=2))
    assert gap is not None
    assert gap["coverage_state"] == "unmanaged"


def test_an_empty_store_says_that_no_node_is_known() -> None:
    """No data is a stated result."""
    assert (
        fleet.coverage_sentence(coverage(), accounts(), NO_NODES) == "No node is known; 0 of 0 accounts cannot be read."
    )


def test_blind_reads_are_counted_by_reason() -> None:
    """Denied and throttled reads are told apart."""
    spots = pd.DataFrame(
        {"account_id": ["a", "a", "b"], "region": ["x", "x", "x"], "state": ["denied", "denied", "throttled"]}
    )
    expected = "Not answered in full: 3 reads in 2 account and Region pairs (2 denied, 1 throttled)."
    assert fleet.blind_sentence(spots) == expected
    assert fleet.blind_sentence(spots.head(0)) == "Everything that was asked was answered in full."


def test_unknown_end_of_support_is_counted_apart() -> None:
    """A version nobody knows is neither supported nor past its end."""
    platforms = pd.DataFrame(
        {"platform": ["A", "B", "C"], "known_node_count": [4, 5, 1], "fresh_count": [4, 3, 0],
         "is_past_end_of_support": [True, False, None]}
    )  # fmt: skip
    assert fleet.support_sentence(platforms) == (
        "Most nodes that are not fresh run B: 2 of 5 nodes (40 %). "
        "4 of 10 known nodes (40 %) run an operating system past its end of support; of 1 the date is not known."
    )
    assert fleet.support_sentence(platforms.head(0)) == "No node is known."


def test_accounts_that_the_settings_leave_out_are_neither_seen_nor_blind() -> None:
    """Nobody denied them: they are told apart, and count in no share."""
    settings = accounts(False, False, False).assign(is_left_out=[False, True, True])
    assert fleet.blind_accounts(settings).whole == 1
    known = pd.DataFrame({"coverage_state": ["fresh"], "node_count": [3], "opened_by": [""]})
    unseen = pd.DataFrame({"coverage_state": [], "opened_by": [], "account_name": []})
    said = fleet.coverage_sentence(known, settings, unseen)
    assert "Each of the 1 accounts can be read; 2 more accounts left out by the settings" in said


def rules(*rows: tuple[str, str, bool, int]) -> pd.DataFrame:
    """A fleet/exclusions frame of (owner, last day, has ended, nodes)."""
    frame = pd.DataFrame(rows, columns=["owner", "expires_on", "is_expired", "node_count"])
    return frame.assign(reason="vendor", expires_on=pd.to_datetime(frame["expires_on"]))


def test_ended_exclusions_are_named_with_what_counts_again() -> None:
    """Owner and last day of each; rules that share owner, reason and end share their nodes, which count once."""
    assert fleet.exclusion_sentence(rules()) == ""
    in_force = [("net", "2027-03-31", False, 3), ("net", "2027-03-31", False, 3)]
    assert fleet.exclusion_sentence(rules(*in_force)) == "2 rules in force for 3 nodes."
    assert fleet.exclusion_sentence(rules(*in_force, ("ops", "2026-11-01", True, 1))) == (
        "2 rules in force for 3 nodes. 1 rule ended (ops, 2026-11-01): 1 node counts again."
    )
