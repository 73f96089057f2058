"""The rate budget: our own share of each rate limit, learned from what AWS answers.

AWS throttles by account, Region and operation, and publishes few of its rates. Each key starts low or where the last
run ended, doubles every two seconds until the first throttle, is halved by each congestion and creeps up after it.
Retries spend too, so that they cannot flood.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from patchlib.settings import RateBounds, Rates

__all__ = ["BudgetClosed", "BudgetKey", "RateBudget", "Spent"]

# Account, Region, service and operation: what AWS's own buckets are kept by.
BudgetKey = tuple[str, str, str, str]

# While nothing is throttled a rate doubles in two seconds of calls that had to wait: r answers arrive in a second and
# r' = r ln(2)/2, so each adds the same. Doubling each second overshoots a bucket of 20/s threefold, which one halving
# does not heal; doubling each four is too late for a listing of 200 pages.
_DOUBLING_STEP = math.log(2) / 2  # [calls/s per answer]
_DECREASE = 0.5
# Answers until a halved rate is back where it was: one throttle in about 200 calls, whatever the rate.
_RECOVERY = 200
# After a throttle the bucket on the other side is empty: it gets this long to fill a little [s].
_PAUSE = 0.5
# After so long without a throttle the limit may be another, and doubling starts again [s].
_QUIET = 120.0


class BudgetClosed(Exception):
    """The run is over; no further call may be made."""


@dataclass(frozen=True)
class Spent:
    """One call that may leave: its key, how often that key had been congested before, whether the call waited."""

    key: BudgetKey
    congestions: int
    waited: bool


@dataclass
class _Bucket:
    """What is left of a key's budget. tokens: calls that may leave at once; below zero, calls that wait."""

    rate: float
    bounds: RateBounds
    tokens: float
    at: float
    learned: bool = False
    congestions: int = 0
    congested_at: float = -math.inf
    creep: float = 0.0
    throttles: int = 0

    def settle(self, now: float, burst: int) -> None:
        """Bring the tokens to the present, before anything that changes them or the rate."""
        self.tokens = min(float(burst), self.tokens + (now - self.at) * self.rate)
        self.at = now

    def move(self, rate: float) -> None:
        """Another rate, within its bounds."""
        self.rate = min(self.bounds.ceiling, max(self.bounds.floor, rate))
        self.learned = True

    def raise_rate(self) -> None:
        """A call that had to wait was answered."""
        quiet = self.at - self.congested_at > _QUIET
        self.move(self.rate + (_DOUBLING_STEP if quiet else self.creep))

    def congest(self) -> None:
        """The rate was too high: halve it, take back the turns that were given, and let the other side recover."""
        self.congestions += 1
        self.congested_at = self.at
        self.move(self.rate * _DECREASE)
        self.creep = self.rate / _RECOVERY
        self.tokens = -_PAUSE * self.rate


class RateBudget:
    """A token bucket per key that adapts its rate, so that the customer's own rate limits are not drained.

    rates: where rates start and what bounds them. remembered: learned rates of an earlier run, by key [calls/s].
    clock and sleep are arguments so that tests run on simulated time. Thread-safe.
    """

    def __init__(
        self,
        rates: Rates,
        *,
        remembered: Mapping[BudgetKey, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._rates, self._remembered = rates, dict(remembered or {})
        self._closed = threading.Event()
        # Waiting on the event ends with it: a closed budget keeps nobody asleep.
        self._clock, self._sleep = clock, sleep or self._closed.wait
        self._buckets: dict[BudgetKey, _Bucket] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let nobody spend any more: threads under way end at their next call, with BudgetClosed."""
        self._closed.set()

    def spend(self, account_id: str, region: str, service: str, operation: str) -> Spent:
        """Take one call, waiting until the bucket allows it. Raises BudgetClosed after the end of the run."""
        key = (account_id, region, service, operation)
        waited = False
        while True:
            with self._lock:
                bucket = self._settled(key)
                bucket.tokens -= 1
                wait, congestions = max(0.0, -bucket.tokens / bucket.rate), bucket.congestions
            if wait > 0 and not self._closed.is_set():
                waited = True
                self._sleep(wait)
            if self._closed.is_set():
                raise BudgetClosed
            # A throttle while we slept voids the turn, which was given at the rate that turned out too high.
            if congestions == bucket.congestions:
                return Spent(key, congestions, waited)

    def answered(self, spent: Spent) -> None:
        """A call has succeeded. Only one that had to wait says that a higher rate would be of use."""
        if not spent.waited:
            return
        with self._lock:
            self._settled(spent.key).raise_rate()

    def throttled(self, spent: Spent) -> None:
        """A call was throttled; of the calls that were under way together, the first alone halves the rate."""
        with self._lock:
            bucket = self._settled(spent.key)
            bucket.throttles += 1
            if spent.congestions == bucket.congestions:
                bucket.congest()

    def throttles(self, account_id: str, region: str, service: str, operation: str) -> int:
        """Throttled answers so far: calls that were wasted."""
        with self._lock:
            bucket = self._buckets.get((account_id, region, service, operation))
            return bucket.throttles if bucket else 0

    def recall(self, rates: Mapping[BudgetKey, float]) -> None:
        """Begin where an earlier run ended, for keys that have not been used yet [calls/s]."""
        with self._lock:
            self._remembered |= rates

    def rate(self, account_id: str, region: str, service: str, operation: str) -> float | None:
        """The rate learned for one key [calls/s]; None while nothing was learned."""
        with self._lock:
            bucket = self._buckets.get((account_id, region, service, operation))
            return round(bucket.rate, 3) if bucket and bucket.learned else None

    def rates(self) -> dict[BudgetKey, float]:
        """Calls per second learned by key, for the next run; without keys that nothing was learned of."""
        with self._lock:
            return {key: round(bucket.rate, 3) for key, bucket in self._buckets.items() if bucket.learned}

    def _settled(self, key: BudgetKey) -> _Bucket:
        now = self._clock()
        if key not in self._buckets:
            bounds = self._rates.bounds(key[2], key[3])
            bucket = _Bucket(bounds.start, bounds, self._rates.burst, now)
            if key in self._remembered:
                bucket.move(self._remembered[key])
            self._buckets[key] = bucket
        bucket = self._buckets[key]
        bucket.settle(now, self._rates.burst)
        return bucket
