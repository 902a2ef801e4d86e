"""Draws measured t-visibility beside its prediction for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

ROWS_MAX: Final = 12


def render(found: dict[str, Any] | None) -> Iterator[RenderableType]:
    """Of ``pbs_beside.beside``: reads that were fresh by their time after the commit, and how far that is from PBS."""
    if found is None:
        return
    quorum = f"N = {found['replicas']}, R = {found['read']}, W = {found['write']}"
    yield Text(f"Fresh reads, measured and predicted ({quorum}; {found['reads']:,} reads)", style="bold")
    table = Table("after the commit", "reads", "fresh", "95% interval", "predicted", "difference", box=None)
    points = found["points"]
    for point in points[:: -(-len(points) // ROWS_MAX)]:
        table.add_row(
            f"{point['after_ms']:,.1f} ms",
            f"{point['n']:,}",
            f"{point['share']:.2%}",
            f"{point['low']:.2%} to {point['high']:.2%}",
            f"{point['predicted']:.2%}",
            f"{100 * point['error']:+.2f} points",
        )
    yield table
    yield Text(_errors(found))
    if found["left_out"]:
        yield Text(f"The model leaves out: {'; '.join(found['left_out'])}.")


def _errors(found: dict[str, Any]) -> str:
    measured, predicted = found["t_999_ms"]["measured"], found["t_999_ms"]["predicted"]
    reached = "at no time that was measured" if measured is None else f"from {measured:,.1f} ms on"
    return (
        f"Root mean square error {100 * found['rmse']:.2f} points, largest {100 * found['error_max']:+.2f}; "
        f"{found['outside']:,} of {len(found['points']):,} intervals miss the prediction. "
        f"99.9% are fresh {reached} (predicted: {predicted:,.1f} ms)."
    )
