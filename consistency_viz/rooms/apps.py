"""The app of workshop rooms."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Rooms, their seats, guesses and results."""

    name = "consistency_viz.rooms"
    default_auto_field = "django.db.models.BigAutoField"
