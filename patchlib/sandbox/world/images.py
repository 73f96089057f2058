"""Platforms and their machine images: one image a month, deprecated two years later.

A node starts from the newest image of its platform; what was released before the build is already in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from patchlib.sandbox.world.calendars import DAY, HOUR, instant, to_datetime
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.releases import image_release

__all__ = ["APPLIANCE", "BOTTLEROCKET", "PLATFORMS", "Image", "Images", "Platform"]


@dataclass(frozen=True)
class Platform:
    """An operating system version and how EC2 and Systems Manager name it.

    product:          the SSM product name; also the key of the patch catalogue.
    operating_system: SSM's enum value, "" where Patch Manager does not support the system.
    available_from:   the first day an image existed.
    """

    product: str
    operating_system: str
    platform_type: str
    platform_name: str
    platform_version: str
    platform_details: str
    usage_operation: str
    image_name: str
    image_owner_alias: str = "amazon"
    available_from: str = "2022-01-01"

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows Server."""
        return self.platform_type == "Windows"


def _windows(year: str, build: str, available_from: str = "2022-01-01") -> Platform:
    return Platform(
        product=f"WindowsServer{year}",
        operating_system="WINDOWS",
        platform_type="Windows",
        platform_name=f"Microsoft Windows Server {year} Datacenter",
        platform_version=build,
        platform_details="Windows",
        usage_operation="RunInstances:0002",
        image_name=f"Windows_Server-{year}-English-Full-Base-{{dots}}",
        available_from=available_from,
    )


def _linux(
    product: str, system: str, name: str, version: str, image: str, available_from: str = "2022-01-01"
) -> Platform:
    is_red_hat = system == "REDHAT_ENTERPRISE_LINUX"
    return Platform(
        product=product,
        operating_system=system,
        platform_type="Linux",
        platform_name=name,
        platform_version=version,
        platform_details="Red Hat Enterprise Linux" if is_red_hat else "Linux/UNIX",
        usage_operation="RunInstances:0010" if is_red_hat else "RunInstances",
        image_name=image,
        available_from=available_from,
    )


_RHEL = "REDHAT_ENTERPRISE_LINUX"
PLATFORMS = {
    platform.product: platform
    for platform in (
        _windows("2016", "10.0.14393"),
        _windows("2019", "10.0.17763"),
        _windows("2022", "10.0.20348"),
        _windows("2025", "10.0.26100", "2024-12-01"),
        _linux("AmazonLinux2", "AMAZON_LINUX_2", "Amazon Linux", "2", "amzn2-ami-hvm-2.0.{plain}.0-x86_64-gp2"),
        _linux(
            "AmazonLinux2023",
            "AMAZON_LINUX_2023",
            "Amazon Linux",
            "2023",
            "al2023-ami-{release}-kernel-6.1-x86_64",
            "2023-04-01",
        ),
        _linux(
            "Ubuntu22.04", "UBUNTU", "Ubuntu", "22.04", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-{plain}"
        ),
        _linux(
            "Ubuntu24.04",
            "UBUNTU",
            "Ubuntu",
            "24.04",
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-{plain}",
            "2024-05-01",
        ),
        _linux(
            "RedhatEnterpriseLinux8",
            _RHEL,
            "Red Hat Enterprise Linux",
            "8.10",
            "RHEL-8.10.0_HVM-{plain}-x86_64-0-Hourly2-GP3",
        ),
        _linux(
            "RedhatEnterpriseLinux9",
            _RHEL,
            "Red Hat Enterprise Linux",
            "9.6",
            "RHEL-9.6.0_HVM-{plain}-x86_64-0-Hourly2-GP3",
        ),
    )
}
# Patch Manager does not support Bottlerocket (user guide, "Patch Manager prerequisites"): images only.
BOTTLEROCKET = _linux(
    "Bottlerocket", "", "Bottlerocket", "1.26.1", "bottlerocket-aws-ecs-2-x86_64-v1.26.1-{plain}", "2024-10-01"
)
APPLIANCE = Platform(
    product="Appliance",
    operating_system="",
    platform_type="Linux",
    platform_name="",
    platform_version="",
    platform_details="Linux/UNIX",
    usage_operation="RunInstances",
    image_name="gatehouse-firewall-7.4-{plain}",
    image_owner_alias="aws-marketplace",
)

_LIFE_DAYS = 730
_GOLDEN_KEPT_DAYS, _PUBLIC_KEPT_DAYS = 400, 1250
_ALIAS_OWNERS = {"amazon": "209900100064", "aws-marketplace": "209900100679"}  # invented
_FIRST, _LAST = (2022, 1), (2027, 12)


@dataclass(frozen=True)
class Image:
    """One machine image of one Region."""

    image_id: str
    name: str
    platform: Platform
    region: str
    built_at: int
    deprecated_at: int
    owner_id: str
    owner_alias: str | None

    @property
    def deregistered_at(self) -> int:
        """When its owner takes it away, whoever still runs from it: an own build after 400 days, others after 1250."""
        return self.built_at + (_GOLDEN_KEPT_DAYS if self.owner_alias is None else _PUBLIC_KEPT_DAYS) * DAY


@cache
def _build_days(product: str) -> tuple[int, ...]:
    """Build instants of a platform's monthly images; the day differs by platform, 18th to 27th."""
    day = 18 + sum(map(ord, product)) % 10
    months = [(year, month) for year in range(_FIRST[0], _LAST[0] + 1) for month in range(1, 13)]
    return tuple(instant(f"{year}-{month:02d}-{day:02d}") + 11 * HOUR for year, month in months)


class Images:
    """The images of the organisation's platforms; each asked for is made once."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._made: dict[tuple[str, str, int, str | None], Image] = {}

    def newest(self, platform: Platform, region: str, moment: int, golden_owner: str | None = None) -> Image:
        """The newest image at least a day old; with `golden_owner` the organisation's own build of it."""
        days = _build_days(platform.product)
        built_at = max((day for day in days if day + DAY <= moment), default=days[0])
        key = (platform.product, region, built_at, golden_owner)
        if key not in self._made:
            self._made[key] = self._make(platform, region, built_at, golden_owner)
        return self._made[key]

    def published(
        self, platform: Platform, region: str, after: int, until: int, golden_owner: str | None = None
    ) -> list[tuple[int, Image]]:
        """What `newest` gave when: (from when on, image) for images that became the newest after one instant and
        until another."""
        moments = (built + DAY for built in _build_days(platform.product))
        return [(at, self.newest(platform, region, at, golden_owner)) for at in moments if after < at <= until]

    def _make(self, platform: Platform, region: str, built_at: int, golden_owner: str | None) -> Image:
        built = to_datetime(built_at)
        dots, plain, release = f"{built:%Y.%m.%d}", f"{built:%Y%m%d}", image_release(built_at)
        name = platform.image_name.format(dots=dots, plain=plain, release=release)
        return Image(
            image_id="ami-0" + self._draws.hexadecimal(16, "image", platform.product, region, built_at, golden_owner),
            name=name if golden_owner is None else f"golden-{platform.product.lower()}-{built:%Y%m%d}",
            platform=platform,
            region=region,
            built_at=built_at,
            deprecated_at=built_at + _LIFE_DAYS * DAY,
            owner_id=golden_owner or _ALIAS_OWNERS[platform.image_owner_alias],
            owner_alias=None if golden_owner else platform.image_owner_alias,
        )
