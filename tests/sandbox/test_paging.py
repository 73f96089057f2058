"""Promises of paging: tokens point to rows of their own listing, and pages are cut without touching the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.sandbox.paging import Listing, PageRule, Window, canonical, listing, read_token, window, write_token


@given(st.integers(0, 10**9), st.text(), st.text())
def test_a_token_is_read_only_by_its_own_listing(offset: int, scope: str, other: str) -> None:
    """Another account, Region, operation or parameter is another scope."""
    token = write_token(canonical(scope), offset)
    assert read_token(canonical(scope), token) == offset
    if other != scope:
        assert read_token(canonical(other), token) is None


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_an_altered_token_is_not_read(offset: int, more: int) -> None:
    """Its row cannot be changed without the digest."""
    import base64

    plain = base64.urlsafe_b64decode(write_token(b"scope", offset)).decode()
    altered = f"{plain.partition(':')[0]}:{offset + more}"
    assert read_token(b"scope", base64.urlsafe_b64encode(altered.encode()).decode()) is None


@pytest.mark.parametrize("token", ["", "x", "é", "bm90aGluZw==", "OjU=", "YTrDqQ=="])
def test_nonsense_is_no_token(token: str) -> None:
    """Whatever it is made of."""
    assert read_token(b"scope", token) is None


def listed(service: str, operation: str) -> Listing:
    """How an operation pages, which it does."""
    found = listing(service, operation)
    assert found is not None
    return found


def test_an_operation_without_a_paginator_has_no_listing() -> None:
    """It answers everything at once."""
    assert listing("ec2", "DescribeRegions") is None


def test_several_result_keys_are_one_list() -> None:
    """Amazon S3 counts objects and common prefixes together."""
    objects = listed("s3", "ListObjectsV2")
    full = {"Name": "b", "Contents": [1, 2, 3], "CommonPrefixes": [4, 5]}
    assert objects.count(full) == 5
    assert objects.cut(full, 2, 4) == {"Name": "b", "Contents": [3], "CommonPrefixes": [4]}
    assert full["Contents"] == [1, 2, 3]


def test_nested_result_keys_are_cut_in_place() -> None:
    """Amazon ECR's findings are inside a structure, two lists of them."""
    findings = listed("ecr", "DescribeImageScanFindings")
    full = {"imageScanFindings": {"findings": [1, 2], "enhancedFindings": [3], "findingSeverityCounts": {"HIGH": 3}}}
    page = findings.cut(full, 1, 3)
    assert page["imageScanFindings"] == {"findings": [2], "enhancedFindings": [3], "findingSeverityCounts": {"HIGH": 3}}
    assert full["imageScanFindings"]["findings"] == [1, 2]


def test_the_end_is_said_as_the_operation_says_it() -> None:
    """By a flag where there is one, by no token everywhere; a token may sit inside a structure."""
    last: dict[str, object] = {}
    listed("s3", "ListObjectsV2").steer(last, None)
    assert last == {"IsTruncated": False}
    more: dict[str, object] = {"EngineDefaults": {"Parameters": []}}
    listed("rds", "DescribeEngineDefaultParameters").steer(more, "token")
    assert more == {"EngineDefaults": {"Parameters": [], "Marker": "token"}}


def test_of_alternative_tokens_the_first_is_written() -> None:
    """`NextMarker || Contents[-1].Key`."""
    assert listed("s3", "ListObjects").output_tokens == (("NextMarker",),)


@pytest.mark.parametrize(
    ("offset", "size", "total", "rule", "expected"),
    [
        (None, 10, 25, PageRule(), Window(0, 10, 10)),
        (20, 10, 25, PageRule(), Window(20, 25, None)),
        (None, 10, 10, PageRule(), Window(0, 10, None)),
        (None, 10, 0, PageRule(empty_first=True), Window(0, 0, None)),
        (None, 10, 25, PageRule(cap=4), Window(0, 4, 4)),
        (None, 10, 25, PageRule(empty_first=True), Window(0, 0, 0)),
        (0, 10, 25, PageRule(empty_first=True), Window(0, 10, 10)),
        (10, 10, 25, PageRule(repeat_last=True), Window(9, 19, 19)),
        (1, 1, 2, PageRule(repeat_last=True), Window(1, 2, None)),
    ],
)
def test_the_rows_of_a_page(offset: int | None, size: int, total: int, rule: PageRule, expected: Window) -> None:
    """First, middle and last pages, and what faults make of them."""
    assert window(offset, size, total, rule) == expected


@given(st.integers(1, 7), st.integers(0, 40), st.integers(1, 7) | st.none(), st.booleans(), st.booleans())
def test_walking_always_ends_with_all_rows(size: int, total: int, cap: int | None, empty: bool, repeat: bool) -> None:
    """Whatever the faults do."""
    rule, offset, seen = PageRule(cap, empty_first=empty, repeat_last=repeat), None, set()
    for _ in range(2 * total + 3):
        here = window(offset, size, total, rule)
        seen |= set(range(here.start, here.stop))
        offset = here.following
        if offset is None:
            break
    assert offset is None
    assert seen == set(range(total))
