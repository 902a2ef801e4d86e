"""Is there one order of all plain operations that explains every answer, whatever the values leave open?

Linearizability is a property of each key (Herlihy and Wing 1990): if every key has such an order, so has the history.
In it every read sees the last write before it, and what ended comes before what began later; so sessions keep all of
their guarantees, nothing is stale, causal order is obeyed, and no update comes between a cas and what it found. That
decides for reads whose value several writes had written, of which the other checkers cannot tell which was meant.
"""

from __future__ import annotations

from typing import Final

from consistency_viz.checkers.divergence.canonical import ABSENT
from consistency_viz.checkers.linearizable_register.acts import CAS, NEVER, READ, WRITE, Act
from consistency_viz.checkers.linearizable_register.glimpse import has_order
from consistency_viz.checkers.linearizable_register.key import PIECE_MIN, fast
from consistency_viz.checkers.linearizable_register.search import State, initially, search
from consistency_viz.checkers.registers.log import RegisterLog, RegisterOp
from consistency_viz.checkers.registers.sources import Registers

STEPS_MAX: Final = 2_000_000
"""Configurations developed for one history; if they are spent nothing is known."""


def in_one_order(log: RegisterLog, registers: Registers) -> bool:
    """Whether all operations are reads, writes and cas of registers, and one order certainly explains them."""
    if log.neither() or registers.lists or log.malformed or not log.written:
        return False
    keys: dict[str, list[Act]] = {}
    for op in registers.ops:
        if op.outcome == "fail":
            continue
        if op.f == "txn":
            return False
        keys.setdefault(op.steps[0][1], []).append(_act(op))
    steps = STEPS_MAX
    for key, acts in keys.items():
        steps = _explained(log.initial.get(key, ABSENT), acts, steps)
        if steps < 0:
            return False
    return True


def _act(op: RegisterOp) -> Act:
    old = op.steps[0][2] if op.steps[0][0] == "r" else None
    new = op.steps[-1][2] if op.steps[-1][0] == "w" else None
    kind = READ if new is None else WRITE if old is None else CAS
    return Act(kind, old, new, op.invoked_index, op.completed_index)


def _explained(before: bytes, acts: list[Act], steps: int) -> int:
    """How many of ``steps`` are left when the operations on one key are explained; -1 if they are not."""
    state: State = initially(before)
    piece: list[Act] = []
    ended = -1
    for act in acts:
        if act.invoked > ended and len(piece) >= max(PIECE_MIN, len(state.pending)):
            after, steps = _after(state, piece, steps)
            if after is None:
                return -1
            state, piece = after, []
        piece.append(act)
        if act.completed != NEVER:
            ended = max(ended, act.completed)
    after, steps = _after(state, piece, steps, is_last=True)
    return -1 if after is None else steps


def _after(state: State, piece: list[Act], steps: int, *, is_last: bool = False) -> tuple[State | None, int]:
    found = fast(state, piece)
    if isinstance(found, State):
        return found, steps
    if found is not None:
        return None, steps
    if is_last:
        has_one, taken = has_order(state, piece, steps)
        steps -= taken
        if has_one:
            return state, steps
    searched = search(state, piece, steps)
    return searched.state, steps - searched.steps
