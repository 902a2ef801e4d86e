"""Where the sockets are; the handshake of one to anywhere else is refused."""

from channels.security.websocket import WebsocketDenier
from django.urls import re_path

from consistency_viz.live.consumers import RunConsumer
from consistency_viz.live.news import NewsConsumer

websocket_urlpatterns = [
    re_path(r"^ws/runs/(?P<run_id>[a-z0-9-]{1,32})/$", RunConsumer.as_asgi()),
    re_path(r"^ws/runs/(?P<run_id>[a-z0-9-]{1,32})/news/$", NewsConsumer.as_asgi()),
    re_path(r"", WebsocketDenier.as_asgi()),
]
