"""Reads out of order, in words."""

from __future__ import annotations

from collections.abc import Iterable

from consistency_viz.checkers.divergence.prose import listed, milliseconds, printable
from consistency_viz.checkers.registers.log import RegisterOp
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
        key = printable(one.key)
        what = f"the initial value of {key}" if source is None else f"what {printable(source.op)} had written to {key}"
        way = [ops[n] for n in one.way()][1:-1] if judged.findings.wanted else []
        text = (
            f"{printable(later.op)} of session {printable(later.session)} read {what}, "
            f"{milliseconds(later.completed_us - earlier.completed_us)} after {printable(earlier.op)} had read "
            f"{printable(second.op)} of session {printable(second.session)}, {_before(one, first.op, way, second)}"
        )
        involved = [op for op in (source, first, *way, second, earlier, later) if op is not None]
        judged.findings.add(text, [i for op in involved for i in op.indices], [*(op.op for op in involved), one.key])


def _before(one: OutOfOrder, first: str, way: list[RegisterOp], second: RegisterOp) -> str:
    """How ``second`` comes after ``first``."""
    name = printable(first)
    if one.way is list:
        return f"before which that session had written {name}"
    if not way:
        return f"which had itself read {name}"
    if len(way) == 1 and way[0].session == second.session:
        return f"before which that session had read {name} in {printable(way[0].op)}"
    return f"which goes back to {name} by way of {listed([op.op for op in way])}"
