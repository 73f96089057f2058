"""CVSS vectors: the published scores, and what does not fit a vector is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from patchlib.errors import ParameterInvalid
from patchlib.feeds.facts import FeedFile
from patchlib.feeds.text import table_rows
from patchlib.metrics.cvss import read_vector, reread

WHOLE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
FOUR = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
LOCAL = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("vector", "base", "score", "word"),
    [
        (WHOLE, 9.8, 9.8, "Critical"),
        (WHOLE.replace("S:U", "S:C"), 10.0, 10.0, "Critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, 6.1, "Medium"),
        (LOCAL, 7.8, 7.8, "High"),
        (f"{LOCAL}/E:U/RL:O/RC:C", 7.8, 6.8, "Medium"),
        (FOUR, None, 9.3, "Critical"),
        (FOUR.replace("AV:N", "AV:L").replace("PR:N", "PR:L"), None, 8.5, "High"),
        (f"{FOUR}/E:U", None, 8.1, "High"),
    ],
)
def test_published_vectors_have_their_published_scores(
    vector: str, base: float | None, score: float, word: str
) -> None:
    """FIRST's examples of versions 3.1 and 4.0, with temporal and threat metrics."""
    read = read_vector(vector)
    assert (read.base_score, read.score, read.word) == (base, score, word)
    assert read.version == vector[5:8]


@pytest.mark.parametrize(
    "vector",
    ["", "9.8", "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:3.1/AV:N", "CVSS:5.0/AV:N", f"{WHOLE}/AV:N", f"{WHOLE}/X:Y"],
)
def test_what_is_no_vector_is_refused(vector: str) -> None:
    """Another version, a missing metric, one that is named twice, one that is none."""
    with pytest.raises(ParameterInvalid):
        read_vector(vector)


def _frame(*rows: tuple[str | None, str | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["cvss_version", "cvss_vector", "cvss_score"])


def test_what_does_not_fit_its_vector_is_said() -> None:
    """A wrong score, a wrong version, no vector, no vector that can be read; rows keep their order and number."""
    found = reread(
        _frame(
            ("3.1", WHOLE, 9.8), ("3.1", WHOLE, 7.5), ("4.0", WHOLE, 9.8), ("3", None, 8.8), (None, None, None),
            ("3.1", "CVSS:3.1/AV:N", 5.0), ("3.1", f"{LOCAL}/E:U/RL:O/RC:C", 7.8), ("3.1", WHOLE, None),
            ("3.1", WHOLE, 9.8),
        )
    )  # fmt: skip
    assert found["vector_score"].fillna(-1).tolist() == [9.8, 9.8, 9.8, -1, -1, -1, 6.8, 9.8, 9.8]
    assert found["cvss_severity"].iloc[6] == "Medium"
    remarks = [None if pd.isna(each) else each for each in found["cvss_remark"]]
    assert [remarks[0], remarks[4], *remarks[6:]] == [None] * 5
    assert remarks[1] == "scored 7.5, and the vector says 9.8"
    assert remarks[2] == "called version 4.0, and the vector is of 3.1"
    assert remarks[3] == "a score without its vector"
    assert "Missing mandatory metrics" in str(remarks[5])
    assert found["vector_version"].iloc[2] == "3.1"


def test_no_rows_stay_no_rows() -> None:
    """An estate without findings has its columns."""
    assert reread(_frame()).empty
    assert "cvss_remark" in reread(_frame())


def test_the_published_assessments_have_vectors_that_can_be_read(published: Path) -> None:
    """Of thousands of CVEs as their assessors scored them, nearly every vector gives the score that they gave."""
    path = published / "threat" / "cve_cvss_ssvc.parquet"
    _, rows = table_rows(FeedFile(str(path), path.read_bytes()), ["cvss_vector"])
    frame = pd.DataFrame(
        [
            (row["cvss_version"].removeprefix("cvssV").replace("_", "."), row["cvss_vector"], float(row["cvss_score"]))
            for row in rows
            if row["cvss_vector"].startswith(("CVSS:3", "CVSS:4"))
        ][::10],
        columns=["cvss_version", "cvss_vector", "cvss_score"],
    )
    found = reread(frame)
    assert len(found) > 2000
    assert found["cvss_remark"].notna().mean() < 0.01
