"""The checker ``divergence``: for each key, when did replicas differ, and did they still when the run ended?

Source: FIELD 2, "divergence window", "global divergence", "open window". In two views: the *value* that replicas show,
and the *set of updates* that they applied (values can agree by luck). In two scopes: all replicas, and those live.

Windows describe; the verdict is about the end of the history, in scope "all":

- ``passed``: every replica shows the same value and has the same updates for every key, and at least one was applied
  (with two replicas or more, agreement on a key then means that at least two applied it);
- ``failed``: a window is open; each such key is a witness. A replica that is down counts: its state is what it left;
- ``unknown``: fewer than two replicas, or no update applied.

A history that was cut off before the replicas had time to agree fails as well: the windows that were open are real, and
whether they would have closed is the question of ``convergence``.
"""

from __future__ import annotations

from typing import Final

from consistency_viz.checkers.divergence import report
from consistency_viz.checkers.divergence.tracker import WindowTracker
from consistency_viz.checkers.divergence.windows import Ledger as Ledger
from consistency_viz.checkers.divergence.windows import Window as Window
from consistency_viz.checkers.verdict import Result
from workers.model.observation import Applied, Changed


class Divergence(WindowTracker):
    """The registered checker: ``observe`` each observation, then ``finish`` once."""

    name: Final = "divergence"
    kinds: Final = frozenset((Applied, Changed))

    def finish(self, end_us: int) -> Result:
        """The verdict on a history that ended at ``end_us`` (not before the last observation)."""
        if self.finished or end_us < self.now_us:
            raise ValueError(f"the history cannot end at {end_us} us: it is at {self.now_us} us or finished already")
        self._move_to(end_us)
        self.finished = True
        return report.result(self.name, self, end_us)
