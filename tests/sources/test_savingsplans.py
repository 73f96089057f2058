"""Only plans that bind now or will are listed."""

from patchlib import shapes
from patchlib.sources import source
from patchlib.sources.savingsplans import STATES
from tests.sources.asking import context


def test_plans_that_bind_in_one_listing() -> None:
    """One request per account, for states that the service knows; plans that ended or failed are left out."""
    (request,) = source("savingsplans_plan").requests(context())
    assert request.params == {"states": list(STATES)}
    model = shapes.operation_model("savingsplans", "DescribeSavingsPlans").input_shape
    assert model is not None
    known = set(model.members["states"].member.enum)
    assert known - set(STATES) == {"payment-failed", "retired", "queued-deleted", "returned"}


def test_the_listing_is_paged_although_botocore_has_no_paginator() -> None:
    """The token is followed; the next page of plans is not lost."""
    paging = shapes.paginator("savingsplans", "DescribeSavingsPlans")
    assert paging is not None
    assert (paging["input_token"], paging["limit_key"]) == ("nextToken", "maxResults")


def test_the_region_a_plan_covers_is_kept_apart_from_the_region_read() -> None:
    """A member of the same name as a column of provenance has a column of its own."""
    columns = {member.name: member.column for member in source("savingsplans_plan").members}
    assert columns["region"] == "own_region"
