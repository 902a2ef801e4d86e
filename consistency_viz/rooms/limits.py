"""How often somebody may say something: by seat and kind of message, in this process. The library counts.

Never by address alone: a room full of phones shares one. Codes that were tried and are wrong count by address too, for
whoever guesses has no seat yet; who comes by the room's own link is never refused for what others tried.
"""

from __future__ import annotations

from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

PER_SEAT: Final = {
    "act": parse("15/10 seconds"),
    "guess": parse("10/10 seconds"),
    "other": parse("10/10 seconds"),
}
JOINS_BY_BROWSER: Final = parse("10/1 minute")
WRONG_CODES_BY_BROWSER: Final = parse("8/1 minute")
WRONG_CODES_BY_ADDRESS: Final = parse("60/1 minute")

_limiter = MovingWindowRateLimiter(MemoryStorage())


def may(item: RateLimitItem, *who: str) -> bool:
    """Whether ``who`` may do it once more now; it is counted."""
    return _limiter.hit(item, *who)


def is_spent(item: RateLimitItem, *who: str) -> bool:
    """Whether ``who`` has no try left; nothing is counted."""
    return not _limiter.test(item, *who)
