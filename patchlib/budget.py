"""The rate budget: our own share of each rate limit, spent before botocore's retries ever see a throttle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["BudgetClosed", "RateBudget"]


class BudgetClosed(Exception):
    """The run is over; no further call may be made."""


class RateBudget:
    """A token bucket per key, so that the customer's own rate limits are never drained.

    rate_of: calls per second for (service, operation); burst: calls at once after a pause.
    clock and sleep are arguments so that tests run on simulated time.
    """

    def __init__(
        self,
        rate_of: Callable[[str, str], float],
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate_of, self._burst = rate_of, burst
        self._clock, self._sleep = clock, sleep
        self._ready_at: dict[tuple[str, str, str, str], float] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def close(self) -> None:
        """Let nobody spend any more: threads under way end at their next call, with BudgetClosed."""
        self._closed.set()

    def spend(self, account_id: str, region: str, service: str, operation: str) -> None:
        """Take one call, waiting until the bucket allows it."""
        key = (account_id, region, service, operation)
        interval = 1.0 / self._rate_of(service, operation)
        with self._lock:
            now = self._clock()
            # The instant at which the bucket would be full again stands for its level (GCRA): one float per key.
            full_at = max(self._ready_at.get(key, now), now) + interval
            self._ready_at[key] = full_at
            wait = full_at - now - self._burst * interval
        if wait > 0 and not self._closed.is_set():
            self._sleep(wait)
        if self._closed.is_set():
            raise BudgetClosed
