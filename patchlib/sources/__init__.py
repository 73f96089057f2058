"""The catalogue: every operation patchlib calls, declared as data.

One row says what is called, in which scope, with what page size, which rows come back and which fields
must never reach the disk. The extractor's work list, the read-only guard, the IAM policy, the raw
tables and the sandbox's coverage all come from here.

To add a source: declare it in the file of its service, in an order in which everything it needs comes
before it; give the sandbox a handler; add a `queries/core` relation with its case.
"""

from __future__ import annotations

from patchlib.sources import ec2, organizations, ssm, sts
from patchlib.sources.declaration import Cell, Drop, Request, Scope, Source

__all__ = ["ALLOWED", "CREDENTIALS", "SOURCES", "Cell", "Drop", "Request", "Scope", "Source", "source", "sources_in"]

SOURCES: tuple[Source, ...] = (*sts.SOURCES, *organizations.SOURCES, *ec2.SOURCES, *ssm.SOURCES)

# What credentials are made of: the reader role, and what botocore's own chain asks for profiles of IAM Identity
# Center, web identities (EKS, CI) and `aws login`. None of them changes anything in an account.
CREDENTIALS: frozenset[tuple[str, str]] = frozenset(
    {
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("signin", "CreateOAuth2Token"),
    }
)

# Everything that may leave this machine, by exact name: `GetPasswordData` also begins with Get.
ALLOWED: frozenset[tuple[str, str]] = frozenset((each.service, each.operation) for each in SOURCES) | CREDENTIALS

_BY_NAME = {each.name: each for each in SOURCES}


def source(name: str) -> Source:
    """One source by name; KeyError when there is none."""
    return _BY_NAME[name]


def sources_in(scope: Scope) -> tuple[Source, ...]:
    """The sources of one scope, in the order in which a cell reads them."""
    return tuple(each for each in SOURCES if each.scope is scope)
