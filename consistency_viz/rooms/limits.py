"""How often somebody may say something: by seat and kind of message, in this process. The library counts.

Never by address alone: a room full of phones shares one. Who has no seat yet is told by a mark that we gave its
browser; an address is given a limited number of marks, and without one it counts as one browser. Who comes by the
room's own link is never refused for what others tried.
"""

from __future__ import annotations

from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

PER_SEAT: Final = {
    "act": parse("15/10 seconds"),
    "guess": parse("10/10 seconds"),
}
JOINS_BY_BROWSER: Final = parse("10/1 minute")
WRONG_CODES_BY_BROWSER: Final = parse("8/1 minute")
MARKS_BY_ADDRESS: Final = parse("600/10 minutes")
JOINS_BY_ROOM: Final = parse("250/10 seconds")
REFUSALS_BY_SEAT: Final = parse("60/10 seconds")

_limiter = MovingWindowRateLimiter(MemoryStorage())


def may(item: RateLimitItem, *who: str) -> bool:
    """Whether ``who`` may do it once more now; it is counted."""
    return _limiter.hit(item, *who)


def is_spent(item: RateLimitItem, *who: str) -> bool:
    """Whether ``who`` has no try left; nothing is counted."""
    return not _limiter.test(item, *who)
