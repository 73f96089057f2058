"""Exported reports as declared: headings that tell the kinds apart, findings as the API's model has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib import shapes
from patchlib.sources import STORED
from patchlib.sources.report_file import FINDINGS, REPORT_SOURCES, REPORTS, Report, folded


@given(st.text(max_size=20))
def test_folding_is_stable(heading: str) -> None:
    """What is folded stays; case and punctuation do not matter."""
    assert folded(folded(heading)) == folded(heading)
    assert folded("KB ID/Patch ID") == folded("kb-id patch_id") == "kb id patch id"


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.source.name)
def test_headings_are_told_apart(report: Report) -> None:
    """No two fold to one column, the required ones exist, and no other kind has them all."""
    names = {member.name for member in report.source.columns}
    assert len(report.headings) == len(names) == len({member.column for member in report.source.columns})
    assert {*report.required, report.account, report.region} - {""} <= names
    assert set(report.source.key) <= names
    for other in REPORTS:
        if other is not report:
            assert not {folded(name) for name in report.required} <= set(other.headings)


def test_findings_are_the_models() -> None:
    """An export in JSON has the members of ListFindings; every report has a raw table."""
    assert FINDINGS.columns == shapes.item_members("inspector2", "ListFindings", "findings[]")
    assert all(of in STORED for of in REPORT_SOURCES)
