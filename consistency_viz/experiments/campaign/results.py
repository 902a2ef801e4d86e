"""Between a run and its row: verdicts and figures packed by a shared layout, and unpacked again.

A row of a run with 221 figures takes 2 KB. Nothing is rounded: what is read back equals what the run said.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

from consistency_viz.checkers.verdict import Verdict, overall
from consistency_viz.experiments.campaign.models import Cell, Layout, Result
from consistency_viz.experiments.expectations import Found, numbers
from consistency_viz.experiments.pooled_windows import WindowLengths
from consistency_viz.experiments.simulations import SimulatedRun
from consistency_viz.experiments.tally import Tally
from workers.cluster.scenario import Scenario

REASON_LENGTH_MAX: Final = 200
ERROR_LENGTH_MAX: Final = 300
BATCH_ROWS: Final = 200
_LETTER: Final = {Verdict.PASSED: "p", Verdict.FAILED: "f", Verdict.UNKNOWN: "u"}
_VERDICT: Final = {letter: verdict for verdict, letter in _LETTER.items()}


def pack(cell_id: int, run: SimulatedRun) -> tuple[Result, Layout]:
    """The row of a run, not saved, and the layout that it needs."""
    figures = dict(numbers("", run.metrics))
    layout = _layout(list(run.verdicts), list(figures))
    reasons = [one.reason[:REASON_LENGTH_MAX] for one in run.expectations if one.verdict != Verdict.PASSED]
    row = Result(
        cell_id=cell_id,
        seed=run.seed,
        layout_id=layout.digest,
        figures=np.array(list(figures.values()), "<f8").tobytes(),
        verdicts="".join(_LETTER[verdict] for verdict in run.verdicts.values()),
        shown="".join(_LETTER[one.verdict] for one in run.expectations),
        reasons=reasons,
        end_ms=run.end_ms,
        windows=pack_windows(run.windows),
    )
    return row, layout


def broken(cell: Cell, scenario: Scenario, seed: int, error: str) -> Result:
    """The row of a run that could not be played: nothing can be told of it."""
    reason = f"the run could not be played: {error}"[:REASON_LENGTH_MAX]
    expected = len(scenario.expect)
    return Result(
        cell=cell, seed=seed, shown="u" * expected, reasons=[reason] * expected, error=error[:ERROR_LENGTH_MAX]
    )


def save(rows: Sequence[Result], layouts: Iterable[Layout]) -> None:
    """Keep rows; one that is there already stays as it is, for the same seed gives the same run."""
    with transaction.atomic():
        Layout.objects.bulk_create({layout.digest: layout for layout in layouts}.values(), ignore_conflicts=True)
        Result.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH_ROWS)


def unpack(row: Result, layout: Layout | None, n_expected: int) -> SimulatedRun:
    """The run of a row: verdicts, figures by name, expectations; its witnesses are in its history alone."""
    if layout is None:
        return SimulatedRun(row.seed, 0.0, Verdict.UNKNOWN, {}, {}, [], _found(row, n_expected))
    verdicts = {name: _VERDICT[letter] for name, letter in zip(layout.checkers, row.verdicts, strict=True)}
    values = array("d", np.frombuffer(row.figures, "<f8").tobytes())
    metrics: dict[str, Any] = dict(zip(layout.figures, values, strict=True))
    verdict = overall(verdicts.values()) if verdicts else Verdict.UNKNOWN
    found, windows = _found(row, n_expected), unpack_windows(bytes(row.windows))
    return SimulatedRun(row.seed, row.end_ms, verdict, verdicts, metrics, [], found, windows=windows)


def pack_windows(windows: WindowLengths | None) -> bytes:
    """A few bytes a window: how many lengths closed, then these, how often each, and those open; rising in steps."""
    if windows is None:
        return b""
    lengths, counts = ([pair[at] for pair in windows.closed] for at in (0, 1))
    rising = [np.diff(np.array(values, "<i8"), prepend=0) for values in (lengths, windows.open_us)]
    parts = [np.array([len(lengths)]), rising[0], np.array(counts, "<i8"), rising[1]]
    return zlib.compress(np.concatenate(parts).astype("<i8").tobytes())


def unpack_windows(packed: bytes) -> WindowLengths | None:
    """What ``pack_windows`` was given."""
    if not packed:
        return None
    n, *values = np.frombuffer(zlib.decompress(packed), "<i8").tolist()
    lengths, counts, open_us = accumulate(values[:n]), values[n : 2 * n], accumulate(values[2 * n :])
    return WindowLengths(list(zip(lengths, counts, strict=True)), list(open_us))


def runs_of(cell: Cell, rows: QuerySet[Result] | None = None) -> Iterator[SimulatedRun]:
    """The runs of a cell, or those of its ``rows`` that are given, in the order of their seeds, read bit by bit."""
    n_expected = len(cell.document.get("expect", ()))
    layouts: dict[str | None, Layout | None] = {None: None}
    for row in (cell.results if rows is None else rows).order_by("seed").iterator(chunk_size=BATCH_ROWS):
        if row.layout_id not in layouts:
            layouts[row.layout_id] = Layout.objects.get(pk=row.layout_id)
        yield unpack(row, layouts[row.layout_id], n_expected)


def tally_of(cell: Cell) -> Tally:
    """The runs of a cell summed up, as ``simulate`` does it."""
    tally = Tally(Scenario.model_validate(cell.document))
    for run in runs_of(cell):
        tally.add(run)
    return tally


def column(cell: Cell, figure: str) -> tuple[list[int], NDArray[np.float64]]:
    """One figure over the runs of a cell: the seeds that have it, and its values; arrays of equal length."""
    seeds: list[int] = []
    values: list[float] = []
    places: dict[str, int | None] = {}
    rows = cell.results.exclude(layout=None).order_by("seed").values_list("seed", "layout_id", "figures")
    for seed, layout_id, packed in rows.iterator(chunk_size=BATCH_ROWS):
        if layout_id not in places:
            names = Layout.objects.get(pk=layout_id).figures
            places[layout_id] = names.index(figure) if figure in names else None
        place = places[layout_id]
        if place is not None:
            seeds.append(seed)
            values.append(float(np.frombuffer(packed, "<f8")[place]))
    return seeds, np.array(values, np.float64)


def _layout(checkers: list[str], figures: list[str]) -> Layout:
    digest = sha256(json.dumps([checkers, figures]).encode()).hexdigest()
    return Layout(digest=digest, checkers=checkers, figures=figures)


def _found(row: Result, n_expected: int) -> list[Found]:
    """The expectations of a row; of those that showed the reason is not kept."""
    letters = row.shown.ljust(n_expected, "u")[:n_expected]
    reasons = iter(row.reasons)
    return [
        Found(_VERDICT[letter], None, "" if letter == "p" else next(reasons, "the run says nothing of it"))
        for letter in letters
    ]
