"""Long histories, made as they are read: orders, replicated keys, registers, sets and counters."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from workers.model.observation import Applied, Body, Completed, Delivered, Effected, Invoked, Observation, Sent

REPLICAS: Final = ("eu", "us", "ap")
FACTS: Final = ("OrderPlaced", "OrderValidated", "OrderTaxed")
DELAY: Final = 12
"""Operations after which an update reaches the other replicas."""


class _Clock:
    """Numbers observations; each comes 10 microseconds after the one before."""

    def __init__(self) -> None:
        self.index = -1

    def __call__(self, node: str, body: Body) -> Observation:
        self.index += 1
        return Observation(self.index, 10 * self.index, node, body)


def orders(count: int, seed: int = 1) -> Iterator[Observation]:
    """Order after order: placed, validated, taxed, shown by every replica, mailed, and its link followed."""
    chance, tell, number = random.Random(seed), _Clock(), 0
    under_way: deque[list[tuple[str, Body]]] = deque()
    while tell.index < count:
        while len(under_way) < 8:
            number += 1
            under_way.append(list(reversed(_order(f"s{number % 50}-{number}", number, chance))))
        steps = under_way[chance.randrange(len(under_way))]
        yield tell(*steps.pop())
        if not steps:
            under_way.remove(steps)


def _order(key: str, number: int, chance: random.Random) -> list[tuple[str, Body]]:
    session, place, link = key.partition("-")[0], f"{key}/place.0", f"{key}:link/read.1"
    facts = [f"{key}:{fact}" for fact in FACTS]
    value: dict[str, Any] = {"net_cents": 1_000 + number % 100, "status": "placed"}
    steps: list[tuple[str, Body]] = [
        ("client", Invoked(place, session, "place", key, {"value": value}, 0, "order")),
        ("order", Sent(f"m{number}", "orders", "OrderPlaced", key, "c")),
        ("client", Completed(place, session, "place", key, "ok", {"update": facts[0]})),
    ]
    delivered = Delivered(f"m{number}", "orders", "OrderPlaced", key, "order", 0)
    steps += [(replica, delivered) for replica in chance.sample(REPLICAS, 3)]
    for place_of, fact in enumerate(facts):
        value = value | {"status": fact}
        applied = Applied(key, value, fact, place_of + 1, facts[: place_of + 1])
        steps += [(replica, applied) for replica in chance.sample(REPLICAS, 3)]
    mail = {"to": "a@example.org", "claims": facts, "version": 3}
    steps += [
        ("email", Effected("email", key, mail)),
        ("client", Invoked(link, session, "read", key, {"version": facts}, 0, "eu")),
        ("client", Completed(link, session, "read", key, "ok", {"value": value, "seen": facts, "version": 3})),
    ]
    return steps


def regions(count: int, seed: int = 1, *, keys: int = 20, stray: float = 0.0) -> Iterator[Observation]:
    """Keys that are written at three replicas for ever, with sets of updates; ``stray`` reads ask another replica."""
    chance, tell = random.Random(seed), _Clock()
    had = {(k, r): dict.fromkeys(REPLICAS, 0) for k in range(keys) for r in REPLICAS}
    waiting: dict[str, deque[tuple[int, int, str, int]]] = {r: deque() for r in REPLICAS}
    number = 0

    def listed(k: int, r: str) -> list[str]:
        return [f"k{k}@{o}.1-{n}" if n > 1 else f"k{k}@{o}.1" for o, n in sorted(had[k, r].items()) if n]

    while tell.index < count:
        number += 1
        for replica, queue in waiting.items():
            while queue and queue[0][0] <= number:
                _, k, origin, n = queue.popleft()
                had[k, replica][origin] = n
                yield tell(replica, Applied(f"k{k}", sum(had[k, replica].values()), f"k{k}@{origin}.{n}"))
        s, k = chance.randrange(9), chance.randrange(keys)
        replica = chance.choice(REPLICAS) if chance.random() < stray else REPLICAS[s % 3]
        op, session, key = f"o{number}", f"s{s}", f"k{k}"
        if chance.random() < 0.5:
            yield tell("client", Invoked(op, session, "increment", key, {"value": 1}, 0, replica))
            after = listed(k, replica)
            had[k, replica][replica] += 1
            n = had[k, replica][replica]
            yield tell(replica, Applied(key, sum(had[k, replica].values()), f"{key}@{replica}.{n}"))
            for other in REPLICAS:
                if other != replica:
                    waiting[other].append((number + DELAY, k, replica, n))
            result: dict[str, Any] = {"update": f"{key}@{replica}.{n}", "after": after}
            yield tell("client", Completed(op, session, "increment", key, "ok", result))
        else:
            yield tell("client", Invoked(op, session, "read", key, None, 0, replica))
            result = {"value": sum(had[k, replica].values()), "seen": listed(k, replica)}
            yield tell("client", Completed(op, session, "read", key, "ok", result))


def registers(count: int, seed: int = 1, *, keys: int = 20, stale: float = 0.0) -> Iterator[Observation]:
    """Registers by value; of every read the share ``stale`` returns an older value."""
    chance, tell, number = random.Random(seed), _Clock(), 0
    values: list[list[Any]] = [[None] for _ in range(keys)]
    under_way: dict[int, tuple[str, str, int, int]] = {}
    while tell.index < count or under_way:
        s = chance.randrange(12)
        if s in under_way:
            op, f, k, argument = under_way.pop(s)
            result = None
            if f == "write":
                values[k] = [*values[k][-8:], argument]
            else:
                result = chance.choice(values[k]) if chance.random() < stale else values[k][-1]
            yield tell("client", Completed(op, f"s{s}", f, f"k{k}", "ok", result))
        elif tell.index < count:
            number += 1
            k, f = chance.randrange(keys), chance.choice(("read", "write"))
            under_way[s] = f"o{number}", f, k, number
            yield tell("client", Invoked(f"o{number}", f"s{s}", f, f"k{k}", number if f == "write" else None, 0))


def sets(count: int, seed: int = 1, *, keys: int = 20) -> Iterator[Observation]:
    """Sets to which elements are added for ever, and removed again; three replicas show each change."""
    chance, tell, number = random.Random(seed), _Clock(), 0
    content: list[list[int]] = [[] for _ in range(keys)]
    changes = [0] * keys
    while tell.index < count:
        number += 1
        k = chance.randrange(keys)
        op, session, key, here = f"o{number}", f"s{number % 9}", f"k{k}", content[k]
        if chance.random() < 0.3:
            yield tell("client", Invoked(op, session, "read", key, None, 0))
            yield tell("client", Completed(op, session, "read", key, "ok", list(here)))
            continue
        f = "remove" if len(here) > 5 else "add"
        element = here.pop(0) if f == "remove" else number
        if f == "add":
            here.append(element)
        after = [f"{key}@eu.1-{changes[k]}"] if changes[k] else []
        changes[k] += 1
        update = f"{key}@eu.{changes[k]}"
        yield tell("client", Invoked(op, session, f, key, {"value": element, "base": after}, 0))
        for replica in REPLICAS:
            yield tell(replica, Applied(key, list(here), update))
        yield tell("client", Completed(op, session, f, key, "ok", {"update": update, "after": after}))


def counters(count: int, seed: int = 1) -> Iterator[Observation]:
    """Counters, each used for a while and then no more."""
    chance, tell, number = random.Random(seed), _Clock(), 0
    counts: dict[str, int] = {}
    while tell.index < count:
        number += 1
        key = f"k{number // 100 * 10 + chance.randrange(10)}"
        f = chance.choice(("read", "increment"))
        op, session = f"o{number}", f"s{number % 9}"
        yield tell("client", Invoked(op, session, f, key, 1 if f == "increment" else None, 0))
        counts[key] = counts.get(key, 0) + (f == "increment")
        yield tell("client", Completed(op, session, f, key, "ok", counts[key] if f == "read" else None))
        if len(counts) > 1_000:
            counts = dict(list(counts.items())[-20:])


STREAMS: Final[Mapping[str, Callable[[int], Iterator[Observation]]]] = {
    "orders": orders,
    "regions": regions,
    "registers": registers,
    "sets": sets,
    "counters": counters,
}
