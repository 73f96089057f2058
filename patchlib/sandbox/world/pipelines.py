"""Image Builder pipelines of the organisation: each fault once, and one pipeline that has none.

They stand in the shared account and hand the golden images that they build to production, where groups launch from
them. A pipeline runs when its platform's golden image is built.
"""

from __future__ import annotations

from dataclasses import dataclass

from patchlib.sandbox.world.calendars import DAY, NEVER, instant
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.images import PLATFORMS, Image

__all__ = ["Pipeline", "Run", "next_run", "pipelines", "runs"]

_SHARED, _PRODUCTION = "210400173962", "210400173933"
_KEPT_DAYS = 200


@dataclass(frozen=True)
class Pipeline:
    """A pipeline. parent: what its recipe starts from; version: of that, `x` is the newest.

    fails_from: runs since then fail. stopped_at: nothing has run since then. scans: its images are scanned.
    """

    name: str
    product: str
    parent: str
    version: str
    fails_from: int = NEVER
    stopped_at: int = NEVER
    scans: bool = False


@dataclass(frozen=True)
class Run:
    """A run of a pipeline, and the machine image that came of it, or would have."""

    number: int
    image: Image
    is_failed: bool


_PIPELINES = (
    Pipeline("golden-al2023", "AmazonLinux2023", "amazon-linux-2023-x86", "x.x.x", scans=True),
    Pipeline(
        "golden-ubuntu2204", "Ubuntu22.04", "ubuntu-server-22-lts-x86", "x.x.x", fails_from=instant("2026-07-01")
    ),
    # Its schedule was taken away, and with it its runs.
    Pipeline(
        "golden-windows2019", "WindowsServer2019", "windows-server-2019-english-full-base-x86", "x.x.x",
        stopped_at=instant("2026-05-01"),
    ),
    Pipeline("golden-rhel8", "RedhatEnterpriseLinux8", "red-hat-enterprise-linux-8-x86", "2024.3.7"),
)  # fmt: skip


def pipelines(account_id: str, region: str) -> tuple[Pipeline, ...]:
    """The pipelines of a cell."""
    return _PIPELINES if (account_id, region) == (_SHARED, HOME_REGION) else ()


def runs(estate: Estate, pipeline: Pipeline) -> tuple[Run, ...]:
    """The runs whose builds are still kept, oldest first; of a pipeline that stopped, its last."""
    platform = PLATFORMS[pipeline.product]
    until = min(estate.as_of, pipeline.stopped_at)
    built = estate.images.published(platform, HOME_REGION, until - _KEPT_DAYS * DAY, until, _PRODUCTION)
    return tuple(
        Run(number, image, image.built_at >= pipeline.fails_from) for number, (_, image) in enumerate(built, start=1)
    )


def next_run(estate: Estate, pipeline: Pipeline) -> int | None:
    """When it runs next; None where its schedule was taken away."""
    if pipeline.stopped_at <= estate.as_of:
        return None
    platform = PLATFORMS[pipeline.product]
    until = estate.as_of + 40 * DAY
    coming = estate.images.published(platform, HOME_REGION, estate.as_of, until, _PRODUCTION)
    return next(image.built_at for _, image in coming if image.built_at > estate.as_of)
