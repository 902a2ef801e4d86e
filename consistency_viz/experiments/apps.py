"""The Django app that keeps runs: their rows, their pages and the commands that a presenter gives."""

from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    """Registered as ``experiments``."""

    name = "consistency_viz.experiments"
    label = "experiments"
    verbose_name = "Experiments"
