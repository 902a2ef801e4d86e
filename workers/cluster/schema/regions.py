"""Sections of replicated regions: which entities there are, how they are replicated, and what their clients do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workers.cluster.schema.common import Seconds, Share, Strict

EntityKind = Literal["address", "cart", "stock", "likes", "thread"]
Milliseconds = Annotated[int, Field(ge=1, le=600_000)]
Region = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,15}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,15}$")]
Text = Annotated[str, Field(min_length=1, max_length=80)]


class EntitySettings(Strict):
    """One kind of entity: its replicated type by name, how many of them there are, and what they begin with.

    ``clock`` is where last-writer-wins stamps come from; a replica with a hybrid clock refuses what comes from further
    ahead than ``skew_ms_max``. ``tick_ms`` is how fine the wall clock's stamps are (0: microseconds): with 1000 two
    writes within a second bear the same one. With ``resolver: pick`` a client that reads siblings writes one value in
    their place. A write to an ``mv-register`` takes the place of all that its replica shows when it arrives, which may
    be more than its client has read, and that is lost; one to a ``dvv-set`` only of what the client has read.
    """

    type: str
    keys: Annotated[int, Field(ge=1, le=1_000)] = 1
    initial: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    clock: Literal["wall", "hlc"] = "wall"
    skew_ms_max: Milliseconds = 500
    tick_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    resolver: Literal["none", "pick"] = "none"


class ReplicationSettings(Strict):
    """How replicas tell each other: every ``gossip_ms`` each tells ``fanout`` others (``null``: all of them).

    ``eager``: they also tell each other at once, with each update. With ``false`` only the timer does.
    """

    gossip_ms: Milliseconds = 200
    fanout: Annotated[int, Field(ge=1, le=11)] | None = None
    eager: bool = True


class ScriptedOperation(Strict):
    """One operation of a told story: at ``at_s`` ``session`` asks the replica ``region`` to ``do`` something to a key.

    ``value`` is the content, the element or the amount; of a ``reply`` it is the text, and ``to`` names the question.
    """

    at_s: Seconds
    session: Name
    region: Region
    do: Literal["read", "assign", "add", "remove", "clear", "increment", "buy", "ask", "reply"]
    key: Annotated[str, Field(max_length=32)]
    value: Annotated[int, Field(ge=0, le=1_000_000)] | Text | None = None
    to: Text | None = None


class ClientSettings(Strict):
    """What the clients of regions do, in all sessions together; a ``script`` takes the place of drawn operations.

    ``affinity``: a sticky session asks its home region, a roaming one any. ``tokens``: a read says which updates it has
    to contain, and a replica that lacks some waits for them ``wait_ms`` before it answers that it is stale. After the
    last operation and ``quiet_ms`` more every session reads every key at every region (``final_reads``).

    Shares of actions: ``reads`` only read; of the rest, ``blind`` address writes are made without reading first,
    ``removals`` and ``clears`` of carts take out instead of putting in, ``restocks`` add to a stock instead of buying,
    ``replies`` answer a message that was seen instead of asking.
    """

    operations_per_s: Annotated[float, Field(ge=0, le=5_000, allow_inf_nan=False)] = 10.0
    operations: Annotated[int, Field(ge=0, le=1_000_000)] | None = 200
    sessions: Annotated[int, Field(ge=1, le=500)] = 6
    timeout_ms: Milliseconds = 2_000
    affinity: Literal["sticky", "roaming"] = "sticky"
    tokens: bool = False
    wait_ms: Milliseconds = 1_000
    final_reads: bool = True
    quiet_ms: Annotated[int, Field(ge=0, le=600_000)] = 3_000
    reads: Share = 0.4
    blind: Share = 0.3
    removals: Share = 0.3
    clears: Share = 0.0
    restocks: Share = 0.1
    replies: Share = 0.5
    script: Annotated[tuple[ScriptedOperation, ...], Field(max_length=500)] = ()
