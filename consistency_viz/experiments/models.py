"""What outlives a process: runs and the presenter's one-time tokens. What happened in a run is in its history file."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse

from consistency_viz.experiments.campaign.models import (
    ApiToken,
    Cell,
    Chunk,
    Experiment,
    Finding,
    Layout,
    Result,
    Scenario,
    ScenarioVersion,
    Variant,
)
from consistency_viz.experiments.hunting.models import Hunt

__all__ = [
    "ApiToken",
    "Cell",
    "Chunk",
    "Experiment",
    "Finding",
    "Hunt",
    "Layout",
    "PresenterToken",
    "Result",
    "Run",
    "Scenario",
    "ScenarioVersion",
    "Variant",
    "history_path",
    "microseconds",
    "moment",
    "new_run_id",
]

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
RUN_ID_LENGTH = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_run_id() -> str:
    """A short id that nobody mistypes: no vowels that make words, no look-alikes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(RUN_ID_LENGTH))


def moment(at_us: int) -> datetime | None:
    """Recorder time as a date, ``None`` for 0 (not yet); exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=at_us) if at_us else None


def microseconds(date: datetime | None) -> int:
    """A date as recorder time, 0 for ``None``."""
    return 0 if date is None else (date - _EPOCH) // timedelta(microseconds=1)


class Run(models.Model):
    """One run of a scenario. ``state`` is the last one seen; a terminal state means that the history is complete."""

    class State(models.TextChoices):
        """What can be said of a run; the last three are final."""

        PENDING = "pending"
        RUNNING = "running"
        DRAINING = "draining"
        FINISHED = "finished"
        STOPPED = "stopped"
        FAILED = "failed"

    class Engine(models.TextChoices):
        """Which driver plays it."""

        LIVE = "live"
        SIMULATED = "simulated"

    ENDED = (State.FINISHED, State.STOPPED, State.FAILED)

    id = models.SlugField(primary_key=True, max_length=32, default=new_run_id)
    scenario = models.CharField(max_length=64)
    title = models.CharField(max_length=80)
    design = models.CharField(max_length=64)
    summary = models.TextField(blank=True, default="")
    document = models.JSONField(help_text="The scenario as it ran.")
    seed = models.BigIntegerField()
    engine = models.CharField(max_length=16, choices=Engine.choices, default=Engine.LIVE)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=500, blank=True, default="")
    history = models.CharField(max_length=200, blank=True, default="", help_text="Relative to the data directory.")
    fix_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="fixes",
        help_text="The run that this one mends, with the same seed.",
    )
    fork_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="forks",
        help_text="The simulated run that this one follows until it goes another way, with the same seed.",
    )
    fork_at_us = models.BigIntegerField(
        null=True, blank=True, default=None, help_text="Recorder time in microseconds from which on it differs."
    )
    experiment = models.ForeignKey(
        Experiment,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="runs",
        help_text="The experiment that it belongs to.",
    )
    cell = models.ForeignKey(
        Cell,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="runs",
        help_text="What of the experiment it plays: a variant, at the values that are swept.",
    )
    findings = models.JSONField(null=True, blank=True, default=None, help_text="What the checkers found, once asked.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest first."""

        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("cell", "seed"), condition=models.Q(cell__isnull=False), name="run_of_a_cell_once"
            ),
        )

    def __str__(self) -> str:
        """Its title and id, as the admin lists it."""
        return f"{self.title} ({self.id})"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen in it."""
        return self.state in self.ENDED

    @property
    def begun_at(self) -> datetime | None:
        """When it was played, by the calendar: a simulated run has virtual times, and was over in a moment."""
        return self.created_at if self.engine == self.Engine.SIMULATED else self.started_at

    @property
    def history_path(self) -> Path:
        """Where its history is or will be; the file's name follows from the id and from nothing that a person typed."""
        return history_path(self.id)

    @property
    def history_name(self) -> str:
        """What ``history`` holds once the history is complete."""
        return str(self.history_path.relative_to(settings.DATA_DIR))

    @property
    def history_url(self) -> str:
        """Where a finished run's history is downloaded; empty while there is none."""
        return reverse("history", args=[self.id]) if self.history else ""


class PresenterToken(models.Model):
    """A one-time key to the presenter's seat. Only its digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """When it was made and whether it was used; never anything that opens a door."""
        return f"presenter token of {self.created_at:%Y-%m-%d %H:%M}{' (used)' if self.used_at else ''}"


def history_path(run_id: str) -> Path:
    """Where the history of a run lies."""
    return Path(settings.HISTORIES_DIR) / f"{run_id}.jsonl"
