"""EPSS and assessments: a score belongs to a day and a model, and both are told."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.epss import model_on, read, read_assessments, read_history
from tests.feeds.rows import rows
from tests.feeds.samples import epss_gz, file

TABLE = (
    b"snapshot_date,cve,epss,epss_percentile,cvss3,vendor\n"
    b"2026-08-22,CVE-2026-0001,0.5,0.9,9.8,Acme\n2026-08-22,CVE-2026-0002,0.1,,,Acme\n"
)
ASSESSED = (
    b"cve,date_published,cvss_version,cvss_vector,cvss_score,ssvc_exploitation,ssvc_automatable,cvss_source\n"
    b"CVE-2026-0001,2026-08-01,cvssV3_1,CVSS:3.1/AV:N,9.8,PoC,Yes,adp\nCVE-2026-0002,2026-08-02,,,,None,,\n"
)


def _text(first: str, *lines: str) -> bytes:
    return gzip.compress("\n".join([first, "cve,epss,percentile", *lines, ""]).encode())


def test_scores_carry_their_day_and_model() -> None:
    """The first line is part of the file."""
    facts = read(file(epss_gz()))
    assert (facts.as_of, facts.model_version, facts.row_count) == (date(2026, 8, 22), "v2025.03.14", 3)
    assert rows(facts, "epss")[0] == {
        "cve_id": "CVE-2026-0001", "epss_share": 0.00001, "percentile_share": 0.0001, "model_version": "v2025.03.14",
        "score_date": date(2026, 8, 22),
    }  # fmt: skip


def test_a_table_gives_cvss_too_and_its_model_by_the_day() -> None:
    """What is empty stays null; whence the model is known is said."""
    facts = read(file(TABLE))
    assert {row["model_version"] for row in rows(facts, "epss")} == {facts.model_version} == {"EPSS 5"}
    assert [row.get("percentile_share") for row in rows(facts, "epss")] == [0.9, None]
    assert rows(facts, "cve_assessment") == [{"cve_id": "CVE-2026-0001", "cvss_version": "3", "cvss_score": 9.8}]
    assert "model" in facts.notes[0]


def test_a_day_between_two_sources_has_no_model() -> None:
    """Sources put the second model in February or in March 2022, and nothing was scored before 2021-04-14."""
    days = [date(2021, 4, 13), date(2021, 4, 14), date(2022, 3, 1), date(2022, 4, 1), date(2023, 3, 6)]
    assert [model_on(each) for each in days] == ["", "v1", "", "v2022.01.01", "v2022.01.01"]
    assert [model_on(date(2025, 3, number)) for number in (16, 17)] == ["v2023.03.01", "v2025.03.14"]
    facts = read(file(TABLE.replace(b"2026-08-22", b"2022-03-01")))
    assert {row.get("model_version") for row in rows(facts, "epss")} == {None}
    assert "do not compare" in facts.notes[-1]


def test_a_history_has_each_day_with_its_model() -> None:
    """Days of two models in one file are well: each row names its own. A day that comes twice is not."""
    table = TABLE + b"2025-03-16,CVE-2026-0001,0.2,,,Acme\n"
    facts = read_history(file(table))
    assert (facts.as_of, facts.row_count) == (date(2026, 8, 22), 3)
    assert [(row["score_date"], row["epss_share"], row["model_version"]) for row in rows(facts, "epss_history")] == [
        (date(2026, 8, 22), 0.5, "EPSS 5"),
        (date(2026, 8, 22), 0.1, "EPSS 5"),
        (date(2025, 3, 16), 0.2, "v2023.03.01"),
    ]
    with pytest.raises(FeedInvalid, match="twice for 2025-03-16"):
        read_history(file(table + b"2025-03-16,CVE-2026-0001,0.2,,,Acme\n"))
    with pytest.raises(FeedInvalid, match="without CVE, day or score"):
        read_history(file(table + b",CVE-2026-0001,0.2,,,Acme\n"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(b"cve,epss,percentile\n"), "no model version"),
        (_text("#model_version:v1,score_date:soon"), "not a date"),
        (_text("#model_version:v1,score_date:2026-08-22", "CVE-2026-0001,1.5,0.1"), "1.5 is not within 0 and 1"),
        (_text("#model_version:v1,score_date:2026-08-22", "CVE-2026-0001,0.5"), "2 values"),
        (_text("#model_version:v1,score_date:2026-08-22", "CVE-2026-0001,,0.5"), "without CVE or score"),
        (_text("#model_version:v1,score_date:2026-08-22", *["CVE-2026-0001,0.5,0.5"] * 2), "twice"),
        (epss_gz()[:-4], "cut"),
        (TABLE.replace(b"2026-08-22,CVE-2026-0002", b"2026-08-23,CVE-2026-0002"), "scores of 2 days"),
    ],
)
def test_scores_without_day_model_or_sense_are_refused(data: bytes, said: str) -> None:
    """A file of two days could mix two models."""
    with pytest.raises(FeedInvalid, match=said):
        read(file(data))


def test_assessments_are_written_one_way() -> None:
    """Assessors write the same word in several ways; none is an answer, empty is not."""
    first, second = rows(read_assessments(file(ASSESSED)), "cve_assessment")
    assert first == {
        "cve_id": "CVE-2026-0001", "published_date": date(2026, 8, 1), "cvss_version": "3.1",
        "cvss_vector": "CVSS:3.1/AV:N", "cvss_score": 9.8, "cvss_source": "adp", "ssvc_exploitation": "poc",
        "ssvc_automatable": "yes",
    }  # fmt: skip
    assert second == {"cve_id": "CVE-2026-0002", "published_date": date(2026, 8, 2), "ssvc_exploitation": "none"}


def test_assessments_out_of_bounds_are_refused() -> None:
    """CVSS ends at 10."""
    with pytest.raises(FeedInvalid, match="98 is not within"):
        read_assessments(file(ASSESSED.replace(b"9.8", b"98")))
