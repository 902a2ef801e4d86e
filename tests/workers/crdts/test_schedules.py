"""Under every schedule each type shows what the event graph means: at every step in causal order, at rest always."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.crdts.reference import MEANING
from tests.workers.crdts.worlds import REPLICAS, DeltaWorld, LooseDeltaWorld, OperationWorld, StateWorld, Tape
from workers.crdts.registry import TYPES

TAPES = st.lists(st.integers(0, 1_000), min_size=40, max_size=150)
WORLDS = [
    (world, name)
    for world in (StateWorld, LooseDeltaWorld, DeltaWorld, OperationWorld)
    for name in TYPES
    if world is not OperationWorld or TYPES[name].operations is not None
]


def test_every_type_has_a_meaning():
    assert MEANING.keys() == TYPES.keys()


@pytest.mark.parametrize(("world", "name"), WORLDS, ids=lambda part: getattr(part, "__name__", part))
def test_replicas_show_what_the_events_mean(world, name):
    @settings(max_examples=30, deadline=None)
    @given(TAPES)
    def under_any_schedule(tape):
        world(TYPES[name], Tape(tape)).run()

    under_any_schedule()


@pytest.mark.parametrize("world", [StateWorld, DeltaWorld])
def test_nothing_is_oversold_in_any_merged_state(world):
    class Audited(world):
        def check(self):
            super().check()
            states = [self.state(replica) for replica in REPLICAS]
            assert states[0].merge(states[1]).merge(states[2]).value() >= 0
            for state, replica in zip(states, REPLICAS, strict=True):
                assert state.value() >= 0
                assert state.quota(replica) >= 0

    @settings(max_examples=30, deadline=None)
    @given(TAPES)
    def under_any_schedule(tape):
        Audited(TYPES["bounded-counter"], Tape(tape)).run()

    under_any_schedule()
