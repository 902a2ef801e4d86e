"""Three replicas and a bad network, for each kind of replication, driven by a tape of numbers.

Steps are: operate, send, deliver one message out of any order, drop, duplicate, cut a link, crash, heal. Beside each
replica the world keeps the set of events that were delivered there, so that the reference model can say what the
replica must show. In the end everything is healed and exchanged until nobody has anything to send.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.workers.crdts.reference import MEANING, Event
from workers.crdts.bounded_counter import QuotaSpentError
from workers.crdts.causal_buffer import CausalBuffer, CausalMessage
from workers.crdts.delta_buffer import DeltaBuffer
from workers.crdts.operation import Delivery, Operation
from workers.crdts.registry import At, ReplicatedType
from workers.model.codec import pack, unpack

REPLICAS = ("r1", "r2", "r3")


class Tape:
    """Draws from a list of numbers; when it is used up, every draw is 0."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = list(numbers)[::-1]

    def __call__(self, n: int) -> int:
        return self.numbers.pop() % n if self.numbers else 0

    def __bool__(self) -> bool:
        return bool(self.numbers)


class World:
    """The common part: events, the bag of messages, the links. Subclasses replicate."""

    exact = True
    """Whether a replica must show the meaning of its events at every moment, or only in the end."""

    def __init__(self, kind: ReplicatedType, tape: Tape) -> None:
        self.kind = kind
        self.tape = tape
        self.events: dict[int, Event] = {}
        self.serial = 0
        self.untold: set[int] = set()
        """Events that changed nothing where they were made. They need not travel: they must not matter elsewhere."""
        self.known: dict[str, set[int]] = {replica: set() for replica in REPLICAS}
        self.bag: list[tuple[str, str, Any]] = []
        self.cut: set[tuple[str, str]] = set()

    def run(self) -> None:
        steps = [self.operate] * 5 + [self.send] * 3 + [self.deliver] * 4
        steps += [self.drop, self.duplicate, self.cut_link, self.crash, self.heal]
        while self.tape:
            steps[self.tape(len(steps))]()
            if self.exact:
                self.check()
        self.cut.clear()
        self.settle()
        for replica in REPLICAS:
            assert self.known[replica] | self.untold == set(self.events)
            self.known[replica] |= self.untold
        self.check()

    def check(self) -> None:
        for replica in REPLICAS:
            known = [self.events[number] for number in sorted(self.known[replica])]
            assert self.value(replica) == MEANING[self.kind.name](known), replica

    def operate(self) -> None:
        replica = REPLICAS[self.tape(3)]
        names = sorted(self.kind.updates)
        name = names[self.tape(len(names))]
        number = self.serial = self.serial + 1
        at = At(replica, REPLICAS, number, time=self.tape(4))
        arguments = self.kind.updates[name](self.state(replica), self.tape, at)
        before = self.state(replica)
        try:
            self.update(replica, name, arguments, number)
        except QuotaSpentError:
            return
        if self.state(replica) == before:
            self.untold.add(number)
        self.events[number] = Event(number, replica, name, arguments, frozenset(self.known[replica]))
        self.known[replica].add(number)

    def send(self) -> None:
        source, target = REPLICAS[self.tape(3)], REPLICAS[self.tape(3)]
        if source != target:
            self.bag.extend((source, target, message) for message in self.outgoing(source, target))

    def deliver(self, *, keep: bool = False) -> None:
        index = self.tape(len(self.bag)) if self.bag else 0
        if self.bag and self.bag[index][:2] not in self.cut:
            source, target, message = self.bag[index] if keep else self.bag.pop(index)
            self.incoming(source, target, message)

    def duplicate(self) -> None:
        self.deliver(keep=True)

    def drop(self) -> None:
        if self.bag:
            self.bag.pop(self.tape(len(self.bag)))

    def cut_link(self) -> None:
        self.cut.add((REPLICAS[self.tape(3)], REPLICAS[self.tape(3)]))

    def heal(self) -> None:
        self.cut.clear()

    def crash(self) -> None:
        victim = REPLICAS[self.tape(3)]
        self.bag = [message for message in self.bag if message[1] != victim]
        self.restart(victim)

    def settle(self) -> None:
        for _ in range(20):
            while self.bag:
                self.deliver()
            pairs = [(a, b) for a in REPLICAS for b in REPLICAS if a != b]
            if not any(self.pending(*pair) for pair in pairs):
                return
            for source, target in pairs:
                self.bag.extend((source, target, message) for message in self.outgoing(source, target))
        raise AssertionError("the exchange does not come to rest")

    def pending(self, source: str, target: str) -> bool:
        return bool(self.known[source] - self.known[target] - self.untold)

    # What a subclass says: its states, and how updates travel.

    def state(self, replica: str) -> Any: ...

    def value(self, replica: str) -> Any:
        return self.state(replica).value()

    def update(self, replica: str, name: str, arguments: tuple[Any, ...], number: int) -> None: ...

    def outgoing(self, source: str, target: str) -> list[Any]: ...

    def incoming(self, source: str, target: str, message: Any) -> None: ...

    def restart(self, replica: str) -> None: ...


class StateWorld(World):
    """Whole states travel; a restart reads the stored state."""

    def __init__(self, kind: ReplicatedType, tape: Tape) -> None:
        super().__init__(kind, tape)
        self.states: dict[str, Any] = {replica: kind.start() for replica in REPLICAS}

    def state(self, replica: str) -> Any:
        return self.states[replica]

    def update(self, replica: str, name: str, arguments: tuple[Any, ...], number: int) -> None:
        self.states[replica], _ = getattr(self.states[replica], name)(replica, *arguments)

    def outgoing(self, source: str, target: str) -> list[Any]:
        return [(self.states[source].to_bytes(), set(self.known[source]))]

    def incoming(self, source: str, target: str, message: Any) -> None:
        raw, known = message
        self.states[target] = self.states[target].merge(self.kind.state.from_bytes(raw))
        self.known[target] |= known

    def restart(self, replica: str) -> None:
        self.states[replica] = self.kind.state.decode(unpack(pack(self.states[replica].encode())))


class LooseDeltaWorld(StateWorld):
    """Single deltas travel in any order, resent until they are there; nothing keeps them in causal order."""

    exact = False

    def __init__(self, kind: ReplicatedType, tape: Tape) -> None:
        super().__init__(kind, tape)
        self.log: dict[int, bytes] = {}

    def update(self, replica: str, name: str, arguments: tuple[Any, ...], number: int) -> None:
        self.states[replica], delta = getattr(self.states[replica], name)(replica, *arguments)
        self.log[number] = delta.to_bytes()

    def outgoing(self, source: str, target: str) -> list[Any]:
        return sorted(self.known[source] & self.log.keys() - self.known[target])

    def incoming(self, source: str, target: str, message: Any) -> None:
        self.states[target] = self.states[target].merge(self.kind.state.from_bytes(self.log[message]))
        self.known[target].add(message)
        if self.kind.name == "dvv-set":  # a delta carries its server's whole line
            author = self.events[message].replica
            self.known[target] |= {e.id for e in self.events.values() if e.replica == author and e.id < message}


class DeltaWorld(World):
    """Delta intervals with acknowledgements; a restart keeps state and counter only."""

    def __init__(self, kind: ReplicatedType, tape: Tape) -> None:
        super().__init__(kind, tape)
        self.buffers: dict[str, DeltaBuffer[Any]] = {r: DeltaBuffer(kind.start(), limit=4) for r in REPLICAS}

    def state(self, replica: str) -> Any:
        return self.buffers[replica].state

    def update(self, replica: str, name: str, arguments: tuple[Any, ...], number: int) -> None:
        state, delta = getattr(self.state(replica), name)(replica, *arguments)
        self.buffers[replica] = self.buffers[replica].operated(state, delta)

    def outgoing(self, source: str, target: str) -> list[Any]:
        interval = self.buffers[source].interval_for(target)
        if interval is None:
            return []
        return [("interval", interval.delta.to_bytes(), interval, set(self.known[source]))]

    def pending(self, source: str, target: str) -> bool:
        return super().pending(source, target) or self.buffers[source].interval_for(target) is not None

    def incoming(self, source: str, target: str, message: Any) -> None:
        if message[0] == "ack":
            others = [replica for replica in REPLICAS if replica != target]
            self.buffers[target] = self.buffers[target].acknowledge(source, message[1]).collected(others)
            return
        _, raw, interval, known = message
        assert self.kind.state.from_bytes(raw) == interval.delta
        self.buffers[target], upto = self.buffers[target].received(interval)
        self.known[target] |= known
        self.bag.append((target, source, ("ack", upto)))

    def restart(self, replica: str) -> None:
        self.buffers[replica] = self.buffers[replica].restarted()


class OperationWorld(World):
    """Operations travel, resent until they are there; where a type needs it, a causal buffer keeps their order."""

    def __init__(self, kind: ReplicatedType, tape: Tape) -> None:
        super().__init__(kind, tape)
        assert kind.operations is not None
        self.ordered = kind.delivery["operation"] is Delivery.CAUSAL
        self.states: dict[str, Any] = {replica: kind.operations() for replica in REPLICAS}
        self.buffers = {replica: CausalBuffer() for replica in REPLICAS}
        self.log: dict[int, list[Any]] = {}

    def state(self, replica: str) -> Any:
        return self.states[replica]

    def update(self, replica: str, name: str, arguments: tuple[Any, ...], number: int) -> None:
        operation = getattr(self.states[replica], name)(replica, *arguments)
        self.states[replica] = self.states[replica].apply(operation)
        self.buffers[replica], message = self.buffers[replica].broadcast(replica, [number, operation.encode()])
        assert (message.source, message.number) == operation.dot
        self.log[number] = message.encode()

    def outgoing(self, source: str, target: str) -> list[Any]:
        return sorted(self.known[source] & self.log.keys() - self.known[target])

    def incoming(self, source: str, target: str, message: Any) -> None:
        sent = CausalMessage.decode(unpack(pack(self.log[message])))
        ready = [sent]
        if self.ordered:
            self.buffers[target], ready = self.buffers[target].receive(sent)
        for found in ready:
            number, raw = found.body
            self.states[target] = self.states[target].apply(Operation.decode(raw))
            self.known[target].add(number)

    def restart(self, replica: str) -> None:
        operations = self.kind.operations
        assert operations is not None
        self.states[replica] = operations.decode(unpack(pack(self.states[replica].encode())))
        self.buffers[replica] = CausalBuffer.decode(unpack(pack(self.buffers[replica].encode())))
