"""Words with a fixed set of values that the command line offers and a room decides by.

They stand apart from their rooms so that `patchlib --help` need not load botocore's models to name them.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Part", "Stack"]


class Part(StrEnum):
    """Whose policy: what every account that is read needs, what only the caller's needs on top, or both."""

    ALL = "all"
    MEMBER = "member"
    CALLER = "caller"


class Stack(StrEnum):
    """Which accounts a CloudFormation template is for: members by StackSet, or the management account."""

    MEMBER = "member"
    MANAGEMENT = "management"
