"""What a design costs, and what its mistakes are counted by: the one list of figures that everything shows. Pure.

The page that lays runs side by side, a room's cost table, an experiment's results and the tables of ``manage.py`` take
names, titles, units and directions from here; browsers get them as data. Every figure is one that a checker or
``WorkDone`` tells of a run (``experiments.expectations.numbers``), so that expectations can be about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

Unit = Literal["ms", "share", "count"]
Better = Literal["lower", "higher", ""]


class PriceFigure(NamedTuple):
    """One figure; ``short`` is its title in a terminal.

    ``of`` names the count that it is out of: where that is 0 there is nothing to tell. ``is_brief``: also where there
    is room for few, as on a projector. ``better`` is empty where nobody can say.
    """

    id: str
    name: str
    title: str
    short: str
    unit: Unit
    better: Better
    source: str
    of: str = ""
    is_brief: bool = False

    @property
    def heading(self) -> str:
        """The title with its unit, for the head of a column."""
        return f"{self.title} (ms)" if self.unit == "ms" else self.title

    @property
    def short_heading(self) -> str:
        """The same where there is no room."""
        return f"{self.short} (ms)" if self.unit == "ms" else self.short


PRICES: Final = (
    PriceFigure(
        "divergent", "divergence.value.all.union_ms",
        "Time in which replicas differed", "differed", "ms", "lower",
        "the checker divergence: at least two replicas show different values of some key", is_brief=True,
    ),
    PriceFigure(
        "longest", "divergence.value.all.longest_ms",
        "Longest divergence of a key", "longest", "ms", "lower",
        "the checker divergence",
    ),
    PriceFigure(
        "lost", "lost-updates.lost.count",
        "Updates lost", "lost", "count", "lower",
        "the checker lost-updates: acknowledged, and not in the final state", "lost-updates.lost.n", is_brief=True,
    ),
    PriceFigure(
        "stale_reads", "staleness.violations.share",
        "Stale reads", "stale reads", "share", "lower",
        "the checker staleness: reads that miss an update which was acknowledged before",
        "staleness.violations.n", is_brief=True,
    ),
    PriceFigure(
        "own_writes", "read-your-writes.violations.share",
        "Reads without one's own write", "own writes missed", "share", "lower",
        "the checker read-your-writes", "read-your-writes.violations.n",
    ),
    PriceFigure(
        "converged", "convergence.convergence_ms.p99",
        "Until all replicas have an update, p99", "converged p99", "ms", "lower",
        "the checker convergence",
    ),
    PriceFigure(
        "write_p50", "work.updates.latency_ms_p50",
        "What a writer waits, median", "write p50", "ms", "lower",
        "the clients: from the intended start to the answer of what succeeded",
    ),
    PriceFigure(
        "write_p99", "work.updates.latency_ms_p99",
        "What a writer waits, p99", "write p99", "ms", "lower",
        "the clients: from the intended start to the answer of what succeeded", is_brief=True,
    ),
    PriceFigure(
        "read_p99", "work.reads.latency_ms_p99",
        "What a reader waits, p99", "read p99", "ms", "lower",
        "the clients: from the intended start to the answer of what succeeded",
    ),
    PriceFigure(
        "available", "work.clients.ok_share",
        "Operations that succeeded", "succeeded", "share", "higher",
        "the clients: of all that ended, neither refused nor timed out", "work.clients.ended", is_brief=True,
    ),
    PriceFigure(
        "messages", "work.clients.messages_each",
        "Messages delivered per operation", "messages", "count", "lower",
        "the services: messages delivered, each copy counted, over the operations that ended",
        "work.clients.ended", is_brief=True,
    ),
)  # fmt: skip
BRIEF: Final = tuple(price for price in PRICES if price.is_brief)
BY_NAME: Final = {price.name: price for price in PRICES}

HUNDRED: Final = 100
NOTHING: Final = 1e-9
"""What is left of 0 where bounds of intervals are computed."""


def figure_named(name: str) -> PriceFigure:
    """A figure by its name, whether it is a price or not: its unit then follows from how it is called."""
    price = BY_NAME.get(name)
    if price is not None:
        return price
    words = name.removeprefix("work.").replace(".", " ").replace("_", " ").replace("-", " ").replace(" ms", "")
    is_count = name.endswith((".n", "_n", ".count", ".censored"))
    unit: Unit = "count" if is_count else "ms" if "_ms" in name else "share" if name.endswith("share") else "count"
    return PriceFigure(name, name, words, words, unit, "", f"the figure {name}")


def price_of(price: PriceFigure, figures: Mapping[str, float]) -> float | None:
    """The figure of a run; ``None`` where it has none, or there was nothing that it could be out of."""
    if price.of and not figures.get(price.of):
        return None
    return figures.get(price.name)


def priced(figures: Mapping[str, float]) -> list[dict[str, Any]]:
    """The prices of a run as a browser draws them: each with its value, and ``of`` how many."""
    return [
        {**described(price), "value": value, "of": figures.get(price.of) if price.of else None}
        for price in PRICES
        if (value := price_of(price, figures)) is not None
    ]


def described(price: PriceFigure) -> dict[str, str]:
    """What a browser needs to show values of it."""
    return {name: getattr(price, name) for name in ("id", "title", "unit", "better", "source")}


def told(value: float | None, unit: Unit) -> str:
    """A value for people, without the unit of milliseconds: ``1,234``, ``12.5``, ``93.1 %``; a dash for none."""
    if value is None:
        return "-"
    if unit == "share":
        return f"{_short(HUNDRED * value)} %"
    return _short(value)


def teller(unit: Unit) -> Callable[[float], str]:
    """``told`` of one unit."""
    return lambda value: told(value, unit)


def _short(value: float) -> str:
    """Three digits or all before the point, and thousands apart: what else there is, a table has."""
    if abs(value) < NOTHING:
        return "0"
    rounded = round(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)
    if rounded == 0 and value:
        return f"{value:.2g}"
    return f"{rounded:,.0f}" if float(rounded).is_integer() else f"{rounded:,}"
