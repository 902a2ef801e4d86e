"""Play the matrix and write ``docs/matrix.md``: ``.venv/bin/python docs/matrix.py [--runs N]``. Takes ten minutes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_suffix(".md")
sys.path.insert(0, str(FILE.parent.parent))

from consistency_viz.benches.matrix import CORES, RUNS, Count, by_row, counts, mark  # noqa: E402
from consistency_viz.benches.matrix_cells import BROKEN, COLUMNS, LOST, WIPED, cells  # noqa: E402
from consistency_viz.benches.matrix_rows import rows  # noqa: E402

HEAD = """# The matrix

Every design, and of replicated regions and quorums every type, under every kind of fault: {cells:,} cells,
**{seeds:,} seeds each**{less}, {runs:,} runs in the simulator.
`manage.py bench matrix` plays it again; this page is written by `docs/matrix.py`. Measured: {minutes:.1f} minutes on
{cores} cores, {cpu_s:,.0f} s of CPU.

A run *keeps* strong eventual consistency if at every instant replicas that had applied the same updates of a key showed
the same value, and if in the end, with every fault over and nothing on its way, all of them show the same and have the
same updates (or what descends from them). The runs are small: three orders, or about five operations.

- **Promised: {promised:,} runs in {promised_cells:,} cells. {kept}**
- **Broken on purpose: {caught} of {planted} rows are caught by the checkers**, see below.
- A number with a star: nothing is promised there, and this is what came out all the same.

Nothing is promised where {broken}; where {lost}; where a disk is
lost, for {wiped}.
"""

SEEN = """
## Broken on purpose

In how many runs of its row the checker named finds what is planted, those with lost disks left out. Some of these
designs converge all the same: convergence is not correctness.

| row | seen by | runs | for example |
|---|---|---|---|
"""

REPLAY = """
## To replay one

```
.venv/bin/python -m consistency_viz.benches.matrix "collisions" pause > cell.yaml
manage.py simulate cell.yaml --seed 1 --history run.jsonl
```
"""


def page(found: list[Count], minutes: float) -> str:
    """The whole page."""
    return "".join((_head(found, minutes), *_table(found), *_columns(), SEEN, *_seen(found), *_broken(found), REPLAY))


def _head(found: list[Count], minutes: float) -> str:
    promised = [one for one in found if not one.reason]
    failed = sum(one.failed for one in promised)
    runs, empty = sum(one.runs for one in promised), sum(one.applied_nothing for one in promised)
    kept = f"All of them kept it ({empty:,} of them had nothing to apply)." if not failed else f"{failed:,} broke it."
    return HEAD.format(
        cells=len(found),
        seeds=found[0].runs,
        less="" if found[0].runs >= RUNS else f" (a full matrix has {RUNS:,}; the machine was busy)",
        runs=sum(one.runs for one in found),
        minutes=minutes,
        cores=CORES,
        cpu_s=sum(one.cpu_s for one in found),
        promised=runs,
        promised_cells=len(promised),
        kept=kept,
        caught=len({one.row for one in found if one.caught}),
        planted=len({one.row for one in found if one.planted}),
        broken=BROKEN,
        lost=LOST,
        wiped=WIPED,
    )


def _table(found: list[Count]) -> Iterator[str]:
    yield "\n## % of the runs that kept strong eventual consistency\n\n"
    yield f"| | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}\n"
    for row, of_row in by_row(found).items():
        marks = " | ".join(mark(one).replace("*", "\\*").replace("<", "&lt;") for one in of_row)
        yield f"| {row} | {marks} |\n"


def _columns() -> Iterator[str]:
    yield "\n"
    for column, meaning in COLUMNS.items():
        yield f"- *{column}*: {meaning}.\n"


def _seen(found: list[Count]) -> Iterator[str]:
    expected = {cell.row.name: cell.scenario.expect for cell in cells()}
    planted = [row.name for row in rows() if row.planted is not None]
    of_rows = by_row(found)
    for row in planted:
        of_row = [one for one in of_rows[row] if one.column != "crash-disk-lost"]
        caught = sum(one.caught for one in of_row)
        most = max(of_row, key=lambda one: one.caught)
        example = f"{most.column}, seed {most.caught_seeds[0]}" if caught else "not once"
        seen_by = str(expected[row][0]).removesuffix(", in every run")
        yield f"| {row} | {seen_by} | {caught:,} of {sum(one.runs for one in of_row):,} | {example} |\n"


def _broken(found: list[Count]) -> Iterator[str]:
    failed = [one for one in found if one.failed and not one.reason]
    if failed:
        yield "\n## Broken promises\n\n"
    for one in failed:
        yield f"- {one.name}: {one.failed:,} of {one.runs:,} runs, first with seed {one.failed_seeds[0]}\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Play the matrix and write docs/matrix.md.")
    parser.add_argument("--runs", type=int, default=RUNS, help="seeds for each cell (1,000)")
    started_s = time.perf_counter()
    played = counts(parser.parse_args().runs)
    FILE.write_text(page(played, (time.perf_counter() - started_s) / 60), encoding="utf-8")
