"""A register and its copies: what the one place has that is written to, and what the read replicas behind it show.

Rules
1. Versions count the writes that the storage took, from 1. A copy shows the newest version that has reached it. One
   that is overtaken is applied all the same when it comes, and changes nothing that is shown.
2. ``kept`` is what the shown value descends from, ``None`` where that is everything applied. It is less where a writer
   wrote from an old version: what came between is overwritten by something that never saw it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workers.model.effects import Observe, Send, reply
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.model.observation import Applied
from workers.services.leadership.listing import split, with_id, with_update

ABSENT: Final[Json] = {"value": None, "version": 0, "counts": {}, "seen": [], "kept": None, "done": {}}
"""A register that nobody has written to."""
DONE_MAX: Final = 256
"""So many operations a register remembers, to do none twice."""
MISSING_MAX: Final = 256
WRITTEN = "RegisterWritten"


def written(key: str, register: Json, origin: str, op: str, value: object, base: Json | None = None) -> Json:
    """``register`` after ``origin`` wrote ``value`` for ``op``, having read ``base`` (version and kept) before.

    Without a base the writer had seen what is there.
    """
    number = register["counts"].get(origin, 0) + 1
    update = f"{key}@{origin}.{number}"
    kept = register["kept"]
    if base is not None and base["version"] != register["version"]:
        kept = with_id(base["kept"], update)
    elif kept is not None:
        kept = with_id(kept, update)
    answer = {"update": update, "after": register["seen"]}
    done = {**dict(list(register["done"].items())[1 - DONE_MAX :]), op: answer}
    return {
        "value": value,
        "version": register["version"] + 1,
        "counts": {**register["counts"], origin: number},
        "seen": with_update(register["seen"], key, origin, number),
        "kept": kept,
        "done": done,
    }


def announced(topic: str, key: str, register: Json, update: str) -> tuple[Observe, Send]:
    """What the storage says of a write: that it applied it, and to its copies what it shows now."""
    shown = {name: register[name] for name in ("value", "version", "kept")}
    applied = Applied(key, register["value"], update, register["version"], register["kept"])
    return Observe(applied), Send(topic, WRITTEN, key, {**shown, "update": update}, sequence=register["version"])


def read_answer(request: Message, register: Mapping[str, object]) -> Send:
    """The answer to a client's ``Read``: the value, and which updates had been applied."""
    return reply(
        request,
        "ReadAnswer",
        {"op": request.data["op"], "value": register["value"], "seen": register["seen"]},
    )


class RegisterView:
    """A read replica: a copy of each register that follows the announcements, and answers ``Read``."""

    def start(self, context: Context) -> Step:
        """A view begins empty."""
        return NOTHING

    def step(self, state: State, message: Message, context: Context) -> Step:
        """Apply a write, or answer a read."""
        copy = state.get(message.key, {"value": None, "version": 0, "seen": [], "missing": [], "kept": None})
        if message.type == "Read":
            return Step({}, (read_answer(message, copy),))
        return self._apply(message.key, copy, message.data) if message.type == WRITTEN else NOTHING

    @staticmethod
    def _apply(key: str, copy: Json, write: Json) -> Step:
        version, newest, missing = write["version"], copy["version"], copy["missing"]
        if version > newest:
            missing = [*missing, *range(max(newest + 1, version - MISSING_MAX), version)][-MISSING_MAX:]
            copy = {**copy, "value": write["value"], "version": version, "kept": write["kept"]}
        elif version in missing:
            missing = [number for number in missing if number != version]
        else:
            return NOTHING
        seen = with_update(copy["seen"], key, *split(write["update"]))
        applied = Applied(key, copy["value"], write["update"], copy["version"] - len(missing), copy["kept"])
        return Step({key: {**copy, "seen": seen, "missing": missing}}, (Observe(applied),))
