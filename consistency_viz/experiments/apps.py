"""The Django app that keeps runs: their rows, their pages and the commands that a presenter gives."""

import logging

from django.apps import AppConfig
from django.db.models.signals import post_migrate

REFUSED_BEFORE_ANY_VIEW = ("DisallowedHost", "TooManyFieldsSent", "TooManyFilesSent", "RequestDataTooBig")
"""Django's names for requests that are refused whoever sends them: their traceback says nothing, one line is enough."""


def without_traceback(record: logging.LogRecord) -> bool:
    """A logging filter: the record, without a traceback."""
    record.exc_info = record.exc_text = None
    return True


class ExperimentsConfig(AppConfig):
    """Registered as ``experiments``."""

    name = "consistency_viz.experiments"
    label = "experiments"
    verbose_name = "Laboratory"

    def ready(self) -> None:
        """Let what the internet sends to every server take one line of the log each; keep the groups of the admin."""
        from consistency_viz.experiments.campaign import roles  # noqa: PLC0415 - models are there only now

        for name in REFUSED_BEFORE_ANY_VIEW:
            logging.getLogger(f"django.security.{name}").addFilter(without_traceback)
        post_migrate.connect(roles.keep_groups, sender=self, dispatch_uid="experiments-groups")
