"""Which sections of a scenario its design reads: the others may be set, and change nothing. Pure.

Derived, not declared: the design makes its nodes once from options that note what is asked of them. A section that
nobody asked for cannot have reached a node, so a warning is never wrong. Within a section that is read, single fields
may still be of no use to the design; that is not told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self

from workers.cluster.plan import options_of
from workers.cluster.scenario import Scenario
from workers.model.design import Options
from workers.strategies.registry import DESIGNS

SECTIONS: Final = (
    "workload", "views", "rpc_timeout_ms", "regions", "entities", "replication", "clients", "quorum", "leadership",
    "hot_key",
)  # fmt: skip
"""The fields of a scenario that reach the system only if its design asks for them; all others always count."""


class Unread(NamedTuple):
    """A setting that changes nothing: its path as it was written, and why, with what is read instead."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path} changes nothing: {self.reason}"


def sections_read(scenario: Scenario) -> tuple[str, ...]:
    """Those of ``SECTIONS`` that the design of a checked scenario asks for, in their order."""
    noted: set[str] = set()
    DESIGNS[scenario.design].nodes(_Noting(noted, *options_of(scenario)))
    if "client" in noted:
        noted.add("workload")
    return tuple(section for section in SECTIONS if section in noted)


def unread(scenarios: Iterable[Scenario], paths: Iterable[str]) -> list[Unread]:
    """Of ``paths`` those in sections that no design of the scenarios reads (one, or the variants of one)."""
    played = list(scenarios)
    read = [section for section in SECTIONS if any(section in sections_read(one) for one in played)]
    designs = list(dict.fromkeys(one.design for one in played))
    alone = len(designs) == 1
    who = f"the design {designs[0]} does" if alone else f"the designs {', '.join(designs)} do"
    such_as = " and ".join(examples(played[0])) if played else ""
    reason = f"{'it reads' if alone else 'they read'} {', '.join(read)}{f' (such as {such_as})' if such_as else ''}"
    sections = {path: path.strip().partition(".")[0] for path in paths}
    return [
        Unread(path, f"{who} not read {section}; {reason}")
        for path, section in sections.items()
        if section in SECTIONS and section not in read
    ]


def unread_of(scenarios: Iterable[Scenario], overrides: Iterable[str]) -> list[Unread]:
    """The same for ``path=value`` texts, as ``--set`` takes them."""
    return unread(scenarios, (text.partition("=")[0] for text in overrides))


def examples(scenario: Scenario) -> list[str]:
    """How much its clients do, as settings ``path: value`` with the scenario's own values; none if a script says it."""
    read = sections_read(scenario)
    if "workload" in read:
        section, fields = (
            "workload",
            {"orders": scenario.workload.orders, "orders_per_s": scenario.workload.orders_per_s},
        )
    elif "clients" in read and not scenario.clients.script and scenario.quorum.probe is None:
        clients = scenario.clients
        section, fields = "clients", {"operations": clients.operations, "operations_per_s": clients.operations_per_s}
    else:
        return []
    return [f"{section}.{name}: {value:g}" for name, value in fields.items() if value is not None]


class _Noting(Options):
    """Options that note the names of what is asked of them."""

    _noted: set[str]

    def __new__(cls, noted: set[str], *values: Any) -> Self:
        made = super().__new__(cls, *values)
        made._noted = noted
        return made

    def __getattribute__(self, name: str) -> Any:
        if name in Options._fields:
            super().__getattribute__("_noted").add(name)
        return super().__getattribute__(name)
