"""How names, values, and updates to replicated regions are put into words."""

from __future__ import annotations

from typing import Any, Final

from workers.model.observation import Applied, Invoked

NAME_LENGTH_MAX: Final = 80
ITEMS_SHOWN_MAX: Final = 6
_KINDS: Final = frozenset({"account", "address", "cart", "likes", "stock", "thread"})
DOING: Final = {
    "write": "writes {key} as {what}",
    "cas": "wants to replace {what} in {key}",
    "add": "adds {what} to {key}",
    "append": "appends {what} to {key}",
    "remove": "removes {what} from {key}",
    "increment": "adds {what} to {key}",
    "decrement": "takes {what} from {key}",
    "buy": "buys {what} of {key}",
}
"""What a client does, by the operation's ``f``."""


def name(text: str) -> str:
    """A name as it came, but not longer than a line can bear."""
    return text if len(text) <= NAME_LENGTH_MAX else f"{text[: NAME_LENGTH_MAX - 1]}…"


def region_applied(node: str, body: Applied) -> str:
    """A replica of a region applied an update: whose it was, and what the replica shows now."""
    origin, _, number = body.update.rpartition("@")[2].rpartition(".")
    key, now = name(body.key), f"it shows {shown(body.value)}"
    if body.update.endswith("@initial"):
        return f"{node} begins with {key}: {now}"
    if not number.isdigit():
        return f"{node} applied {name(body.update)}: {now}"
    if origin == node:
        return f"{node} took update {number} of its own to {key}: {now}"
    return f"{node} learned of update {number} of {name(origin)} to {key}: {now}"


def subject(key: str) -> str:
    """A key as a reader knows it: entities of regions bear their kind in their name, orders do not."""
    return name(key) if key.rpartition("-")[0] in _KINDS else f"order {name(key)}"


def argument(body: Invoked) -> Any:
    """What an operation was begun with."""
    return body.value.get("value") if isinstance(body.value, dict) else body.value


def shown(value: Any) -> str:
    """A value in few words: a set in braces, text as it is, nothing as nothing."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        inner = ", ".join(shown(item) for item in value[:ITEMS_SHOWN_MAX])
        more = f", and {len(value) - ITEMS_SHOWN_MAX} more" if len(value) > ITEMS_SHOWN_MAX else ""
        return f"{{{name(inner)}{more}}}"
    if isinstance(value, dict):
        return name(", ".join(f"{field}: {shown(inner)}" for field, inner in sorted(value.items())))
    return name(str(value))
