"""Divergence windows by brute force: every replica's state from scratch at every distinct time.

Shares no code with the checker: its own equality, its own membership, its own windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workers.model.observation import Applied, Changed, Observation

Found = tuple[str, str, str, int, int | None, tuple[str, ...]]
"""(key, view, scope, from, to or None while open, replicas that differed from the majority when it opened)."""


def same(a: Any, b: Any) -> bool:
    """Equality of JSON values."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def live_at(replicas: Sequence[str], past: Sequence[Observation]) -> list[str]:
    """The live replicas after ``past``."""
    changes = [o for o in past if isinstance(o.body, Changed) and o.node in replicas]
    changes = [o for o in changes if (o.body.state, o.body.reason) != ("down", "the run ended")]
    if not changes:
        return list(replicas)
    live = []
    for replica in replicas:
        instances = {o.body.instance for o in changes if o.node == replica}
        for instance in instances:
            own = [o.body for o in changes if o.node == replica and o.body.instance == instance]
            newest = max(body.epoch for body in own)
            if [body.state for body in own if body.epoch == newest][-1] == "up":
                live.append(replica)
                break
    return live


def contents(replicas: Sequence[str], past: Sequence[Observation], key: str, view: str) -> list[Any]:
    """What each replica shows for ``key`` after ``past``: its value, or the sorted list of its updates."""
    shown = []
    for replica in replicas:
        own = [o.body for o in past if o.node == replica and isinstance(o.body, Applied) and o.body.key == key]
        if view == "updates":
            shown.append(sorted({body.update for body in own}))
        else:
            shown.append(own[-1].value if own else None)
    return shown


def differing(replicas: Sequence[str], shown: Sequence[Any]) -> tuple[str, ...]:
    """Those that differ from the majority, or all where there is none."""
    for content in shown:
        agreeing = [r for r, other in zip(replicas, shown, strict=True) if same(content, other)]
        if 2 * len(agreeing) > len(replicas):
            return tuple(r for r in replicas if r not in agreeing)
    return tuple(replicas)


def windows(replicas: Sequence[str], observations: Sequence[Observation]) -> list[Found]:
    """All windows, sorted."""
    pasts = [(t, [o for o in observations if o.at_us <= t]) for t in sorted({o.at_us for o in observations})]
    live = [live_at(replicas, past) for _, past in pasts]
    keys = sorted({o.body.key for o in observations if isinstance(o.body, Applied)})
    found: list[Found] = []
    for key in keys:
        for view in ("value", "updates"):
            everywhere = [contents(replicas, past, key, view) for _, past in pasts]
            for scope in ("all", "live"):
                opened: tuple[int, tuple[str, ...]] | None = None
                for (t, _), content, up in zip(pasts, everywhere, live, strict=True):
                    inside = up if scope == "live" else list(replicas)
                    shown = [content[replicas.index(replica)] for replica in inside]
                    diverged = any(not same(shown[0], other) for other in shown)
                    if diverged and opened is None:
                        opened = (t, differing(inside, shown))
                    elif not diverged and opened is not None:
                        found.append((key, view, scope, opened[0], t, opened[1]))
                        opened = None
                if opened is not None:
                    found.append((key, view, scope, opened[0], None, opened[1]))
    return sorted(found, key=str)


def union_us(found: Sequence[Found], view: str, scope: str, end_us: int) -> int:
    """The length of the union, by counting the microseconds that any window covers."""
    covered: set[int] = set()
    for _, v, s, from_us, to_us, _ in found:
        if (v, s) == (view, scope):
            covered.update(range(from_us, end_us if to_us is None else to_us))
    return len(covered)


def open_max(found: Sequence[Found], view: str, scope: str) -> int:
    """The most keys that were divergent at one moment."""
    inside = [f for f in found if (f[1], f[2]) == (view, scope)]
    return max((sum(1 for g in inside if g[3] <= f[3] and (g[4] is None or f[3] < g[4])) for f in inside), default=0)
