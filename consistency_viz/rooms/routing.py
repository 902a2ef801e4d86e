"""Where the sockets of rooms are; the role in which somebody comes is part of the address."""

from django.urls import re_path

from consistency_viz.rooms.consumers import RoomConsumer
from consistency_viz.rooms.names import CODE_ALPHABET, CODE_LENGTH

CODE = f"(?P<code>[{CODE_ALPHABET}]{{{CODE_LENGTH}}})"

websocket_urlpatterns = [
    re_path(rf"^ws/rooms/{CODE}/(?P<role>participant|projector|presenter)/$", RoomConsumer.as_asgi()),
]
