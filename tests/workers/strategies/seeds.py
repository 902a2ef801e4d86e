"""Many seeded runs of one design over a network that delays, reorders and duplicates: what holds in how many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.workers.support import final_values, of_kind, plan_of, scenario, simulate
from workers.model.observation import Applied, Completed, Effected, Invoked, Observation
from workers.services.checks import rejection, tax
from workers.services.client import ClientService
from workers.services.orders import value_of

SEEDS = range(12)
ROUGH = {
    "default": {"latency": {"kind": "exponential", "mean_ms": 25, "floor_ms": 1}, "duplicate": 0.15, "ordered": False}
}
History = list[Observation]


def rough_runs(design: str, seeds: Iterable[int] = SEEDS, **fields: Any) -> list[History]:
    """One history for each seed; nothing is lost, so every run comes to rest."""
    workload = {"orders": 20, "invalid_share": 0.2, "timeout_ms": 5_000, **fields.pop("workload", {})}
    fields = {"network": ROUGH, "duration_s": 300.0, "workload": workload, **fields}
    return [simulate(scenario(design=design, seed=seed, **fields)) for seed in seeds]


def share(histories: Sequence[History], holds: Callable[[History], bool]) -> float:
    """In which share of the runs something holds."""
    return sum(map(holds, histories)) / len(histories)


def orders_of(history: History, seed: int) -> dict[str, Any]:
    """Every order that was placed in a run with this seed, as the client made it."""
    workload = plan_of(scenario(workload={"invalid_share": 0.2})).scenario.workload.workload(None)
    client = ClientService(workload, ())
    return {b.key: client._order(b.key, seed) for b in of_kind(history, Completed) if b.f == "place"}


def right_values(history: History, seed: int, *, taxed_when_rejected: bool = True) -> dict[str, Any]:
    """What every replica has to show of each order in the end: status and money."""
    values = {}
    for key, order in orders_of(history, seed).items():
        facts = {"OrderPlaced": order}
        if rejected := rejection(order):
            facts["OrderRejected"] = {}
        if taxed_when_rejected or not rejected:
            facts["OrderTaxed"] = tax(order["net_cents"], order["country"])
        values[key] = value_of(facts)
    return values


def money(value: Any) -> Any:
    """The money of a value."""
    return {field: value[field] for field in ("net_cents", "tax_cents", "total_cents") if field in value}


def ends_right(history: History, seed: int, replicas: Iterable[str], status: str = "mailed", **kind: bool) -> bool:
    """Whether every replica ends with every order: rejected or ``status``, and with the right money."""
    right = right_values(history, seed, **kind)
    for shown in final_values(history, replicas).values():
        if shown.keys() != right.keys():
            return False
        for key, value in shown.items():
            wanted = "rejected" if right[key]["status"] == "rejected" else status
            if value["status"] != wanted or money(value) != money(right[key]):
                return False
    return True


def differing_orders(history: History, replicas: Iterable[str]) -> list[str]:
    """The orders that in the end not every replica shows with the same value."""
    shown = list(final_values(history, replicas).values())
    return sorted(key for key in set().union(*shown) if any(values.get(key) != shown[0].get(key) for values in shown))


def gaps(history: History, writer: str) -> list[str]:
    """The orders whose versions at their writer are not 1, 2, 3, ..., or are not of one update each."""
    found: dict[str, list[tuple[int, str]]] = {}
    for o in history:
        if isinstance(o.body, Applied) and o.node == writer:
            found.setdefault(o.body.key, []).append((o.body.version, o.body.update))
    return [
        key
        for key, seen in found.items()
        if [version for version, _ in seen] != list(range(1, len(seen) + 1)) or len({u for _, u in seen}) != len(seen)
    ]


def values_by_facts_differ(history: History) -> list[tuple[str, frozenset[str]]]:
    """Orders and sets of applied updates for which two replicas, or one at two times, showed different values."""
    applied: dict[tuple[str, str], frozenset[str]] = {}
    values: dict[tuple[str, frozenset[str]], Any] = {}
    found = []
    for o in history:
        if isinstance(o.body, Applied):
            place = (o.node, o.body.key)
            applied[place] = applied.get(place, frozenset()) | {o.body.update}
            if values.setdefault((o.body.key, applied[place]), o.body.value) != o.body.value:
                found.append((o.body.key, applied[place]))
    return found


def valid_orders(history: History, seed: int) -> list[str]:
    """The orders that have to be mailed, sorted."""
    return sorted(key for key, order in orders_of(history, seed).items() if not rejection(order))


def backwards(history: History) -> list[str]:
    """Reads that lack what a read of the same session and order had shown that was answered before they began."""
    shown: dict[tuple[str, str], set[str]] = {}
    asked: dict[str, set[str]] = {}
    found = []
    for o in history:
        if isinstance(o.body, Invoked):
            asked[o.body.op] = set(shown.get((o.body.session, o.body.key), ()))
        elif isinstance(o.body, Completed) and o.body.f == "read" and o.body.outcome == "ok":
            seen = set(o.body.value["seen"])
            found += [] if asked[o.body.op] <= seen else [o.body.op]
            shown.setdefault((o.body.session, o.body.key), set()).update(seen)
    return found


def links_followed(history: History) -> list[Completed]:
    """The reads by which customers followed the link in their mail."""
    return [b for b in of_kind(history, Completed) if b.op.endswith(":link")]


def links_that_disappoint(history: History) -> list[Completed]:
    """Links that were answered ok with nothing, or with an older version than the mail spoke of."""
    claimed = {b.key: b.detail.get("version", 0) for b in of_kind(history, Effected)}
    return [b for b in links_followed(history) if b.outcome == "ok" and b.value["version"] < claimed[b.key]]
