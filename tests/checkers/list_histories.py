"""Small histories of transactions on lists, and which levels they keep by the definitions alone.

Keys ``x`` and ``y`` are lists, ``r`` is a register; a step is ("a", key, element), ("w", key, value) or
("r", key, list or value).
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, NamedTuple

from tests.checkers.chance import Choose
from workers.model.observation import Completed, Invoked, Observation

NAMES = {"a": "append", "w": "w", "r": "r"}


class Txn(NamedTuple):
    """One transaction; ``end`` is ``None``: never."""

    session: str
    outcome: str
    begin: int
    end: int | None
    steps: list[tuple[str, str, Any]]


def observations(txns: list[Txn]) -> list[Observation]:
    """The history as a checker gets it; position i is at i + 1 ms."""
    found: dict[int, Any] = {}
    for number, txn in enumerate(txns):
        asked = [[NAMES[kind], key, None if kind == "r" else value] for kind, key, value in txn.steps]
        told = [[NAMES[kind], key, value] for kind, key, value in txn.steps]
        name = f"t{number}"
        found[txn.begin] = Invoked(name, txn.session, "txn", "", asked, (txn.begin + 1) * 1000)
        if txn.end is not None:
            outcome: Any = txn.outcome
            answer = told if txn.outcome == "ok" else None
            found[txn.end] = Completed(name, txn.session, "txn", "", outcome, answer)
    return [Observation(i, (i + 1) * 1000, "client", found[i]) for i in sorted(found)]


def history(choose: Choose, *, registers: bool = False) -> list[Txn]:
    """Three to five transactions of two or three sessions. Most reads return the list as it was at some time."""
    sessions = ["a", "b", "c"][: choose([2, 3])]
    overlapping = choose([False, False, True])
    lists: dict[str, list[int]] = {"x": [], "y": []}
    values: list[int | None] = [None]
    open_: list[tuple[str, int, list[tuple[str, str, Any]]]] = []
    done: list[Txn] = []
    begun = position = count = 0
    total = choose([3, 4, 4, 5, 5])
    while begun < total or open_:
        busy = {session for session, *_ in open_}
        free = [s for s in sessions if s not in busy]
        if begun < total and free and (not open_ or (overlapping and choose([True, False]))):
            begun += 1
            steps = []
            for kind in (
                choose(["a", "aa"])
                if begun == 1
                else choose(["r", "a", "ra", "aa", "rr", "ar", "aar", "rra", "raa", "rar"])
            ):
                key = choose(["x", "x", "y"])
                if registers and begun > 1 and choose([True, False, False]):
                    key, kind = "r", {"a": "w", "r": "r"}[kind]  # noqa: PLW2901
                count += kind != "r"
                steps.append((kind, key, count))
                if kind == "a" and choose([True] * 9 + [False]):
                    lists[key].insert(len(lists[key]) if choose([True] * 9 + [False]) else 0, count)
                if kind == "w":
                    values.append(count)
            open_.append((choose(free), position, steps))
        else:
            session, begin, steps = open_.pop(choose(list(range(len(open_)))))
            outcome = choose(["ok"] * 14 + ["info", "fail"])
            told = [_answered(choose, steps, place, lists, values) for place in range(len(steps))]
            end: int | None = position
            if outcome == "info" and choose([True, False]):
                end, position = None, position - 1
            done.append(Txn(session, outcome, begin, end, told))
        position += 1
    return sorted(done, key=lambda txn: txn.begin)


def _answered(
    choose: Choose,
    steps: list[tuple[str, str, Any]],
    place: int,
    lists: dict[str, list[int]],
    values: list[int | None],
) -> tuple[str, str, Any]:
    kind, key, value = steps[place]
    if kind != "r":
        return kind, key, value
    if key == "r":
        own = [v for k, _, v in steps[:place] if k == "w"]
        return kind, key, own[-1] if own and choose([True] * 9 + [False]) else choose(values[-3:])
    own = [v for k, at, v in steps[:place] if (k, at) == ("a", key)]
    others = [v for v in lists[key] if ("a", key, v) not in steps]
    seen = others[: len(others) - choose([0, 0, 0, 0, 0, 0, 1, 2])]
    damage = choose(["none"] * 12 + ["lost", "twice", "swapped", "made up"])
    if damage == "lost" and seen:
        seen = seen[1:]
    elif damage == "twice" and seen:
        seen = [*seen, seen[0]]
    elif damage == "swapped" and len(seen) > 1:
        seen = [seen[1], seen[0], *seen[2:]]
    elif damage == "made up":
        seen = [*seen, 99]
    found = seen + (own if choose([True] * 19 + [False]) else [])
    return kind, key, found or choose([[], None])


class Known:
    """A naive reading. ``outright`` says whether some read is wrong by itself."""

    def __init__(self, txns: list[Txn]) -> None:
        self.txns = txns
        self.n = len(txns)
        self.outright = False
        self.reads: list[tuple[int, int, str, Any, set[int]]] = []
        """(transaction, step, key, what it saw of others, who those are); for a register the value."""
        for i, txn in enumerate(txns):
            if txn.outcome == "ok":
                for place, (kind, key, value) in enumerate(txn.steps):
                    if kind == "r":
                        self._read(i, place, key, value)
        seen = {who for *_, others in self.reads for who in others}
        self.nodes = [i for i, txn in enumerate(txns) if txn.outcome == "ok" or i in seen]
        self.sessions = {(a, b) for a in self.nodes for b in self.nodes if self._in_session(a, b)}
        self.sources = {(who, i) for i, _, _, _, others in self.reads for who in others}
        self.before = set(self.sessions | self.sources)
        for _ in range(self.n):
            self.before |= {(a, d) for a, b in self.before for c, d in self.before if b == c}

    def appends(self, i: int, key: str) -> list[int]:
        return [value for kind, k, value in self.txns[i].steps if (kind, k) == ("a", key)]

    def writes(self, i: int) -> list[int]:
        return [value for kind, _, value in self.txns[i].steps if kind == "w"]

    def _in_session(self, a: int, b: int) -> bool:
        one, other = self.txns[a], self.txns[b]
        return one.session == other.session and one.outcome == "ok" and one.end is not None and one.end < other.begin

    def _read(self, i: int, place: int, key: str, value: Any) -> None:
        txn = self.txns[i]
        begun = [j for j, other in enumerate(self.txns) if other.begin < (txn.end or 0) and other.outcome != "fail"]
        if key == "r":
            own = [v for kind, _, v in txn.steps[:place] if kind == "w"]
            if own:
                self.outright |= own[-1] != value
                return
            source = {j for j in begun if value in self.writes(j)}
            self.outright |= (value is not None and not source) or any(self.writes(j)[-1] != value for j in source)
            self.reads.append((i, place, key, value, source))
            return
        own = [v for kind, k, v in txn.steps[:place] if (kind, k) == ("a", key)]
        elements = value or []
        others = elements[: len(elements) - len(own)]
        self.outright |= elements[len(others) :] != own
        self.outright |= len(set(elements)) < len(elements)
        who = {j for j in begun for v in others if v in self.appends(j, key)}
        known = [v for j in who for v in self.appends(j, key)]
        self.outright |= bool(set(others) - set(known)) or any(v not in others for v in known)
        self.reads.append((i, place, key, others, who))

    def visible(self, level: str, i: int, place: int) -> set[int]:
        """Which transactions a read sees at a level."""
        if level == "read-committed":
            found = {who for j, p, _, _, others in self.reads if j == i and p < place for who in others}
        elif level == "read-atomic":
            found = {a for a, b in self.sessions | self.sources if b == i}
        else:
            found = {a for a, b in self.before if b == i}
        return found - {i}

    def holds(self, level: str) -> bool:
        if self.outright or any((i, i) in self.before for i in range(self.n)):
            return False
        for i, place, key, others, _ in self.reads:
            for t2 in self.visible(level, i, place) if key != "r" else ():
                if any(v not in others for v in self.appends(t2, key)):
                    return False
        readers = {txn.session for txn in self.txns} | {""}
        if level == "causal":
            return all(self._has_order(self.sessions | self.sources | self.forced(level, s)) for s in readers)
        return self._has_order(self.sources) and all(
            self._has_order(self.sessions | self.sources | self.forced(level, s), lists=False) for s in readers
        )

    def forced(self, level: str, session: str) -> set[tuple[int, int]]:
        """What a session's reads of the register ask of the order; one before itself: it cannot be."""
        found = set()
        for i, place, key, value, others in self.reads:
            if key != "r" or self.txns[i].session != session:
                continue
            for t2 in self.visible(level, i, place):
                if self.writes(t2) and value not in self.writes(t2):
                    found |= {(t2, source) for source in others} or {(t2, t2)}
        return found

    def _has_order(self, edges: set[tuple[int, int]], *, lists: bool = True) -> bool:
        """Whether some order of all that happened has these edges, and makes the lists that were read."""
        for order in permutations(self.nodes):
            place = {node: at for at, node in enumerate(order)}
            if not all(place[a] < place[b] for a, b in edges):
                continue
            made = {key: [v for i in order for v in self.appends(i, key)] for key in ("x", "y")}
            if not lists or all(k == "r" or made[k][: len(saw)] == saw for _, _, k, saw, _ in self.reads):
                return True
        return False
