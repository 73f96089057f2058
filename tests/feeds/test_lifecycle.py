"""Lifecycle: a date is a date, and a plain yes or no stays one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.lifecycle import read
from tests.feeds.rows import rows
from tests.feeds.samples import file, lifecycle_json

TABLE = (
    b"product,product_title,category,cycle,label,lts,release_date,active_support_end,eol,extended_end,latest,"
    b"latest_release_date,link\n"
    b"amazon-linux,Amazon Linux,os,2,2 (Karoo),,2018-06-26,2024-06-30,2026-06-30,,2.0.1,2026-06-20,\n"
    b"thing,Thing,app,1,1,,2018-06-26,,false,,,,\n"
)


def _told(data: bytes) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "is_lts"} for row in rows(read(file(data)), "lifecycle_cycle")]


def test_api_and_table_say_the_same() -> None:
    """Only the table leaves open whether a cycle is long-term."""
    assert _told(lifecycle_json()) == _told(TABLE)
    assert read(file(lifecycle_json())).as_of == date(2026, 8, 22)
    assert read(file(TABLE)).as_of == date(2026, 6, 20)


def test_an_end_is_a_date_or_a_word() -> None:
    """With a date nothing else is kept: whether it is past depends on when one asks."""
    dated, open_ended = _told(lifecycle_json())
    assert dated["end_of_life_date"] == date(2026, 6, 30)
    assert "is_end_of_life" not in dated
    assert "end_of_life_date" not in open_ended
    assert open_ended["is_end_of_life"] is False
    assert "extended_support_end_date" not in dated
    assert "is_extended_support_over" not in dated


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lifecycle_json(total=3), "counts 3 products and holds 2"),
        (lifecycle_json(result=None), "no result"),
        (lifecycle_json(result=[{"name": "x"}], total=1), "not laid out"),
        (lifecycle_json().replace(b"2026-06-30", b"2026-06-31"), "not a date"),
        (TABLE.replace(b"2026-06-30", b"later"), "not a date"),
        (TABLE + TABLE.splitlines(keepends=True)[1], "named twice"),
        (TABLE.replace(b"thing,Thing,app,1", b"thing,Thing,app,"), "not at all"),
        (TABLE.replace(b",eol,", b",end,"), "lacks columns: eol"),
    ],
)
def test_another_layout_is_refused(data: bytes, said: str) -> None:
    """An end of support is never read out of a file that is not understood."""
    with pytest.raises(FeedInvalid, match=said):
        read(file(data))
