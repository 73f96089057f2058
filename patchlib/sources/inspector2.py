"""Amazon Inspector: where it scans, what it covers, and the vulnerabilities it finds there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["RESOURCES", "SOURCES"]

# What Inspector scans of an account: instances, images of containers, functions. Repositories of code are no
# workload that anybody patches.
RESOURCES = ("AWS_EC2_INSTANCE", "AWS_ECR_CONTAINER_IMAGE", "AWS_LAMBDA_FUNCTION")
# What is still there: suppressed by a rule of the account is not mended.
_OPEN = ("ACTIVE", "SUPPRESSED")


def _equals(*values: str) -> list[dict[str, str]]:
    return [{"comparison": "EQUALS", "value": value} for value in values]


def _own(context: Context, **more: Any) -> dict[str, Any]:
    # A delegated administrator is also answered for its members: each account is asked for its own.
    return {"awsAccountId": _equals(context.cell.account_id), "resourceType": _equals(*RESOURCES), **more}


def _status(context: Context) -> Iterator[Request]:
    yield Request({"accountIds": [context.cell.account_id]})


def _covered(context: Context) -> Iterator[Request]:
    chosen = {"accountId": _equals(context.cell.account_id), "resourceType": _equals(*RESOURCES)}
    yield Request({"filterCriteria": chosen})


def _open(context: Context) -> Iterator[Request]:
    yield Request({"filterCriteria": _own(context, findingStatus=_equals(*_OPEN))})


def _changed(context: Context) -> Iterator[Request]:
    since = f"{context.since:%Y-%m-%dT%H:%M:%SZ}"
    yield Request({"filterCriteria": _own(context, updatedAt=[{"startInclusive": since}])})


def _scans(context: Context) -> str:
    states = [row["state"].get("status") for row in context.rows("inspector2_account") if row.get("state")]
    return "" if "ENABLED" in states else f"Amazon Inspector is {'/'.join(map(str, states)) or 'not activated'} here"


# Of a finding no member is free text of the account: titles, descriptions and remediations are Inspector's own.
SOURCES = (
    Source(
        name="inspector2_account",
        service="inspector2",
        operation="BatchGetAccountStatus",
        scope=Scope.CELL,
        items="accounts[]",
        about="whether Inspector is activated, and for instances, images and functions each",
        system="Inspector",
        key=("accountId",),
        requests=_status,
        remember=("accountId", "state"),
        on_nodes=False,
    ),
    Source(
        name="inspector2_coverage",
        service="inspector2",
        operation="ListCoverage",
        scope=Scope.CELL,
        items="coveredResources[]",
        page_size=200,
        about="what Inspector scans and since when, and why it does not scan the rest",
        system="Inspector",
        key=("resourceType", "resourceId", "scanType"),
        needs=("inspector2_account",),
        off=_scans,
        requests=_covered,
        on_nodes=False,
    ),
    Source(
        name="inspector2_open_finding",
        service="inspector2",
        operation="ListFindings",
        scope=Scope.CELL,
        items="findings[]",
        page_size=100,
        # What has been deleted meanwhile no listing of changes tells; a week is well within the 30 days for which
        # a finding that was mended is kept (user guide, "Understanding findings", read 2026-11-25).
        refresh_hours=7 * 24.0,
        about="every finding that is open, once a week: what is not among them any more is gone",
        system="Inspector",
        key=("findingArn",),
        needs=("inspector2_account",),
        off=_scans,
        requests=_open,
        on_nodes=False,
    ),
    Source(
        name="inspector2_finding",
        service="inspector2",
        operation="ListFindings",
        scope=Scope.CELL,
        items="findings[]",
        page_size=100,
        unit="watermark",
        # The whole listing of the same run holds what is older and open.
        lookback_days=3,
        about="findings that changed since the last run, closed ones too",
        system="Inspector",
        key=("findingArn",),
        needs=("inspector2_account",),
        off=_scans,
        requests=_changed,
        on_nodes=False,
        least="1 per 100 findings that changed since the last run, and once a week 1 per 100 that are open",
    ),
)
