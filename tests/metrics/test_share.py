"""A share keeps its denominator and never claims all or nothing by rounding."""

import pytest

from patchlib.metrics.share import Share, counted


def test_a_share_shows_part_whole_and_percent() -> None:
    """A reader sees the denominator beside the percentage."""
    assert str(Share(612, 816, "known nodes")) == "612 of 816 known nodes (75 %)"


def test_nothing_to_share_is_unknown_not_zero() -> None:
    """Without a denominator there is no share."""
    assert Share(0, 0).value is None
    assert str(Share(0, 0)) == "0 of 0 nodes (no share)"


@pytest.mark.parametrize(("part", "words"), [(1999, "over 99 %"), (2000, "100 %"), (1, "under 1 %"), (0, "0 %")])
def test_rounding_claims_neither_all_nor_nothing(part: int, words: str) -> None:
    """100 % means all, 0 % means none."""
    assert Share(part, 2000).percent == words


@pytest.mark.parametrize(("part", "whole"), [(-1, 5), (6, 5)])
def test_an_impossible_share_is_refused(part: int, whole: int) -> None:
    """A part larger than its whole is a fault upstream, not 120 %."""
    with pytest.raises(ValueError, match="0 <= part <= whole"):
        Share(part, whole)


def test_one_thing_is_singular() -> None:
    """Counts read as a person would say them."""
    assert (counted(1, "node"), counted(1200, "node"), counted(0, "read")) == ("1 node", "1,200 nodes", "0 reads")
