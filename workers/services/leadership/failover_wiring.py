"""The wiring of regions that fail over; they differ in what a region does with its lease and its acknowledgements.

::

    client (sessions live in regions) ==commands==> their region --commands--> the primary
    primary --replication--> the other regions
    regions --alive--> monitor --primaries--> regions
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.effects import Effect
from workers.model.message import Json
from workers.model.node import Context, NodeSpec
from workers.services.leadership.leader_wiring import load_of
from workers.services.leadership.monitor import ALIVE, PRIMARIES, Monitor
from workers.services.leadership.region import REPLICATION, Region
from workers.services.leadership.register_clients import Mix, RegisterClients, command_topic
from workers.services.leadership.sessions import ANSWERS, Begun, Load


class RegionClients(RegisterClients):
    """Every session lives in one region, and asks there."""

    def __init__(self, load: Load, mix: Mix, regions: tuple[str, ...]) -> None:
        super().__init__(load, mix)
        self.regions = regions

    def read(self, op: str, key: str, where_u: float, record: Json) -> Begun:
        """Read at home: what is there may be old."""
        return self._at_home("read", "Read", op, key, None, {})

    def change(self, op: str, f: str, key: str, argument: Json, record: Json, context: Context) -> Begun:
        """Ask at home, wherever the primary is."""
        return self._at_home(f, "Change", op, key, argument, {"f": f, "value": argument["value"]})

    def _at_home(self, f: str, type: str, op: str, key: str, argument: Json | None, data: Json) -> Begun:
        home = self.regions[(int(op[1:].partition("-")[0]) - 1) % len(self.regions)]
        request: Effect = self.ask(command_topic(home), type, op, key, **data)
        return Begun(f, key, argument, home, {}, (request,))


def failover_nodes(options: Options, region: type[Region]) -> tuple[NodeSpec, ...]:
    """Clients, a monitor, and one ``region`` for each name."""
    settings, regions = options.leadership, options.regions
    clients = RegionClients(load_of(options), Mix(settings.keys, settings.read_share, settings.cas_share), regions)
    commands = tuple(map(command_topic, regions))
    monitor = Monitor(regions, settings.lease_ms, settings.renew_ms)
    service = region(regions, settings.lease_ms, settings.renew_ms)
    return (
        NodeSpec("client", clients, (ANSWERS,), commands, role="client"),
        NodeSpec("monitor", monitor, (ALIVE,), (PRIMARIES,)),
        *(
            NodeSpec(
                name,
                service,
                (command_topic(name), REPLICATION, PRIMARIES),
                (ALIVE, REPLICATION, ANSWERS, *(topic for topic in commands if topic != command_topic(name))),
                role="region",
                replica=True,
            )
            for name in regions
        ),
    )
