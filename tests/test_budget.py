"""The rate budget is a token bucket whose rate is learned, on simulated time."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.budget import BudgetClosed, BudgetKey, RateBudget, Spent
from patchlib.sandbox.faults import Cell, FaultPlay, Faults, Throttling
from patchlib.sandbox.refusals import ServiceError
from patchlib.settings import Rates
from tests.stepped import SteppedTime

KEY: BudgetKey = ("210000000001", "eu-west-1", "ssm", "ListNodes")


def _budget(rates: Rates, time: SteppedTime, remembered: float | None = None) -> RateBudget:
    known = None if remembered is None else {KEY: remembered}
    return RateBudget(rates, remembered=known, clock=time.clock, sleep=time.sleep)


def _fixed(rate: float) -> Rates:
    return Rates(operations={"ssm:ListNodes": rate, "ssm:A": rate})


@given(st.integers(1, 200), st.floats(0.5, 50), st.integers(1, 20))
def test_the_budget_is_a_token_bucket(calls: int, rate: float, burst: int) -> None:
    """n calls take (n - burst) / rate seconds: never faster than allowed, never slower than needed."""
    time = SteppedTime()
    budget = _budget(_fixed(rate).model_copy(update={"burst": burst}), time)
    for _ in range(calls):
        budget.spend(*KEY)
    assert time.now == pytest.approx(max(0.0, (calls - burst) / rate), abs=1e-6)


def test_each_account_region_and_operation_has_its_own_bucket() -> None:
    """Calls elsewhere cost nothing here."""
    time = SteppedTime()
    budget = RateBudget(Rates(default=1, burst=1), clock=time.clock, sleep=time.sleep)
    for account, region, operation in [("1", "r", "A"), ("2", "r", "A"), ("1", "s", "A"), ("1", "r", "B")]:
        budget.spend(account, region, "ssm", operation)
    assert time.now == 0.0


def test_a_closed_budget_lets_nobody_call() -> None:
    """After the end of a run no thread makes another call, nor waits for one."""
    time = SteppedTime()
    budget = _budget(Rates(default=1, burst=1), time)
    budget.spend(*KEY)
    budget.close()
    with pytest.raises(BudgetClosed):
        budget.spend(*KEY)
    assert time.now == 0.0


def test_a_closed_budget_wakes_who_waits() -> None:
    """Without a sleep of its own the budget waits for its end: a thread that would wait for hours is let go."""
    budget = RateBudget(Rates(default=1, burst=1, operations={"ssm:ListNodes": 1e-6}))
    budget.spend(*KEY)
    time = SteppedTime()

    def work() -> None:
        with pytest.raises(BudgetClosed):
            budget.spend(*KEY)

    budget.close()
    time.run(4, work)


def _race(
    calls: int,
    rates: Rates,
    *,
    latency: float = 0.05,
    remembered: float | None = None,
    limit: Throttling | None = None,
) -> tuple[float, float, int, RateBudget]:
    """Sixteen threads against a bucket, retrying as botocore does: (time / floor, wasted share, lost, budget)."""
    time, draw = SteppedTime(), random.Random(7)
    limit = limit or Throttling(rate=20, burst=20)
    play = FaultPlay(Faults(fault=(limit,)), time.clock, time.sleep)
    budget = _budget(rates, time, remembered)
    left, lost, ended = iter(range(calls)), [], [0.0]

    def attempt() -> bool:
        spent = budget.spend(*KEY)
        time.sleep(latency / 2)
        try:
            play.before(Cell(*KEY), "any", "json")
        except ServiceError:
            time.sleep(latency / 2)
            budget.throttled(spent)
            return False
        time.sleep(latency / 2)
        budget.answered(spent)
        ended[0] = max(ended[0], time.now)
        return True

    def work() -> None:
        for number in left:
            for tries in range(5):
                if attempt():
                    break
                time.sleep(draw.random() * 2**tries)
            else:
                lost.append(number)

    time.run(16, work)
    wasted = budget.throttles(*KEY)
    return ended[0] / ((calls - limit.burst) / limit.rate), wasted / (calls + wasted), len(lost), budget


@pytest.mark.parametrize("latency", [0.02, 0.05, 0.1])
@pytest.mark.parametrize(
    ("calls", "rates"),
    [
        (200, Rates()),
        (2000, Rates()),
        # A bucket below the ceiling has to be found by running into it.
        (200, Rates(ceiling=100)),
        (500, Rates(ceiling=100)),
        (2000, Rates(ceiling=100)),
        # 8/s gains too late for 200 calls at all latencies, 2/s for fewer than about 600.
        (500, Rates(default=8, ceiling=100)),
        (2000, Rates(default=2, ceiling=100)),
        (700, Rates(default=2)),
        # 50/s overshoots at once: over 2 % of 200 calls, but not of 500.
        (500, Rates(default=50, ceiling=100)),
        (2000, Rates(default=50)),
    ],
)
def test_a_bucket_of_20_a_second_is_used_without_flooding(calls: int, rates: Rates, latency: float) -> None:
    """No result is lost, under 2 % of calls are wasted, within 1.2 times the floor (calls - burst) / rate."""
    ratio, wasted, lost, _ = _race(calls, rates, latency=latency)
    assert (lost, wasted < 0.02, ratio < 1.2) == (0, True, True), (ratio, wasted, lost)


@pytest.mark.parametrize("remembered", [10.0, 20.0, 40.0])
def test_what_one_run_learned_the_next_one_uses(remembered: float) -> None:
    """A remembered rate, too low or too high, is where the next run starts; the bounds hold all the same."""
    ratio, wasted, lost, budget = _race(200, Rates(ceiling=100), remembered=remembered)
    assert (lost, wasted < 0.02, ratio < 1.2) == (0, True, True), (ratio, wasted, lost)
    learned = budget.rates()
    assert list(learned) == [KEY]
    assert 5 < learned[KEY] <= 41
    bounded = RateBudget(Rates(ceiling=12), remembered={KEY: 500.0})
    bounded.spend(*KEY)
    assert bounded.rates() == {KEY: 12.0}


@pytest.mark.parametrize(("rate", "burst"), [(1.0, 1), (3.0, 10), (5.0, 5)])
def test_slow_buckets_lose_nothing(rate: float, burst: int) -> None:
    """Where AWS allows less than we start with, the rate comes down to it and every result still arrives."""
    ratio, wasted, lost, budget = _race(1000, Rates(), limit=Throttling(rate=rate, burst=burst))
    assert lost == 0
    assert wasted < 0.05
    assert ratio < 1.6
    assert budget.rates()[KEY] < 2 * rate


def test_nothing_is_learned_from_calls_that_did_not_wait() -> None:
    """A rate that was not the limit says nothing of the limit, and is not handed on."""
    time = SteppedTime()
    budget = _budget(Rates(default=10, burst=5), time)
    for _ in range(5):
        budget.answered(budget.spend(*KEY))
    assert budget.rates() == {}
    budget.answered(budget.spend(*KEY))
    assert budget.rates()[KEY] > 10


def test_a_rate_set_by_hand_is_never_learned_upward() -> None:
    """Calls that wait and succeed do not raise it; a throttle halves it, and it comes back to itself only."""
    time = SteppedTime()
    budget = _budget(_fixed(4.0), time)
    for _ in range(50):
        budget.answered(budget.spend(*KEY))
    assert budget.rates() == {KEY: 4.0}
    budget.throttled(budget.spend(*KEY))
    assert budget.rates() == {KEY: 2.0}
    for _ in range(1000):
        budget.answered(budget.spend(*KEY))
    assert budget.rates() == {KEY: 4.0}


def test_a_storm_that_has_passed_is_forgotten() -> None:
    """After two minutes without a throttle the rate doubles again, from wherever a storm has left it."""
    time = SteppedTime()
    budget = _budget(Rates(), time)
    for _ in range(10):
        budget.throttled(budget.spend(*KEY))
    assert budget.rates() == {KEY: 0.5}
    since = time.now
    while budget.rates()[KEY] < 10:
        budget.answered(budget.spend(*KEY))
    assert time.now - since < 150


@given(st.lists(st.integers(1, 16), min_size=1, max_size=8))
def test_calls_under_way_together_halve_the_rate_once(groups: list[int]) -> None:
    """However many of the calls of one congestion are throttled, the rate is halved by the first alone."""
    time = SteppedTime()
    budget = _budget(Rates(default=1024, floor=1, ceiling=1024, burst=16), time)
    for number, size in enumerate(groups, start=1):
        for spent in [budget.spend(*KEY) for _ in range(size)]:
            budget.throttled(spent)
        assert budget.rates()[KEY] == 1024 / 2**number
    assert budget.throttles(*KEY) == sum(groups)


_STEPS = st.lists(
    st.tuples(st.sampled_from(["answered", "throttled", "late"]), st.floats(0, 2)), min_size=1, max_size=120
)


@given(_STEPS, st.floats(0.5, 40), st.integers(1, 10), st.floats(0.1, 200))
def test_the_rate_stays_within_its_bounds(
    steps: Iterable[tuple[str, float]], start: float, burst: int, remembered: float
) -> None:
    """Whatever is answered and when: floor <= rate <= ceiling, and no window holds more than burst + ceiling * t."""
    time = SteppedTime()
    rates = Rates(default=start, floor=0.5, ceiling=40, burst=burst)
    budget = _budget(rates, time, remembered)
    left: list[float] = []
    late: list[Spent] = []
    for outcome, pause in steps:
        time.sleep(pause)
        spent = budget.spend(*KEY)
        left.append(time.now)
        if outcome == "late":
            late.append(spent)
        else:
            getattr(budget, outcome)(spent)
        if late and outcome == "throttled":
            budget.throttled(late.pop())
        assert 0.5 <= budget.rates()[KEY] <= 40
    for first, begin in enumerate(left):
        for count, end in enumerate(left[first:], start=1):
            assert count <= burst + 40 * (end - begin) + 1e-6
    assert all(earlier <= later for earlier, later in pairwise(left))
