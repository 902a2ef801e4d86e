"""Where the sockets are."""

from django.urls import re_path

from consistency_viz.live.consumers import RunConsumer

websocket_urlpatterns = [re_path(r"^ws/runs/(?P<run_id>[a-z0-9-]{1,32})/$", RunConsumer.as_asgi())]
