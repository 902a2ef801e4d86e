"""How many sockets watch: of one run, of one run from one address, and in this process. All on the event loop."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

SOCKETS_MAX_PER_RUN: Final = 1_000
SOCKETS_MAX_PER_ADDRESS: Final = 200
"""Of one run: a room's laptops share an address, its phones open no socket of a run."""
SOCKETS_MAX: Final = 3_000


class Places:
    """Places that are taken; each is a pair of a run and an address."""

    def __init__(self) -> None:
        self._by_run: Counter[str] = Counter()
        self._by_place: Counter[tuple[str, str]] = Counter()

    def take(self, run_id: str, address: str) -> bool:
        """Whether there was a place left; it is taken now."""
        free = (
            self._by_run.total() < SOCKETS_MAX
            and self._by_run[run_id] < SOCKETS_MAX_PER_RUN
            and self._by_place[run_id, address] < SOCKETS_MAX_PER_ADDRESS
        )
        if free:
            self._by_run[run_id] += 1
            self._by_place[run_id, address] += 1
        return free

    def leave(self, run_id: str, address: str) -> None:
        """Give a place back that was taken; counters of nobody are forgotten."""
        for counter, key in ((self._by_run, run_id), (self._by_place, (run_id, address))):
            counter[key] -= 1  # type: ignore[index]
            if counter[key] <= 0:  # type: ignore[index]
                del counter[key]


def address_of(scope: Any) -> str:
    """Where a socket comes from; empty if the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else ""
