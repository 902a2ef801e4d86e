"""The wiring that the designs with a leased leader share: they differ in whether the storage has a fence, only there.

::

    writer-a, writer-b ==leases==> lock           client ==commands==> whichever of the writers leads
    writer-a, writer-b ==read, decide, write==> storage --changes--> every view
    client ==reads==> storage, or the views
"""

from __future__ import annotations

from workers.model.design import Options
from workers.model.node import NodeSpec
from workers.services.leadership.candidate import Candidate, lease_topic
from workers.services.leadership.leading_work import storage_topic
from workers.services.leadership.lock import LOCK_REQUESTS, LockService
from workers.services.leadership.register_clients import LeaderClients, Mix, command_topic, read_topic
from workers.services.leadership.register_store import STORAGE_REQUESTS, RegisterStore
from workers.services.leadership.registers import RegisterView
from workers.services.leadership.sessions import ANSWERS, Load

CHANGES = "changes"
STORAGE = "storage"


def load_of(options: Options) -> Load:
    """The section ``clients`` as the plain values of sessions."""
    clients = options.clients
    return Load(clients.operations_per_s, clients.operations, clients.sessions, clients.timeout_ms, options.duration_ms)


def leader_nodes(options: Options, *, fenced: bool) -> tuple[NodeSpec, ...]:
    """The nodes of a leased leader in front of one storage."""
    settings = options.leadership
    candidates = tuple(f"writer-{letter}" for letter in "abc"[: settings.candidates])
    views = tuple(f"view-{number + 1}" for number in range(options.views))
    readers = (STORAGE,) if settings.reads == "storage" else views
    mix = Mix(settings.keys, settings.read_share, settings.cas_share)
    clients = LeaderClients(load_of(options), mix, candidates, readers, settings.renew_ms)
    asked = (*map(command_topic, candidates), *map(read_topic, readers))
    answers = tuple(storage_topic(candidate) for candidate in candidates)

    def reads(node: str) -> tuple[str, ...]:
        return (read_topic(node),) if node in readers else ()

    def answering(node: str) -> tuple[str, ...]:
        return (ANSWERS,) if node in readers else ()

    def candidate(place: int, name: str) -> NodeSpec:
        service = Candidate(place, settings.lease_ms, settings.renew_ms, options.rpc_timeout_ms)
        subscribes = (command_topic(name), lease_topic(name), storage_topic(name))
        return NodeSpec(name, service, subscribes, (LOCK_REQUESTS, STORAGE_REQUESTS, ANSWERS))

    store = RegisterStore(CHANGES, fenced=fenced)
    return (
        NodeSpec("client", clients, (ANSWERS,), asked, role="client"),
        NodeSpec("lock", LockService(settings.lease_ms), (LOCK_REQUESTS,), tuple(map(lease_topic, candidates))),
        *(candidate(place, name) for place, name in enumerate(candidates)),
        NodeSpec(
            STORAGE,
            store,
            (STORAGE_REQUESTS, *reads(STORAGE)),
            (CHANGES, *answers, *answering(STORAGE)),
            role="store",
            replica=True,
        ),
        *(
            NodeSpec(view, RegisterView(), (CHANGES, *reads(view)), answering(view), role="view", replica=True)
            for view in views
        ),
    )
