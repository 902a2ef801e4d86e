"""How far one shard has got with one stream: the committed offset, and what is done beyond it.

Messages that the network model delays are processed out of stream order, so "done" is a low-water mark plus a set. The
mark and the set are committed with the turn that processed the messages: an entry is pending until then, and a shard
that is loaded again reads on from the mark and skips the set. Pure.
"""

from __future__ import annotations

from collections import deque

SEQUENCE_BITS = 12
_MASK = (1 << SEQUENCE_BITS) - 1

# What is stored beside the mark: ids done beyond it, and of duplicated messages how many copies are done.
Beyond = tuple[list[int], dict[int, int]]


def entry_number(entry_id: bytes) -> int:
    """A stream entry id ``<us>-<n>`` as one integer that sorts alike; ``n`` is below 4,096 by the bound of a turn."""
    us, _, n = entry_id.partition(b"-")
    return int(us) << SEQUENCE_BITS | int(n)


def entry_id(number: int) -> str:
    """The stream entry id of a number made by ``entry_number``."""
    return f"{number >> SEQUENCE_BITS}-{number & _MASK}"


def sent_us(number: int) -> int:
    """The recorder time in an entry number, in microseconds."""
    return number >> SEQUENCE_BITS


class Cursor:
    """Progress of one shard on one stream. ``low``: everything up to it is done. ``high``: read up to here.

    ``count`` is how many entries there were up to ``low``: the server's count of what was ever added must agree, or
    somebody removed entries that this shard never saw.
    """

    __slots__ = ("_copies", "_done", "_waiting", "count", "high", "low")

    def __init__(self, low: int = 0, beyond: Beyond = ([], {}), count: int = 0) -> None:
        self.low = low
        self.high = low
        self.count = count
        self._done = set(beyond[0])
        self._copies = dict(beyond[1])
        self._waiting: deque[int] = deque()

    def admit(self, number: int) -> bool:
        """Take note of an entry that was read; false if it was done before this shard was loaded."""
        self.high = number
        self._waiting.append(number)
        if number in self._done:
            self._advance()
            return False
        return True

    def copies_done(self, number: int) -> int:
        """How many copies of a duplicated entry are done."""
        return self._copies.get(number, 0)

    def done(self, number: int, copies: int = 1) -> None:
        """One of ``copies`` copies of an entry is done; the entry is done with the last of them."""
        if copies > 1:
            count = self._copies.get(number, 0) + 1
            if count < copies:
                self._copies[number] = count
                return
            self._copies.pop(number, None)
        self._done.add(number)
        self._advance()

    def beyond(self) -> Beyond | None:
        """What has to be stored beside ``low``; ``None`` if nothing is done beyond it."""
        if not self._done and not self._copies:
            return None
        return sorted(self._done), self._copies

    def _advance(self) -> None:
        waiting, done = self._waiting, self._done
        while waiting and waiting[0] in done:
            self.low = waiting.popleft()
            self.count += 1
            done.discard(self.low)
