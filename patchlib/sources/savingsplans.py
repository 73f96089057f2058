"""Savings Plans: what is paid for whether it is used or not."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Request, Scope, Source

__all__ = ["SOURCES"]

# Plans that bind now or will; a plan that has ended binds nobody.
STATES = ("active", "queued", "payment-pending", "pending-return")


def _binding(_context: Context) -> Iterator[Request]:
    yield Request({"states": list(STATES)})


SOURCES: tuple[Source, ...] = (
    # botocore finds the partition's one endpoint whatever Region is asked: no endpoint_region.
    Source(
        name="savingsplans_plan",
        service="savingsplans",
        operation="DescribeSavingsPlans",
        scope=Scope.ACCOUNT,
        items="savingsPlans[]",
        page_size=1000,
        about="Savings Plans that bind now or will: commitment, term and what they cover",
        system="Savings Plans",
        key=("savingsPlanId",),
        requests=_binding,
    ),
)
