"""Threads on a clock of their own: one runs at a time, and time passes only when all of them sleep.

So that a race of sixteen threads for a rate limit takes no time, and goes the same way in every run.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable


class SteppedTime:
    """A clock whose threads hand the turn to whoever wakes first. sleep outside `run` only moves the clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = itertools.count()
        self._asleep: list[tuple[float, int, threading.Event]] = []
        self._mine: set[int] = set()

    def clock(self) -> float:
        """Seconds since the start."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Hand the turn over until so many seconds have passed."""
        if threading.get_ident() not in self._mine:
            self.now += seconds
            return
        turn = self._enqueue(seconds)
        self._wake_next()
        turn.wait()

    def run(self, threads: int, work: Callable[[], None]) -> None:
        """Let so many threads do a piece of work to its end; what one of them raises is raised here."""
        faults: list[BaseException] = []

        def body(turn: threading.Event) -> None:
            turn.wait()
            self._mine.add(threading.get_ident())
            try:
                work()
            except BaseException as fault:  # noqa: BLE001 - raised again in the caller's thread
                faults.append(fault)
            finally:
                self._mine.discard(threading.get_ident())
                self._wake_next()

        running = [threading.Thread(target=body, args=(self._enqueue(0.0),), daemon=True) for _ in range(threads)]
        for thread in running:
            thread.start()
        self._wake_next()
        for thread in running:
            thread.join()
        if faults:
            raise faults[0]

    def _enqueue(self, seconds: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._asleep, (self.now + max(0.0, seconds), next(self._order), turn))
        return turn

    def _wake_next(self) -> None:
        if self._asleep:
            self.now, _, turn = heapq.heappop(self._asleep)
            turn.set()
