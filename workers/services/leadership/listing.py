"""Lists of update ids that grow one by one, without being expanded (``workers.model.updates``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workers.model.updates import runs, update_of


def with_update(listed: Sequence[str], key: str, origin: str, number: int) -> list[str]:
    """``listed`` and update ``number`` of ``origin``. The usual case, the next number, touches one entry only."""
    prefix = f"{key}@{origin}."
    last = str(number - 1)
    for index, entry in enumerate(listed):
        if entry.startswith(prefix):
            first, _, until = entry.removeprefix(prefix).partition("-")
            if (until or first) == last:
                return [*listed[:index], f"{prefix}{first}-{number}", *listed[index + 1 :]]
    return with_id(listed, update_of(key, origin, number))


def with_id(listed: Iterable[str], update: str) -> list[str]:
    """``listed`` and one more update, whichever it is."""
    return runs([*listed, update])


def split(update: str) -> tuple[str, int]:
    """Origin and number of an update id."""
    origin, _, number = update.rpartition("@")[2].rpartition(".")
    return origin, int(number)
