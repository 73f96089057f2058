"""Promises of the Savings Plans handler."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from patchlib.sandbox.endpoint import Call
from patchlib.sandbox.organisation import Organisation
from patchlib.sources.savingsplans import STATES
from tests.sandbox.handlers.conftest import PRODUCTION, Ask

MANAGEMENT = "210400173901"


def _plans(organisation: Organisation, account_id: str = MANAGEMENT, **params: Any) -> list[dict[str, Any]]:
    call = Call("savingsplans", "DescribeSavingsPlans", account_id, "eu-central-1", params, organisation.as_of)
    return organisation.handlers["savingsplans", "DescribeSavingsPlans"](call)["savingsPlans"]


def test_a_plan_is_about_to_end(organisation: Organisation) -> None:
    """To be found: the largest plan ends within four weeks, and what is queued begins weeks later and is smaller."""
    plans = _plans(organisation, states=list(STATES))
    assert sorted(plan["state"] for plan in plans) == ["active", "active", "queued"]
    largest = max(plans, key=lambda plan: float(plan["commitment"]))
    ends = datetime.fromisoformat(largest["end"])
    assert timedelta(0) < ends - organisation.as_of < timedelta(weeks=4)
    queued = next(plan for plan in plans if plan["state"] == "queued")
    assert datetime.fromisoformat(queued["start"]) - ends > timedelta(weeks=4)
    assert float(queued["commitment"]) < float(largest["commitment"])


@pytest.mark.parametrize(
    ("day", "active"), [(datetime(2026, 11, 22, tzinfo=UTC), 2), (datetime(2026, 11, 24, tzinfo=UTC), 1)]
)
def test_a_term_ends_on_its_day(day: datetime, active: int) -> None:
    """States follow from the terms: a later look finds the same plans, older."""
    later = Organisation(nodes=10, as_of=day)
    assert len(_plans(later, states=["active"])) == active
    assert len(_plans(later)) == 4


def test_only_the_buyer_sees_its_plans(organisation: Organisation, ask: Ask) -> None:
    """Plans are listed in the account that bought them, although others use them."""
    assert _plans(organisation, PRODUCTION) == []
