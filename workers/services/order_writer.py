"""One writer: anyone may ask for a change of an order, only the order service makes it, in one order of its own.

Rules
1. A command says what somebody found out or wants; an event says what is so. Anyone appends commands, only the order
   service appends order events.
2. The events of an order are numbered without gaps by their one writer. That is the order in which things happened.
3. The writer keeps the rules: a fact is recorded once, and none that contradicts what is recorded already.
"""

from __future__ import annotations

from workers.model.effects import Effect, Send
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.client import COMMANDS
from workers.services.orders import FACTS, MAILED, PLACED, REJECTED, VALIDATED, accepted, applied, learn
from workers.services.whole_flow import mail
from workers.services.whole_orders import Addition

RECORD = "RecordFact"


def permitted(order: Json, fact: str) -> bool:
    """Whether a fact may be recorded about an order: it is placed, and nothing that is recorded contradicts it."""
    if fact in order or PLACED not in order or fact not in FACTS:
        return False
    if fact == MAILED:
        return VALIDATED in order
    return not (fact == VALIDATED and REJECTED in order) and not (fact == REJECTED and VALIDATED in order)


class OrderWriter:
    """The order service: turns commands into order events on ``topic``, or refuses them."""

    def __init__(self, topic: str) -> None:
        self.topic = topic

    def start(self, context: Context) -> Step:
        """There are no orders yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Record what a command asks for, if it is new and allowed."""
        key = message.key
        order = state.get(key, {})
        if message.type == "PlaceOrder":
            done = accepted(message)
            return Step({}, (done,)) if order else self._record(key, {}, PLACED, message.data, done)
        if message.type != RECORD or not permitted(order, message.data["fact"]):
            return NOTHING
        return self._record(key, order, message.data["fact"], message.data["data"])

    def _record(self, key: str, order: Json, fact: str, data: Json, *more: Effect) -> Step:
        recorded = {**order, fact: data}
        event = Send(self.topic, fact, key, data, sequence=len(recorded))
        return Step({key: recorded}, (applied(key, recorded, fact), event, *more))


class Commander:
    """A service that follows the order events and asks, once for each order, for the fact that it finds out.

    The e-mail service is one too: it mails what is valid and taxed, and asks to have that recorded.
    """

    def __init__(self, add: Addition) -> None:
        self.add = add

    def start(self, context: Context) -> Step:
        """Nothing has happened yet."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Learn an event; ask when the order allows it."""
        key = message.key
        asked = f"{key}:asked"
        if message.type not in FACTS or asked in state:
            return NOTHING
        order = learn(state.get(key), message.type, message.data)
        if order is None:
            return NOTHING
        found = self.add(order)
        if found is None:
            return Step({key: order})
        fact, data = found
        said = self.announcement(key, fact, data)
        effects = (*mail(key, order, to_customer=False), said) if fact == MAILED else (said,)
        return Step({key: None, asked: {"fact": fact}}, effects)

    def announcement(self, key: str, fact: str, data: Json) -> Send:
        """How it says what it found out: as a command to the one writer."""
        return Send(COMMANDS, RECORD, key, {"fact": fact, "data": data})


class Intruder(Commander):
    """Broken: asks as it should, and also appends its event to ``events`` itself, which only the writer may do."""

    def __init__(self, add: Addition, events: str) -> None:
        super().__init__(add)
        self.events = events

    def step(self, state: State, message: Message, context: Context) -> Step:
        """What a commander does; each command goes out as an event too."""
        asked = super().step(state, message, context)
        events = [
            Send(self.events, effect.data["fact"], effect.key, effect.data["data"])
            for effect in asked.effects
            if isinstance(effect, Send) and effect.type == RECORD
        ]
        return Step(asked.writes, (*events, *asked.effects)) if events else asked
