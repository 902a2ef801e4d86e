"""The section ``network``: how messages travel."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workers.cluster.latency import Constant, Latency
from workers.cluster.schema.common import Share, Strict


class LinkSettings(Strict):
    """How messages travel on links that have no settings of their own."""

    latency: Latency = Constant(kind="constant", ms=5)
    loss: Share = 0.0
    duplicate: Share = 0.0
    ordered: bool = True


class LinkOverride(Strict):
    """Settings of the links from ``source`` to ``target``; ``*`` stands for every node. The last that fits counts.

    ``topic`` narrows it to the messages of one topic: a request may travel differently from a reply, a write
    differently from a read.
    """

    source: str = "*"
    target: str = "*"
    topic: str = "*"
    latency: Latency | None = None
    loss: Share | None = None
    duplicate: Share | None = None
    ordered: bool | None = None


class NetworkSettings(Strict):
    """All links of the cluster."""

    default: LinkSettings = LinkSettings()
    links: Annotated[tuple[LinkOverride, ...], Field(max_length=200)] = ()
