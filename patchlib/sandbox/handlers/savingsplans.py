"""Savings Plans: one that covers any compute and is about to end, one bound to a family, and one that is queued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sandbox.endpoint import Handler
from patchlib.sandbox.handlers.listing import listed
from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate

__all__ = ["handlers"]

# (name, type, family, begin, end, USD per hour): bought by the management account, which shares them.
_PLANS = (
    ("compute", "Compute", "", "2023-11-24", "2026-11-23", "38.50000000"),
    ("m6i", "EC2Instance", "m6i", "2026-03-02", "2027-03-02", "6.20000000"),
    ("compute-next", "Compute", "", "2027-01-11", "2028-01-11", "21.00000000"),
    ("compute-old", "Compute", "", "2022-05-16", "2025-05-15", "12.00000000"),
)


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of Savings Plans over one estate."""
    return {"DescribeSavingsPlans": listed("savingsplans_plan", estate, _plans, by={"states": "state"})}


def _plans(estate: Estate, account_id: str, _region: str) -> Iterator[dict[str, Any]]:
    account = estate.directory.account(account_id)
    if account is None or not account.is_management:
        return
    for name, plan_type, family, begin, end, commitment in _PLANS:
        is_bound = plan_type == "EC2Instance"
        plan_id = estate.draws.uuid("savings plan", name)
        yield {
            "offeringId": estate.draws.uuid("savings plan offering", name),
            "savingsPlanId": plan_id,
            "savingsPlanArn": f"arn:aws:savingsplans::{account_id}:savingsplan/{plan_id}",
            "description": f"{plan_type} Savings Plan",
            "start": f"{begin}T00:00:00.000Z",
            "end": f"{end}T00:00:00.000Z",
            "state": _state(estate.as_of, begin, end),
            **({"region": HOME_REGION, "ec2InstanceFamily": family} if is_bound else {}),
            "savingsPlanType": plan_type,
            "paymentOption": "No Upfront",
            "productTypes": ["EC2"] if is_bound else ["EC2", "Fargate", "Lambda"],
            "currency": "USD",
            "commitment": commitment,
            "upfrontPaymentAmount": "0.0",
            "recurringPaymentAmount": commitment,
            "termDurationInSeconds": instant(end) - instant(begin),
            "tags": {"Owner": "cloud-finance"},
            "returnableUntil": f"{begin}T00:00:00.000Z",
        }


def _state(as_of: int, begin: str, end: str) -> str:
    if as_of < instant(begin):
        return "queued"
    return "active" if as_of < instant(end) else "retired"
