"""Repositories of container images, the images in them, and what they lack.

Images are built at a steady pace of their repository's own, most of them on a base image that is built at its pace:
until the next build, all images on a base lack what their base lacks. Two registries are scanned by Inspector, the
others by ECR itself: at the push, unless somebody asks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from patchlib.sandbox.world.calendars import DAY, HOUR, instant
from patchlib.sandbox.world.catalogue import Patch
from patchlib.sandbox.world.containers import image_digest
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.scans import scans

__all__ = [
    "LIVE",
    "PULL_THROUGH",
    "ContainerImage",
    "Gap",
    "Repository",
    "Scan",
    "gaps",
    "images",
    "is_enhanced",
    "repositories",
    "scan_of",
]

Frequency = Literal["CONTINUOUS_SCAN", "SCAN_ON_PUSH", "MANUAL"]

_PRODUCTION_A, _PRODUCTION_B = "210400173933", "210400173974"
_DEVELOPMENT, _SHARED = "210400173947", "210400173962"
_FIRST = instant("2024-01-01T07:00:00Z")
# Prefix of repositories that ECR fills from another registry when somebody pulls.
PULL_THROUGH = "docker-hub"
# The one tag that moves where all others may not: what tasks are started from.
LIVE = "live"
# Of the packages of a product, how many a base image holds, and how many an image adds.
_IN_BASE, _ADDED = 0.3, 0.08
# What an image leaves to its host.
_HOST_ONLY = frozenset({"amazon-ssm-agent", "containerd", "docker", "grub2", "kernel", "podman", "runc", "systemd"})
_SCAN_TAKES, _WEEK = 120, 7 * DAY


@dataclass(frozen=True)
class Repository:
    """A repository and how its images come about.

    every:     days between two builds. kept: builds that are still there.
    base:      repository of the base image, in the shared account; None = it is one itself, or is built on nothing.
    product:   whose packages it holds; None = built from scratch, which no scanner can read.
    frequency: how the registry's rules have it scanned. is_rescanned: somebody scans it by hand every week.
    is_missed: its rule is younger than its images, so that none was scanned at its push.
    is_closed: its own policy denies everybody but its owners the findings.
    architectures: more than one = an index, and an image for each.
    """

    account_id: str
    name: str
    owner: str
    environment: str
    every: int
    frequency: Frequency
    product: str | None = "RedhatEnterpriseLinux9"
    base: str | None = None
    kept: int = 1
    is_rescanned: bool = False
    is_missed: bool = False
    is_closed: bool = False
    is_immutable: bool = True
    expires: bool = True
    task_count: int = 0
    architectures: tuple[str, ...] = ("amd64",)

    @property
    def region(self) -> str:
        """All of them lie in the home Region."""
        return HOME_REGION

    @property
    def arn(self) -> str:
        """The repository's ARN."""
        return f"arn:aws:ecr:{self.region}:{self.account_id}:repository/{self.name}"

    @property
    def lineage(self) -> str:
        """What its images are, wherever they lie: a base image is copied to every account as it is."""
        return self.name if self.name.startswith("base/") else f"{self.account_id}/{self.name}"


@dataclass(frozen=True)
class ContainerImage:
    """An image or an index of images.

    pushed_at, pulled_at: seconds since 1970; pulled_at None = never. base_built_at: when what its base holds was
    current. replaced_at: push of the next one, None = it is the last.
    """

    repository: Repository
    digest: str
    tags: tuple[str, ...]
    pushed_at: int
    pulled_at: int | None
    base_built_at: int
    replaced_at: int | None
    architecture: str
    is_index: bool = False

    @property
    def arn(self) -> str:
        """How Inspector names it."""
        return f"{self.repository.arn}/{self.digest}"


@dataclass(frozen=True)
class Gap:
    """A vulnerability that an image has: one CVE in one package, and the patch that mends it."""

    cve_id: str
    patch: Patch


@dataclass(frozen=True)
class Scan:
    """ECR's own last look at an image; scanned_at None = it could not read it."""

    status: str
    description: str
    scanned_at: int | None


_AL2023, _UBI9 = "base/amazonlinux2023", "base/ubi9"


def _production(account_id: str) -> Iterator[Repository]:
    def built(name: str, owner: str, every: int, frequency: Frequency, **more: object) -> Repository:
        return Repository(account_id, name, owner, "production", every, frequency, "AmazonLinux2023", **more)  # type: ignore[arg-type]

    yield built(_AL2023, "platform", 90, "CONTINUOUS_SCAN")
    yield built("storefront", "web-shop", 75, "CONTINUOUS_SCAN", base=_AL2023, kept=2, task_count=6)
    yield built("checkout-api", "payments", 40, "CONTINUOUS_SCAN", base=_AL2023, task_count=4)
    both = ("amd64", "arm64")
    yield built("batch/price-import", "merchandising", 55, "SCAN_ON_PUSH", base=_AL2023, architectures=both)
    yield built("lab/demand-notebook", "data", 130, "MANUAL", is_immutable=False, expires=False)


_SHARED_ONES = (
    Repository(_SHARED, _UBI9, "platform", "shared", 60, "SCAN_ON_PUSH"),
    Repository(_SHARED, _AL2023, "platform", "shared", 90, "SCAN_ON_PUSH", "AmazonLinux2023"),
    Repository(_SHARED, "tools/build-agent", "platform", "shared", 21, "SCAN_ON_PUSH", base=_UBI9, is_rescanned=True),
    Repository(_SHARED, "tools/report-writer", "data", "shared", 120, "SCAN_ON_PUSH", base=_UBI9, kept=2),
    Repository(_SHARED, "tools/label-proxy", "logistics", "shared", 150, "SCAN_ON_PUSH", None),
    Repository(_SHARED, "tools/importer", "integration", "shared", 400, "SCAN_ON_PUSH", base=_UBI9, is_missed=True),
    Repository(_SHARED, "security/token-broker", "security", "shared", 35, "SCAN_ON_PUSH", base=_UBI9, is_closed=True),
    Repository(
        _SHARED, f"{PULL_THROUGH}/library/haproxy", "platform", "shared", 28, "MANUAL",
        is_immutable=False, expires=False,
    ),
    Repository(
        _DEVELOPMENT, "playground", "web-shop", "development", 5, "SCAN_ON_PUSH",
        base=_UBI9, is_immutable=False, expires=False,
    ),
)  # fmt: skip


def is_enhanced(account_id: str) -> bool:
    """Whether Inspector scans the registries of an account; else ECR does."""
    return "ecr" in scans(account_id)


def repositories(account_id: str, region: str) -> tuple[Repository, ...]:
    """The repositories of a cell."""
    if region != HOME_REGION:
        return ()
    if account_id in (_PRODUCTION_A, _PRODUCTION_B):
        return tuple(_production(account_id))
    return tuple(each for each in _SHARED_ONES if each.account_id == account_id)


def images(estate: Estate, repository: Repository) -> Iterator[ContainerImage]:
    """What can be pulled from a repository now, oldest first."""
    last = _number(repository.every, repository.lineage, estate, estate.as_of)
    for number in range(max(0, last - repository.kept + 1), last + 1):
        pushed = _pushed(repository.every, repository.lineage, estate, number)
        replaced = _pushed(repository.every, repository.lineage, estate, number + 1) if number < last else None
        yield from _build(estate, repository, number, pushed, replaced)


def _build(
    estate: Estate, repository: Repository, number: int, pushed: int, replaced: int | None
) -> Iterator[ContainerImage]:
    draws, tag = estate.draws, f"1.{number}.0" if repository.is_immutable else "latest"
    tags = (tag,) if repository.is_immutable or replaced is None else ()
    if repository.task_count and replaced is None:
        tags = (*tags, LIVE)
    looked = estate.as_of - draws.between(HOUR, DAY, "pulled", repository.lineage, estate.as_of // DAY)
    pulled = None if repository.is_missed else max(pushed, replaced or looked)
    based = next((each for each in _SHARED_ONES if each.name == repository.base), None)
    content = pushed - HOUR
    if based is not None:
        content = _pushed(based.every, based.lineage, estate, _number(based.every, based.lineage, estate, pushed))
    is_many = len(repository.architectures) > 1
    for architecture in (*(("",) if is_many else ()), *repository.architectures):
        digest = _digest(estate, repository, number, architecture, is_last=replaced is None)
        is_named = not is_many or not architecture
        yield ContainerImage(
            repository,
            digest,
            tags if is_named else (),
            pushed,
            pulled,
            content,
            replaced,
            architecture or "",
            not architecture,
        )


def _digest(estate: Estate, repository: Repository, number: int, architecture: str, *, is_last: bool) -> str:
    """What tasks run has the digests that whoever runs it names; every other build has its own."""
    if repository.task_count:
        return image_digest(estate.draws, repository.account_id, repository.name, "live" if is_last else "old")
    return f"sha256:{estate.draws.hexadecimal(32, 'image digest', repository.lineage, number, architecture) * 2}"


def _number(every: int, lineage: str, estate: Estate, moment: int) -> int:
    """Which build was the last at an instant."""
    return (moment - _pushed(every, lineage, estate, 0)) // (every * DAY)


def _pushed(every: int, lineage: str, estate: Estate, number: int) -> int:
    return _FIRST + estate.draws.between(0, every * DAY, "first build", lineage) + number * every * DAY


def gaps(estate: Estate, image: ContainerImage, moment: int) -> Iterator[Gap]:
    """What is known at an instant of an image's vulnerabilities: what its packages have had mended since."""
    repository = image.repository
    if image.is_index or repository.product is None:
        return
    based = next((each.lineage for each in _SHARED_ONES if each.name == repository.base), repository.lineage)
    seen: set[tuple[str, str]] = set()
    for patch in estate.products[repository.product].until(moment - DAY):
        if not patch.is_security or patch.package in _HOST_ONLY:
            continue
        is_based = estate.draws.uniform("in image", based, patch.package) < _IN_BASE
        is_added = estate.draws.uniform("in image", repository.lineage, patch.package) < _ADDED
        # What the image adds is as new as the image.
        current = image.base_built_at if is_based else image.pushed_at
        if not (is_based or is_added) or patch.released_at <= current:
            continue
        for cve in patch.cve_ids:
            if (cve, patch.package) not in seen:
                seen.add((cve, patch.package))
                yield Gap(cve, patch)


def scan_of(estate: Estate, image: ContainerImage) -> Scan | None:
    """ECR's own scan of an image, None where there never was one."""
    repository = image.repository
    if image.is_index or repository.frequency == "MANUAL" or repository.is_missed:
        return None
    if repository.product is None:
        reason = "UnsupportedImageError: The operating system and/or package manager are not supported."
        return Scan("UNSUPPORTED_IMAGE", reason, None)
    by_hand = (estate.as_of - _FIRST) // _WEEK * _WEEK + _FIRST
    scanned = max(image.pushed_at, by_hand if repository.is_rescanned and image.replaced_at is None else 0)
    if scanned + _SCAN_TAKES > estate.as_of:
        return Scan("IN_PROGRESS", "The scan is in progress.", None)
    return Scan("COMPLETE", "The scan was completed successfully.", scanned + _SCAN_TAKES)
