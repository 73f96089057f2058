"""The rate budget is a token bucket, on simulated time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.budget import BudgetClosed, RateBudget


class _SimulatedTime:
    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def _spend(calls: int, rate: float, burst: int) -> float:
    time = _SimulatedTime()
    budget = RateBudget(lambda _service, _operation: rate, burst, clock=time.clock, sleep=time.sleep)
    for _ in range(calls):
        budget.spend("1", "r", "ssm", "ListNodes")
    return time.now


@given(st.integers(1, 200), st.floats(0.5, 50), st.integers(1, 20))
def test_the_budget_is_a_token_bucket(calls: int, rate: float, burst: int) -> None:
    """n calls take (n - burst) / rate seconds: never faster than allowed, never slower than needed."""
    assert _spend(calls, rate, burst) == pytest.approx(max(0.0, (calls - burst) / rate), abs=1e-6)


def test_each_account_region_and_operation_has_its_own_bucket() -> None:
    """Calls elsewhere cost nothing here."""
    time = _SimulatedTime()
    budget = RateBudget(lambda _service, _operation: 1.0, 1, clock=time.clock, sleep=time.sleep)
    for account, region, operation in [("1", "r", "A"), ("2", "r", "A"), ("1", "s", "A"), ("1", "r", "B")]:
        budget.spend(account, region, "ssm", operation)
    assert time.now == 0.0


def test_a_closed_budget_lets_nobody_call() -> None:
    """After the end of a run no thread makes another call, nor waits for one."""
    time = _SimulatedTime()
    budget = RateBudget(lambda _service, _operation: 1.0, 1, clock=time.clock, sleep=time.sleep)
    budget.spend("1", "r", "ssm", "A")
    budget.close()
    with pytest.raises(BudgetClosed):
        budget.spend("1", "r", "ssm", "A")
    assert time.now == 0.0
