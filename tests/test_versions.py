"""Versions: the keys sort as rpm and dpkg do, by their own documents and by a plain reading of their rules."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.versions import VersionInvalid, dpkg_key, rpm_key

# Ascending chains. rpm: rpm-version(7), and rpmvercmp's own published cases (rpm, tests/rpmvercmp.at).
RPM = [
    ["1.0", "2.0"],
    ["2.0", "2.0.1", "2.0.1a"],
    ["5.5p1", "5.5p2", "5.5p10"],
    ["10xyz", "10.1xyz"],
    ["xyz10", "xyz10.1"],
    ["xyz.4", "8", "9.4"],
    ["1.0aa", "1.0b", "1.0.1"],
    ["1.0~rc1", "1.0~rc2", "1.0"],
    ["1.0~rc1~git123", "1.0~rc1"],
    ["1.0", "1.0^", "1.0^git1", "1.0^git2", "1.0.1"],
    ["1.0^20160101", "1.0.1^20160101"],
    ["1.0^20160101~git1", "1.0^20160101"],
    ["1.0~rc1", "1.0~rc1^git1", "1.0"],
    ["20101121", "20101122"],
    ["6.0", "6.0.rc1"],
    ["4.99", "5.0"],
    ["9.9-9", "1:0.1-1"],
    ["1:2-1", "2:1-1"],
    ["5.10.0-1.amzn2", "5.10.225-213.878.amzn2", "6.1.1-1.amzn2023"],
    ["1.1.1k-12.el8_9", "1.1.1k-14.el8_10"],
    ["1", "1-1"],
]
# dpkg: deb-version(7) and Debian policy 5.6.12 ("~~", "~~a", "~", "", "a"), and versions of Ubuntu notices.
DPKG = [
    ["1~~", "1~~a", "1~", "1", "1a"],
    ["1.0~beta1~svn1245", "1.0~beta1", "1.0"],
    ["1.0-1", "1.0-1.1", "1.0-2", "1.0-10"],
    ["1.0a", "1.0+"],
    ["1a", "1+", "1.1"],
    ["2:1.0", "10:0.1"],
    ["9.9", "1:0.1"],
    ["6.8.0-1008.8~22.04.1", "6.8.0-1017.19~22.04.1", "6.8.0-1017.19"],
    ["2.8-1", "2.8-1build1", "2.8-1ubuntu0.1", "2.8-2"],
    ["1.2.3", "1.2.3-1"],
    ["1:8.9p1-3ubuntu0.6", "1:8.9p1-3ubuntu0.10"],
]


@pytest.mark.parametrize("chain", RPM, ids=" < ".join)
def test_rpm_versions_sort_as_rpm_says(chain: list[str]) -> None:
    """Each chain ascends, whoever sorts it by the key."""
    keys = [rpm_key(version) for version in chain]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("chain", DPKG, ids=" < ".join)
def test_debian_versions_sort_as_dpkg_says(chain: list[str]) -> None:
    """Each chain ascends, whoever sorts it by the key."""
    keys = [dpkg_key(version) for version in chain]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.00"), ("0:1-1", "1-1"), ("2_0", "2.0"), ("1.0.", "1.0")])
def test_what_rpm_holds_equal_has_one_key(one: str, other: str) -> None:
    """Leading zeros, an epoch of 0 and the choice of separator say nothing."""
    assert rpm_key(one) == rpm_key(other)


@pytest.mark.parametrize(("one", "other"), [("0:1", "1"), ("1", "1-0"), ("1.01", "1.1"), ("1.", "1.0")])
def test_what_dpkg_holds_equal_has_one_key(one: str, other: str) -> None:
    """Leading zeros, an epoch of 0 and a revision of 0 say nothing."""
    assert dpkg_key(one) == dpkg_key(other)


@pytest.mark.parametrize("bad", ["", "1 0", "a:1", ":1", "1-2-3", "1-", "-1", "1.0é", "1.0\n"])
def test_what_is_no_rpm_version_is_refused(bad: str) -> None:
    """A text that rpm would not take has no place in the order."""
    with pytest.raises(VersionInvalid):
        rpm_key(bad)


@pytest.mark.parametrize("bad", ["", "1 0", "a:1", ":1", "1-", "-1", "1^2", "1_0", "1.0é", "1.0\n"])
def test_what_is_no_debian_version_is_refused(bad: str) -> None:
    """A text that dpkg would not take has no place in the order."""
    with pytest.raises(VersionInvalid):
        dpkg_key(bad)


def _rpm_compare(one: str, other: str) -> int:  # noqa: C901 - the rules, in their order
    """The rules of rpm-version(7), read one after the other on the two texts."""
    while True:
        one, other = re.sub(r"^[^A-Za-z0-9~^]+", "", one), re.sub(r"^[^A-Za-z0-9~^]+", "", other)
        if one.startswith("~") or other.startswith("~"):
            if one[:1] != other[:1]:
                return -1 if one.startswith("~") else 1
            one, other = one[1:], other[1:]
            continue
        if one.startswith("^") or other.startswith("^"):
            if one[:1] != other[:1]:
                if not one or not other:
                    return -1 if not one else 1
                return -1 if one.startswith("^") else 1
            one, other = one[1:], other[1:]
            continue
        if not one or not other:
            return (one > other) - (one < other)
        kind = r"[0-9]+" if one[0].isdigit() else r"[A-Za-z]+"
        first, second = re.match(kind, one), re.match(kind, other)
        assert first
        if not second:
            return 1 if one[0].isdigit() else -1
        left, right = first[0], second[0]
        if one[0].isdigit() and int(left) != int(right):
            return 1 if int(left) > int(right) else -1
        if not one[0].isdigit() and left != right:
            return 1 if left > right else -1
        one, other = one[len(left) :], other[len(right) :]


def _dpkg_compare(one: str, other: str) -> int:
    """The rules of deb-version(7), sign by sign and number by number."""

    def weight(text: str) -> int:
        sign = text[:1]
        if not sign or sign.isdigit():
            return 0
        return -1 if sign == "~" else ord(sign) + (0 if sign.isalpha() else 256)

    while one or other:
        while weight(one) or weight(other):
            if weight(one) != weight(other):
                return 1 if weight(one) > weight(other) else -1
            one, other = one[1:], other[1:]
        left, right = re.match(r"[0-9]*", one), re.match(r"[0-9]*", other)
        assert left
        assert right
        if int(left[0] or 0) != int(right[0] or 0):
            return 1 if int(left[0] or 0) > int(right[0] or 0) else -1
        one, other = one[left.end() :], other[right.end() :]
    return 0


def _sign(one: str, other: str) -> int:
    return (one > other) - (one < other)


@given(st.text("019ab.~^_+", min_size=1, max_size=8), st.text("019ab.~^_+", min_size=1, max_size=8))
@settings(max_examples=500)
def test_the_rpm_key_agrees_with_a_comparison_step_by_step(one: str, other: str) -> None:
    """The key orders any two versions as the rules do when they are walked through."""
    assert _sign(rpm_key(one), rpm_key(other)) == _rpm_compare(one, other)


@given(st.text("019abZ.~+", min_size=1, max_size=8), st.text("019abZ.~+", min_size=1, max_size=8))
@settings(max_examples=500)
def test_the_dpkg_key_agrees_with_a_comparison_step_by_step(one: str, other: str) -> None:
    """The key orders any two versions as the rules do when they are walked through."""
    assert _sign(dpkg_key(one), dpkg_key(other)) == _dpkg_compare(one, other)


_DPKG_WORDS = st.lists(
    st.sampled_from(["1", "2", "10", "007", ".", "~", "+", "a", "rc", "ubuntu", "-", "build"]), min_size=1, max_size=7
).map(lambda parts: "1" + "".join(parts).strip("-"))


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not on this host")
@settings(max_examples=60)
@given(_DPKG_WORDS, _DPKG_WORDS)
def test_dpkg_itself_agrees(left: str, right: str) -> None:
    """A judge nobody here wrote, where the host has it."""

    def says(word: str) -> bool:
        return subprocess.run(["dpkg", "--compare-versions", left, word, right], check=False).returncode == 0

    assert (dpkg_key(left) < dpkg_key(right)) is says("lt")
    assert (dpkg_key(left) == dpkg_key(right)) is says("eq")
