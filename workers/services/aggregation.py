"""Validation by several checks at the same time: each says passed or failed, and an aggregator adds that up.

Rules
1. A check has no memory: asked twice, it says it twice. Duplicates also come from the network.
2. The aggregator that is right counts distinct checks, not messages: all checks passed, or one failed, never both.
"""

from __future__ import annotations

from collections.abc import Collection

from workers.model.effects import Send
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.checks import CHECKS
from workers.services.orders import PLACED, REJECTED, VALIDATED

PASSED = "CheckPassed"
FAILED = "CheckFailed"


class Check:
    """Runs the check ``name`` on each order that is placed, and says on ``topic`` what came out."""

    def __init__(self, name: str, topic: str) -> None:
        self.name = name
        self.topic = topic

    def start(self, context: Context) -> Step:
        """There is nothing to check yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Check one order."""
        if message.type != PLACED:
            return NOTHING
        order = message.data
        reason = CHECKS[self.name](order)
        found = {"check": self.name, "reason": reason, **{k: order[k] for k in ("net_cents", "country", "email")}}
        return Step({}, (Send(self.topic, FAILED if reason else PASSED, message.key, found),))


class MessageCountingAggregator:
    """Broken: takes the order for valid at as many passed messages as there are checks, whichever those are."""

    def __init__(self, checks: Collection[str], topic: str) -> None:
        self.checks = checks
        self.topic = topic

    def start(self, context: Context) -> Step:
        """Nothing was checked yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Count a message that says passed; one that says failed rejects."""
        key = message.key
        if message.type == FAILED:
            return Step({}, (_rejected(self.topic, message),))
        if message.type != PASSED:
            return NOTHING
        count = state.get(key, {"passed": 0})["passed"] + 1
        return Step({key: {"passed": count}}, (_valid(self.topic, message),) if count == len(self.checks) else ())


class CheckCountingAggregator:
    """Says once for each order what it is: valid when each of ``checks`` has passed, rejected when one has failed."""

    def __init__(self, checks: Collection[str], topic: str) -> None:
        self.checks = checks
        self.topic = topic

    def start(self, context: Context) -> Step:
        """Nothing was checked yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Note which check has passed; the last one decides, or one that failed."""
        key = message.key
        known: Json = state.get(key, {"passed": [], "decided": False})
        if message.type not in (PASSED, FAILED) or known["decided"]:
            return NOTHING
        if message.type == FAILED:
            return Step({key: {**known, "decided": True}}, (_rejected(self.topic, message),))
        passed = sorted({*known["passed"], message.data["check"]})
        decided = set(passed) >= set(self.checks)
        return Step({key: {"passed": passed, "decided": decided}}, (_valid(self.topic, message),) if decided else ())


def _rejected(topic: str, failed: Message) -> Send:
    return Send(topic, REJECTED, failed.key, {"reason": failed.data["reason"]}, sequence=2)


def _valid(topic: str, passed: Message) -> Send:
    found = {name: passed.data[name] for name in ("net_cents", "country", "email")}
    return Send(topic, VALIDATED, passed.key, found, sequence=2)
