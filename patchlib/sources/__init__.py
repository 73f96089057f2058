"""The catalogue: every operation patchlib calls, declared as data.

One row says what is called, in which scope, with what page size, which rows come back and which fields
must never reach the disk. The extractor's work list, the read-only guard, the IAM policy, the raw
tables and the sandbox's coverage all come from here.

To add a source: see "Add a source" in CONTRIBUTING.md.
"""

from __future__ import annotations

from patchlib.settings import Settings
from patchlib.sources import (
    autoscaling,
    cloudtrail,
    config,
    data_sync,
    ec2,
    ec2_capacity,
    ec2_launch,
    ec2_network,
    ec2_status,
    ecr,
    ecs,
    eks,
    elasticache,
    elasticbeanstalk,
    elbv2,
    imagebuilder,
    inspector2,
    lambda_function,
    organizations,
    organizations_policy,
    pricing,
    quicksetup,
    rds,
    report_file,
    s3,
    savingsplans,
    securityhub,
    service_quotas,
    ssm,
    ssm_baseline,
    ssm_command,
    ssm_inventory,
    ssm_operations,
    ssm_window,
    sts,
)
from patchlib.sources.declaration import Cell, Context, Detail, Drop, Request, Scope, Source

__all__ = [
    "ALLOWED",
    "BUCKET_READS",
    "HEAVY",
    "NODE_LISTINGS",
    "PLUMBING",
    "SOURCES",
    "STORED",
    "Cell",
    "Context",
    "Detail",
    "Drop",
    "Request",
    "Scope",
    "Source",
    "accumulates",
    "is_source",
    "source",
    "sources_in",
    "wanted_in",
]

SOURCES: tuple[Source, ...] = (
    *sts.SOURCES,
    *organizations.SOURCES,
    *organizations_policy.SOURCES,
    *ec2.SOURCES,
    *autoscaling.SOURCES,
    *ec2_launch.SOURCES,
    *ec2_network.SOURCES,
    *ec2_status.SOURCES,
    *ec2_capacity.SOURCES,
    *elbv2.SOURCES,
    *ssm.SOURCES,
    *ssm_baseline.SOURCES,
    *ssm_window.SOURCES,
    *ssm_command.SOURCES,
    *ssm_inventory.SOURCES,
    *ssm_operations.SOURCES,
    *quicksetup.SOURCES,
    *s3.SOURCES,
    *service_quotas.SOURCES,
    *savingsplans.SOURCES,
    *cloudtrail.SOURCES,
    *config.SOURCES,
    *securityhub.SOURCES,
    *inspector2.SOURCES,
    *ecr.SOURCES,
    *lambda_function.SOURCES,
    *ecs.SOURCES,
    *eks.SOURCES,
    *rds.SOURCES,
    *imagebuilder.SOURCES,
    *elasticbeanstalk.SOURCES,
    *elasticache.SOURCES,
    *pricing.SOURCES,
)

# Everything that has a raw table: what is asked of accounts, and what services have written to buckets.
STORED: tuple[Source, ...] = (*SOURCES, *data_sync.SYNC_SOURCES, *report_file.REPORT_SOURCES)

# What a bucket is read with; the bucket is named by whoever runs it, so it is in no role's policy unasked.
BUCKET_READS: frozenset[tuple[str, str]] = frozenset({("s3", "ListObjectsV2"), ("s3", "GetObject")})

# Where all of these are empty a cell holds no node, and what tells of nodes only is not asked there.
NODE_LISTINGS = ("ec2_instance", "ssm_managed_node", "autoscaling_group")

# What botocore asks on the way to an answer, and no source does: credentials (the reader role, and its own chain for
# profiles of IAM Identity Center, web identities of EKS and CI, and `aws login`), and where a bucket is when S3 says
# that it is in another Region. None of them changes anything in an account.
PLUMBING: frozenset[tuple[str, str]] = frozenset(
    {
        ("s3", "HeadBucket"),
        ("signin", "CreateOAuth2Token"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
    }
)

# Everything that may leave this machine, by exact name: `GetPasswordData` also begins with Get.
ALLOWED: frozenset[tuple[str, str]] = frozenset((each.service, each.operation) for each in SOURCES) | PLUMBING

# Operations whose answers are taken as raw documents.
HEAVY: frozenset[tuple[str, str]] = frozenset((each.service, each.operation) for each in SOURCES if each.is_heavy)

_BY_NAME = {each.name: each for each in STORED}


def source(name: str) -> Source:
    """One source by name; KeyError when there is none."""
    return _BY_NAME[name]


def is_source(name: str) -> bool:
    """Whether the catalogue has a source of that name; an earlier one may have had others."""
    return name in _BY_NAME


def accumulates(source: Source) -> bool:
    """Whether rows stay that a listing no longer shows.

    It looks back only so far, or follows one that does, or asks for what rows of all accounts name, of which one may
    be blind today.
    """
    by_others = source.unit in {"key", "watermark"} or source.scope is Scope.ESTATE
    return by_others or any(accumulates(_BY_NAME[name]) for name in source.needs)


def sources_in(scope: Scope) -> tuple[Source, ...]:
    """The sources of one scope, in the order in which a cell reads them: what lists nodes first."""
    found = [each for each in SOURCES if each.scope is scope]
    return tuple(sorted(found, key=lambda each: each.name not in NODE_LISTINGS))


def wanted_in(scope: Scope, settings: Settings) -> tuple[Source, ...]:
    """The sources of one scope that a run with these settings reads: without those that its settings leave off."""
    return tuple(each for each in sources_in(scope) if not each.setting or getattr(settings, each.setting))
