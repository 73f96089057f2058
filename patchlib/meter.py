"""The meter on every client: each request that leaves spends budget, each outcome teaches it.

botocore's own retries heal a throttle without a word to the caller. They are counted here, where it announces
every attempt and its outcome, so that a healed throttle lowers the rate and a retry waits its turn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.retries.standard import RetryEventAdapter, ThrottlingErrorDetector

from patchlib.budget import BudgetKey, RateBudget

__all__ = ["Meter", "Tally"]

_THROTTLES = ThrottlingErrorDetector(RetryEventAdapter())
# Where a request carries what it has spent, in the context that botocore hands from attempt to outcome.
_SPENT = "patchlib_spent"


@dataclass
class Tally:
    """Requests that one call sent: itself, botocore's retries and ours."""

    key: BudgetKey
    sent: int = 0

    @property
    def retries(self) -> int:
        """Requests beyond the first."""
        return max(0, self.sent - 1)


class Meter:
    """Couples clients to a rate budget. Thread-safe: a thread makes one call at a time."""

    def __init__(self, budget: RateBudget) -> None:
        self._budget = budget
        self._local = threading.local()

    @contextmanager
    def counting(self, key: BudgetKey) -> Iterator[Tally]:
        """Count the requests of one key that this thread sends; those for credentials on the way have other keys."""
        outer, own = getattr(self._local, "tally", None), Tally(key)
        self._local.tally = own
        try:
            yield own
        finally:
            self._local.tally = outer

    def attach(self, client: Any, account_id: str, region: str) -> None:
        """Make every request of a client spend from the budget of its account and Region."""
        service = client.meta.service_model.service_name

        def spend(request: Any, operation_name: str, **_: Any) -> None:
            key = (account_id, region, service, operation_name)
            request.context[_SPENT] = self._budget.spend(*key)
            tally = getattr(self._local, "tally", None)
            if tally is not None and tally.key == key:
                tally.sent += 1

        def learn(**outcome: Any) -> None:
            spent, answer = outcome["request_dict"]["context"].pop(_SPENT, None), outcome["response"]
            if spent is None:
                return
            if answer is not None and _THROTTLES.is_throttling_error(**outcome):
                self._budget.throttled(spent)
            elif answer is not None and answer[0].status_code < 300:
                self._budget.answered(spent)

        # Before signing, which is registered for the same event: a signature must not age in the queue.
        name = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"request-created.{name}", spend)
        client.meta.events.register("needs-retry", learn)
