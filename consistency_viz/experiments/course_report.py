"""Draws for a terminal how scenarios were held to what they promise."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.course import Held

_STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.UNKNOWN: "yellow"}


def render_held(held: Held) -> RenderableType:
    """One scenario, or its fix: each expectation, and in how many runs it showed."""
    verdict = held.verdict or Verdict.UNKNOWN
    what = "fix: " if held.is_fix else ""
    head = Text(f"{held.number:>2} {held.scenario.name}, {what}{held.scenario.title}: ", style="bold")
    head.append(verdict.value, style=_STYLES[verdict])
    head.append(f" over {held.tally.n:,} seeds")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 4))
    for item in held.tally.summary()["expectations"]["items"]:
        shown = f"{item['showed']:,} of {held.tally.n:,}"
        table.add_row(Text(item["verdict"], style=_STYLES[Verdict(item["verdict"])]), shown, item["expected"])
        if item["reason"]:
            table.add_row("", "", Text(item["reason"], style="dim"))
    return Group(head, table)
