"""Promises of frames as table content."""

from __future__ import annotations

import pandas as pd
import pytest

from patchlib.errors import ParameterUnknown
from patchlib.tables import ATTR_MEANINGS, ATTR_QUERY, Column, label_of, payload_of

FRAME = pd.DataFrame(
    {
        "account_id": ["210400173901"],
        "known_node_count": [3],
        "fresh_share": [float("nan")],
        "last_scan_at": [pd.Timestamp("2026-11-01 10:00")],
        "is_blind": [True],
        "expires_on": [pd.Timestamp("2027-03-31")],
    }
)


@pytest.mark.parametrize(
    ("name", "unit", "label"),
    [
        ("known_node_count", "nodes", "Known nodes"),
        ("fresh_count", "nodes", "Fresh"),
        ("readable_region_count", "Regions", "Readable Regions"),
        ("last_scan_at", "", "Last scan"),
        ("account_id", "", "Account ID"),
        ("is_past_end_of_support", "", "Past end of support"),
        ("lag_days", "d", "Lag"),
    ],
)
def test_a_column_name_becomes_a_label(name: str, unit: str, label: str) -> None:
    """Suffixes that carry a unit leave the label: the unit stands beside it."""
    assert label_of(name, unit) == label


def test_kinds_follow_type_and_name() -> None:
    """Numbers, instants, codes and text are told apart, so that each is aligned and sorted as such."""
    kinds = {column["label"]: column["kind"] for column in payload_of(FRAME)["columns"]}
    assert kinds == {
        "Account ID": "code",
        "Known node": "number",
        "Fresh": "number",
        "Last scan": "instant",
        "Blind": "text",
        "Expires on": "date",
    }


def test_meaning_and_unit_come_from_the_query_header() -> None:
    """What a column means is said once, in the query that returns it."""
    frame = FRAME.copy()
    frame.attrs = {ATTR_QUERY: "fleet/accounts", ATTR_MEANINGS: {"known_node_count": "known nodes [nodes]"}}
    content = payload_of(frame, ["known_node_count"])
    assert content["source"] == "fleet/accounts"
    assert content["columns"][0]["meaning"] == "known nodes [nodes]"
    assert content["columns"][0]["label"] == "Known nodes"


def test_a_unit_is_left_out_only_where_the_label_says_it_in_a_word_of_its_own() -> None:
    """The label "Behind" ends with the letter of days and says nothing of them."""
    frame = pd.DataFrame({"behind_days": [95], "known_node_count": [3]})
    frame.attrs = {ATTR_MEANINGS: {"known_node_count": "known nodes [nodes]"}}
    content = payload_of(frame)
    assert [(column["label"], column["unit"]) for column in content["columns"]] == [
        ("Behind", "d"),
        ("Known nodes", ""),
    ]


def test_a_notebook_may_choose_order_label_and_unit() -> None:
    """Given columns win over header and suffix, and keep their order."""
    content = payload_of(FRAME, {"fresh_share": "Seen", "account_id": Column(label="Account", kind="text")})
    assert [(column["label"], column["kind"]) for column in content["columns"]] == [
        ("Seen", "number"),
        ("Account", "text"),
    ]


def test_values_are_plain_json() -> None:
    """Instants are ISO `Z`, not-a-number is null, numpy numbers are numbers."""
    assert payload_of(FRAME)["rows"] == [
        ["210400173901", 3, None, "2026-11-01T10:00:00Z", True, "2027-03-31T00:00:00Z"]
    ]


def test_rows_beyond_the_limit_are_counted() -> None:
    """A cut never hides how many rows there are."""
    content = payload_of(pd.concat([FRAME] * 5), max_rows=2)
    assert (len(content["rows"]), content["row_count"]) == (2, 5)


def test_a_column_the_frame_lacks_is_refused() -> None:
    """A misspelt column is an error that names the known ones."""
    with pytest.raises(ParameterUnknown, match=r"no column fresh_shar\b.*fresh_share"):
        payload_of(FRAME, ["fresh_shar"])


@pytest.mark.parametrize(
    ("meaning", "shown"),
    [
        ("AWS error code, null when none", "none"),
        ("time since then [d], null when never scanned", "never scanned"),
        ("last day of that rule, null when no rule names it or it has no end", "no rule names it"),
        ("last day of vendor support, null when unknown", "unknown"),
        ("patch group", "unknown"),
        ("a share, null when the number of nodes that it is a share of is nought", "unknown"),
    ],
)
def test_a_missing_value_is_said_in_the_headers_words(meaning: str, shown: str) -> None:
    """What null means is part of the query's header; without it a missing value is unknown."""
    frame = pd.DataFrame({"value": [None]})
    frame.attrs = {ATTR_MEANINGS: {"value": meaning}}
    assert payload_of(frame)["columns"][0]["null"] == shown
