"""Settings that change in the middle of a run: which ones can, and the plan that counts from then on. Pure.

Rules
1. A node goes on with its records, its timers and whatever is on its way; it only follows other settings from then on.
2. So what decides who there is, who hears whom, what records look like or how much is done in all cannot change.
   Neither can the kind of clock: stamps of two kinds cannot be compared.
3. Only what the design looks at can change: a setting that nobody reads would change nothing, and nobody would know.
4. Instances change by ``changes``, and what goes wrong by ``faults``; an alteration has neither.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from pydantic import ValidationError

from workers.cluster.paths import lay, steps_of
from workers.cluster.scenario import Scenario
from workers.cluster.schema.near import near
from workers.cluster.schema.regions import EntitySettings
from workers.model.design import Options
from workers.model.node import NodeSpec
from workers.services.regions.forms import FORMS

_LINK: Final = ("latency", "loss", "duplicate", "ordered")
ALTERABLE: Final = (
    *(f"network.default.{name}" for name in _LINK),
    *(f"network.links.*.{name}" for name in _LINK),
    "nodes.*.service_ms",
    "rpc_timeout_ms",
    *(
        f"workload.{name}"
        for name in (
            *("orders_per_s", "reads_per_order", "read_after_ms", "timeout_ms", "invalid_share", "affinity"),
            "tokens",
        )
    ),
    *(
        f"clients.{name}"
        for name in (
            *("operations_per_s", "timeout_ms", "affinity", "tokens", "wait_ms", "reads", "blind", "removals"),
            *("clears", "restocks", "replies"),
        )
    ),
    *(f"replication.{name}" for name in ("gossip_ms", "fanout", "eager")),
    *(f"entities.*.{name}" for name in ("skew_ms_max", "tick_ms", "resolver")),
    *(
        f"quorum.{name}"
        for name in (
            *("read", "write", "read_repair", "hinted_handoff", "timeout_ms", "hint_after_ms", "hints_max"),
            *("read_share", "skew_ms_max"),
        )
    ),
    *(f"leadership.{name}" for name in ("lease_ms", "renew_ms", "read_share", "cas_share")),
    *(f"hot_key.{name}" for name in ("read_share", "attempts_max", "pause_ms")),
)
"""The settings that can change in mid-run, as far as a design looks at them; ``*`` is one step of a path."""

RATES: Final = ("workload.orders_per_s", "clients.operations_per_s")
"""How long it is to the next operation follows from these: at 0 there would be no next one ever."""

_OF_ALL_CLIENTS: Final = ("timeout_ms", "tokens", "wait_ms")
"""What matters also where clients do what a script says."""

_SHARES: Final = {"blind": "address", "removals": "cart", "clears": "cart", "restocks": "stock", "replies": "thread"}
"""Which kind of entity a share of the clients' actions is about."""

_TOLD: Final = ("expect", "narration", "fix", "lesson", "alterations")


class AlterationError(ValueError):
    """An alteration that cannot be: its field, its value, and what would be right."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field}: {value!r}: {remedy}")
        self.field = field
        self.value = value
        self.remedy = remedy


def alterable(scenario: Scenario, nodes: Mapping[str, NodeSpec], looked_at: set[str]) -> list[str]:
    """The paths of all settings of this scenario that can change; ``looked_at`` are those that its design reads."""
    links = [link for link in scenario.network.links if (link.source, link.target, link.topic) == ("*", "*", "*")]
    named = [f"network.default.{name}" for name in _LINK if all(getattr(link, name) is None for link in links)]
    named += [f"network.links.{index}.{name}" for index in range(len(scenario.network.links)) for name in _LINK]
    named += [f"nodes.{node}.service_ms" for node in nodes]
    return named + sorted(path for path in looked_at if _may_change(path) and not _is_idle(scenario, path))


def looked_at(scenario: Scenario, options: Options, nodes_of: Any) -> set[str]:
    """The dotted paths of the settings that a design reads to make its nodes from ``options``."""
    read: set[str] = set()
    watched: dict[str, Any] = {
        "entities": {kind: _Watched(f"entities.{kind}", one, read) for kind, one in options.entities.items()},
    }
    for section in ("replication", "clients", "leadership", "hot_key", "quorum"):
        watched[section] = _Watched(section, getattr(options, section), read)

    def client(views: tuple[str, ...]) -> Any:
        read.update(f"workload.{name}" for name in type(scenario.workload).model_fields)
        return options.client(views)

    nodes_of(_Watched("", options._replace(client=client, **watched), read))
    return read


def altered(scenario: Scenario, may_change: Sequence[str]) -> Iterator[tuple[int, int, Scenario]]:
    """(number, time in microseconds, scenario that counts from then on) of each alteration, in the order of time.

    ``may_change`` are the paths of ``alterable``. Raises ``AlterationError``.
    """
    fields = {name: value for name, value in scenario.model_dump(mode="json").items() if name not in _TOLD}
    numbered = sorted(enumerate(scenario.alterations), key=lambda one: (one[1].at_s, one[0]))
    for number, alteration in numbered:
        fields = copy.deepcopy(fields)
        for path, value in alteration.set.items():
            field = f"alterations.{number}.set.{path}"
            if path not in may_change:
                raise AlterationError(field, value, _why_not(path, may_change))
            if path in RATES and value == 0:
                raise AlterationError(field, value, "use a number above 0: at 0 there is no next one to wait for")
            lay(fields, steps_of(path), value)
        yield number, round(alteration.at_s * 1e6), _checked(fields, number, alteration.set)


def _checked(fields: dict[str, Any], number: int, given: Mapping[str, Any]) -> Scenario:
    try:
        return Scenario.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        path = next((path for path in given if where.startswith(path)), None)
        path = path or next((path for path in given if path.startswith(where)), next(iter(given)))
        message = str(first["msg"]).removeprefix("Value error, ")
        field = f"alterations.{number}.set.{path}"
        raise AlterationError(field, given[path], f"{message[:1].lower()}{message[1:]}") from error


def without_new_ways(before: Mapping[str, NodeSpec], after: Mapping[str, NodeSpec]) -> dict[str, NodeSpec] | None:
    """The nodes as they are wired, with the services of ``after``; ``None`` if those would hear or tell more."""
    if list(before) != list(after):
        return None
    for old, new in zip(before.values(), after.values(), strict=True):
        if not {*new.subscribes} <= {*old.subscribes} or not {*new.publishes} <= {*old.publishes}:
            return None
    return {name: old._replace(service=after[name].service) for name, old in before.items()}


def _may_change(path: str) -> bool:
    return any(fnmatchcase(path, pattern) and path.count(".") == pattern.count(".") for pattern in ALTERABLE)


def _is_idle(scenario: Scenario, path: str) -> bool:
    """Whether nothing comes of a setting in this scenario: a rate of 0 has no next one, a share no such keys."""
    section, _, name = path.rpartition(".")
    clients, entities = scenario.clients, scenario.entities
    if section == "workload":
        return name == "orders_per_s" and not scenario.workload.orders_per_s
    if section == "clients" and entities:
        is_told = bool(clients.script) and name not in _OF_ALL_CLIENTS
        return is_told or _SHARES.get(name, next(iter(entities))) not in entities or _has_no_rate(scenario, name)
    if section == "quorum":
        quorum = scenario.quorum
        switched_off = name in ("read_repair", "hinted_handoff") and not getattr(quorum, name)
        return switched_off or (name == "skew_ms_max" and quorum.clock != "hlc")
    if section.startswith("entities."):
        entity = scenario.entities[section.partition(".")[2]]  # type: ignore[index]
        return _is_idle_of(entity, name, is_address=section == "entities.address")
    return section == "clients" and _has_no_rate(scenario, name)


def _has_no_rate(scenario: Scenario, name: str) -> bool:
    return name == "operations_per_s" and not scenario.clients.operations_per_s


def _is_idle_of(entity: EntitySettings, name: str, *, is_address: bool) -> bool:
    form = FORMS.get(entity.type)
    if form is None:
        return True
    if name == "resolver":
        return form.single or not is_address
    return not form.stamped or (entity.clock == "hlc") != (name == "skew_ms_max")


def _why_not(path: str, may_change: Sequence[str]) -> str:
    if path.startswith("nodes.") and path.endswith(".instances"):
        return "the number of instances changes by an entry of changes"
    if path.partition(".")[0] == "faults":
        return "what goes wrong is an entry of faults"
    return f"this cannot change in mid-run{near(path, may_change) or '; these can: ' + ', '.join(may_change)}"


class _Watched:
    """Settings that note which of their fields are read."""

    def __init__(self, path: str, settings: Any, read: set[str]) -> None:
        self._path = path
        self._settings = settings
        self._read = read

    def __getattr__(self, name: str) -> Any:
        self._read.add(f"{self._path}.{name}" if self._path else name)
        return getattr(self._settings, name)
