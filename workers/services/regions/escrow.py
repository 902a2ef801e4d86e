"""Rights for bounded counters: a region that is short of them asks a peer, which gives half of what it has.

A region decides by its own rights alone, so it refuses a buyer at once where they are spent, and asks; the next buyer
may be luckier. Asking again waits until the last question is ``ASK_AGAIN`` gossip periods old. Rights travel as every
change of the counter does, so a lost answer is made up for.
"""

from __future__ import annotations

from typing import Any, Final, cast

from workers.crdts.bounded_counter import BoundedCounter
from workers.crdts.causal import EMPTY
from workers.model.message import Message
from workers.services.regions.replication import Replication
from workers.services.regions.shelf import Work
from workers.services.regions.tracked import Tracked

ASK: Final = "AskRights"
ASK_AGAIN: Final = 2
LOW: Final = 1
"""At this many rights of its own, or fewer, a region asks for more."""


def ask_if_low(work: Work, key: str, replication: Replication, at_least: int) -> None:
    """Ask the peer that owns most, if the region owns less than ``at_least`` and some peer owns any."""
    shelf = replication.shelf
    content = shelf.held(work, key).tracked.content
    if not isinstance(content, BoundedCounter) or content.quota(shelf.region) >= at_least:
        return
    record, now_us = f"~rights:{key}", work.context.now_us
    last = work.record(record)
    if last is not None and 0 <= now_us - last["asked_us"] < ASK_AGAIN * replication.pace.gossip_us:
        return
    owned = {peer: content.quota(peer) for peer in replication.peers}
    richest = max(owned, key=lambda peer: owned[peer], default="")
    if richest and owned[richest] > 0:
        work.writes[record] = {"asked_us": now_us}
        replication.send(work, (richest,), ASK, key, {})


def give(work: Work, request: Message, replication: Replication) -> None:
    """Give the asking region half of the rights owned here, rounded up; nothing if there are none."""
    shelf, key = replication.shelf, request.key
    held = shelf.held(work, key)
    content = cast("Any", held.tracked.content)
    count = (content.quota(shelf.region) + 1) // 2
    if count <= 0:
        return
    after, delta = content.transfer(shelf.region, request.source, count)
    tracked = Tracked(after, held.tracked.updates)
    told = replication.updated(work, key, held, tracked, Tracked(delta, EMPTY))
    shelf.put(work, key, held, tracked, told, EMPTY)
