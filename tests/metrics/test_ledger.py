"""The ledger's rows and sentences: worst first, what reads alike together, and nothing left out unsaid."""

import pandas as pd

from patchlib.metrics import ledger

COLUMNS = [
    "account_id", "account_name", "region", "system", "system_number", "state", "answered_count", "source_count",
    "is_blind", "is_from_objects", "oldest_age_hours",
]  # fmt: skip
SYSTEMS = pd.DataFrame(
    [
        ("1", "shop", "eu", "Identity", 1, "ok", 1, 1, False, False, 0.0),
        ("1", "shop", "eu", "AMIs", 3, "kept", 2, 2, False, True, 26.0),
        ("1", "shop", "us", "AMIs", 3, "absent", 2, 2, False, False, None),
        ("2", None, "eu", "Patch Manager", 2, "denied", 1, 3, True, False, 700.0),
        ("2", None, "eu", "AMIs", 3, "role_missing", 0, 1, True, False, None),
    ],
    columns=COLUMNS,
)


def many(accounts: int, regions: int) -> pd.DataFrame:
    """Accounts that read alike in all Regions but one, and one account that is dark in the first Region."""
    rows = [
        (f"{account:03}", f"a{account:03}", f"r{region}", "AMIs", 1,
         "denied" if account == region == 0 else "kept" if region else "ok",
         0 if account == region == 0 else 1, 1, account == region == 0, False, 0.0)
        for account in range(accounts)
        for region in range(regions)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def test_places_with_most_unseen_parts_come_first() -> None:
    """A row per place, systems in the catalogue's order; an account without a name is named by its id."""
    found = ledger.grid(SYSTEMS)
    assert list(found.groupby("row")["place"].first()) == ["2, eu", "shop, eu", "shop, us"]
    assert list(found["system"]) == ["Patch Manager", "AMIs", "Identity", "AMIs", "AMIs"]
    assert list(found["state"]) == ["denied", "role_missing", "ok", "kept", "absent"]
    assert set(found["place_count"]) == {1}


def test_where_places_do_not_fit_those_that_read_alike_share_a_row() -> None:
    """300 accounts in 17 Regions are as many rows as there are kinds of places, with their counts."""
    found = ledger.grid(many(300, 17))
    rows = found.groupby("row")[["place", "place_count", "state"]].first()
    assert rows.to_numpy().tolist() == [
        ["a000, r0", 1, "denied"],
        ["300 accounts, 16 Regions", 4800, "kept"],
        ["299 accounts, r0", 299, "ok"],
    ]
    assert found["source_count"].tolist() == [1, 4800, 299]


def test_what_has_no_row_is_said_with_how_much_it_hides_at_most() -> None:
    """The sentence counts all parts, and tells what the rows left out."""
    systems = many(5, 2)
    shown = ledger.grid(systems, most_rows=1)
    assert list(shown["state"]) == ["denied"]
    assert ledger.grid_sentence(systems, shown) == (
        "9 of 10 parts (90 %) are answered in full, 5 kept among them. The others: 1 denied. "
        "Not shown: 9 more places with no unseen part."
    )
    dark = systems.assign(is_blind=True)
    assert ledger.grid_sentence(dark, shown).endswith("Not shown: 9 more places with at most 1 unseen part each.")


def test_how_parts_ended_is_counted_by_state() -> None:
    """Words, not names of states; kept and absent parts are answered, and told."""
    assert ledger.grid_sentence(SYSTEMS, ledger.grid(SYSTEMS)) == (
        "3 of 5 parts (60 %) are answered in full, 1 kept and 1 absent among them. "
        "The others: 1 denied, 1 role missing."
    )
    assert ledger.grid_sentence(SYSTEMS.head(0), ledger.grid(SYSTEMS.head(0))) == "Nothing was attempted."


def test_accounts_of_one_name_are_told_apart() -> None:
    """Two accounts that share a name bear their ids."""
    twins = SYSTEMS.assign(account_name="shop")
    assert set(ledger.grid(twins)["place"]) == {"shop 1, eu", "shop 1, us", "shop 2, eu"}


def test_refusals_name_the_largest_cause_and_all_who_open() -> None:
    """Of two causes the one behind most reads is told."""
    denials = pd.DataFrame(
        [("role", "account owner", "a", 3), ("organisation policy", "organisation policy owner", "b, c", 9)],
        columns=["denied_by", "opener", "accounts", "source_count"],
    )
    assert ledger.denial_sentence(denials) == (
        "Most reads are refused by organisation policy (b, c): 9 of 12 refused reads (75 %). "
        "Who can open what is refused: account owner, organisation policy owner."
    )
    tied = ledger.denial_sentence(denials.assign(source_count=6))
    assert tied.count("6 of 12 refused reads (50 %) each") == 1
    assert ledger.denial_sentence(denials.head(0)) == "Nobody keeps the reader out."


def test_ages_are_of_what_is_held() -> None:
    """Parts that hold nothing have no age and count neither as old nor as young."""
    assert ledger.age_sentence(SYSTEMS, old_hours=24) == (
        "2 of 3 parts that hold anything (67 %) rest on an answer older than 24 hours. "
        "The oldest is Patch Manager in 2, eu: 700 hours. "
        "1 part of them came from S3 and can be no fresher than its objects."
    )
    young = SYSTEMS.head(1)
    assert ledger.age_sentence(young, old_hours=24).endswith("All were answered within the last hour.")
    assert ledger.age_sentence(SYSTEMS.tail(1), old_hours=24) == "No part of the ledger holds anything."
