"""Small plain histories of registers, and the naive reading of them that references share.

A history is a list of ``Op`` in the order in which they began; ``begin`` and ``end`` are positions in the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.checkers.chance import Choose
from workers.model.observation import Completed, Invoked, Observation

INITIAL = "initial"
UNKNOWN = "unknown"


class Op(NamedTuple):
    """``steps`` are what it did, in order: ("r", key, value) or ("w", key, value); ``end`` is ``None``: never."""

    name: str
    session: str
    f: str
    outcome: str
    begin: int
    end: int | None
    steps: list[tuple[str, str, Any]]


def observations(ops: list[Op]) -> list[Observation]:
    """The history as a checker gets it; position i is at i + 1 ms."""
    found: dict[int, Any] = {}
    for op in ops:
        key = op.steps[0][1]
        argument: Any = None
        result: Any = None
        if op.f == "write":
            argument = op.steps[0][2]
        elif op.f == "cas":
            argument = [op.steps[0][2], op.steps[1][2]]
        elif op.f == "txn":
            argument = [[kind, k, None if kind == "r" else value] for kind, k, value in op.steps]
            result = [[kind, k, value] for kind, k, value in op.steps]
        elif op.f == "read":
            result = op.steps[0][2]
        found[op.begin] = Invoked(op.name, op.session, op.f, key, argument, (op.begin + 1) * 1000)
        if op.end is not None:
            outcome: Any = op.outcome
            found[op.end] = Completed(op.name, op.session, op.f, key, outcome, result if op.outcome == "ok" else None)
    return [Observation(i, (i + 1) * 1000, "client", found[i]) for i in sorted(found)]


MIXED = ("read", "write", "read", "read", "write", "cas", "txn")


Script = Sequence[tuple[str, Sequence[str]]]
"""Whose turn it is, operation after operation, and of which kinds one is."""


def history(
    choose: Choose,
    *,
    kinds: Sequence[str] = MIXED,
    sizes: Sequence[int] = (6, 7, 8, 9, 10),
    keys: Sequence[int] = (1, 1, 2),
    cleanliness: int = 12,
    script: Script = (),
) -> list[Op]:
    """One of ``sizes`` operations of up to three sessions; a read returns anything written, or nothing.

    A ``script`` is kept to in most operations of most histories, as far as it goes.
    """
    sessions = ["s1", "s2", "s3"][: choose([2, 2, 3])]
    script = choose([script] * 6 + [()])
    sessions = sorted({*sessions, *(session for session, _ in script)})
    names = ["x", "y"][: choose(list(keys))]
    overlapping = choose([False] * 4 + [True])
    written: dict[str, list[Any]] = {key: [None] for key in names}
    open_ops: list[tuple[str, str, str, int, list[tuple[str, str, Any]]]] = []
    done: list[Op] = []
    count = position = 0
    total = choose(list(sizes))
    while count < total or open_ops:
        busy = {session for _, session, *_ in open_ops}
        free = [s for s in sessions if overlapping or s not in busy]
        if count < len(script) and choose([True] * 8 + [False]):
            free = [s for s in free if s == script[count][0]]
        if count < total and free and (not open_ops or choose([True, False])):
            count += 1
            session = choose(free)
            scripted = free == [session] and count <= len(script) and session == script[count - 1][0]
            f = choose(list(script[count - 1][1] if scripted else kinds))
            steps = _steps(choose, f, names, written, count, cleanliness)
            open_ops.append((f"o{count}", session, f, position, steps))
        else:
            name, session, f, begin, steps = open_ops.pop(choose(list(range(len(open_ops)))))
            outcome = choose(["ok"] * cleanliness + ["info", "fail"])
            steps = [_answered(choose, step, written) for step in steps] if f != "cas" else steps
            end: int | None = position
            if outcome == "info" and choose([True, False]):
                end = None
                position -= 1
            done.append(Op(name, session, f, outcome, begin, end, steps))
        position += 1
    return sorted(done, key=lambda op: op.begin)


def _steps(
    choose: Choose, f: str, keys: list[str], written: dict[str, list[Any]], count: int, cleanliness: int
) -> list[tuple[str, str, Any]]:
    key = choose(keys)
    shape = {"read": "r", "write": "w", "cas": "rw"}.get(f) or choose(["rr", "rw", "ww", "wr", "rrw", "rww"])
    steps = []
    for place, kind in enumerate(shape):
        at = key if f == "cas" else choose(keys) if place else key
        value = 10 * count + place
        if kind == "w" and choose([False] * cleanliness + [True]):
            value = choose(written[at])
        if kind == "w":
            written[at].append(value)
        elif f == "cas":
            value = choose(written[at])
        steps.append((kind, at, value))
    return steps


def _answered(choose: Choose, step: tuple[str, str, Any], written: dict[str, list[Any]]) -> tuple[str, str, Any]:
    kind, key, value = step
    return (kind, key, value) if kind == "w" else (kind, key, choose(written[key][-4:]))


class Known:
    """A naive reading: what each external read saw, and who comes before whom, by transitive closure of everything."""

    def __init__(self, ops: list[Op]) -> None:
        self.ops = ops
        n = len(ops)
        self.reads: list[tuple[int, str, Any, Any]] = []
        """(operation, key, value, source): a number, ``INITIAL``, ``UNKNOWN``, "aborted" or "thin air"."""
        for i, op in enumerate(ops):
            own: set[str] = set()
            for kind, key, value in op.steps:
                if kind == "w":
                    own.add(key)
                elif key not in own and (op.outcome == "ok" or (op.f == "cas" and op.outcome == "info")):
                    self.reads.append((i, key, value, self.source(i, key, value)))
        self.before = [[self.session_order(a, b) for b in range(n)] for a in range(n)]
        for i, _, _, source in self.reads:
            if isinstance(source, int):
                self.before[source][i] = True
        for k in range(n):
            for a in range(n):
                for b in range(n):
                    self.before[a][b] = self.before[a][b] or (self.before[a][k] and self.before[k][b])

    def ends(self, i: int) -> float:
        end = self.ops[i].end
        return float("inf") if end is None or self.ops[i].outcome != "ok" else end

    def session_order(self, a: int, b: int) -> bool:
        if self.ops[a].session != self.ops[b].session or "fail" in (self.ops[a].outcome, self.ops[b].outcome):
            return False
        return self.ends(a) < self.ops[b].begin

    def writes(self, i: int, key: str) -> list[Any]:
        """The values that an operation wrote to a key."""
        return [value for kind, k, value in self.ops[i].steps if kind == "w" and k == key]

    def written_by(self, i: int) -> list[Any]:
        return [] if self.ops[i].outcome == "fail" else [value for kind, _, value in self.ops[i].steps if kind == "w"]

    def source(self, i: int, key: str, value: Any) -> Any:
        others = [w for w in range(len(self.ops)) if w != i and value in self.writes(w, key)]
        possible = [w for w in others if self.ops[w].begin < self.ends(i)]
        happened: list[Any] = [w for w in possible if self.ops[w].outcome != "fail"]
        if value is None:
            happened.append(INITIAL)
        if len(happened) > 1:
            return UNKNOWN
        if happened:
            return happened[0]
        return "aborted" if possible else "thin air"

    def older(self, source: Any, write: int) -> bool:
        """Whether a read that saw ``source`` saw something from before ``write``: in causal order or in real time."""
        if source == INITIAL:
            return True
        if source == write or self.ends(write) < self.ops[source].begin:
            return False  # what was over before the source began is not newer, whatever a cycle says
        return self.before[source][write] or self.ends(source) < self.ops[write].begin


def in_one_order(ops: list[Op]) -> bool:
    """Whether one order of the operations, none of them a transaction, keeps to real time and explains every answer."""
    writing = [any(kind == "w" for kind, *_ in op.steps) for op in ops]
    did = [
        op for op, writes in zip(ops, writing, strict=True) if op.outcome == "ok" or (op.outcome == "info" and writes)
    ]
    if any(op.f == "txn" for op in did):
        return False
    return all(_explains([op for op in ops if op.steps[0][1] == key]) for key in {op.steps[0][1] for op in ops})


def _explains(ops: list[Op]) -> bool:
    """Try every order, one operation after the other."""
    acts = [op for op in ops if op.outcome == "ok" or (op.outcome == "info" and op.f != "read")]
    ends = [float("inf") if op.end is None or op.outcome != "ok" else op.end for op in acts]
    tried: set[tuple[frozenset[int], Any]] = set()

    def goes_on(done: frozenset[int], value: Any) -> bool:
        left = [i for i in range(len(acts)) if i not in done]
        if all(acts[i].outcome != "ok" for i in left):
            return True
        if (done, value) in tried:
            return False
        tried.add((done, value))
        for i in left:
            if any(ends[j] < acts[i].begin for j in left):
                continue
            reads = [v for kind, _, v in acts[i].steps if kind == "r"]
            if reads and reads[0] != value:
                continue
            writes = [v for kind, _, v in acts[i].steps if kind == "w"]
            if goes_on(done | {i}, writes[-1] if writes else value):
                return True
        return False

    return goes_on(frozenset(), None)
