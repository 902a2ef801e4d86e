"""The Django app of the laboratory: it has commands and no models."""

from django.apps import AppConfig


class LabConfig(AppConfig):
    """Registered as ``lab``."""

    name = "consistency_viz.lab"
    label = "lab"
