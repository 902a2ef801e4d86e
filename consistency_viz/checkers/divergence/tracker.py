"""Follows a history and keeps the divergence windows of every key (FIELD 2), observation by observation.

Rules
1. The state at t is the state after ALL observations with time t, however many turns they came in. So keys touched at
   t are judged when time moves on, never before: there are no windows of length zero.
2. Scope "all" is every replica of the header. Scope "live" is those of them that are live (``membership``).
3. A key exists once a replica in scope "all" applied it; a replica that did not shows "absent", which is a value.
4. A key that agrees in scope "all" agrees in scope "live": a change of membership judges only the keys that differ.
5. Memory: keys x replicas, updates in flight, and each key's settled updates once for all replicas (``settled``).
   With ``keys_max`` no more keys than that are followed in full once they have settled: those that nobody has touched
   for longest are put away (``folded``), and beyond ``FOLDED_MAX_EACH`` times as many the oldest are forgotten. Keys
   that differ are never put away; beyond ``OPEN_MAX_EACH`` times as many, new keys are not followed. Both are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from consistency_viz.checkers.divergence.folded import Folded, is_settled
from consistency_viz.checkers.divergence.key import SLOTS, UPDATES_ALL, VALUE_ALL, KeyState, Scope, View
from consistency_viz.checkers.divergence.membership import Membership
from consistency_viz.checkers.divergence.windows import Changes, Ledger, Window
from workers.model.history import Header
from workers.model.observation import Applied, Changed, Observation

FOLDED_MAX_EACH: Final = 5
OPEN_MAX_EACH: Final = 10
_SLOTS_BY_BITS = tuple(tuple(slot for slot in range(4) if bits >> slot & 1) for bits in range(16))
_SLOT = {place: slot for slot, place in enumerate(SLOTS)}


class WindowTracker:
    """The windows of one history, so far.

    ``keys_max`` bounds the memory of a run without an end (rule 5); without it every key is followed to the end.
    ``watch`` keeps what opens and closes until ``changes`` asks for it, with the replicas that differed. Everything
    said about "now" is about the last time that is over: call ``advance`` to say that a time is.
    """

    def __init__(self, header: Header, *, watch: bool = False, keys_max: int | None = None) -> None:
        self.header = header
        self.replicas: tuple[str, ...] = tuple(dict.fromkeys(header.replicas))
        self.keys: dict[str, KeyState] = {}
        self.open_keys: dict[str, KeyState] = {}
        self.ledgers = tuple(Ledger(view, scope) for view, scope in SLOTS)
        self.applies = 0
        self.applies_elsewhere = 0
        self.applies_unfollowed = 0
        self.folded = Folded(FOLDED_MAX_EACH * (keys_max or 0))
        self._keys_max = keys_max
        self._fold_at = keys_max or 0
        self.now_us = -1
        self.finished = False
        self._number = {name: i for i, name in enumerate(self.replicas)}
        self._everybody = (1 << len(self.replicas)) - 1
        self._membership = Membership(self._number)
        self._moved = False
        self._touched: list[KeyState] = []
        self._changes = Changes() if watch else None

    def observe(self, observation: Observation) -> None:
        """Take in the next observation. Raises ``ValueError`` if time falls, or after ``finish``."""
        at_us = observation.at_us
        if at_us > self.now_us and not self.finished:
            if self._touched or self._moved:
                self._judge()
            self.now_us = at_us
        elif at_us != self.now_us or self.finished:
            self._move_to(at_us)
        body = observation.body
        kind = type(body)
        if kind is Applied:
            replica = self._number.get(observation.node)
            if replica is None:
                self.applies_elsewhere += 1
                return
            self.applies += 1
            key = self.keys.get(body.key)  # type: ignore[union-attr]
            if key is None:
                key = self._new_key(body.key)  # type: ignore[union-attr]
                if key is None:
                    return
            if key.touched_us != at_us:
                key.touched_us = at_us
                self._touched.append(key)
            key.apply(replica, self._everybody, observation, body)  # type: ignore[arg-type]
        elif kind is Changed:
            replica = self._number.get(observation.node)
            if replica is not None and self._membership.change(replica, body):  # type: ignore[arg-type]
                self._moved = True

    def advance(self, now_us: int) -> None:
        """Nothing before ``now_us`` is still to come: judge what is over. A time already passed is no error."""
        if now_us > self.now_us:
            self._move_to(now_us)

    def changes(self) -> list[Window]:
        """What opened or closed since the last call; a window that did both is told once, closed. Needs ``watch``."""
        return self._changes.take() if self._changes is not None else []

    @property
    def keys_n(self) -> int:
        """How many keys there were: those that are followed, put away and forgotten."""
        return len(self.keys) + len(self.folded) + self.folded.forgotten

    @property
    def live(self) -> tuple[int, ...]:
        """The replicas that are live now, by number, rising."""
        return self._membership.live

    @property
    def replicas_live(self) -> int:
        """How many replicas are live now."""
        return len(self._membership.live)

    @property
    def changes_skipped(self) -> int:
        """Windows that ``changes`` never told because nobody asked for too long: show a fresh snapshot then."""
        return self._changes.skipped if self._changes is not None else 0

    def is_diverged(self, key: str, view: View = "value", scope: Scope = "all") -> bool:
        """Whether ``key`` is divergent now."""
        state = self.open_keys.get(key)
        return state is not None and bool(state.diverged >> _SLOT[view, scope] & 1)

    def diverged_keys(self, view: View = "value", scope: Scope = "all") -> list[str]:
        """The keys that are divergent now."""
        slot = _SLOT[view, scope]
        return [key for key, state in self.open_keys.items() if state.diverged >> slot & 1]

    def open_windows(self, view: View = "value", scope: Scope = "all") -> list[Window]:
        """The windows that are open now, oldest first."""
        slot = _SLOT[view, scope]
        states = [state for state in self.open_keys.values() if state.diverged >> slot & 1]
        windows = [Window(s.key, view, scope, s.opened_us[slot], None, list(s.differing[slot])) for s in states]
        return sorted(windows, key=lambda window: (window.from_us, window.key))

    def ledger(self, view: View = "value", scope: Scope = "all") -> Ledger:
        """Counts and lengths of one view in one scope: ``.open``, ``.closed_us.total``, ``.union_us(now_us)``."""
        return self.ledgers[_SLOT[view, scope]]

    def window_quantiles_ms(
        self, quantiles: Iterable[float], now_us: int, view: View = "value", scope: Scope = "all"
    ) -> list[float | None]:
        """Kaplan-Meier quantiles of window length, rising ``quantiles``; open windows are censored at ``now_us``.

        Exact up to 2,048 distinct lengths, then within 0.2 %. Costs up to some milliseconds: ask about once a second.
        """
        slot = _SLOT[view, scope]
        return self.ledgers[slot].quantiles_ms(quantiles, self.open_lengths_us(slot, now_us))

    def open_lengths_us(self, slot: int, now_us: int) -> list[int]:
        """The lengths so far of the open windows of a slot."""
        return [now_us - state.opened_us[slot] for state in self.open_keys.values() if state.diverged >> slot & 1]

    def _move_to(self, at_us: int) -> None:
        if self.finished:
            raise ValueError(f"an observation at {at_us} us after the end of the history; start a new checker")
        if at_us < self.now_us:
            raise ValueError(f"at_us fell from {self.now_us} to {at_us}; feed observations in recorder order")
        if self._touched or self._moved:
            self._judge()
        self.now_us = at_us

    def _new_key(self, name: str) -> KeyState | None:
        """A key that is not followed yet, or no longer; ``None``: too many are open."""
        if self._keys_max is not None:
            if len(self.keys) >= OPEN_MAX_EACH * self._keys_max:
                self.applies_unfollowed += 1
                return None
            if (known := self.folded.take(name, len(self.replicas))) is not None:
                self.keys[name] = known
                return known
        key = self.keys[name] = KeyState(name, len(self.replicas))
        return key

    def _fold(self, keys_max: int) -> None:
        """Put away half of the settled keys, those that were touched longest ago."""
        settled = sorted((k for k in self.keys.values() if is_settled(k)), key=lambda k: k.touched_us)
        for key in settled[: max(0, len(self.keys) - keys_max // 2)]:
            del self.keys[key.key]
            self.folded.put(key)
        # What is left may be more, all of it open: looked at again when it has grown by as much.
        self._fold_at = max(keys_max, len(self.keys) + keys_max // 2)

    def _judge(self) -> None:
        """The present instant is over: open and close the windows of what changed in it."""
        touched = self._touched
        if self._moved:
            touched = list({**{k.key: k for k in touched}, **self.open_keys}.values())
        membership = self._membership
        replicas = len(self.replicas)
        toggled = False
        for key in touched:
            values = key.values
            diverged = (values.count(values[0]) != replicas) * VALUE_ALL
            if key.partial:
                diverged |= UPDATES_ALL
            if diverged:
                if membership.everybody:
                    diverged |= diverged << 2
                else:
                    diverged |= key.live_divergence(membership.live, membership.mask)
            if diverged != key.diverged:
                self._toggle(key, diverged)
                toggled = True
        if toggled:
            for ledger in self.ledgers:
                ledger.open_max = max(ledger.open_max, ledger.open)
        self._touched.clear()
        self._moved = False
        if self._keys_max is not None and len(self.keys) > self._fold_at:
            self._fold(self._keys_max)

    def _toggle(self, key: KeyState, diverged: int) -> None:
        now_us = self.now_us
        for slot in _SLOTS_BY_BITS[key.diverged ^ diverged]:
            ledger = self.ledgers[slot]
            if diverged >> slot & 1:
                key.opened_us[slot] = now_us
                ledger.begin(now_us)
                if self._changes is not None:
                    key.differing[slot] = self.differing(key, slot)
            else:
                length_us = now_us - key.opened_us[slot]
                key.closed[slot] += 1
                key.closed_us[slot] += length_us
                ledger.end(now_us, length_us)
            if self._changes is not None:
                opens = bool(diverged >> slot & 1)
                unheard = self.unheard(key, slot) if opens else []
                to_us = None if opens else now_us
                window = Window(key.key, *SLOTS[slot], key.opened_us[slot], to_us, key.differing[slot], unheard)
                self._changes.add(window)
        if diverged and not key.diverged:
            self.open_keys[key.key] = key
        elif not diverged:
            del self.open_keys[key.key]
        key.diverged = diverged

    def differing(self, key: KeyState, slot: int) -> list[str]:
        """The replicas in the slot's scope that differ from the majority of it, or all in scope where there is none."""
        scope = self._membership.live if slot >= 2 else tuple(range(len(self.replicas)))
        largest = key.groups(slot, scope)[0]
        agreeing = set(largest) if 2 * len(largest) > len(scope) else set()
        return [self.replicas[r] for r in scope if r not in agreeing]

    def unheard(self, key: KeyState, slot: int) -> list[str]:
        """The replicas in the slot's scope that never applied the key, if all others in it show the same value."""
        if slot & 1:
            return []
        scope = self._membership.live if slot >= 2 else tuple(range(len(self.replicas)))
        shown = {key.values[r] for r in scope if key.shown[r] is not None}
        return [self.replicas[r] for r in scope if key.shown[r] is None] if len(shown) == 1 else []
