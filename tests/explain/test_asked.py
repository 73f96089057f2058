"""Promises of words: a whole name comes before a part of one, and what is meant twice is never chosen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from patchlib.errors import ItemUnknown, ParameterInvalid
from patchlib.explain.asked import choose_node, choose_patches, is_cve
from patchlib.notebook import Session
from tests.explain.hand_store import GONE, NODE
from tests.snapshots import ACCOUNT

LISTED = pd.DataFrame(
    {
        "patch_ref": ["KB500", "KB5001", "bash.x86_64:0:4.2-1", "bash.x86_64:0:4.2-2"],
        "title": ["August", "October", "bash.x86_64:0:4.2-1", "bash.x86_64:0:4.2-2"],
        "kb_id": ["KB500", "KB5001", "bash.x86_64", "bash.x86_64"],
    }
)
FIXED = {"KB5001": {"CVE-2026-0001"}, "bash.x86_64:0:4.2-2": {"CVE-2026-0001"}, "KB9": {"CVE-2026-0001"}}


@pytest.fixture
def session(hand: Path) -> Iterator[Session]:
    with closing(Session(hand / "own.duckdb", "", {})) as opened:
        yield opened


@pytest.mark.parametrize(
    ("word", "refs"),
    [
        ("KB500", ["KB500"]),
        ("5001", ["KB5001"]),
        ("kb5001", ["KB5001"]),
        ("octo", ["KB5001"]),
        ("4.2-1", ["bash.x86_64:0:4.2-1"]),
        ("CVE-2026-0001", ["KB5001", "bash.x86_64:0:4.2-2"]),
        ("CVE-2026-9999", []),
    ],
)
def test_a_patch_is_known_by_any_of_its_names(word: str, refs: list[str]) -> None:
    """KB500 is whole though it begins KB5001; a CVE means every listed patch that fixes it, and no other."""
    assert choose_patches(LISTED, word, FIXED) == refs


@pytest.mark.parametrize("word", ["bash.x86_64", "KB50", "bash"])
def test_a_part_of_several_patches_is_refused_with_all_of_them(word: str) -> None:
    """Nobody is given one of them by chance."""
    with pytest.raises(ParameterInvalid, match="is 2 patches"):
        choose_patches(LISTED, word, FIXED)


def test_a_patch_that_no_scan_lists_is_unknown() -> None:
    """With what is spelt alike."""
    with pytest.raises(ItemUnknown, match="Did you mean KB500 or KB5001"):
        choose_patches(LISTED, "KB5002", FIXED)


def test_a_cve_is_known_by_its_form() -> None:
    """In either case; a KB number is none."""
    assert is_cve("CVE-2026-0001")
    assert is_cve(" cve-2026-1234567 ")
    assert not is_cve("KB5001")
    assert not is_cve("CVE-2026-1")


def test_a_node_by_id_by_name_and_after_its_end(session: Session) -> None:
    """Where the name is in two accounts, the account decides; what is gone is found and says since when."""
    assert choose_node(session, NODE).gone_at == ""
    assert choose_node(session, "Web-1", account_id=ACCOUNT).node_id == NODE
    gone = choose_node(session, GONE)
    assert (gone.node_id, gone.gone_at) == (GONE, "2026-11-09 06:00 UTC")
    with pytest.raises(ParameterInvalid, match="web-1 is 2 nodes"):
        choose_node(session, "web-1")
    with pytest.raises(ItemUnknown):
        choose_node(session, NODE, region="us-east-1")
