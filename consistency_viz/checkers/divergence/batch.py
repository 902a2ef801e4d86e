"""The checker ``divergence`` over a whole history at once: the same ``Result`` as ``Divergence``, from arrays.

For histories that are in memory anyway, or that come as columns. ``columns_of`` reads observations into columns, which
costs a good part of what the incremental checker costs; the windows themselves (``arrays.windows``) cost little beside
that. Witnesses need words, so the few keys that a failure shows are followed once more, observation by observation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any, Final, NamedTuple

import numpy as np

from consistency_viz.checkers.divergence import report
from consistency_viz.checkers.divergence.arrays import Columns, Windows, windows
from consistency_viz.checkers.divergence.canonical import ABSENT, canonical
from consistency_viz.checkers.divergence.key import KeyState
from consistency_viz.checkers.divergence.tracker import WindowTracker
from consistency_viz.checkers.divergence.windows import Ledger
from consistency_viz.checkers.statistics import LengthCounts
from consistency_viz.checkers.verdict import WITNESSES_MAX, Result
from workers.model.history import Header
from workers.model.observation import Applied, Changed, Observation

CHECKER: Final = "divergence"


class History(NamedTuple):
    """A history as ``batch`` wants it: ``applied`` is the observation of each row, ``keys`` the names by number.

    ``changed`` are the replicas' comings and goings, ``elsewhere`` counts applies at nodes that are no replica,
    ``last_us`` is the time of the last observation of any kind (-1: there is none).
    """

    header: Header
    columns: Columns
    keys: Sequence[str]
    applied: Sequence[Observation]
    changed: Sequence[Observation]
    elsewhere: int
    last_us: int


def check(header: Header, observations: Iterable[Observation], end_us: int | None = None) -> Result:
    """The answer on a whole history that ended at ``end_us``, at its last observation if that is ``None``."""
    return result(columns_of(header, observations), end_us)


def columns_of(header: Header, observations: Iterable[Observation]) -> History:
    """Read a history into columns. Raises ``ValueError`` if time falls."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(header.replicas))}
    keys: dict[str, int] = {}
    values: dict[bytes, int] = {ABSENT: 0}
    updates: dict[tuple[int, str], int] = {}
    rows: tuple[list[int], list[int], list[int], list[int], list[int]] = ([], [], [], [], [])
    add_key, add_replica, add_value, add_update, add_us = (column.append for column in rows)
    applied: list[Observation] = []
    changed: list[Observation] = []
    elsewhere, last_us = 0, -1
    for observation in observations:
        at_us, body = observation.at_us, observation.body
        if at_us < last_us:
            raise ValueError(f"at_us fell from {last_us} to {at_us}; feed observations in recorder order")
        last_us = at_us
        if type(body) is Applied:
            replica = numbers.get(observation.node)
            if replica is None:
                elsewhere += 1
                continue
            key = keys.setdefault(body.key, len(keys))
            add_key(key)
            add_replica(replica)
            add_value(values.setdefault(canonical(body.value), len(values)))
            add_update(updates.setdefault((key, body.update), len(updates)))
            add_us(at_us)
            applied.append(observation)
        elif type(body) is Changed and observation.node in numbers:
            changed.append(observation)
    key_of, replica_of, value_of, update_of = (np.array(column, np.int32) for column in rows[:4])
    columns = Columns(
        key=key_of,
        replica=replica_of,
        value=value_of,
        update=update_of,
        at_us=np.array(rows[4], np.int64),
        keys=len(keys),
        replicas=len(numbers),
        updates=len(updates),
        live=_live(header, changed),
    )
    return History(header, columns, list(keys), applied, changed, elsewhere, last_us)


def result(history: History, end_us: int | None = None) -> Result:
    """The answer for a history that ended at ``end_us``; ``ValueError`` if that is before its last observation."""
    end_us = max(0, history.last_us) if end_us is None else end_us
    if end_us < history.last_us:
        raise ValueError(f"the history cannot end at {end_us} us: its last observation is at {history.last_us} us")
    tracker = WindowTracker(history.header)
    for observation in history.changed:
        tracker.observe(observation)
    tracker.advance(end_us)
    tracker.applies, tracker.applies_elsewhere = len(history.columns.key), history.elsewhere
    found = windows(history.columns)
    states = [KeyState(name, history.columns.replicas) for name in history.keys]
    for slot, (ledger, one) in enumerate(zip(tracker.ledgers, found, strict=True)):
        _settle(ledger, one)
        _note(states, slot, one)
    tracker.keys = {state.key: state for state in states}
    tracker.open_keys = {state.key: state for state in states if state.diverged}
    _replay(history, states, report.oldest_open(tracker)[:WITNESSES_MAX])
    return report.result(CHECKER, tracker, end_us)


def _live(header: Header, changed: Sequence[Observation]) -> list[tuple[int, tuple[int, ...]]]:
    """Who was live from when on: after all changes of one instant, where that is somebody else than before."""
    tracker = WindowTracker(header)
    live, found = tracker.live, []
    for number, observation in enumerate(changed):
        tracker.observe(observation)
        last = number + 1 == len(changed) or changed[number + 1].at_us != observation.at_us
        if last and tracker.live != live:
            live = tracker.live
            found.append((observation.at_us, live))
    return found


def _settle(ledger: Ledger, found: Windows) -> None:
    """Fill the ledger of one view and scope."""
    closed = found.to_us >= 0
    lengths_us, counts = np.unique((found.to_us - found.from_us)[closed], return_counts=True)
    ledger.open = len(closed) - int(np.count_nonzero(closed))
    ledger.open_max = found.open_max
    ledger.closed_us = LengthCounts.counted(zip(lengths_us.tolist(), counts.tolist(), strict=True))
    ledger.longest_closed_us = int(lengths_us[-1]) if len(lengths_us) else 0
    ledger.resume(found.union_us, found.union_from_us)


def _note(states: list[KeyState], slot: int, found: Windows) -> None:
    """Give each key its windows of one view and scope."""
    closed = found.to_us >= 0
    count = np.bincount(found.key[closed], minlength=len(states))
    total_us = np.zeros(len(states), np.int64)
    np.add.at(total_us, found.key[closed], (found.to_us - found.from_us)[closed])
    for state, closed_count, closed_us in zip(states, count.tolist(), total_us.tolist(), strict=True):
        state.closed[slot] = closed_count
        state.closed_us[slot] = closed_us
    for key, from_us in zip(found.key[~closed].tolist(), found.from_us[~closed].tolist(), strict=True):
        states[key].opened_us[slot] = from_us
        states[key].diverged |= 1 << slot


def _replay(history: History, states: list[KeyState], shown: Sequence[KeyState]) -> None:
    """What the replicas showed of some keys, and had of their updates, when the history ended."""
    if not shown:
        return
    everybody = (1 << history.columns.replicas) - 1
    wanted = {state.key for state in shown}
    numbers = [number for number, state in enumerate(states) if state.key in wanted]
    inside: Any = np.isin(history.columns.key, numbers)
    rows = compress(history.applied, inside.tolist())
    replicas: list[int] = history.columns.replica[inside].tolist()
    keys: list[int] = history.columns.key[inside].tolist()
    for key, replica, observation in zip(keys, replicas, rows, strict=True):
        if isinstance(observation.body, Applied):
            states[key].apply(replica, everybody, observation, observation.body)
