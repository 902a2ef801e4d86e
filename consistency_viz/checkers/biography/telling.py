"""A conflict told: authors and what they knew, the rule, the fields, what is lost; JSON values of bounded size."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from consistency_viz.checkers.biography.conflict import Conflict, Outcome
from consistency_viz.checkers.biography.contexts import Contexts
from consistency_viz.checkers.biography.fields import compared, words
from consistency_viz.checkers.biography.rules import goes_by_time, rule
from consistency_viz.checkers.divergence.prose import listed, printable
from consistency_viz.checkers.run_set import RunSet
from workers.model.history import Header
from workers.model.observation import Applied, Faulted, Observation
from workers.model.updates import runs

KNOWN_MAX: Final = 8
AUTHORS_MAX: Final = 5
DID: Final[dict[str, str]] = {
    "write": "wrote",
    "assign": "wrote",
    "cas": "replaced",
    "add": "added",
    "append": "appended",
    "remove": "removed",
    "clear": "removed everything",
    "increment": "added",
    "decrement": "took",
    "buy": "bought",
    "place": "placed",
}
_WITH_LOSS: Final[frozenset[Outcome]] = frozenset({"overwritten", "discarded", "gone"})


class Survivors(msgspec.Struct, frozen=True):
    """Of one key: what each replica's last value keeps, and what every replica has applied or keeps."""

    kept: dict[str, RunSet]
    everywhere: RunSet

    def keepers(self, update: str) -> list[str]:
        """The replicas whose last value has the update."""
        return [node for node, kept in self.kept.items() if update in kept]


class Teller:
    """Tells the conflicts of one history."""

    def __init__(self, header: Header, contexts: Contexts, faults: list[Observation]) -> None:
        self._header = header
        self._contexts = contexts
        self._faults = faults

    def told(self, conflict: Conflict, survivors: Survivors) -> dict[str, Any]:
        """One conflict, with what became of its updates in the end."""
        updates = [*conflict.others, conflict.update][-AUTHORS_MAX:]
        first = conflict.meetings[0]
        lost = conflict.dropped or ([conflict.update] if conflict.outcome in _WITH_LOSS else [])
        for_good = [one for one in lost if not survivors.keepers(one) and one in survivors.everywhere]
        authors = [self._author(conflict.key, update) for update in updates]
        wrote = {
            author["update"]: self._wrote(conflict.key, update) for update, author in zip(updates, authors, strict=True)
        }
        return {
            "id": f"{conflict.key} {first.index}",
            "key": printable(conflict.key),
            "at_us": conflict.at_us,
            "node": printable(first.node),
            "outcome": conflict.outcome,
            "text": self._sentence(conflict, lost, for_good, survivors),
            "rule": rule(self._header, conflict.key, conflict.outcome) + self._clocks(conflict, authors),
            "update": printable(conflict.update),
            "authors": authors,
            "more": conflict.others_count - len(updates) + 1,
            "fields": compared(first.before, first.after, wrote),
            "lost": [printable(one) for one in lost],
            "lost_for_good": [printable(one) for one in for_good],
            "meetings": [
                {
                    "node": printable(meeting.node),
                    "at_us": meeting.at_us,
                    "index": meeting.index,
                    "outcome": meeting.outcome,
                    "after": words(meeting.after),
                }
                for meeting in conflict.meetings
            ],
        }

    def _author(self, key: str, update: str) -> dict[str, Any]:
        """Who made an update, when and where, and what of the others they knew."""
        about = self._contexts.about(key, update)
        operation, first = about.operation, about.first
        known = self._contexts.known(key, update)
        entries = [] if known is None else [one for one in runs(known) if not self._contexts.is_initial(one)]
        made: dict[str, Any] = {
            "update": printable(update),
            "who": "" if operation is None else printable(operation.session),
            "did": "" if operation is None else DID.get(operation.f, operation.f),
            "what": "" if operation is None or operation.argument is None else words(operation.argument),
            "at_us": first.at_us if operation is None and first is not None else 0,
            "node": "" if first is None else printable(first.node),
            "index": -1 if first is None else first.index,
            "op": "" if operation is None else printable(operation.op),
            "knew": None if known is None else [printable(one) for one in entries[:KNOWN_MAX]],
            "knew_more": max(0, len(entries) - KNOWN_MAX),
            "by": "service" if operation is None else "replica" if operation.base is None else "client",
        }
        if operation is not None:
            made["at_us"] = operation.invoked_us
        return made

    def _wrote(self, key: str, update: str) -> Any:
        """What an operation was begun with; of a service's update what the first replica that applied it showed."""
        about = self._contexts.about(key, update)
        if about.operation is not None:
            return about.operation.argument
        return about.first.body.value if about.first is not None and isinstance(about.first.body, Applied) else None

    def _sentence(self, conflict: Conflict, lost: list[str], for_good: list[str], survivors: Survivors) -> str:
        others = listed(conflict.others) if conflict.others else ""
        update, node = printable(conflict.update), printable(conflict.meetings[0].node)
        key = printable(conflict.key)
        told = {
            "overwritten": f"At {node}, {update} replaced {listed(lost) if lost else others} of {key}",
            "discarded": f"At {node}, {update} arrived and was not kept: {key} stays with {others or 'what was there'}",
            "gone": f"At {node}, {update} was applied to {key}, and what it added is not there",
            "back": f"At {node}, {update} was applied to {key}, and what it removed is there all the same",
            "again": f"At {node}, {update} was applied to {key} a second time, and the value changed again",
            "siblings": f"At {node}, {update} met {others} of {key}: all stay, side by side",
            "merged": f"At {node}, {update} met {others} of {key}, and both count",
        }[conflict.outcome]
        if for_good:
            return f"{told}. In the end no replica has {listed(for_good)}."
        keepers = survivors.keepers(lost[0]) if lost and conflict.outcome != "gone" else []
        if len(keepers) == len(survivors.kept):
            return f"{told}. In the end every replica has {printable(lost[0])} again."
        if keepers:
            have = "has" if len(keepers) == 1 else "have"
            return f"{told}. In the end only {listed(keepers)} still {have} {printable(lost[0])}."
        return f"{told}."

    def _clocks(self, conflict: Conflict, authors: list[dict[str, Any]]) -> str:
        """Whose clock was wrong, where timestamps decide."""
        if not goes_by_time(self._header, conflict.key):
            return ""
        nodes = {author["node"] for author in authors}
        wrong: dict[str, str] = {}
        for observation in self._faults:
            body = observation.body
            if not isinstance(body, Faulted) or body.what != "clock" or observation.at_us > conflict.at_us:
                continue
            for node in nodes.intersection(body.targets):
                if body.state == "began":
                    wrong[node] = _offset(body.detail)
                else:
                    wrong.pop(node, None)
        return "".join(f" The clock of {printable(node)} {how}." for node, how in sorted(wrong.items()))


def _offset(detail: Any) -> str:
    offset_ms = detail.get("offset_ms") if isinstance(detail, dict) else None
    if not isinstance(offset_ms, int | float) or not offset_ms:
        return "was wrong"
    how = "ahead" if offset_ms > 0 else "behind"
    length = f"{abs(offset_ms) / 1_000:g} s" if abs(offset_ms) >= 1_000 else f"{abs(offset_ms):g} ms"
    return f"was {length} {how}"
