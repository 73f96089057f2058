"""AWS Security Hub: whether it is enabled, and what its controls about patching say of each resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["PATCH_CONTROLS", "SOURCES"]

# Controls that judge whether a node is managed, patched, follows its associations, or has been stopped too long to be
# patched at all. Security Hub user guide, "Control reference", SSM and EC2, read 2026-11-25.
PATCH_CONTROLS = ("SSM.1", "SSM.2", "SSM.3", "EC2.4")


def _equals(*values: str) -> list[dict[str, Any]]:
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


def _findings(context: Context) -> Iterator[Request]:
    # An administrator account also answers for its members, and an aggregation Region for the linked ones: without
    # account and Region the same finding would come from several cells.
    filters = {
        "AwsAccountId": _equals(context.cell.account_id),
        "ComplianceSecurityControlId": _equals(*PATCH_CONTROLS),
        "Region": _equals(context.cell.region),
    }
    yield Request({"Filters": filters})


SOURCES = (
    Source(
        name="securityhub_hub",
        service="securityhub",
        operation="DescribeHub",
        scope=Scope.CELL,
        items="",
        about="whether Security Hub is enabled, and since when",
        system="Security Hub",
        key=("HubArn",),
    ),
    Source(
        name="securityhub_finding",
        service="securityhub",
        operation="GetFindings",
        scope=Scope.CELL,
        items="Findings[]",
        page_size=100,
        about="findings of the controls about patching, passed and failed, with what was decided about them",
        system="Security Hub",
        key=("Id",),
        requests=_findings,
        drop=(
            # Of resources the finding's own words are enough; their details can hold what an instance starts with.
            Drop("Findings[].Resources[].Details"),
            Drop("Findings[].Note"),
            Drop("Findings[].UserDefinedFields"),
            Drop("Findings[].Compliance.SecurityControlParameters"),
        ),
        least=(
            "one listing of all findings of these controls: a check renews their instants at least every 18 hours, so "
            "nothing is saved by asking what is new"
        ),
    ),
)
