"""AWS CloudTrail: where the record of what happened goes."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["SOURCES"]


def _with_shadows(_context: Context) -> Iterator[Request]:
    # "If you do not include shadow trails, organization trails in a member account and Region replication trails
    # will not be returned" (API reference, DescribeTrails).
    yield Request({"includeShadowTrails": True})


SOURCES = (
    Source(
        name="cloudtrail_trail",
        service="cloudtrail",
        operation="DescribeTrails",
        scope=Scope.ACCOUNT,
        items="trailList[]",
        about="trails that record the account's home Region, an organisation's included: settings, no events",
        system="CloudTrail",
        key=("TrailARN",),
        requests=_with_shadows,
        least="one call an account: with shadow trails the home Region shows all but single-Region trails of others",
        on_nodes=False,
    ),
)
