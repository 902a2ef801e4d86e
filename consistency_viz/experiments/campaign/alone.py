"""An experiment played in this process and its children, without a database or a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from consistency_viz.experiments.campaign.cells import Cell, Planned
from consistency_viz.experiments.campaign.conclusion import CellTally
from consistency_viz.experiments.parallel import simulate_many
from consistency_viz.experiments.simulations import SimulatedRun
from consistency_viz.experiments.tally import Tally

Player = Callable[[Cell], Iterable[SimulatedRun]]


def simulated(planned: Planned, jobs: int | None = None) -> Player:
    """Plays the runs of a cell in virtual time, on all cores or in ``jobs`` processes."""
    asked = planned.experiment

    def play(cell: Cell) -> Iterable[SimulatedRun]:
        seeds = range(asked.seeds.first, asked.seeds.first + asked.seeds.count)
        return simulate_many(cell.scenario, seeds, checkers=asked.checkers, jobs=jobs)

    return play


def play_all(planned: Planned, player: Player, tell: Callable[[Cell, int], None]) -> list[CellTally]:
    """Every cell with the sum of its runs; ``tell`` hears of each run. One run is in memory at a time."""
    found = []
    for cell in planned.cells:
        tally = Tally(cell.scenario)
        for run in player(cell):
            tally.add(run)
            tell(cell, tally.n)
        variant = planned.experiment.variants[cell.variant].name
        found.append(CellTally(cell.name, variant, cell.scenario.design, cell.point, tally if tally.n else None))
    return found
