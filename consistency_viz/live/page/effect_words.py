"""How effects other than e-mails are put into words, with their tone: what a node did that concerns all others.

The names of effects and what their ``detail`` holds are in docs/history-format.md; what is not there is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from consistency_viz.live.page.wording import name, subject
from workers.model.observation import Effected

Said = tuple[str, str]
"""A tone and a sentence."""


def effect(node: str, body: Effected) -> Said:
    """The tone and the sentence of an effect at ``node``."""
    detail = body.detail if isinstance(body.detail, dict) else {}
    says = _SAYS.get(body.effect)
    if says is None:
        return "warn", f"{node}: {name(body.effect)}, about {name(body.key)}"
    return says(node, body.key, detail)


def _leads(node: str, key: str, detail: dict[str, Any]) -> Said:
    return "good", f"{node} holds the lease and leads{_lane(key)}{_as(detail, 'token')}"


def _steps_down(node: str, key: str, detail: dict[str, Any]) -> Said:
    why = {"fenced": "its write was refused"}.get(str(detail.get("why")), str(detail.get("why", "")))
    return "warn", f"{node} leads no longer{_lane(key)}{f': {name(why)}' if why else ''}"


def _promotes(node: str, key: str, detail: dict[str, Any]) -> Said:
    return "warn", f"{node} makes {name(str(detail.get('primary', '?')))} the primary{_lane(key)}{_as(detail, 'epoch')}"


def _fenced(node: str, key: str, detail: dict[str, Any]) -> Said:
    who = name(str(detail.get("writer", "somebody")))
    why = ""
    if {"token", "largest"} <= detail.keys():
        why = f": its token {_text(detail['token'])} is older than {_text(detail['largest'])}"
    return "good", f"{node} refused a write of {who} to {subject(key)}{why}"


def _gave_up(node: str, key: str, detail: dict[str, Any]) -> Said:
    who = name(str(detail.get("session") or detail.get("writer") or node))
    after = f" after {_text(detail['attempts'])} attempts" if "attempts" in detail else ""
    return "bad", f"{who} gave up on {subject(key)}{after}"


def _append_refused(node: str, key: str, detail: dict[str, Any]) -> Said:
    about = f" about {name(str(detail['about']))}" if detail.get("about") else ""
    what = name(str(detail.get("type", "a message")))
    return "warn", f"the server refused {what}{about} from {node}: it may not append to {name(key)}"


def _declares(node: str, key: str, detail: dict[str, Any]) -> Said:
    types = detail.get("types")
    writers = sorted({str(one) for nodes in types.values() for one in nodes}) if isinstance(types, dict) else []
    return "plain", f"only {name(', '.join(writers) or node)} may append to {name(key)}"


def _owns(node: str, key: str, detail: dict[str, Any]) -> Said:
    return "plain", f"{node} owns {name(key)} now{_as(detail, 'epoch')}"


def _refused(node: str, key: str, detail: dict[str, Any]) -> Said:
    ahead_us = detail.get("ahead_us")
    why = f": its clock is {ahead_us / 1_000_000:,.1f} s ahead" if isinstance(ahead_us, int) else ""
    return "good", f"{node} refused an update of {name(str(detail.get('from', '?')))} to {subject(key)}{why}"


def _lane(key: str) -> str:
    """Nothing for the one lane that a run of one partition has."""
    return "" if key == "lane-0" or not key else f" ({name(key)})"


def _as(detail: dict[str, Any], field: str) -> str:
    return f", {field} {_text(detail[field])}" if field in detail else ""


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else name(str(value))


_SAYS: Final[dict[str, Callable[[str, str, dict[str, Any]], Said]]] = {
    "leads": _leads,
    "steps-down": _steps_down,
    "promotes": _promotes,
    "fenced": _fenced,
    "gave-up": _gave_up,
    "append-refused": _append_refused,
    "declares-writers": _declares,
    "owns": _owns,
    "refused": _refused,
}
