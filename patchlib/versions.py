"""The order of package versions, as rpm and as dpkg keep it: a text for each that sorts bytewise.

A text and no comparison, so that SQL can say `installed_key < fixed_key` and a store can keep it as a column.
Sources: rpm-version(7) (epoch, tilde, caret, segments) and deb-version(7) with Debian policy 5.6.12, read 2026-11-25.
"""

from __future__ import annotations

import re

__all__ = ["VersionInvalid", "dpkg_key", "rpm_key"]

# Bytes of a key, in their order: a tilde sorts before the end, a caret after it, both before all else.
_TILDE, _END, _CARET, _LETTERS, _DIGITS = "!", "#", "%", "A", "N"
_AFTER_LETTERS = "{"  # dpkg sorts letters before other signs; "{" comes after "z"

_RPM_PART = re.compile(r"[A-Za-z0-9._+~^]+")
_RPM_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")
_DPKG_UPSTREAM = re.compile(r"[A-Za-z0-9.+~:-]+")
_DPKG_REVISION = re.compile(r"[A-Za-z0-9.+~]+")
_DPKG_PAIR = re.compile(r"([^0-9]*)([0-9]*)")
_EPOCH = re.compile(r"[0-9]{1,9}")


class VersionInvalid(ValueError):
    """A text that is no version of that kind of package."""


def rpm_key(version: str) -> str:
    """The sort key of `[epoch:]version[-release]`; equal keys are equal versions.

    No epoch is epoch 0; a version without release sorts before the same with one. Raises VersionInvalid.
    """
    epoch, rest = _epoch(version)
    upstream, dash, release = rest.partition("-")
    if not _RPM_PART.fullmatch(upstream) or (dash and not _RPM_PART.fullmatch(release)):
        raise VersionInvalid(f"not a version of an rpm package: {version!r}")
    return epoch + _rpm_segments(upstream) + _rpm_segments(release)


def dpkg_key(version: str) -> str:
    """The sort key of `[epoch:]upstream[-revision]`; equal keys are equal versions.

    No epoch is epoch 0, no revision is revision 0. Raises VersionInvalid.
    """
    epoch, rest = _epoch(version)
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = revision, ""
    if not _DPKG_UPSTREAM.fullmatch(upstream) or (dash and not _DPKG_REVISION.fullmatch(revision)):
        raise VersionInvalid(f"not a version of a Debian package: {version!r}")
    return epoch + _dpkg_pairs(upstream) + _dpkg_pairs(revision)


def _epoch(version: str) -> tuple[str, str]:
    number, colon, rest = version.partition(":")
    if not colon:
        return _digits("0"), version
    if not _EPOCH.fullmatch(number):
        raise VersionInvalid(f"its epoch is no number: {version!r}")
    return _digits(number), rest


def _digits(number: str) -> str:
    """Digits so that more of them sort later; leading zeros say nothing."""
    bare = number.lstrip("0")
    if len(bare) > 999:
        raise VersionInvalid(f"a number of {len(bare)} digits")
    return f"{len(bare):03}{bare}"


def _rpm_segments(part: str) -> str:
    key = ""
    for segment in _RPM_SEGMENT.findall(part):
        if segment == "~":
            key += _TILDE
        elif segment == "^":
            key += _CARET
        elif segment.isdigit():
            key += _DIGITS + _digits(segment)
        else:
            key += _LETTERS + segment + " "  # a shorter word sorts first
    return key + _END


def _dpkg_pairs(part: str) -> str:
    """Runs of other signs and runs of digits, in turn, as deb-version(7) reads them."""
    pairs = [pair for pair in _DPKG_PAIR.findall(part) if any(pair)] or [("", "")]
    return "".join("".join(map(_dpkg_sign, signs)) + _END + _digits(number) for signs, number in pairs) + _END


def _dpkg_sign(sign: str) -> str:
    if sign == "~":
        return _TILDE
    return sign if sign.isalpha() else _AFTER_LETTERS + sign
