"""The complete search: which states can a register be in, after what was seen so far?

Source: Wing and Gong 1993, as improved by Lowe 2017 ("Testing for linearizability": configurations remembered, acts
linearized just in time) and in Knossos and Porcupine. Events are taken in their order. A configuration is the value of
the register and the set of open acts that took effect already; when an act completes, those configurations in which it
had not taken effect are developed until it has.

What keeps the configurations few, each time because the one kept can do whatever the one left out could:

1. An open read of the value that the register has takes effect at once. It changes nothing.
2. An act that never completed need not take effect. Of two configurations that otherwise agree, the one in which fewer
   of these did is kept; such an act takes effect only where its value is wanted at once.
3. Of open acts with equal effect the one that completes first goes first: in any order in which it does not, the two
   can change places.

A step is one configuration developed. What is looked through, compared or kept beside that is charged in steps too, and
configurations are bounded in number by how wide they are: many open acts spend the budget, not the memory.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from consistency_viz.checkers.linearizable_register.acts import CAS, NEVER, READ, Act

CONFIGURATIONS_MAX: Final = 400_000
"""Kept at once where fewer than ``WIDE`` acts are open; fewer, in proportion, where more are."""

WIDE: Final = 64
LOOKED_AT_A_STEP: Final = 16
"""As many configurations looked at, or compared, as cost one step."""

Configuration = tuple[Any, int]
"""The value, and the acts that took effect as bits of a mask, by the number of their slot."""


class State(NamedTuple):
    """What may be, where no act is open: every configuration, and the acts that never completed, bit i is act i."""

    configurations: frozenset[Configuration]
    pending: tuple[Act, ...] = ()

    def values(self) -> set[Any]:
        """The values that the register may have."""
        return {value for value, _ in self.configurations}


class Found(NamedTuple):
    """What a search found: the state after it, or the act whose completion nothing explains.

    Neither: the steps were spent.
    """

    state: State | None
    culprit: Act | None
    steps: int


def initially(value: Any) -> State:
    """The state of a register that holds ``value`` before everything."""
    return State(frozenset([(value, 0)]))


def search(state: State, acts: Sequence[Act], steps_max: int) -> Found:
    """From ``state`` over ``acts``, all of whose completions are in them, in at most ``steps_max`` configurations."""
    run = Search(state, steps_max)
    for position, act in events_of(acts):
        if position == act.invoked:
            run.invoke(act)
            if run.spent:
                return Found(None, None, run.steps)
        elif not run.complete(act):
            return Found(None, None if run.spent else act, run.steps)
    return Found(run.state(), None, run.steps)


def events_of(acts: Sequence[Act]) -> list[tuple[int, Act]]:
    """Where acts began and completed, in turn."""
    events = [(act.invoked, act) for act in acts]
    events += [(act.completed, act) for act in acts if act.completed != NEVER]
    events.sort(key=_position)
    return events


def _position(event: tuple[int, Act]) -> int:
    return event[0]


def _completion(writer: tuple[int, Act, int]) -> int:
    return writer[1].completed


class Search:
    """The configurations, and the acts that are open, each in a slot."""

    def __init__(self, state: State, steps_max: int) -> None:
        self.configurations = set(state.configurations)
        self.steps = 0
        self.steps_max = steps_max
        self.spent = False
        self._slots: dict[Act, int] = {}
        self._free: list[int] = []
        self._bits_reading: dict[Any, int] = {}  # open reads by value
        self._swapping: dict[Any, int] = {}  # how many open cas want the value
        self._never = 0  # the bits of acts that never complete
        self._writers: list[tuple[int, Act, int]] = []  # (bit, act, its effect), open writes and cas by completion
        self._effects: dict[tuple[int, Any, Any], int] = {}
        self._alike: list[int] = []  # by effect, how many open acts have it
        for act in state.pending:
            self.invoke(act)

    def invoke(self, act: Act) -> None:
        """``act`` may take effect from now on."""
        slot = self._free.pop() if self._free else len(self._slots)
        self._slots[act] = slot
        bit = 1 << slot
        if act.completed == NEVER:
            self._never |= bit
        if act.kind == READ:
            self._bits_reading[act.old] = self._bits_reading.get(act.old, 0) | bit
            value = act.old
            self._charge(len(self.configurations) // LOOKED_AT_A_STEP)
            self.configurations = {(v, mask | bit) if v == value else (v, mask) for v, mask in self.configurations}
            return
        effect = self._effect(act)
        self._alike[effect] += 1
        insort(self._writers, (bit, act, effect), key=_completion)
        if act.kind == CAS:
            self._swapping[act.old] = self._swapping.get(act.old, 0) + 1

    def complete(self, act: Act) -> bool:
        """``act`` took effect before now. False: that is in no configuration possible, or the steps were spent."""
        bit = 1 << self._slots[act]
        self._charge(len(self.configurations) // LOOKED_AT_A_STEP)
        done = {(value, mask ^ bit) for value, mask in self.configurations if mask & bit}
        waiting = [configuration for configuration in self.configurations if not configuration[1] & bit]
        if waiting and not self.spent:
            self._develop(act, bit, waiting, done)
        self._leave(act, bit)
        self.configurations = self._least(done) if self._never and not self.spent else done
        return bool(done) and not self.spent

    def state(self) -> State:
        """What may be, with only acts open that never complete; those that took effect in any case are gone."""
        everywhere = self._never
        for _, mask in self.configurations:
            everywhere &= mask
        kept = [(bit, act) for bit, act, _ in self._writers if not bit & everywhere]
        configurations = [
            (value, sum(1 << i for i, (bit, _) in enumerate(kept) if mask & bit)) for value, mask in self.configurations
        ]
        return State(frozenset(configurations), tuple(act for _, act in kept))

    def _develop(self, act: Act, target: int, waiting: list[Configuration], done: set[Configuration]) -> None:
        """Add to ``done`` what each of ``waiting`` can become once ``act``, whose bit is ``target``, took effect."""
        seen = set(waiting)
        stack = waiting
        reading, never = self._bits_reading, self._never
        writers, alike = self._writers, self._alike
        width = len(self._slots) // WIDE
        kept_max = CONFIGURATIONS_MAX // (1 + width)
        while stack:
            value, mask = stack.pop()
            self._charge(1 + width)
            if self.spent or len(seen) + len(done) > kept_max:
                self.spent = True
                return
            tried: set[int] = set()
            for bit, other, effect in writers:
                if mask & bit or (other.kind == CAS and other.old != value):
                    continue
                new = other.new
                bits = reading.get(new, 0)
                if bit & never and not (bits & ~mask or new in self._swapping):
                    continue
                if alike[effect] > 1:
                    if effect in tried:
                        continue
                    tried.add(effect)
                after = mask | bit | bits
                if after & target:
                    done.add((new, after ^ target))
                elif (new, after) not in seen:
                    seen.add((new, after))
                    stack.append((new, after))

    def _effect(self, act: Act) -> int:
        """A number for what the act does, whoever does it."""
        what = act.kind, act.old, act.new
        effect = self._effects.get(what)
        if effect is None:
            effect = self._effects[what] = len(self._alike)
            self._alike.append(0)
        return effect

    def _charge(self, steps: int) -> None:
        self.steps += steps
        if self.steps > self.steps_max:
            self.spent = True

    def _leave(self, act: Act, bit: int) -> None:
        self._free.append(self._slots.pop(act))
        if act.kind == READ:
            left = self._bits_reading[act.old] ^ bit
            if left:
                self._bits_reading[act.old] = left
            else:
                del self._bits_reading[act.old]
            return
        effect = self._effect(act)
        self._writers.remove((bit, act, effect))
        self._alike[effect] -= 1
        if act.kind == CAS:
            self._swapping[act.old] -= 1
            if not self._swapping[act.old]:
                del self._swapping[act.old]

    def _least(self, configurations: Iterable[Configuration]) -> set[Configuration]:
        """Without those in which more acts that never complete took effect than in another one that is like it."""
        never = self._never
        alike: dict[Configuration, list[int]] = {}
        for value, mask in configurations:
            alike.setdefault((value, mask & ~never), []).append(mask & never)
        kept: set[Configuration] = set()
        for (value, live), masks in alike.items():
            masks.sort(key=int.bit_count)
            least: list[int] = []
            for mask in masks:
                self._charge(len(least) // LOOKED_AT_A_STEP)
                if self.spent:
                    return kept
                if not any(mask & other == other for other in least):
                    least.append(mask)
                    kept.add((value, live | mask))
        return kept
