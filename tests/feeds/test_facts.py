"""Facts: names are checked, dates become UTC, numbers keep their bounds."""

from __future__ import annotations

from datetime import datetime

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.facts import Facts, cves_in, day, instant, number, unknown_names
from tests.feeds.samples import file

FILE = file(b"content")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-22", datetime(2026, 8, 22)),  # noqa: DTZ001 - naive UTC, as the store keeps it
        ("2026-08-22 19:43", datetime(2026, 8, 22, 19, 43)),  # noqa: DTZ001
        ("2026-08-22T19:43:00Z", datetime(2026, 8, 22, 19, 43)),  # noqa: DTZ001
        ("2026-08-22T01:00:00+02:00", datetime(2026, 8, 21, 23)),  # noqa: DTZ001
        ("2026-08-22T00:00:00+0000", datetime(2026, 8, 22)),  # noqa: DTZ001
    ],
)
def test_dates_become_utc(text: str, moment: datetime) -> None:
    """However a publisher writes them."""
    assert instant(FILE, text) == moment
    assert day(FILE, text) == moment.date()


def test_nothing_is_no_date_and_no_number() -> None:
    """Empty is null, and never today or 0."""
    assert instant(FILE, "") is instant(FILE, None) is day(FILE, " ") is None
    assert number(FILE, "", 0, 1) is number(FILE, None, 0, 1) is None


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "2026-02-30", "22/08/2026"])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    """A date is read or refused, never guessed."""
    with pytest.raises(FeedInvalid, match="not a date"):
        day(FILE, text)


@pytest.mark.parametrize("text", ["one", "1.1", "-0.1", "nan", "inf"])
def test_a_number_out_of_its_bounds_is_refused(text: str) -> None:
    """A probability of 1.1 is damage."""
    with pytest.raises(FeedInvalid, match=r"not a number|is not within"):
        number(FILE, text, 0, 1)


def test_a_row_is_added_once_and_only_with_names_of_its_table() -> None:
    """The first of a name stays; a name that no column has is a bug."""
    facts = Facts()
    assert facts.add("advisory_cve", advisory_id="A", cve_id="CVE-2026-0001")
    assert not facts.add("advisory_cve", advisory_id="A", cve_id="CVE-2026-0001")
    assert len(facts.rows["core.advisory_cve"]) == 1
    with pytest.raises(KeyError, match="severity"):
        facts.add("advisory_cve", advisory_id="A", cve_id="CVE-2026-0002", severity="Low")


def test_cves_are_found_once_each() -> None:
    """In a text or a list, in their order."""
    assert cves_in("CVE-2026-0002;CVE-2026-12345 CVE-2026-0002") == ["CVE-2026-0002", "CVE-2026-12345"]
    assert cves_in(["RHSA-2026:1", "CVE-2026-0001"]) == ["CVE-2026-0001"]
    assert cves_in(None) == []


def test_unknown_names_are_said() -> None:
    """A new column of a publisher is no fault, and no secret."""
    assert unknown_names(["a", "c", "b"], frozenset({"a"})) == ["unknown columns left out: b, c"]
    assert unknown_names(["a"], frozenset({"a"})) == []
