"""From a register's history that no order explains to the few acts that no order explains, and words for them.

An act may only be left out together with every read that it could explain: what remains must be impossible by itself,
not because its explanation was taken away. So a witness is sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from consistency_viz.checkers.divergence.prose import described, milliseconds, printable
from consistency_viz.checkers.linearizable_register.acts import CAS, NEVER, READ, WRITE, Act
from consistency_viz.checkers.linearizable_register.search import State, search
from consistency_viz.checkers.verdict import REFERENCES_MAX, Witness

STEPS_MAX: Final = 300_000
"""Configurations spent on making one witness small."""

ACTS_TOLD_MAX: Final = 4


def witness(key: str, state: State, acts: Sequence[Act], origins: dict[Any, Act], started_us: int) -> Witness:
    """Why ``acts`` after ``state`` are impossible. ``origins``: what gave the register a value that it had before."""
    kept = minimal(state, acts)
    culprit = max((act for act in kept if act.completed != NEVER), key=lambda act: act.completed)
    others = [act for act in kept if act is not culprit]
    before = [origins[value] for value in state.values() if value in origins] if _needs(state, culprit, others) else []
    text = f"key {printable(key)}: {_told(culprit, started_us)}"
    shown = sorted([*before, *others], key=lambda act: act.invoked)
    if shown:
        text += ", but " + "; ".join(_told(act, started_us) for act in shown[:ACTS_TOLD_MAX])
        if len(shown) > ACTS_TOLD_MAX:
            text += f"; and {len(shown) - ACTS_TOLD_MAX:,} more"
        text += ": no order of these that keeps to real time explains it"
    elif culprit.kind == READ:
        text += ", which nothing had written by then"
    else:
        text += ", but nothing had given it that value by then"
    proof = {index for act in (culprit, *before, *others) for index in act.operation.indices}
    ids = dict.fromkeys([key, culprit.operation.op, *(act.operation.op for act in shown)])
    return Witness(text, sorted(proof)[:REFERENCES_MAX], list(ids)[:REFERENCES_MAX])


def minimal(state: State, acts: Sequence[Act]) -> list[Act]:
    """A part of ``acts`` that is impossible after ``state`` and from which nothing can be left out (Zeller's ddmin)."""
    budget = STEPS_MAX
    kept, spent = _until_impossible(state, list(acts), budget)
    budget -= spent
    chunk = len(kept)
    while chunk and budget > 0:
        start, smaller = 0, False
        while start < len(kept) and budget > 0:
            trial = _closed(kept, kept[start : start + chunk])
            found = search(state, trial, budget)
            budget -= found.steps + len(trial)
            if found.culprit is None:
                start += chunk
            else:
                kept, smaller = trial, True
        chunk = min(chunk, len(kept)) if smaller and chunk == 1 else chunk // 2
    return kept


def _needs(state: State, culprit: Act, others: Iterable[Act]) -> bool:
    """Whether what the register held before has a part in it."""
    return bool(state.values() - {None}) and (not any(act.kind == WRITE for act in others) or culprit.kind == CAS)


def _until_impossible(state: State, acts: list[Act], budget: int) -> tuple[list[Act], int]:
    """The acts that began before the first completion that nothing explains; what ended later may not have ended."""
    found = search(state, acts, budget)
    if found.culprit is None:
        return acts, found.steps
    end = found.culprit.completed
    kept = []
    for act in acts:
        if act.completed <= end:
            kept.append(act)
        elif act.invoked < end and act.kind != READ:
            kept.append(Act(act.kind, act.old, act.new, act.invoked, NEVER, act.operation))
    return kept, found.steps


def _closed(acts: list[Act], left_out: Sequence[Act]) -> list[Act]:
    """``acts`` without those left out and without what they, in turn, could explain."""
    gone = set(left_out)
    kept = [act for act in acts if act not in gone]
    while gone:
        since: dict[Any, int] = {}
        for act in gone:
            if act.kind != READ:
                since[act.new] = min(since.get(act.new, NEVER), act.invoked)
        gone = {act for act in kept if act.kind != WRITE and since.get(act.old, NEVER) < act.completed}
        kept = [act for act in kept if act not in gone]
    return kept


def _told(act: Act, started_us: int) -> str:
    operation = act.operation
    begun = milliseconds(operation.invoked_us - started_us)
    if not operation.acknowledged:
        span = f"begun at {begun}, never acknowledged"
    else:
        span = f"{begun} to {milliseconds(operation.completed_us - started_us)}"
    name = f"{printable(operation.op)} of {printable(operation.session)} ({span})"
    if act.kind == READ:
        return f"{name} read {described(operation.result, None)}"
    if act.kind == WRITE:
        return f"{name} wrote {described(operation.argument, None)}"
    old, new = operation.argument
    return f"{name} replaced {described(old, None)} by {described(new, None)}"
