"""AWS Systems Manager: what it says itself of compliance, and the software on the nodes."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["SOURCES"]


def _applications(_context: Context) -> Iterator[Request]:
    # Without a type the answer holds AWS:InstanceInformation only; one call takes one type (API reference,
    # GetInventory: ResultAttributes has exactly one member).
    yield Request({"ResultAttributes": [{"TypeName": "AWS:Application"}]})


SOURCES = (
    Source(
        name="ssm_resource_compliance",
        service="ssm",
        operation="ListResourceComplianceSummaries",
        scope=Scope.CELL,
        items="ResourceComplianceSummaryItems[]",
        page_size=50,
        about="AWS's own compliance label per node, and which execution wrote it",
        system="Compliance",
        key=("ComplianceType", "ResourceType", "ResourceId"),
        least="one listing over all nodes and compliance types; nothing is asked per node",
    ),
    Source(
        name="ssm_inventory",
        service="ssm",
        operation="GetInventory",
        scope=Scope.CELL,
        items="Entities[]",
        page_size=50,
        about="software on the nodes as State Manager's inventory last collected it",
        system="Inventory",
        key=("Id",),
        requests=_applications,
        least=(
            "one listing of 50 nodes a page, each with all its applications (InventoryResultItem.Content, at most "
            "10,000 entries): ListInventoryEntries would cost one listing per node, of 50 applications a page"
        ),
        is_heavy=True,
    ),
)
