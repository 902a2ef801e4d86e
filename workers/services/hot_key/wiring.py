"""The wiring of the two ways to change a hot key; clients read at the views in both.

::

    client ==load, compare, store==> storage --changes--> every view
    client --commands--> writer --changes--> every view
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.node import NodeSpec, Service
from workers.services.hot_key.clients import (
    COUNTER_COMMANDS,
    STORE_REQUESTS,
    CommandClients,
    Heat,
    OptimisticClients,
)
from workers.services.hot_key.counters import CounterStore, CounterWriter
from workers.services.leadership.leader_wiring import CHANGES, STORAGE, load_of
from workers.services.leadership.register_clients import read_topic
from workers.services.leadership.registers import RegisterView
from workers.services.leadership.sessions import ANSWERS

WRITER = "writer"


def optimistic_nodes(options: Options) -> tuple[NodeSpec, ...]:
    """Clients that compare and write themselves."""
    clients = OptimisticClients(load_of(options), _heat(options), _views(options))
    return _nodes(options, clients, NodeSpec(STORAGE, CounterStore(CHANGES), (STORE_REQUESTS,), (), role="store"))


def commanded_nodes(options: Options) -> tuple[NodeSpec, ...]:
    """Clients that ask the one writer of each key."""
    clients = CommandClients(load_of(options), _heat(options), _views(options))
    return _nodes(options, clients, NodeSpec(WRITER, CounterWriter(CHANGES), (COUNTER_COMMANDS,), ()))


def _nodes(options: Options, clients: Service, owner: NodeSpec) -> tuple[NodeSpec, ...]:
    views = _views(options)
    asked = (*owner.subscribes, *map(read_topic, views))
    return (
        NodeSpec("client", clients, (ANSWERS,), asked, role="client"),
        owner._replace(publishes=(CHANGES, ANSWERS), replica=True),
        *(
            NodeSpec(view, RegisterView(), (CHANGES, read_topic(view)), (ANSWERS,), role="view", replica=True)
            for view in views
        ),
    )


def _views(options: Options) -> tuple[str, ...]:
    return tuple(f"view-{number + 1}" for number in range(options.views))


def _heat(options: Options) -> Heat:
    settings = options.hot_key
    return Heat(settings.keys, settings.read_share, settings.attempts_max, settings.pause_ms, options.rpc_timeout_ms)
