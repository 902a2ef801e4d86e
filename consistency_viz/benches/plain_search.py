"""The plain complete search for a register: what a textbook does, to hold the tuned one against.

Wing and Gong 1993 with Lowe's memory of what was tried: choose an act that began before every remaining one ended,
carry it out, go on; go back where none fits. Right, and no more: nothing is linearized just in time, nothing left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consistency_viz.checkers.linearizable_register.acts import CAS, NEVER, READ, Act


def plain_search(value: Any, acts: Sequence[Act]) -> bool:
    """Whether some order of ``acts`` explains a register that held ``value`` at first."""
    must = sum(1 << i for i, act in enumerate(acts) if act.completed != NEVER)
    tried: set[tuple[int, Any]] = set()
    stack: list[tuple[int, Any]] = [(0, value)]
    while stack:
        done, now = stack.pop()
        if done & must == must:
            return True
        if (done, now) in tried:
            continue
        tried.add((done, now))
        left = [(i, act) for i, act in enumerate(acts) if not done >> i & 1]
        end = min(act.completed for _, act in left)
        for i, act in reversed(left):
            if act.invoked > end:
                continue
            if act.kind in {READ, CAS} and act.old != now:
                continue
            stack.append((done | 1 << i, now if act.kind == READ else act.new))
    return False
