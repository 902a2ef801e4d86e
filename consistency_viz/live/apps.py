"""The Django app of everything that moves: feeds, sockets and the background recording."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Registered as ``live``; it has no models."""

    name = "consistency_viz.live"
    label = "live"
