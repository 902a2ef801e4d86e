"""From the windows of a finished history to a verdict, witnesses and metrics."""

from __future__ import annotations

from heapq import nlargest
from typing import Any, Final

from consistency_viz.checkers.divergence.key import SLOTS, UPDATES_ALL, VALUE_ALL, KeyState
from consistency_viz.checkers.divergence.prose import (
    NAMES_MAX,
    described,
    differing_fields,
    listed,
    milliseconds,
    printable,
)
from consistency_viz.checkers.divergence.tracker import WindowTracker
from consistency_viz.checkers.verdict import REFERENCES_MAX, WITNESSES_MAX, Result, Verdict, Witness
from workers.model.observation import Applied, Observation

KEYS_TOP: Final = 5
GROUPS_MAX: Final = 3


def result(checker: str, tracker: WindowTracker, end_us: int) -> Result:
    """The answer for a history that ended at ``end_us``."""
    verdict, reason = _verdict(tracker)
    found: list[Witness] = []
    if verdict is Verdict.FAILED:
        found = [_witness(tracker, state) for state in oldest_open(tracker)[:WITNESSES_MAX]]
    skipped = len(tracker.open_keys) - len(found) if found else 0
    applicable = verdict is not Verdict.UNKNOWN
    return Result(checker, verdict, reason, found, skipped, _metrics(tracker, end_us), applicable)


def oldest_open(tracker: WindowTracker) -> list[KeyState]:
    """The keys that are divergent now, that of the oldest window first: the order of the witnesses."""
    return sorted(tracker.open_keys.values(), key=lambda s: (_opened_us(s), s.key))


def _verdict(tracker: WindowTracker) -> tuple[Verdict, str]:
    if len(tracker.replicas) < 2:
        return Verdict.UNKNOWN, "the history names fewer than two replicas, so nothing could differ"
    if not tracker.applies:
        return Verdict.UNKNOWN, "no replica applied anything, so nothing was seen that could differ"
    if not tracker.open_keys and tracker.applies_unfollowed:
        return Verdict.UNKNOWN, f"too many keys differed at once: {tracker.applies_unfollowed:,} applies were left out"
    if not tracker.open_keys:
        agreed = f"all {len(tracker.replicas)} replicas agreed on all {tracker.keys_n:,} keys at the end"
        return Verdict.PASSED, f"{agreed}{_forgotten(tracker)}"
    values = sum(1 for state in tracker.open_keys.values() if state.diverged & VALUE_ALL)
    updates = sum(1 for state in tracker.open_keys.values() if state.diverged & UPDATES_ALL)
    live = sum(1 for state in tracker.open_keys.values() if state.diverged >> 2)
    reason = (
        f"when the run ended, replicas showed different values for {values:,} and had applied different updates for "
        f"{updates:,} of {tracker.keys_n:,} keys{_forgotten(tracker)}"
    )
    if live:
        return Verdict.FAILED, reason
    if tracker.replicas_live < 2:
        return Verdict.FAILED, f"{reason}; {'only one' if tracker.replicas_live else 'no'} replica was live"
    return Verdict.FAILED, f"{reason}; the live replicas agreed"


def _forgotten(tracker: WindowTracker) -> str:
    """What was dropped to bound memory, in words."""
    count = tracker.folded.forgotten
    return (
        f" ({count:,} that had settled long before were forgotten; one that came back counts as new)" if count else ""
    )


def _opened_us(state: KeyState) -> int:
    """When the oldest open window of a key in scope "all" opened."""
    return min(state.opened_us[slot] for slot in (0, 1) if state.diverged >> slot & 1)


def _witness(tracker: WindowTracker, state: KeyState) -> Witness:
    if state.diverged & VALUE_ALL:
        text = f"key {printable(state.key)} still differed when the run ended: {_who_showed_what(tracker, state)}"
    else:
        text = (
            f"key {printable(state.key)} showed one value at every replica when the run ended, but by luck: "
            "they had not applied the same updates"
        )
    missing = _missing(state)
    named = [update for updates in list(missing.values())[:GROUPS_MAX] for update in updates[:NAMES_MAX]]
    for mask, updates in list(missing.items())[:GROUPS_MAX]:
        lacking = [name for i, name in enumerate(tracker.replicas) if not mask >> i & 1]
        since = milliseconds(state.origin[updates[0]].at_us - tracker.header.started_us)
        text += f"; {listed(lacking)} had not applied {listed(updates)}, applied elsewhere since {since}"
    if len(missing) > GROUPS_MAX:
        text += f"; and {sum(len(u) for u in list(missing.values())[GROUPS_MAX:]):,} more updates were partly applied"
    shown = [observation for observation in state.shown if observation is not None]
    proof = {o.index for o in shown} | {state.origin[update].index for update in named}
    updates = [body.update for o in shown if isinstance(body := o.body, Applied)] + named
    ids = list(dict.fromkeys([state.key, *updates]))
    return Witness(text, sorted(proof)[:REFERENCES_MAX], ids[:REFERENCES_MAX])


def _missing(state: KeyState) -> dict[int, list[str]]:
    """The partly applied updates by the mask of the replicas that have them, oldest first."""
    missing: dict[int, list[str]] = {}
    for update, mask in state.partial.items():
        missing.setdefault(mask, []).append(update)
    return missing


def _who_showed_what(tracker: WindowTracker, state: KeyState) -> str:
    values = [_value(observation) for observation in state.shown]
    fields = differing_fields(values)
    groups = state.groups(0, tuple(range(len(tracker.replicas))))
    parts = []
    for group in sorted(groups, key=lambda group: _shown_since(state, group), reverse=True)[:GROUPS_MAX]:
        since_us = _shown_since(state, group)
        since = "" if since_us < 0 else f" since {milliseconds(since_us - tracker.header.started_us)}"
        names = listed([tracker.replicas[r] for r in group])
        parts.append(f"{names} showed {described(values[group[0]], fields)}{since}")
    if len(groups) > len(parts):
        parts.append(f"and {len(groups) - len(parts):,} more values were shown")
    return ", ".join(parts)


def _shown_since(state: KeyState, group: list[int]) -> int:
    """Since when all of ``group`` showed it; -1: from the beginning."""
    return max((o.at_us for r in group if (o := state.shown[r]) is not None), default=-1)


def _value(observation: Observation | None) -> Any:
    return observation.body.value if observation is not None and isinstance(observation.body, Applied) else None


def _metrics(tracker: WindowTracker, end_us: int) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "replicas": list(tracker.replicas),
        "keys": tracker.keys_n,
        "keys_forgotten": tracker.folded.forgotten,
        "applies_unfollowed": tracker.applies_unfollowed,
        "applies": tracker.applies,
        "applies_elsewhere": tracker.applies_elsewhere,
        "value": {},
        "updates": {},
    }
    open_us = [tracker.open_lengths_us(slot, end_us) for slot in range(len(SLOTS))]
    for slot, (view, scope) in enumerate(SLOTS):
        ledger, everybodys = tracker.ledgers[slot], tracker.ledgers[slot & 1]
        # Where everybody was live the figures of scope "live" are those of "all", and need not be worked out again.
        if slot > 1 and open_us[slot] == open_us[slot & 1] and ledger.says_the_same_as(everybodys):
            figures = dict(metrics[view]["all"])
        else:
            figures = ledger.metrics(open_us[slot], end_us)
        figures["keys_top"] = _top(tracker, slot, end_us)
        metrics[view][scope] = figures
    return metrics


def _top(tracker: WindowTracker, slot: int, end_us: int) -> list[dict[str, Any]]:
    """The keys that were divergent longest, an open window counted to the end."""
    followed = []
    for state in tracker.keys.values():
        is_open = state.diverged >> slot & 1
        windows = state.closed[slot] + is_open
        if windows:
            open_us = end_us - state.opened_us[slot] if is_open else 0
            followed.append((state.closed_us[slot] + open_us, windows, state.key))
    longest = nlargest(KEYS_TOP, [*followed, *tracker.folded.longest(slot, KEYS_TOP)])
    return [{"key": key, "diverged_ms": us / 1000, "windows": windows} for us, windows, key in longest]
