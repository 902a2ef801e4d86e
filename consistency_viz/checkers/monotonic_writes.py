"""The checker ``monotonic-writes``: every replica that has a session's later write has its earlier ones, from before.

Source: Terry et al., "Session guarantees for weakly consistent replicated data" (1994); FIELD 2.

- (a) *Sets*: at every replica, an update of a session is not there before another of the same key that was acknowledged
  to the session before it began (``applied_order``). The metric ``across_keys`` drops "of the same key".
- (b) *Values*: no other session reads a later write and then, at the same replica, something from before an earlier
  one, of any key (``registers.third_sessions``). Reads that do not say whom they asked count as of one replica.

The verdict is ``failed`` if one does, ``unknown`` if no session wrote twice and was seen to, else ``passed``.
"""

from __future__ import annotations

from typing import Final

from consistency_viz.checkers.applied_order import Before, in_session_order
from consistency_viz.checkers.evidence import is_update
from consistency_viz.checkers.findings import share
from consistency_viz.checkers.kinds import APPLIES_AND_OPERATIONS
from consistency_viz.checkers.registers.third_sessions import ThirdSessions
from consistency_viz.checkers.registers.told import tell
from consistency_viz.checkers.run_set import RunSet
from consistency_viz.checkers.update_order import UpdateOrder, acknowledged
from consistency_viz.checkers.verdict import Result

_WORDS: Final = (
    "no replica or session can be seen to have two writes of one session",
    "came before an earlier write of their session",
)


class MonotonicWrites(UpdateOrder):
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "monotonic-writes"
    kinds: Final = APPLIES_AND_OPERATIONS

    _across = _across_broken = 0

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us``."""
        self.conclude()
        return self.result(
            self.name, _WORDS, {"scope": "per key", "across_keys": share(self._across_broken, self._across)}
        )

    def conclude(self) -> None:
        """Judge what there is."""
        self.evidence.finish()
        for operations in self.sessions.values():
            whole = Before(self.order)
            keys: dict[str, Before] = {}
            for ended, update in in_session_order(operations):
                if not is_update(update):
                    continue
                key = keys.setdefault(update.key, Before(self.order))
                if ended:
                    last = self.order.last(update.key, RunSet([update.update]))
                    for before in (key, whole):
                        before.add(update.key, last, update)
                elif self.reached(update):
                    if key.any:
                        self.count(list(key.broken_by(update)), acknowledged)
                    self._across += whole.any
                    self._across_broken += any(whole.broken_by(update))
        tell(self.evidence.registers, ThirdSessions(self.evidence, "monotonic-writes", self.judged).go(), self.judged)
