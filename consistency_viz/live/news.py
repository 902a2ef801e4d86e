"""A quiet socket beside a run's frames, open after its end too: says that another run belongs beside it now.

It carries no data, only the word that there is something to ask for, so it has nothing to fall behind with.
"""

from __future__ import annotations

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from consistency_viz.experiments.announcing import group_of

NOT_ACCEPTED = 1008
NEWS = '{"kind": "relatives"}'


class NewsConsumer(AsyncWebsocketConsumer):
    """One page that wants to hear of new runs beside its own. It has nothing to say."""

    async def connect(self) -> None:
        """Listen to the run's group, then accept: whoever asks after that misses nothing."""
        await self.channel_layer.group_add(self._group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Listen no more."""
        await self.channel_layer.group_discard(self._group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is expected."""
        await self.close(code=NOT_ACCEPTED)

    async def relative_new(self, event: dict[str, Any]) -> None:
        """There is another run."""
        await self.send(text_data=NEWS)

    @property
    def _group(self) -> str:
        return group_of(self.scope["url_route"]["kwargs"]["run_id"])
