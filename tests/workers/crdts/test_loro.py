"""Loro, a CRDT library written by others, as an outside oracle: the same schedule, the same sums and sets.

A Loro map decides per key by Lamport time, so an add-wins set is built of it as in Shapiro's specification 15: one key
for each addition, and a removal deletes the keys that it sees.
"""

import pytest
from hypothesis import given, settings

from consistency_viz.benches import crdt
from tests.workers.crdts.test_schedules import TAPES
from tests.workers.crdts.worlds import REPLICAS, StateWorld, Tape
from workers.crdts.registry import TYPES

try:
    import loro
except ImportError:  # pragma: no cover
    loro = None

pytestmark = pytest.mark.skipif(
    loro is None, reason="NOT COMPARED WITH LORO: it is not installed (make test installs it)"
)


class Beside(StateWorld):
    """A world that plays every step with Loro documents too."""

    def __init__(self, kind, tape):
        super().__init__(kind, tape)
        self.documents = {}
        for number, replica in enumerate(REPLICAS, start=1):
            self.documents[replica] = loro.LoroDoc()
            self.documents[replica].peer_id = number

    def update(self, replica, name, arguments, number):
        super().update(replica, name, arguments, number)
        document = self.documents[replica]
        if self.kind.name == "pn-counter":
            getattr(document.get_counter("total"), name)(*arguments)
        else:
            tags = document.get_map("tags")
            if name == "add":
                tags.insert(f"{arguments[0]}|{number}", 1)
            else:
                for tag in list(tags.get_value()):
                    if name == "clear" or tag.split("|")[0] == arguments[0]:
                        tags.delete(tag)
        document.commit()

    def outgoing(self, source, target):
        raw = self.documents[source].export(loro.ExportMode.Snapshot())
        return [(*message, raw) for message in super().outgoing(source, target)]

    def incoming(self, source, target, message):
        super().incoming(source, target, message[:2])
        self.documents[target].import_(message[2])

    def check(self):
        super().check()
        for replica in REPLICAS:
            document = self.documents[replica]
            if self.kind.name == "pn-counter":
                assert document.get_counter("total").value == self.value(replica)
            else:
                shown = {tag.split("|")[0] for tag in document.get_map("tags").get_value()}
                assert sorted(shown) == self.value(replica)


@pytest.mark.parametrize("name", ["pn-counter", "g-set", "or-set"])
def test_loro_shows_the_same_at_every_step(name):
    @settings(max_examples=25, deadline=None)
    @given(TAPES)
    def beside(tape):
        Beside(TYPES[name], Tape(tape)).run()

    beside()


def test_the_bench_shows_what_loro_shows():
    figures, notes = crdt.run(rounds=1, count=200)
    assert [figure.unit for figure in figures] == ["updates/CPU s"] * 6
    assert all(figure.ratio > 0 for figure in figures)
    assert len(notes) == 6
