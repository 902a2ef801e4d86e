"""The checker ``writes-follow-reads``: a write made after seeing another is preceded by that at every replica.

Source: Terry et al., "Session guarantees for weakly consistent replicated data" (1994); FIELD 2. The verdict is over
the whole database: what was seen may be of another key than the write. ``same_key`` counts those of one key.

- (a) *Sets*: no replica has an update before one that its session had ``seen`` before the update began. As that holds
  of each update that was seen, it holds of what comes before those as well.
- (b) *Values*: no other session reads a write and then, at the same replica, something from before what that write
  followed (``registers.third_sessions``). Reads that do not say whom they asked count as of one replica.

The verdict is ``failed`` if one does, ``unknown`` if no write followed a read and was seen to, else ``passed``.
"""

from __future__ import annotations

from typing import Final

from consistency_viz.checkers.applied_order import Before, in_session_order
from consistency_viz.checkers.evidence import is_seeing, is_update
from consistency_viz.checkers.findings import share
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.registers.third_sessions import ThirdSessions
from consistency_viz.checkers.registers.told import tell
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.update_order import UpdateOrder, seen
from consistency_viz.checkers.verdict import Result

_WORDS: Final = (
    "no replica or session can be seen to have a write that followed a read",
    "came before what their session had seen before it wrote",
)


class WritesFollowReads(UpdateOrder):
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "writes-follow-reads"
    kinds: Final = APPLIES_AND_OPERATIONS

    _same = _same_broken = 0

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self.conclude()
        return self.result(
            self.name, _WORDS, {"scope": "whole database", "same_key": share(self._same_broken, self._same)}
        )

    def conclude(self) -> None:
        """Judge what there is."""
        self.evidence.finish()
        for operations in self.sessions.values():
            whole = Before(self.order)
            keys: dict[str, Before] = {}
            for ended, operation in in_session_order(operations):
                key = keys.setdefault(operation.key, Before(self.order))
                if ended and is_seeing(operation):
                    last = self.order.last(operation.key, RunSet(operation.seen or ()))
                    for before in (key, whole):
                        before.add(operation.key, last, operation)
                elif not ended and is_update(operation) and whole.any and self.reached(operation):
                    self.count(list(whole.broken_by(operation)), seen)
                    self._same += key.any
                    self._same_broken += any(key.broken_by(operation))
        tell(
            self.evidence.registers, ThirdSessions(self.evidence, "writes-follow-reads", self.judged).go(), self.judged
        )
