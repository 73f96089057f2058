"""Amazon ECR: repositories of container images, how they are scanned, and what basic scanning found.

Of what Amazon Inspector scans (enhanced scanning), its own sources tell; ECR is asked for findings only where it scans
by itself (basic scanning), and there only for images of late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from patchlib.sources.declaration import Context, Request, Row, Scope, Source, blocks

__all__ = ["IMAGE_CONFIGS", "INDEXES", "SOURCES", "is_image", "of_late"]

# A manifest that only names others, one for each architecture: "cannot be scanned", its images can.
INDEXES = frozenset(
    {
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.index.v1+json",
    }
)
# What the artifact of a container image is; a signature, a list of packages or a chart is of another type.
IMAGE_CONFIGS = frozenset(
    {"application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"}
)
# BatchGetRepositoryScanningConfiguration, repositoryNames (API reference, read 2026-11-25).
_NAMES = 25
# What changes slowly is asked once a week [h]: whose a repository is, and by which rules it is filled and emptied.
_WEEK = 7 * 24.0


def is_image(row: Row) -> bool:
    """Whether a row of DescribeImages is an image that could run: no index of others, nothing attached to one."""
    artifact, subject = str(row.get("artifactMediaType", "")), str(row.get("subjectManifestDigest", ""))
    is_artifact = artifact.startswith("application/") and artifact not in IMAGE_CONFIGS
    return row.get("imageManifestMediaType") not in INDEXES and not is_artifact and not subject.startswith("sha256:")


def of_late(rows: Sequence[Row], since: datetime) -> Iterator[Row]:
    """The images pushed or pulled since then, tagged or not, and of each repository the last tagged one.

    The images of an index have no tag of their own, and what runs for months is not pulled meanwhile.
    """
    latest: dict[str, str] = {}
    for row in filter(is_image, rows):
        if row.get("imageTags"):
            pushed = str(row.get("imagePushedAt", ""))
            latest[row["repositoryName"]] = max(pushed, latest.get(row["repositoryName"], ""))
    for row in filter(is_image, rows):
        touched = filter(None, map(_instant, (row.get("imagePushedAt"), row.get("lastRecordedPullTime"))))
        is_latest = bool(row.get("imageTags")) and str(row.get("imagePushedAt", "")) == latest[row["repositoryName"]]
        if is_latest or any(moment >= since for moment in touched):
            yield row


def _instant(value: Any) -> datetime | None:
    moment = datetime.fromisoformat(str(value)) if value else None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _if_any(context: Context) -> Iterator[Request]:
    # A registry without a repository has nothing that its rules could be about.
    if context.rows("ecr_repository"):
        yield Request()


def _per_block(context: Context) -> Iterator[Request]:
    for names in blocks([row["repositoryName"] for row in context.rows("ecr_repository")], _NAMES):
        yield Request({"repositoryNames": names})


def _per_repository(context: Context) -> Iterator[Request]:
    for row in context.rows("ecr_repository"):
        yield Request({"repositoryName": row["repositoryName"]}, item=row["repositoryName"])


def _tags(context: Context) -> Iterator[Request]:
    for row in context.rows("ecr_repository"):
        yield Request({"resourceArn": row["repositoryArn"]}, item=row["repositoryArn"])


def _is_enhanced(rows: Sequence[Row]) -> bool:
    settings: list[Mapping[str, Any]] = [row.get("scanningConfiguration") or {} for row in rows]
    return any(setting.get("scanType") == "ENHANCED" for setting in settings)


def _scans(context: Context) -> Iterator[Request]:
    if _is_enhanced(context.rows("ecr_registry_scan_setting")):
        return
    for row in of_late(context.rows("ecr_image"), context.taken_at - timedelta(days=context.days)):
        name, digest = row["repositoryName"], row["imageDigest"]
        yield Request({"repositoryName": name, "imageId": {"imageDigest": digest}}, item=f"{name}@{digest}")


SOURCES = (
    Source(
        name="ecr_repository",
        service="ecr",
        operation="DescribeRepositories",
        scope=Scope.CELL,
        items="repositories[]",
        page_size=1000,
        about="repositories: whether their tags may be moved, how they are encrypted",
        system="ECR",
        key=("repositoryName",),
        remember=("repositoryName", "repositoryArn"),
        on_nodes=False,
    ),
    Source(
        name="ecr_repository_tag",
        service="ecr",
        operation="ListTagsForResource",
        scope=Scope.CELL,
        items="tags[]",
        unit="item",
        about="tags of a repository: whose it is, and of which environment",
        system="ECR",
        key=("repository_arn", "Key"),
        request_columns={"repository_arn": "resourceArn"},
        needs=("ecr_repository",),
        requests=_tags,
        refresh_hours=_WEEK,
        on_nodes=False,
        least="one call per repository, once a week: the API takes one at a time",
    ),
    Source(
        name="ecr_registry_scan_setting",
        service="ecr",
        operation="GetRegistryScanningConfiguration",
        scope=Scope.CELL,
        items="",
        about="who scans the registry: ECR itself (basic) or Inspector (enhanced), and by which rules",
        system="ECR",
        key=("registryId",),
        needs=("ecr_repository",),
        requests=_if_any,
        remember=("registryId", "scanningConfiguration"),
        on_nodes=False,
    ),
    Source(
        name="ecr_repository_scan_setting",
        service="ecr",
        operation="BatchGetRepositoryScanningConfiguration",
        scope=Scope.CELL,
        items="scanningConfigurations[]",
        about="what the registry's rules come to for each repository: at each push, all the time, or only by hand",
        system="ECR",
        key=("repositoryName",),
        needs=("ecr_repository",),
        requests=_per_block,
        on_nodes=False,
        least=f"1 per {_NAMES} repositories",
    ),
    Source(
        name="ecr_pull_through_rule",
        service="ecr",
        operation="DescribePullThroughCacheRules",
        scope=Scope.CELL,
        items="pullThroughCacheRules[]",
        page_size=1000,
        about="which repositories are copies of another registry's, made when somebody pulls",
        system="ECR",
        key=("ecrRepositoryPrefix",),
        needs=("ecr_repository",),
        requests=_if_any,
        refresh_hours=_WEEK,
        on_nodes=False,
    ),
    Source(
        name="ecr_lifecycle_policy",
        service="ecr",
        operation="GetLifecyclePolicy",
        scope=Scope.CELL,
        items="",
        unit="item",
        about="whether a repository lets old images expire, and by which rules",
        system="ECR",
        # Where there is none, the answer does not even repeat the name.
        key=("asked_repository",),
        request_columns={"asked_repository": "repositoryName"},
        needs=("ecr_repository",),
        requests=_per_repository,
        none_codes=frozenset({"LifecyclePolicyNotFoundException"}),
        refresh_hours=_WEEK,
        on_nodes=False,
        least="one call per repository, once a week: the API takes one at a time",
    ),
    Source(
        name="ecr_image",
        service="ecr",
        operation="DescribeImages",
        scope=Scope.CELL,
        items="imageDetails[]",
        page_size=1000,
        unit="item",
        about="images that can be pulled: tags, push and last recorded pull, size",
        system="ECR",
        key=("repositoryName", "imageDigest"),
        needs=("ecr_repository",),
        requests=_per_repository,
        remember=(
            "repositoryName",
            "imageDigest",
            "imageTags",
            "imagePushedAt",
            "lastRecordedPullTime",
            "imageManifestMediaType",
            "artifactMediaType",
            "subjectManifestDigest",
        ),
        on_nodes=False,
        least="1 per repository and 1000 images of it: the API takes one repository at a time",
    ),
    Source(
        name="ecr_image_scan",
        service="ecr",
        operation="DescribeImageScanFindings",
        scope=Scope.CELL,
        # The answer's own members say whether there was a scan; its findings alone would not tell clean from unseen.
        items="",
        page_size=1000,
        unit="item",
        about="how ECR's own scan of an image ended, and what it found",
        system="ECR",
        # An answer of several pages is as many rows: a page is named by what it holds.
        key=("asked_repository", "asked_image", "imageScanFindings"),
        request_columns={"asked_repository": "repositoryName", "asked_image": "imageId"},
        needs=("ecr_registry_scan_setting", "ecr_image"),
        requests=_scans,
        none_codes=frozenset({"ScanNotFoundException"}),
        setting="image_scan_days",
        on_nodes=False,
        least=(
            "one call per image of late, where ECR itself scans (basic): the API takes one at a time, and listings of "
            "images do not tell of newer scans"
        ),
    ),
)
