"""The rows of hunts: what is searched for, how far it is, what was caught."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from consistency_viz.experiments.campaign.models import Cell, Experiment


class Hunt(models.Model):
    """A search for a run that breaks an expectation, in the scenario of a cell; ``document`` is that scenario.

    The search goes on from ``tried``; once ``found_seed`` is known, what is left is to shrink it. ``found`` is what
    came of that (``pursuing.told``), and ``run`` the smallest run, played and kept.
    """

    class State(models.TextChoices):
        """Where it stands. A stopped one can go on; no seed is tried twice."""

        RUNNING = "running"
        STOPPED = "stopped"
        FINISHED = "finished"
        FAILED = "failed"

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="hunts")
    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="hunts")
    document = models.JSONField()
    wanted = models.JSONField(help_text="The expectation, as a scenario has it.")
    expected = models.CharField(max_length=300, help_text="The same in words.")
    first_seed = models.BigIntegerField(default=1)
    seeds = models.PositiveIntegerField()
    faults = models.PositiveSmallIntegerField(default=0, help_text="So many are drawn for each seed.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    reason = models.CharField(max_length=500, blank=True, default="")
    tried = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0, help_text="Runs of those that cannot be told.")
    found_seed = models.BigIntegerField(null=True, default=None)
    asked = models.PositiveSmallIntegerField(default=0, help_text="Runs played to shrink it, so far.")
    found = models.JSONField(null=True, default=None)
    run = models.ForeignKey("experiments.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    saved_as = models.CharField(max_length=64, blank=True, default="")
    holder = models.CharField(max_length=32, blank=True, default="")
    held_until_us = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Since it last came any further.")
    created_by = models.CharField(max_length=150, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, default=None)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.expected}, in {self.cell}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("hunt", args=[self.experiment.name, self.pk])
