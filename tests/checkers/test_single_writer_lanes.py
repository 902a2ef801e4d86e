"""One instance at a time writes a partition: told apart from hand-overs, and tripped by a planted second writer."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import msgspec
import pytest

from consistency_viz.checkers.registry import check
from consistency_viz.checkers.single_writer import SingleWriter
from consistency_viz.checkers.verdict import Result, Verdict
from consistency_viz.experiments.simulations import header_of
from tests.checkers.chance import Choose, exhaustive, how_many, seeded
from tests.checkers.histories import Step, changed, header, history
from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.model.history import expand
from workers.model.observation import Changed, Effected, Observation, Sent, Turn
from workers.simulation.world import World

DECLARED: Step = (0, "order", Effected("declares-writers", "orders", {"types": {"OrderPlaced": ["order"]}}))


def wrote(instance: str, at: float, *, partition: int = 0, epoch: int = 1) -> Step:
    return at, "order", Sent(f"m{at:g}", "orders", "OrderPlaced", "s1-1", "c", partition, instance, epoch)


def came(state: str, instance: str, at: float, epoch: int = 1, reason: str = "") -> Step:
    return changed("order", state, at=at, instance=instance, epoch=epoch, reason=reason)


def judged(*steps: Step) -> Result:
    return check([SingleWriter(header("eu"))], history(DECLARED, *steps))[0]


A, B = "order.1", "order.2"


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        ([wrote(A, 1), wrote(A, 2)], Verdict.PASSED),
        ([wrote(A, 1), wrote(B, 2)], Verdict.PASSED),
        ([wrote(A, 1), wrote(B, 2), wrote(A, 3)], Verdict.FAILED),
        ([wrote(A, 1), wrote(B, 2, partition=1), wrote(A, 3)], Verdict.PASSED),
        # a hand-over and back: somebody came, somebody went
        ([wrote(A, 1), came("up", B, 2, 2), wrote(B, 3, epoch=2), came("down", B, 4, 2), wrote(A, 5)], Verdict.PASSED),
        # both go on after one came
        ([wrote(A, 1), came("up", B, 2), wrote(B, 3), wrote(A, 4)], Verdict.PASSED),
        ([wrote(A, 1), came("up", B, 2), wrote(B, 3), wrote(A, 4), wrote(B, 5)], Verdict.FAILED),
        # a commit that was refused is no hand-over
        ([wrote(A, 1), wrote(B, 2), came("fenced", B, 2.5), wrote(A, 3)], Verdict.FAILED),
        # another epoch of the same instance is another writer
        ([wrote(A, 1), wrote(B, 2), wrote(A, 3, epoch=2)], Verdict.PASSED),
        # what is over is over
        ([wrote(A, 1), came("lost", A, 2), wrote(A, 3)], Verdict.FAILED),
        ([wrote(A, 1), came("lost", A, 2), came("up", A, 3), wrote(A, 4)], Verdict.PASSED),
        ([wrote(A, 1), came("lost", A, 2), came("up", A, 3, 2), wrote(A, 4)], Verdict.FAILED),
        ([came("up", A, 1, 2), came("lost", A, 2, 1), wrote(A, 3, epoch=2)], Verdict.PASSED),
        ([came("down", A, 1, 1, "the run ended"), wrote(A, 2, epoch=1)], Verdict.FAILED),
    ],
)
def test_known_histories(steps: list[Step], verdict: Verdict) -> None:
    assert judged(*steps).verdict is verdict


def test_interleaving_is_told_with_three_messages() -> None:
    (found,) = judged(wrote(A, 1), wrote(B, 2), wrote(A, 3)).witnesses
    assert found.text == (
        "order.1 and order.2 both wrote to partition 0 of orders: m2 at 2 ms by the latter came between m1 at 1 ms and "
        "m3 at 3 ms by the former, and no instance had come or gone"
    )
    assert (found.indices, found.ids) == ([1, 2, 3], ["s1-1", "m1", "m2", "m3"])


def test_a_write_after_the_end_is_told_with_what_ended_it() -> None:
    (found,) = judged(wrote(A, 1), came("lost", A, 2, 1, "its lease ran out"), wrote(A, 3)).witnesses
    assert found.text == (
        "order.1 sent m3 to partition 0 of orders at 3 ms in epoch 1, although it was lost (its lease ran out) since "
        "2 ms"
    )
    assert found.indices == [2, 3]


def test_where_the_history_does_not_say_who_wrote_nothing_is_held_against_anybody() -> None:
    result = judged(wrote("", 1), wrote(B, 2), wrote("", 3))
    assert (result.verdict, result.metrics["partitions"]) == (Verdict.PASSED, {"orders": {"0": {"order": 1}}})


class Scope(NamedTuple):
    """From which of its lists something is chosen, step by step."""

    steps: list[int]
    kinds: list[list[str]]
    partitions: list[int]
    epochs: list[int]
    states: list[str]


USUAL = Scope(
    [3, 5, 8, 11], [["wrote"], ["wrote", "wrote", "wrote", "came"]], [0, 0, 1], [1, 1, 1, 2],
    ["up", "up", "down", "lost", "fenced"],
)  # fmt: skip
EPOCHS = Scope([4], [["wrote", "came"]], [0], [1, 2], ["up", "lost"])
"""Instances that come, go, and write under any epoch."""
PARTITIONS = Scope([6], [["wrote"]], [0, 1], [1], [])
"""Instances that take turns on two partitions."""


def small_history(choose: Choose, scope: Scope = USUAL) -> list[Observation]:
    """Two instances that write, come and go; the last thing is a write, since nothing after it matters."""
    steps: list[Step] = [DECLARED]
    likely, n = choose(scope.kinds), choose(scope.steps)
    for at in range(1, n + 1):
        kind, instance, epoch = choose(likely if at < n else ["wrote"]), choose([A, B]), choose(scope.epochs)
        if kind == "wrote":
            steps.append(wrote(instance, at, partition=choose(scope.partitions), epoch=epoch))
        else:
            steps.append(came(choose(scope.states), instance, at, epoch))
    return history(*steps)


def has_two_writers(seen: list[Observation]) -> bool:
    """By the definition: any three messages, and any message with any change before it."""

    def late(message: Observation) -> bool:
        body: Any = message.body
        epoch, is_up = None, True
        for o in seen[: message.index]:
            if isinstance(o.body, Changed) and o.body.instance == body.instance and o.body.state != "fenced":
                newest_up = max(
                    (p.body.epoch for p in seen[: o.index] if isinstance(p.body, Changed)
                     and p.body.instance == body.instance and p.body.state == "up"), default=-1,
                )  # fmt: skip
                if o.body.epoch >= newest_up:
                    epoch, is_up = o.body.epoch, o.body.state == "up"
        return epoch is not None and (body.epoch < epoch if is_up else body.epoch <= epoch)

    sent = [o for o in seen if isinstance(o.body, Sent)]
    on_time = [o for o in sent if not late(o)]
    if len(on_time) < len(sent):
        return True
    for i, first in enumerate(on_time):
        for j, between in enumerate(on_time[i + 1 :], i + 1):
            for last in on_time[j + 1 :]:
                a, b, c = (msgspec.structs.asdict(o.body) for o in (first, between, last))
                one = all(x["partition"] == a["partition"] for x in (b, c))
                owners = [(x["instance"], x["epoch"]) for x in (a, b, c)]
                quiet = not any(
                    isinstance(o.body, Changed) and o.body.state != "fenced" for o in seen[first.index : last.index]
                )
                if one and quiet and owners[0] == owners[2] != owners[1]:
                    return True
    return False


def agrees(seen: list[Observation]) -> bool:
    wrong = has_two_writers(seen)
    verdict = check([SingleWriter(header("eu"))], seen)[0].verdict
    assert verdict is (Verdict.FAILED if wrong else Verdict.PASSED), seen
    return wrong


def test_random_small_histories_agree_with_the_definition() -> None:
    found = [agrees(seen) for seen in seeded(small_history, how_many())]
    assert len(found) / 3 <= sum(found) <= len(found) * 0.9


@pytest.mark.parametrize(("scope", "n"), [(EPOCHS, 12**3 * 4), (PARTITIONS, 4**6)], ids=["epochs", "partitions"])
def test_every_history_of_a_small_scope_agrees_with_the_definition(scope: Scope, n: int) -> None:
    found = [agrees(seen) for seen in exhaustive(partial(small_history, scope=scope))]
    assert len(found) == n
    assert sum(found) * 3 >= len(found)


def turns_of(name: str, *overrides: str) -> tuple[Any, list[tuple[int, Turn]]]:
    plan = build(load(name, list(overrides)))
    turns: list[tuple[int, Turn]] = []
    World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    return header_of(plan, "simulated"), turns


@pytest.mark.parametrize("name", ["one-writer", "writer-per-transition"])
def test_three_instances_on_four_partitions_are_one_writer_each_until_a_second_is_planted(name: str) -> None:
    changes = "[{at_s: 0.05, node: order, instances: 1}, {at_s: 0.1, node: order, instances: 3}]"
    about, turns = turns_of(name, "partitions=4", "nodes.order.instances=3", "workload.orders=40", f"changes={changes}")
    seen = list(expand(turns))
    sound = check([SingleWriter(about)], seen)[0]
    assert (sound.verdict, sound.metrics["partition_violations"]) == (Verdict.PASSED, 0)
    assert max(len(places) for places in sound.metrics["partitions"].values()) == 4
    planted = [
        msgspec.structs.replace(o, body=msgspec.structs.replace(o.body, instance="order.9"))
        if isinstance(o.body, Sent) and o.node == "order" and number % 2 else o
        for number, o in enumerate(seen)
    ]  # fmt: skip
    broken = check([SingleWriter(about)], planted)[0]
    assert broken.verdict is Verdict.FAILED
    assert {len(witness.indices) for witness in broken.witnesses} == {3}
