"""When the clients of regions do something: arrivals, a script's times, and the quiet time after everything."""

from __future__ import annotations

from math import sqrt
from typing import Any, Final, NamedTuple

from workers.model.effects import SetTimer
from workers.model.node import Context
from workers.services.arrivals import Arrivals
from workers.services.regions.actions import Shares

FINAL_READS_MAX: Final = 5_000
"""With more than this many the keys are dealt out to the sessions."""
EXACT_MAX: Final = 20_000


class ClientPlan(NamedTuple):
    """What the clients do, as plain values; see the section ``clients`` of a scenario.

    ``operations`` None: no end but ``duration_ms``, if there is one. ``script`` are its operations as they stand there.
    """

    operations_per_s: float
    operations: int | None
    session_count: int
    timeout_ms: int
    roaming: bool
    tokens: bool
    wait_ms: int
    final_reads: bool
    quiet_ms: int
    shares: Shares
    script: tuple[Any, ...]
    duration_ms: int | None

    def drawn_sessions(self) -> tuple[str, ...]:
        """The sessions whose operations are drawn."""
        return tuple(f"s{number + 1}" for number in range(self.session_count)) if self.draws() else ()

    def draws(self) -> bool:
        """Whether operations are drawn at all: not where there is a script."""
        return not self.script and self.operations_per_s > 0 and self.operations != 0

    def sessions(self) -> tuple[str, ...]:
        """All sessions, in the order in which regions are dealt out to them."""
        return tuple(dict.fromkeys((*self.drawn_sessions(), *(told.session for told in self.script))))

    def arrivals(self) -> Arrivals:
        """When the drawn operations are due."""
        total = self.operations if self.draws() else 0
        return Arrivals(self.operations_per_s, total, self.session_count, self.duration_ms)


def quiet_us(plan: ClientPlan, context: Context) -> int | None:
    """How long after the start the last reads are due; None: never, for the run ends only when it is stopped."""
    last_us = round(max((told.at_s for told in plan.script), default=0.0) * 1e6)
    if plan.draws():
        if plan.operations is None:
            if plan.duration_ms is None:
                return None
            last_us = plan.duration_ms * 1_000
        else:
            last_us = max(last_us, _last_due_us(plan, plan.operations, context))
            if plan.duration_ms is not None:
                last_us = min(last_us, plan.duration_ms * 1_000)
    return last_us + plan.quiet_ms * 1_000


def _last_due_us(plan: ClientPlan, operations: int, context: Context) -> int:
    """When the last operation is due. Of very many, about: the mean and four standard deviations."""
    if operations > EXACT_MAX:
        each = operations / plan.session_count
        return round(1e6 * plan.session_count / plan.operations_per_s * (each + 4 * sqrt(each)))
    arrivals, last_us = plan.arrivals(), 0
    one_shard = Context(context.node, 0, 1, context.seed, 0, 0, context.cause_id)
    for timer in arrivals.first(one_shard):
        due: tuple[SetTimer, ...] = (timer,)
        while due:
            last_us = max(last_us, due[0].data["intended_us"])
            due = arrivals.next(due[0].data, one_shard)
    return last_us


def final_reads(
    plan: ClientPlan, session: str, keys: tuple[str, ...], regions: tuple[str, ...]
) -> list[tuple[str, str]]:
    """(region, key) of the reads that a session makes in the end."""
    sessions = plan.sessions()
    if len(sessions) * len(keys) * len(regions) > FINAL_READS_MAX:
        keys = keys[sessions.index(session) :: len(sessions)]
    return [(region, key) for region in regions for key in keys]
