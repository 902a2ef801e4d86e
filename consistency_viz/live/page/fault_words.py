"""How faults are put into words: a mark for the map, which is one or two words, and a label, which says where too.

What a fault's ``detail`` holds is its scenario entry (docs/faults.md); what is not there, or odd, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from consistency_viz.live.page.wording import name
from workers.model.observation import Faulted

ALL: Final = "*"
_REAL: Final = {
    "kill-worker": "a worker process was killed",
    "cut-connections": "every connection was cut",
    "hold-server": "the server was held",
    "stop-worker": "a worker process was frozen",
    "restart-server": "the server was killed and started again",
    "flush-server": "the server was emptied",
}
_SAID_OF_NODES: Final = {"pause": "paused", "crash": "crashed", "slow": "slow", "clock": "clock is wrong"}


def mark(body: Faulted) -> str:
    """One or two words for the place itself: "paused", "cut", "clock +60 s"."""
    detail = body.detail if isinstance(body.detail, dict) else {}
    if body.what == "partition":
        return "held up" if detail.get("mode") == "hold" else "cut"
    if body.what == "link":
        return ", ".join(_troubles(detail)) or "troubled"
    if body.what == "real":
        return _REAL.get(str(detail.get("how")), "a real fault")
    if body.what == "slow":
        return _slow(detail)
    if body.what == "clock":
        return _clock(detail)
    if body.what == "crash" and detail.get("disk") == "lost":
        return "crashed, disk lost"
    return _SAID_OF_NODES.get(body.what, name(body.what))


def label(body: Faulted) -> str:
    """What is wrong and where, as a clause: "us cut off from eu and ap", "writer-a paused"."""
    detail = body.detail if isinstance(body.detail, dict) else {}
    if body.what == "partition":
        return _partition(detail) or f"{mark(body)}: {_places(body.targets)}"
    if body.what == "link":
        first = f", the first {detail['count']} only" if isinstance(detail.get("count"), int) else ""
        return f"{_place(detail, 'source')} to {_place(detail, 'target')}: {mark(body)}{first}"
    if body.what == "real":
        return mark(body)
    return f"{_places(body.targets)} {mark(body)}" if body.targets else mark(body)


def _partition(detail: dict[str, Any]) -> str:
    between = detail.get("between")
    if not (isinstance(between, list) and len(between) == 2 and all(isinstance(side, list) for side in between)):
        return ""
    first, second = (_group([str(node) for node in side]) for side in between)
    hold = detail.get("mode") == "hold"
    if detail.get("one_way"):
        return f"what {first} sends to {second} is {'held up' if hold else 'lost'}"
    return f"{first} {'and' if hold else 'cut off from'} {second}{' held up' if hold else ''}"


def _troubles(detail: dict[str, Any]) -> list[str]:
    found = []
    loss = detail.get("loss")
    if isinstance(loss, int | float) and loss > 0:
        found.append("loses all" if loss >= 1 else f"loses {100 * loss:.3g}%")
    if detail.get("latency"):
        found.append("slow")
    if detail.get("duplicate"):
        found.append("doubles")
    if detail.get("ordered") is False:
        found.append("reorders")
    return found


def _slow(detail: dict[str, Any]) -> str:
    factor, plus_ms = detail.get("factor"), detail.get("plus_ms")
    if isinstance(factor, int | float) and factor > 1:
        return f"slow, {factor:g} times"
    return f"slow, +{plus_ms:g} ms" if isinstance(plus_ms, int | float) and plus_ms else "slow"


def _clock(detail: dict[str, Any]) -> str:
    offset_ms, drift_ppm = detail.get("offset_ms"), detail.get("drift_ppm")
    if isinstance(offset_ms, int | float) and offset_ms:
        return f"clock {offset_ms / 1_000:+,g} s" if abs(offset_ms) >= 1_000 else f"clock {offset_ms:+g} ms"
    return f"clock {drift_ppm:+,} ppm" if isinstance(drift_ppm, int) and drift_ppm else "clock is wrong"


def _place(detail: dict[str, Any], end: str) -> str:
    node = detail.get(end, ALL)
    return "everybody" if node == ALL else name(str(node))


def _group(nodes: Sequence[str]) -> str:
    return "everybody else" if list(nodes) == [ALL] else _list([name(node) for node in nodes])


def _places(targets: Sequence[str]) -> str:
    return _list([name(target).replace(">", " to ") for target in targets])


def _list(names: Sequence[str]) -> str:
    """Up to three names, or how many there are."""
    if len(names) > 3:
        return f"{len(names)} of them"
    *others, last = names or [""]
    return f"{', '.join(others)} and {last}" if others else last
