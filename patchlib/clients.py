"""Clients in use: one per account, Region and service, made one at a time and let go when their cell has been read.

A client holds a third of a megabyte and a socket. Kept for every cell, an organisation of 200 accounts in 17 Regions
would hold tens of thousands of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Clients"]

_Key = tuple[str, str, str]


class Clients:
    """Clients by account, Region and service, each with the credentials that it was made with. Thread-safe.

    make: makes the client of an account, Region and service with a role's credentials, None for the caller's own. It
    is called in one thread at a time, because making clients is not thread safe.
    """

    def __init__(self, make: Callable[[str, str, str, Any], Any]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._held: dict[_Key, tuple[Any, Any]] = {}

    def __len__(self) -> int:
        """How many are held."""
        return len(self._held)

    def get(self, account_id: str, region: str, service: str, credentials: Any) -> Any:
        """The client that speaks with exactly these credentials: one with older ones would be refused for ever."""
        key = (account_id, region, service)
        held = self._held.get(key)
        if held is not None and held[1] is credentials:
            return held[0]
        with self._lock:
            held = self._held.get(key)
            if held is None or held[1] is not credentials:
                held = self._held[key] = (self._make(account_id, region, service, credentials), credentials)
            return held[0]

    def release(self, account_id: str, region: str) -> None:
        """Let go of a cell's clients and close their sockets; asked again, they are made again."""
        with self._lock:
            keys = [key for key in self._held if key[:2] == (account_id, region)]
            released = [self._held.pop(key)[0] for key in keys]
        for client in released:
            client.close()
