"""A register as a region has it: its value, from which writes that descends, and all that the region has ever applied.

Rules
1. A value has a stamp, (epoch of the primary, number): of two the greater one is shown.
2. ``lineage`` is what the value descends from, ``seen`` what was applied here. An update that is seen and not in the
   lineage was taken back: the history says so by ``kept``.
3. A region numbers its own updates for ever, also those that were taken back: no two updates have one id.
"""

from __future__ import annotations

from typing import Final

from workers.model.effects import Observe
from workers.model.message import Json
from workers.model.observation import Applied
from workers.model.updates import expand, runs
from workers.services.leadership.listing import with_update

NOTHING_THERE: Final[Json] = {
    "value": None,
    "stamp": [0, 0],
    "lineage": [],
    "seen": [],
    "mine": 0,
    "update": "",
    "done": {},
    "lacking": [],
    "waiting": [],
}
DONE_MAX: Final = 64


def accepted(key: str, record: Json, region: str, epoch: int, op: str, value: object) -> tuple[Json, Observe]:
    """``record`` after its primary took a write, and what it reports."""
    number = record["mine"] + 1
    update = f"{key}@{region}.{number}"
    answer = {"update": update, "after": record["seen"]}
    after = {
        **record,
        "value": value,
        "stamp": [epoch, record["stamp"][1] + 1],
        "lineage": with_update(record["lineage"], key, region, number),
        "seen": with_update(record["seen"], key, region, number),
        "mine": number,
        "update": update,
        "done": {**dict(list(record["done"].items())[1 - DONE_MAX :]), op: answer},
    }
    return after, _applied(key, after, update, after["seen"])


def copy_of(record: Json) -> Json:
    """What a region tells another of a register."""
    return {name: record[name] for name in ("value", "stamp", "lineage", "update")}


def taken_in(key: str, record: Json, copy: Json) -> tuple[Json, tuple[Observe, ...]]:
    """``record`` after another region's copy arrived, and what is reported: every update that is new here."""
    if copy["stamp"] <= record["stamp"]:
        return record, ()
    known = set(expand(record["seen"]))
    new = [update for update in expand(copy["lineage"]) if update not in known]
    after = {**record, **copy, "seen": runs([*record["seen"], *new]), "waiting": [], "lacking": []}
    if not new and copy["lineage"] == record["lineage"]:
        return after, ()
    seen, reported = record["seen"], []
    for update in new:
        seen = runs([*seen, update])
        reported.append(_applied(key, after, update, seen))
    if not new:
        reported.append(_applied(key, after, copy["update"] or f"{key}@initial", seen))
    return after, tuple(reported)


def _applied(key: str, record: Json, update: str, seen: list[str]) -> Observe:
    kept = None if record["lineage"] == seen else record["lineage"]
    return Observe(Applied(key, record["value"], update, record["stamp"][1], kept))
