"""Convergence against its definition: every replica's state from scratch after each instant, message by message."""

from __future__ import annotations

from typing import Any, NamedTuple

from consistency_viz.checkers.convergence import Convergence
from consistency_viz.checkers.registry import check
from tests.checkers.chance import Choose, exhaustive, how_many, seeded
from tests.checkers.histories import header
from workers.model.observation import Applied, Body, Completed, Delivered, Dropped, Invoked, Observation, Sent

REPLICAS = ["r1", "r2"]


class Scope(NamedTuple):
    """From which of its lists something is chosen, step by step."""

    steps: list[int]
    kinds: list[str]
    replicas: list[str]
    keys: list[str]
    updates: list[str]
    values: list[int]
    pauses_us: list[int]


SMALL = Scope([3], ["apply"], REPLICAS, ["k"], ["u", "v"], [1, 2], [0, 1])
USUAL = Scope(
    [5, 8, 12, 20],
    ["apply", "apply", "apply", "agree", "send", "deliver", "deliver", "begin", "end"],
    ["r1", "r2", "r2", "r1", "elsewhere"], ["k", "k", "l"], ["u", "v"], [1, 2, 2], [1, 1, 1, 0, 5],
)  # fmt: skip


def history(choose: Choose, scope: Scope = USUAL) -> list[Observation]:
    found: list[Observation] = []
    messages: list[tuple[str, str, str]] = []
    writes: list[tuple[str, str, str]] = []
    at_us = 0

    def tell(node: str, body: Body) -> None:
        found.append(Observation(len(found), at_us, node, body))

    for _ in range(choose(scope.steps)):
        at_us += choose(scope.pauses_us)
        key = choose(scope.keys)
        match choose(scope.kinds):
            case "apply":
                tell(choose(scope.replicas), Applied(key, choose(scope.values), choose(scope.updates)))
            case "agree":
                update = choose(scope.updates)
                for replica in REPLICAS:
                    tell(replica, Applied(key, choose(scope.values), update))
            case "send":
                messages.append((f"m{len(found)}", choose(["t", "t", "w"]), key))
                tell("r1", Sent(*messages[-1][:2], "T", key, "c"))
            case "deliver" if messages:
                fields = (*choose(messages)[:2], "T", key, "r1", 0)
                node = choose(["r1", "r2", "r2"])
                tell(node, choose([Delivered(*fields), Delivered(*fields, 1), Dropped(*fields, "loss")]))
            case "begin":
                writes.append((f"o{len(found)}", key, choose(scope.updates)))
                tell("client", Invoked(writes[-1][0], "s", "write", key, 1, at_us))
            case "end" if writes:
                op, key, update = writes.pop(0)
                answer = {"update": update, "after": []}
                tell("client", Completed(op, "s", "write", key, choose(["ok", "ok", "info"]), answer))
    return found


def applies(seen: list[Observation], key: str, replica: str) -> list[tuple[int, Applied]]:
    return [(o.at_us, o.body) for o in seen if isinstance(o.body, Applied) and (o.body.key, o.node) == (key, replica)]


def state(seen: list[Observation], key: str, until_us: int) -> tuple[list[Any], list[set[str]]]:
    """What each replica shows and has applied after an instant."""
    mine = [[body for at_us, body in applies(seen, key, replica) if at_us <= until_us] for replica in REPLICAS]
    return [bodies[-1].value if bodies else None for bodies in mine], [{b.update for b in bodies} for bodies in mine]


def may_arrive(seen: list[Observation], key: str, replica: str) -> bool:
    came = [o.body for o in seen if isinstance(o.body, Delivered | Dropped) and o.node == replica]
    sent = [o.body.topic for o in seen if isinstance(o.body, Sent) and o.body.key == key]
    heard = {body.topic for body in came} & set(sent)
    ended = [b.topic for b in came if b.key == key and (isinstance(b, Dropped) or not b.copy)]
    return not heard or any(sent.count(topic) > ended.count(topic) for topic in heard)


def definition(seen: list[Observation]) -> dict[str, Any]:
    keys = sorted({o.body.key for o in seen if isinstance(o.body, Applied) and o.node in REPLICAS})
    times = sorted({o.at_us for o in seen})
    disagreed = stuck = waiting = 0
    for key in keys:
        before = False
        for at_us in times:
            values, had = state(seen, key, at_us)
            now = values[0] != values[1] and had[0] == had[1]
            disagreed += now and not before
            before = now
        values, had = state(seen, key, times[-1])
        if values[0] != values[1] and had[0] != had[1]:
            lagging = [r for r, mine, other in zip(REPLICAS, had, reversed(had), strict=True) if other - mine]
            some = any(may_arrive(seen, key, replica) for replica in lagging)
            stuck, waiting = stuck + (not some), waiting + some
    acknowledged: dict[tuple[str, str], int] = {}
    for o in seen:
        if isinstance(o.body, Completed) and o.body.outcome == "ok":
            acknowledged[o.body.key, o.body.value["update"]] = o.at_us
    converged = []
    for (key, update), since_us in acknowledged.items():
        first = [[at_us for at_us, body in applies(seen, key, r) if body.update == update][:1] for r in REPLICAS]
        if all(first):
            converged.append(max(0, max(at_us for (at_us,) in first) - since_us))
    verdict = "failed" if disagreed or stuck else "unknown" if waiting or not keys else "passed"
    return {
        "verdict": verdict,
        "same_updates_different_values": disagreed,
        "keys_stuck": stuck,
        "keys_under_way": waiting,
        "acknowledged": len(acknowledged),
        "converged": len(converged),
        "not_everywhere": len(acknowledged) - len(converged),
        "longest_ms": max(converged) / 1_000 if converged and len(converged) == len(acknowledged) else None,
    }


def agrees(seen: list[Observation]) -> str:
    (result,) = check([Convergence(header(*REPLICAS))], seen)
    expected = definition(seen)
    told = {**{name: result.metrics.get(name) for name in expected}, "verdict": result.verdict.value}
    if expected["longest_ms"] is not None:  # the last percentile is the longest of so few
        told["longest_ms"] = result.metrics["convergence_ms"]["p99"]
    assert told == expected, seen
    return str(expected["verdict"])


def test_every_history_of_a_small_scope_is_judged_as_defined() -> None:
    found = [agrees(seen) for seen in exhaustive(lambda choose: history(choose, SMALL))]
    assert len(found) == 4096
    assert found.count("failed") * 8 >= len(found)


def test_many_histories_by_seed_are_judged_as_defined() -> None:
    found = [agrees(seen) for seen in seeded(history, how_many(5_000))]
    assert found.count("failed") * 3 >= len(found)
    assert min(found.count(verdict) for verdict in ("passed", "unknown")) * 20 >= len(found)
