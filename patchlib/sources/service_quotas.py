"""Service Quotas: what limits a strategy."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["SOURCES"]

# Replacing nodes needs room for old and new at once: running vCPUs, images and snapshots (ec2), groups (autoscaling).
SERVICES = ("ec2", "autoscaling")


def _per_service(_context: Context) -> Iterator[Request]:
    for service in SERVICES:
        yield Request({"ServiceCode": service})


SOURCES: tuple[Source, ...] = (
    Source(
        name="service_quotas_quota",
        service="service-quotas",
        operation="ListServiceQuotas",
        scope=Scope.CELL,
        items="Quotas[]",
        page_size=100,
        about="quotas of EC2 and Auto Scaling as they apply to the account",
        system="Service Quotas",
        key=("ServiceCode", "QuotaCode"),
        requests=_per_service,
        least="one page of 100 for each service; GetServiceQuota would take one for each quota",
    ),
)
