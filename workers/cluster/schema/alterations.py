"""The section ``alterations``: settings that change in the middle of a run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from workers.cluster.schema.common import Seconds, Strict


class Alteration(Strict):
    """From ``at_s`` on other settings count, by dotted path: of clients, links and nodes, as far as those can change.

    What nodes know, what is set for later and what is on its way stays. Played in virtual time only.
    """

    at_s: Seconds
    set: Annotated[dict[str, JsonValue], Field(min_length=1, max_length=40)]


Alterations = Annotated[tuple[Alteration, ...], Field(max_length=20)]
