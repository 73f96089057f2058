"""Every attempt of botocore spends budget and teaches it, whatever the caller gets to see."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.errors import CallFailed
from patchlib.meter import Meter
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.faults import ClosedConnection, Faults, Latency, MalformedBody, ServerError, Throttling
from patchlib.sandbox.inprocess import attach
from patchlib.settings import Rates, Settings
from patchlib.sources import ALLOWED
from tests.stepped import SteppedTime

ACCOUNT, REGION = "210000000001", "eu-west-1"
ASKED = (ACCOUNT, REGION, "ssm", "DescribePatchGroups")


def _reader(time: SteppedTime, *faults: Any, rates: Rates | None = None) -> tuple[Reader, Endpoint]:
    served = Endpoint(
        {("ssm", "DescribePatchGroups"): lambda _call: {"Mappings": [{"PatchGroup": "web"}]}},
        as_of=datetime(2026, 11, 2, 6, tzinfo=UTC),
        faults=Faults(fault=faults),
        clock=time.clock,
        sleep=time.sleep,
    )
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{ACCOUNT}TEST", "x")
    attach(session, served)
    settings = Settings(home_region=REGION, rates=rates or Rates())
    budget = RateBudget(settings.rates, clock=time.clock, sleep=time.sleep)
    return Reader(settings, ALLOWED, session=session, budget=budget), served


@pytest.mark.parametrize(("calls", "ceiling"), [(200, 20), (200, 100), (2000, 100)])
def test_botocore_against_a_bucket_of_20_a_second(monkeypatch: pytest.MonkeyPatch, calls: int, ceiling: float) -> None:
    """16 threads: no result lost, under 2 % of requests wasted, within 1.2 times the floor, and each one counted."""
    random.seed(7)  # the jitter of botocore's waiting
    time = SteppedTime()
    reader, served = _reader(time, Throttling(rate=20, burst=20), Latency(seconds=0.05), rates=Rates(ceiling=ceiling))
    reader.caller()
    begin, retries, left = time.now, [], iter(range(calls))
    monkeypatch.setattr("botocore.endpoint.time.sleep", time.sleep)

    def work() -> None:
        for _ in left:
            answer = reader.call(*ASKED, {})
            assert answer.response["Mappings"]
            retries.append(answer.retries)

    time.run(16, work)
    wasted = reader.budget.throttles(*ASKED)
    assert len(retries) == calls
    assert served.requests.count("DescribePatchGroups") == calls + wasted
    assert sum(retries) == wasted
    assert wasted / (calls + wasted) < 0.02
    assert time.now - begin < 1.2 * (calls - 20) / 20


def test_a_throttle_that_botocore_heals_lowers_the_rate() -> None:
    """The caller gets its page and sees one retry; the budget has halved the rate and counts a wasted call."""
    time = SteppedTime()
    reader, served = _reader(time, Throttling(rate=1, burst=1), rates=Rates(default=1.5, burst=2))
    for _ in range(2):
        reader.call(*ASKED, {})
    assert reader.budget.throttles(*ASKED) == 1
    assert reader.budget.rates()[ASKED] == pytest.approx(0.75, rel=0.01)
    assert served.requests.count("DescribePatchGroups") == 3


def test_retries_spend_budget() -> None:
    """Retries of a broken service leave no faster than first calls would."""
    time = SteppedTime()
    reader, served = _reader(
        time, ServerError(times=3), rates=Rates(operations={"ssm:DescribePatchGroups": 0.1}, burst=1)
    )
    assert reader.call(*ASKED, {}).retries == 3
    assert served.requests.count("DescribePatchGroups") == 4
    assert time.now == pytest.approx(30)


def test_retries_of_every_kind_are_counted() -> None:
    """botocore's retries of a server error, and our own of a damaged body, add up."""
    reader, served = _reader(SteppedTime(), ServerError(times=2), MalformedBody(times=1))
    assert reader.call(*ASKED, {}).retries == 3
    assert served.requests.count("DescribePatchGroups") == 4


def test_no_result_is_lost_to_botocores_retry_quota() -> None:
    """botocore stops retrying a client that fails much: the calls that it would give up are asked again."""
    operations = (
        "DescribeActivations",
        "DescribeAvailablePatches",
        "DescribeInstanceInformation",
        "DescribeMaintenanceWindows",
        "DescribeOpsItems",
        "DescribeParameters",
        "DescribePatchBaselines",
        "DescribePatchGroups",
        "GetInventory",
        "ListAssociations",
        "ListCommands",
        "ListComplianceItems",
        "ListComplianceSummaries",
        "ListDocuments",
        "ListNodes",
        "ListResourceDataSync",
    )
    for fault in (ServerError(times=4), ClosedConnection(times=4)):
        time = SteppedTime()
        served = Endpoint(
            {("ssm", operation): lambda _call: {} for operation in operations},
            as_of=datetime(2026, 11, 2, 6, tzinfo=UTC),
            faults=Faults(fault=(fault,)),
        )
        session = botocore.session.Session()
        session.set_credentials(f"AKIA{ACCOUNT}TEST", "x")
        attach(session, served)
        allowed = frozenset(("ssm", operation) for operation in operations)
        budget = RateBudget(Rates(), clock=time.clock, sleep=time.sleep)
        reader = Reader(Settings(home_region=REGION), allowed, session=session, budget=budget)
        retries = [reader.call(ACCOUNT, REGION, "ssm", operation, {}).retries for operation in operations]
        assert retries == [4] * len(operations)


@pytest.mark.parametrize("kind", [ServerError, ClosedConnection])
def test_what_always_fails_is_retried_five_times_however_it_fails(kind: type[ServerError | ClosedConnection]) -> None:
    """A connection that is cut carries no word of why botocore gave up: all its attempts made are enough."""
    reader, served = _reader(SteppedTime(), kind(times=99))
    with pytest.raises(CallFailed) as caught:
        reader.call(*ASKED, {})
    assert served.requests.count("DescribePatchGroups") == 1 + 5
    assert caught.value.retries == 5


def test_a_call_that_failed_says_how_often_it_was_tried() -> None:
    """Also without an answer the ledger knows the retries."""
    reader, served = _reader(SteppedTime(), Throttling(rate=0.001, burst=1))
    reader.call(*ASKED, {})
    with pytest.raises(CallFailed) as caught:
        reader.call(*ASKED, {})
    assert caught.value.state == "throttled"
    assert caught.value.retries == served.requests.count("DescribePatchGroups") - 2
    assert reader.budget.throttles(*ASKED) == caught.value.retries + 1


def test_calls_for_credentials_are_not_the_calls_own() -> None:
    """A tally counts one key; the key of a call within it is counted apart."""
    meter = Meter(RateBudget(Rates()))
    with meter.counting(ASKED) as outer:
        with meter.counting((ACCOUNT, REGION, "sts", "AssumeRole")) as inner:
            inner.sent += 1
        assert (outer.retries, inner.retries, outer.sent) == (0, 0, 0)
