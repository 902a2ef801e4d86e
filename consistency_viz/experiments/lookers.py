"""The threads on which what strangers look at is worked out, apart from those that runs, rooms and feeds live on.

Rules
1. ``LOOKERS_MAX`` threads for all: however many look, commands and frames do not queue behind them.
2. At most ``IN_HAND_MAX`` questions are in hand or wait, and ``IN_HAND_MAX_PER_ADDRESS`` from one address (a page with
   four runs side by side asks for eight things at once); whoever asks for more is told to come again.
3. Who asks what is being worked out for somebody else already waits for that and counts for nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, Final, ParamSpec, TypeVar

from django.db import connections
from django.http import HttpRequest

from consistency_viz.experiments.commands import CommandRefused

LOOKERS_MAX: Final = 2
IN_HAND_MAX: Final = 24
IN_HAND_MAX_PER_ADDRESS: Final = 8
P = ParamSpec("P")
T = TypeVar("T")

LOOKERS: Final = ThreadPoolExecutor(LOOKERS_MAX, thread_name_prefix="looker")
_in_hand: Counter[str] = Counter()
_shared: dict[str, Future[Any]] = {}
_lock = Lock()


async def look(request: HttpRequest, shared: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``call`` on a looker's thread, which keeps no connection to the database.

    ``shared`` names what is asked for where all who ask the same get the same answer, else it is empty. Raises
    ``CommandRefused`` (503) when too much is in hand.
    """

    def call_and_close() -> T:
        try:
            return call(*args, **kwargs)
        finally:
            connections.close_all()

    address = str(request.META.get("REMOTE_ADDR", ""))
    with _lock:
        future: Future[T] | None = _shared.get(shared)
        if future is None:
            _check_room(address)
            _in_hand[address] += 1
            future = LOOKERS.submit(call_and_close)
            if shared:
                _shared[shared] = future
            is_new = True
        else:
            is_new = False
    if is_new:  # outside the lock: it may be over, and then the callback is called here and now
        future.add_done_callback(lambda _: _done(address, shared))
    waited = asyncio.wrap_future(future)
    return await (asyncio.shield(waited) if shared else waited)


def _check_room(address: str) -> None:
    if _in_hand[address] >= IN_HAND_MAX_PER_ADDRESS or _in_hand.total() >= IN_HAND_MAX:
        raise CommandRefused("Many people look things up here at this moment.", "Try again in a second.", status=503)


def _done(address: str, shared: str) -> None:
    with _lock:
        _in_hand[address] -= 1
        if _in_hand[address] <= 0:
            del _in_hand[address]
        if shared:
            _shared.pop(shared, None)
