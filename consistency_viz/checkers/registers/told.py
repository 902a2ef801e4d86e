"""Reads out of order, in words."""

from __future__ import annotations

from collections.abc import Iterable

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.registers.sources import Registers
from consistency_viz.checkers.registers.third_sessions import OutOfOrder
from consistency_viz.checkers.session_report import Judged


def tell(registers: Registers, found: Iterable[OutOfOrder], judged: Judged) -> None:
    """Count them, and write the first witnesses."""
    ops = registers.ops
    for one in found:
        judged.broken += 1
        later, earlier, second, first = (ops[n] for n in (one.later, one.earlier, one.second, one.first))
        source = None if one.source < 0 else ops[one.source]
        what = "the initial value" if source is None else f"the write {printable(source.op)}"
        text = (
            f"{printable(later.op)} of session {printable(later.session)} read {what} of {printable(one.key)} "
            f"{milliseconds(later.completed_us - earlier.completed_us)} after {printable(earlier.op)} had read "
            f"{printable(second.op)}, which {printable(first.op)} comes before"
        )
        involved = [op for op in (source, first, second, earlier, later) if op is not None]
        judged.findings.add(text, [i for op in involved for i in op.indices], [*(op.op for op in involved), one.key])
