"""Takes from runs, as they are played without a database, what reports and tables need."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from consistency_viz.experiments.campaign.cells import Cell, Planned
from consistency_viz.experiments.campaign.scenario_asks import metrics_asked
from consistency_viz.experiments.results import tables
from consistency_viz.experiments.results.drawn import CellPoints, names_of, take
from consistency_viz.experiments.simulations import SimulatedRun

Player = Callable[[Cell], Iterable[SimulatedRun]]


class Collected:
    """``points`` by position of the cell; ``rows`` only where a table was asked for, about 2 KB a run."""

    def __init__(self, planned: Planned, *, keeps_rows: bool) -> None:
        self.points: dict[int, CellPoints] = {}
        self.rows: list[tables.Kept] = []
        self._planned = planned
        self._keeps_rows = keeps_rows
        asked = planned.experiment.model_dump(mode="json", by_alias=True, exclude_unset=True)
        self._names = names_of(metrics_asked(asked))

    def watched(self, player: Player) -> Player:
        """The same player, with an eye on its runs; it is given the cells of the plan themselves."""
        positions = {id(cell): at for at, cell in enumerate(self._planned.cells)}

        def play(cell: Cell) -> Iterable[SimulatedRun]:
            points = self.points.setdefault(positions[id(cell)], {})
            variant = self._planned.experiment.variants[cell.variant].name
            names = tables.CellNames(cell.name, variant, cell.scenario.design, cell.point)
            for run in player(cell):
                take(points, run, self._names)
                if self._keeps_rows:
                    self.rows.append(tables.kept(names, run))
                yield run

        return play

    def columns(self) -> tables.Columns:
        """Of the rows."""
        return tables.columns_of(self.rows)
