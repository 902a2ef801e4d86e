"""What a coordination design declares about itself, and how it is asked for its nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from workers.model.node import NodeSpec


class Options(NamedTuple):
    """What a design may need to know to make its nodes. ``client`` makes the client service for the given views."""

    views: int
    rpc_timeout_ms: int
    client: Callable[[tuple[str, ...]], Any]


class Design(NamedTuple):
    """One coordination design: a name for scenarios, words for people, and ``nodes`` for the drivers.

    ``promises``, ``costs``, ``use_when`` and ``source`` are the design's paragraph in the docs.
    """

    name: str
    title: str
    summary: str
    promises: str
    costs: str
    use_when: str
    source: str
    nodes: Callable[[Options], tuple[NodeSpec, ...]]
