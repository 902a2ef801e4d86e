"""What a run records: the vocabulary of a history.

Every observation is written in the same server-side transaction as the state change that it reports, and stamped by one
recorder clock (FIELD 1): virtual time in the simulator, the Redis server's time live. A driver groups the observations
of one turn in a ``Turn``; ``workers.model.history`` turns them into the lines of a native history.

The classes opt out of cyclic garbage collection (``gc=False``): they hold JSON values, which cannot form a cycle.

A checker reads observations and nothing else. It never learns which design ran.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Outcome = Literal["ok", "fail", "info"]
Value = Any
"""A JSON value in canonical form (sorted sets, no floats); ``None`` means absent, which is a value too."""


class Sent(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="sent"):
    """The node sent ``message`` on ``topic``; ``cause`` is the id of the message whose turn sent it.

    ``partition`` is the topic's, -1 where the history does not say. ``instance`` of the node sent it, under ``epoch``.
    """

    message: str
    topic: str
    type: str
    key: str
    cause: str
    partition: int = -1
    instance: str = ""
    epoch: int = 0


class Delivered(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="delivered"):
    """The node processed ``message``. ``copy`` counts from 0: 1 and above are duplicates made by the network."""

    message: str
    topic: str
    type: str
    key: str
    source: str
    sent_us: int
    copy: int = 0


class Dropped(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="dropped"):
    """The network lost ``message`` on its way to the node; ``reason`` says by which rule."""

    message: str
    topic: str
    type: str
    key: str
    source: str
    sent_us: int
    reason: str


class Applied(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="applied"):
    """The replica applied ``update`` and now shows ``value`` for ``key``.

    ``update`` identifies the update (not the message that carried it), the same at every replica. ``version`` is the
    replica's own count of updates applied to the key. An observation with the value unchanged is still an apply.

    ``kept`` lists the updates (``workers.model.updates``) that the value shown carries or descends from. ``None``: all
    that the replica has applied to the key. An update that was applied and is not kept was overwritten.
    """

    key: str
    value: Value
    update: str
    version: int = 0
    kept: list[str] | None = None


class Invoked(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="invoked"):
    """A client session began operation ``op``. Latency counts from ``intended_us``, when it was meant to begin."""

    op: str
    session: str
    f: str
    key: str
    value: Value
    intended_us: int
    target: str = ""


class Completed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="completed"):
    """Operation ``op`` ended: ``ok``, ``fail`` (it did not happen) or ``info`` (it may have happened)."""

    op: str
    session: str
    f: str
    key: str
    outcome: Outcome
    value: Value
    error: str = ""


class Effected(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="effected"):
    """The node caused an effect in the outside world, such as an e-mail, that cannot be taken back."""

    effect: str
    key: str
    detail: Value


class Changed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="changed"):
    """An instance of the node changed: ``up``, ``down`` (left in order), ``lost`` (its lease ran out), ``fenced``."""

    instance: str
    state: Literal["up", "down", "lost", "fenced"]
    epoch: int
    reason: str = ""


class Faulted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="kind", tag="faulted"):
    """The fault ``fault`` began or ended: what kind, at which nodes or links (``eu>us``), and how it was set."""

    fault: str
    what: str
    state: Literal["began", "ended"]
    targets: list[str]
    detail: Value = None


Body = Sent | Delivered | Dropped | Applied | Invoked | Completed | Effected | Changed | Faulted
"""Everything that can be observed; the tag of each class is the ``kind`` of its history line."""


class Turn(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one committed turn of one instance recorded; its time is the commit's."""

    node: str
    instance: str
    epoch: int
    bodies: list[Body]


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One body with its place in the history: position, recorder time in microseconds, and the node it happened at."""

    index: int
    at_us: int
    node: str
    body: Body
