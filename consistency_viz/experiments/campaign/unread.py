"""Settings of an experiment that no design in it reads. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from consistency_viz.experiments.campaign.cells import Cell, Planned
from workers.cluster.reading import Unread, unread
from workers.cluster.scenario import Scenario


def unread_settings(planned: Planned) -> list[Unread]:
    """Of the settings for all variants and the sweep those that no variant reads, of a variant's own what it does not.

    A setting that some variants read and others do not is left alone: that is a comparison.
    """
    asked = planned.experiment
    found = unread(_by_design(planned.cells), [*asked.set, *asked.sweep])
    for index, variant in enumerate(asked.variants):
        own = unread(_by_design(cell for cell in planned.cells if cell.variant == index), variant.set)
        found.extend(one._replace(path=f"{variant.name}: {one.path}") for one in own)
    return found


def _by_design(cells: Iterable[Cell]) -> list[Scenario]:
    return list({cell.scenario.design: cell.scenario for cell in cells}.values())
