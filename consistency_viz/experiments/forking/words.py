"""What the settings of a scenario are called where a person chooses one, and how their values are said."""

from __future__ import annotations

from typing import Any, Final

LABELS: Final = {
    "latency": "Time on the way",
    "loss": "Messages lost",
    "duplicate": "Messages doubled",
    "ordered": "Messages keep their order",
    "service_ms": "Work on each message",
    "instances": "Instances",
    "rpc_timeout_ms": "Patience of services and views",
    "orders_per_s": "Orders placed",
    "reads_per_order": "Reads of each order",
    "read_after_ms": "Pause before each read",
    "timeout_ms": "Patience",
    "invalid_share": "Orders that will be rejected",
    "affinity": "Who serves a session",
    "tokens": "Reads say what they have to contain",
    "operations_per_s": "Operations",
    "wait_ms": "How long a replica waits for what a read asks for",
    "reads": "Share of reads",
    "blind": "Writes without looking first",
    "removals": "Removals from carts",
    "clears": "Carts that are emptied",
    "restocks": "Restocks",
    "replies": "Replies",
    "gossip_ms": "Replicas tell each other every",
    "fanout": "How many others are told at once",
    "eager": "Replicas tell each update at once",
    "skew_ms_max": "Clock skew that is put up with",
    "tick_ms": "A clock's tick",
    "resolver": "Who settles siblings",
    "read": "R: answers a read waits for",
    "write": "W: acknowledgements a write waits for",
    "read_repair": "Reads repair what is old",
    "hinted_handoff": "Writes are kept for who is away",
    "hint_after_ms": "Kept writes are sent again every",
    "hints_max": "Writes that are kept",
    "read_share": "Share of reads",
    "lease_ms": "A lease lasts",
    "renew_ms": "A lease is renewed every",
    "cas_share": "Writes that compare first",
    "attempts_max": "Attempts",
    "pause_ms": "Pause after a conflict",
}
"""By the last step of the path."""

GROUPS: Final = {
    "": "Time-outs",
    "workload": "Clients",
    "clients": "Clients",
    "replication": "Replication",
    "quorum": "Quorum",
    "leadership": "Leadership",
    "hot_key": "The hot key",
}
"""By the section of the path; links, nodes and entities have names of their own."""

NOTHING: Final = {"quorum": "a majority", "replication": "all of them"}
"""What it means that a setting has no value; of a link it is as the others are."""

UNITS: Final = {"_ms": "ms", "_per_s": "a second"}
CHOICES: Final = {
    "sticky": "always the same",
    "roaming": "all in turn",
    "none": "no",
    "position": "yes",
    "pick": "the next reader",
}


def unit_of(path: str) -> str:
    """In what a setting is counted: "ms", "a second", or nothing."""
    return next((unit for end, unit in UNITS.items() if path.endswith(end)), "")


def label_of(path: str) -> str:
    """What a setting is called within its group."""
    name = path.rpartition(".")[2]
    return LABELS.get(name, name.replace("_", " "))


def group_of(path: str, links: list[dict[str, Any]]) -> str:
    """Under which heading a setting stands; ``links`` are the scenario's own settings of single links."""
    section, _, rest = path.partition(".")
    if section == "nodes":
        return rest.rpartition(".")[0]
    if section == "entities":
        return rest.partition(".")[0].capitalize()
    if section == "network":
        if rest.startswith("default"):
            return "All other links" if links else "All links"
        return _link(links[int(rest.split(".")[1])])
    return GROUPS.get(section if rest else "", section)


def said(path: str, value: Any) -> str:
    """A value in few words: "20%", "exponential, 20 ms on average from 5 ms on", "not set"."""
    if value is None:
        return NOTHING.get(path.partition(".")[0], "as all other links")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return _latency(value)
    if isinstance(value, str):
        return CHOICES.get(value, value)
    if is_share(path):
        return f"{100 * value:.4g}%"
    unit = unit_of(path)
    return f"{value:,.6g} {unit}".strip()


def is_share(path: str) -> bool:
    """Whether a setting is a part of everything, from 0 to 1."""
    name = path.rpartition(".")[2]
    return name.endswith("_share") or name in _SHARES


_SHARES: Final = ("loss", "duplicate", "reads", "blind", "removals", "clears", "restocks", "replies")


def _latency(value: dict[str, Any]) -> str:
    kind, floor = value.get("kind"), value.get("floor_ms") or 0
    from_on = f" from {floor:g} ms on" if floor else ""
    if kind == "constant":
        return f"{value['ms']:g} ms"
    if kind == "uniform":
        return f"{value['low_ms']:g} to {value['high_ms']:g} ms"
    if kind == "exponential":
        return f"exponential, {value['mean_ms']:g} ms on average{from_on}"
    if kind == "pareto":
        return f"Pareto, at least {value['scale_ms']:g} ms, shape {value['shape']:g}{from_on}"
    return f"a mixture of {len(value['of'])}" if kind == "mixture" else "measured samples"


def _link(link: dict[str, Any]) -> str:
    source, target, topic = (link.get(name, "*") for name in ("source", "target", "topic"))
    if (source, target) == ("*", "*"):
        return "All links" if topic == "*" else f"All links, {topic} only"
    ends = f"{'everybody' if source == '*' else source} → {'everybody' if target == '*' else target}"
    return ends if topic == "*" else f"{ends}, {topic} only"
