"""The laws that every replicated type obeys, for all types alike."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.crdts.reference import MEANING
from tests.workers.crdts.worlds import REPLICAS, LooseDeltaWorld, OperationWorld, Tape
from workers.crdts.canonical import canonical, canonical_bytes
from workers.crdts.causal_buffer import CausalMessage
from workers.crdts.operation import Delivery, Operation
from workers.crdts.registry import TYPES
from workers.model.codec import pack, unpack

TAPES = st.lists(st.integers(0, 1_000), min_size=30, max_size=120)


class Scribbled(LooseDeltaWorld):
    """Keeps every state and delta that ever was, and their bytes at that moment."""

    def __init__(self, kind, tape):
        super().__init__(kind, tape)
        self.pictures = []
        self.deltas = []

    def update(self, replica, name, arguments, number):
        before = self.states[replica]
        after, delta = getattr(before, name)(replica, *arguments)
        assert after == before.merge(delta) == delta.merge(before)
        assert before.leq(after)
        assert delta.leq(after)
        self.states[replica] = after
        self.log[number] = delta.to_bytes()
        self.deltas.append(delta)
        self.keep(before, after, delta)

    def incoming(self, source, target, message):
        super().incoming(source, target, message)
        self.keep(self.states[target])

    def keep(self, *states):
        self.pictures.extend((state, state.to_bytes()) for state in states)

    def settle(self):
        """Stay apart: it is the states in the middle that the laws are tried on."""

    def run(self):
        while self.tape:
            [self.operate, self.operate, self.send, self.deliver][self.tape(4)]()
        return self


def states_of(kind, tape):
    """Three states of one run, and a few deltas."""
    world = Scribbled(kind, Tape(tape)).run()
    return [*world.states.values(), *world.deltas[:2], world.deltas[-1] if world.deltas else kind.start()]


def for_every_type(check):
    @pytest.mark.parametrize("kind", TYPES.values(), ids=lambda kind: kind.name)
    def test(kind):
        @settings(max_examples=20, deadline=None)
        @given(TAPES, st.randoms(use_true_random=False))
        def law(tape, random):
            check(kind, tape, random)

        law()

    test.__name__ = check.__name__
    return test


@for_every_type
def test_merge_is_commutative_associative_and_idempotent(kind, tape, random):
    states = states_of(kind, tape)
    a, b, c = (random.choice(states) for _ in range(3))
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).to_bytes() == b.merge(a).to_bytes()
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(a) == a


@for_every_type
def test_merge_is_the_least_upper_bound_of_its_order(kind, tape, random):
    states = states_of(kind, tape)
    a, b, c = (random.choice(states) for _ in range(3))
    joined = a.merge(b)
    assert a.leq(joined)
    assert b.leq(joined)
    assert a.leq(b) == (joined == b)
    assert a.leq(a)
    upper = joined.merge(c)
    assert joined.leq(upper)
    assert (a.leq(b) and b.leq(a)) == (a == b)


@for_every_type
def test_no_function_changes_a_state(kind, tape, random):
    world = Scribbled(kind, Tape(tape)).run()
    for state, _ in world.pictures:
        state.merge(world.states["r1"])
        world.states["r2"].merge(state)
        state.value()
    for state, raw in world.pictures:
        assert state.to_bytes() == raw


@for_every_type
def test_deltas_permuted_duplicated_and_batched_give_the_state_of_all(kind, tape, random):
    world = Scribbled(kind, Tape(tape)).run()
    joined = kind.start()
    for state in world.states.values():
        joined = joined.merge(state)
    pool = world.deltas + random.choices(world.deltas, k=3) if world.deltas else []
    random.shuffle(pool)
    result = kind.start()
    while pool:
        batch = kind.state()
        for _ in range(random.randint(1, 4)):
            if pool:
                batch = batch.merge(pool.pop())
        result = result.merge(batch)
    assert result == joined
    assert result.to_bytes() == joined.to_bytes()


@for_every_type
def test_encoding_round_trips_and_equal_states_have_equal_bytes(kind, tape, random):
    for state in states_of(kind, tape):
        assert kind.state.decode(state.encode()) == state
        assert kind.state.decode(unpack(pack(state.encode()))) == state
        assert kind.state.from_bytes(state.to_bytes()) == state
        assert kind.state.decode(msgspec.json.decode(msgspec.json.encode(state.encode()))) == state
        rebuilt = kind.state.from_bytes(state.to_bytes())
        assert rebuilt.to_bytes() == state.to_bytes()
        assert pack(rebuilt.encode()) == pack(state.encode())


@for_every_type
def test_a_value_is_canonical_json(kind, tape, random):
    for state in states_of(kind, tape):
        value = state.value()
        assert canonical(value) == value
        assert msgspec.json.decode(canonical_bytes(value)) == value


def causal_orders(messages, random):
    """The messages in a random order that respects what each comes after."""
    waiting, done, order = list(messages), dict.fromkeys(REPLICAS, 0), []
    while waiting:
        ready = [m for m in waiting if m.number == done[m.source] + 1 and all(done[r] >= n for r, n in m.after.items())]
        chosen = random.choice(ready)
        waiting.remove(chosen)
        done[chosen.source] = chosen.number
        order.append(chosen)
    return order


@pytest.mark.parametrize("kind", [k for k in TYPES.values() if k.operations], ids=lambda kind: kind.name)
def test_operations_permuted_and_duplicated_give_one_state(kind):
    @settings(max_examples=20, deadline=None)
    @given(TAPES, st.randoms(use_true_random=False))
    def law(tape, random):
        world = OperationWorld(kind, Tape(tape))
        while world.tape:
            [world.operate, world.operate, world.send, world.deliver][world.tape(4)]()
        messages = [CausalMessage.decode(raw) for raw in world.log.values()]
        results = set()
        for _ in range(3):
            if kind.delivery["operation"] is Delivery.CAUSAL:
                order = causal_orders(messages, random)
            else:
                order = random.sample(messages, len(messages))
            state = kind.operations()
            for place, message in enumerate(order):
                for again in (message, *random.choices(order[: place + 1], k=2)):
                    state = state.apply(Operation.decode(again.body[1]))
            results.add(pack(state.encode()))
            assert kind.operations.decode(state.encode()) == state
            assert state.value() == MEANING[kind.name](list(world.events.values()))
        assert len(results) == 1

    law()
