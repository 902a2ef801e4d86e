"""Sets of update ids, written short: what a replica had applied when it answered, and what a value descends from.

The id of an update to a replicated region is ``<key>@<origin>.<number>``; each origin numbers its updates of a key from
1. A set of them is written as a sorted list of ids in which ``cart-1@eu.3-7`` stands for ``cart-1@eu.3`` to
``cart-1@eu.7``. Any other id, such as an order's ``s1-3:OrderPlaced``, stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_NUMBERED: Final = re.compile(r"(.*@.*\.)(\d{1,12})(?:-(\d{1,12}))?", re.DOTALL)
RUN_LENGTH_MAX: Final = 1_000_000


def update_of(key: str, origin: str, number: int) -> str:
    """The id of update ``number`` of ``key`` that ``origin`` made."""
    return f"{key}@{origin}.{number}"


def runs(ids: Iterable[str]) -> list[str]:
    """The shortest list that stands for these ids, sorted by prefix and number."""
    numbers: dict[str, set[int]] = {}
    plain: set[str] = set()
    for update in ids:
        found = _NUMBERED.fullmatch(update)
        if found is None:
            plain.add(update)
        else:
            first = int(found[2])
            numbers.setdefault(found[1], set()).update(range(first, int(found[3] or first) + 1))
    for prefix, found_numbers in numbers.items():
        plain.update(_spans(prefix, sorted(found_numbers)))
    return sorted(plain)


def expand(listed: Iterable[str]) -> Iterator[str]:
    """Every id that the list stands for. ValueError: a run that ends before it begins, or is absurdly long."""
    for entry in listed:
        found = _NUMBERED.fullmatch(entry)
        if found is None or found[3] is None:
            yield entry
            continue
        first, last = int(found[2]), int(found[3])
        if not first <= last < first + RUN_LENGTH_MAX:
            raise ValueError(f"{entry!r} is no run of updates; write first-last, at most {RUN_LENGTH_MAX:,} long")
        for number in range(first, last + 1):
            yield f"{found[1]}{number}"


def _spans(prefix: str, numbers: list[int]) -> Iterator[str]:
    first = last = numbers[0]
    for number in [*numbers[1:], -1]:
        if number == last + 1:
            last = number
            continue
        yield f"{prefix}{first}" if first == last else f"{prefix}{first}-{last}"
        first = last = number
