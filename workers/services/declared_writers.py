"""Who may write what: a matrix that a design declares, and that its history repeats, so that it can be checked.

For each topic the types of event that may stand on it, and for each type the nodes that may write it. The owner of a
topic says so once, when it starts, as the effect ``declares-writers`` (docs/history-format.md): a checker compares it
with who really sent, and knows nothing of designs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workers.model.effects import Observe
from workers.model.message import Message
from workers.model.node import Context, Service, State, Step
from workers.model.observation import Effected

DECLARES_WRITERS: Final = "declares-writers"
Writers = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Topic -> type of event -> the nodes that may write it."""


class Declaring:
    """``service``, which at its start declares who may write on the topics that it owns."""

    def __init__(self, service: Service, writers: Writers) -> None:
        self.service = service
        self.writers = writers

    def start(self, context: Context) -> Step:
        """What the service does at its start; its first shard declares, for all of them."""
        begun = self.service.start(context)
        if context.partition:
            return begun
        declared = (
            Observe(
                Effected(DECLARES_WRITERS, topic, {"types": {event: list(nodes) for event, nodes in types.items()}})
            )
            for topic, types in self.writers.items()
        )
        return Step(begun.writes, (*declared, *begun.effects))

    def step(self, state: State, message: Message, context: Context) -> Step:
        """What the service does."""
        return self.service.step(state, message, context)
