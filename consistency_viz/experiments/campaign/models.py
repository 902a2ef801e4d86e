"""The rows of experiments: what is asked, what is played, what came of it.

An ``Experiment`` has ``Variant`` rows, as a person configured them. Starting it freezes them into ``Cell`` rows, each
with the scenario that it plays, and ``Chunk`` rows, the seeds that one worker process plays at a time. Every run leaves
one ``Result``; the end leaves ``Finding`` rows.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse


class Scenario(models.Model):
    """A scenario of one's own, by name. What it says is in its versions; the latest one counts."""

    name = models.SlugField(max_length=64, unique=True, help_text="Lower-case letters, digits and hyphens.")
    title = models.CharField(max_length=80, editable=False)
    design = models.CharField(max_length=64, editable=False)
    based_on = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="The shipped scenario that differences are shown against, such as order-flow.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}: {self.title}"

    @property
    def latest(self) -> ScenarioVersion | None:
        """The version that counts; ``None`` before the first was saved."""
        return self.versions.order_by("-number").first()


class ScenarioVersion(models.Model):
    """What a scenario said at a time; never changed."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(help_text="The YAML as it was written.")
    document = models.JSONField(help_text="The same, read and checked.")
    note = models.CharField(max_length=200, blank=True, default="")
    created_by = models.CharField(max_length=150, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("scenario", "number"), name="scenario_version_once"),)

    def __str__(self) -> str:
        return f"{self.scenario.name}, version {self.number}"


class Experiment(models.Model):
    """A question, and how it is put: one scenario, several variants, many seeds, expectations."""

    class State(models.TextChoices):
        """Where it stands. A stopped one can go on; nothing is played twice."""

        DRAFT = "draft"
        RUNNING = "running"
        STOPPED = "stopped"
        FINISHED = "finished"
        FAILED = "failed"

    class Engine(models.TextChoices):
        """Which driver plays it."""

        SIMULATED = "simulated", "Simulated: virtual time, hundreds of runs in seconds"
        LIVE = "live", "Live: real processes and streams, one slot at a time"

    name = models.SlugField(
        max_length=64, unique=True, help_text="Lower-case letters, digits and hyphens, such as which-design."
    )
    title = models.CharField(max_length=80, help_text="A line for lists and reports.")
    question = models.TextField(
        max_length=600,
        blank=True,
        default="",
        help_text="What do you want to know? It stands at the head of the report.",
    )
    scenario = models.CharField(max_length=64, help_text="What is played. The variants below change it.")
    document = models.JSONField(null=True, blank=True, default=None, editable=False)
    engine = models.CharField(max_length=16, choices=Engine.choices, default=Engine.SIMULATED)
    first_seed = models.BigIntegerField(
        default=1, help_text="Variants play the same seeds, so that they can be compared."
    )
    seeds = models.PositiveIntegerField(
        default=100,
        help_text="Runs of each variant. 100 show what happens in one of 30; rarer things need more.",
    )
    settings = models.JSONField(blank=True, default=dict)
    sweep = models.JSONField(blank=True, default=dict)
    expect = models.JSONField(blank=True, default=list)
    checkers = models.JSONField(blank=True, default=list)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT, editable=False)
    reason = models.CharField(max_length=500, blank=True, default="", editable=False)
    summary = models.JSONField(null=True, blank=True, default=None, editable=False)
    verdict = models.CharField(max_length=8, blank=True, default="", editable=False)
    created_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.title} ({self.name})"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("experiment", args=[self.name])

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed."""
        return self.state == self.State.DRAFT

    def specification(self, variants: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """The experiment as its file would say it, with what goes without saying left out.

        ``variants``: others than its own.
        """
        if variants is None:
            variants = [variant.specification() for variant in self.variants.all()]
        said: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "scenario": self.document or self.scenario,
            "engine": self.engine,
            "seeds": {"first": self.first_seed, "count": self.seeds},
            "set": self.settings,
            "variants": variants,
            "sweep": self.sweep,
            "checkers": self.checkers,
            "expect": self.expect,
        }
        return {name: value for name, value in said.items() if value not in ("", {}, [])}


class Variant(models.Model):
    """One way to build the system that the experiment compares with the others."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="variants")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=40, help_text="What tables and charts call it.")
    design = models.CharField(max_length=64, blank=True, default="", help_text="Empty: the scenario's own design.")
    fix = models.BooleanField("with the fix", default=False, help_text="Begin from the scenario with its fix applied.")
    settings = models.JSONField(blank=True, default=dict)

    class Meta:
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("experiment", "name"), name="variant_name_once"),)

    def __str__(self) -> str:
        return self.name

    def specification(self) -> dict[str, Any]:
        """The variant as the experiment's file would say it."""
        said = {"name": self.name, "design": self.design, "fix": self.fix, "set": self.settings}
        return {name: value for name, value in said.items() if value not in ("", False, {})}


class Cell(models.Model):
    """A variant at one combination of swept values, frozen when the experiment began: what is really played."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="cells")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="cells")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    point = models.JSONField(default=dict, help_text="The swept values by path.")
    document = models.JSONField(help_text="The scenario that is played; the seed comes from each run.")

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("experiment", "position"), name="cell_position_once"),)

    def __str__(self) -> str:
        return self.name


class Chunk(models.Model):
    """Seeds of a cell that one process plays; held for a time by whoever asked for it or plays it."""

    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="chunks")
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="chunks")
    first_seed = models.BigIntegerField()
    count = models.PositiveIntegerField()
    done = models.BooleanField(default=False)
    holder = models.CharField(max_length=32, blank=True, default="")
    held_until_us = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Since the last run that it got done.")

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("experiment", "done", "held_until_us"), name="chunk_due"),)

    def __str__(self) -> str:
        return f"{self.cell}: seeds {self.first_seed} to {self.first_seed + self.count - 1}"


class Layout(models.Model):
    """What the figures and verdicts of a result are called, by position; shared by all results that have the same."""

    digest = models.CharField(max_length=64, primary_key=True)
    checkers = models.JSONField()
    figures = models.JSONField()

    def __str__(self) -> str:
        return f"{len(self.figures)} figures, {len(self.checkers)} checkers"


class Result(models.Model):
    """What one run of a cell showed. Small: figures are packed doubles, verdicts one letter each (p, f, u)."""

    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="results")
    seed = models.BigIntegerField()
    layout = models.ForeignKey(Layout, null=True, on_delete=models.PROTECT)
    figures = models.BinaryField(default=bytes)
    verdicts = models.CharField(max_length=32, blank=True, default="")
    shown = models.CharField(max_length=40, blank=True, default="", help_text="Of each expectation: p, f or u.")
    reasons = models.JSONField(default=list, help_text="Of each expectation that did not show, in their order: why.")
    end_ms = models.FloatField(default=0.0)
    windows = models.BinaryField(default=bytes, help_text="How long keys differed, packed.")
    error = models.CharField(max_length=300, blank=True, default="", help_text="Why there is nothing else here.")

    class Meta:
        ordering = ("cell_id", "seed")
        constraints = (models.UniqueConstraint(fields=("cell", "seed"), name="result_once"),)

    def __str__(self) -> str:
        return f"seed {self.seed}"


class Finding(models.Model):
    """What an experiment showed, with its evidence: an expectation held to its runs, or what a search found."""

    class Kind(models.TextChoices):
        """Where it comes from."""

        EXPECTATION = "expectation"
        HUNT = "hunt"

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="findings")
    cell = models.ForeignKey(Cell, null=True, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.EXPECTATION)
    title = models.CharField(max_length=300)
    because = models.CharField(max_length=300, blank=True, default="")
    verdict = models.CharField(max_length=8, help_text="passed, failed or unknown")
    reason = models.CharField(max_length=500, blank=True, default="")
    evidence = models.JSONField(
        default=dict, help_text="Counts, interval of the share, seeds; of a hunt, the schedule."
    )
    note = models.TextField(max_length=2_000, blank=True, default="", help_text="What people make of it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("experiment_id", "id")

    def __str__(self) -> str:
        return f"{self.title}: {self.verdict}"


class ApiToken(models.Model):
    """A key to the API. Only its digest is kept; what it may do is in ``scopes``, and it ends by itself."""

    name = models.CharField(max_length=80, help_text="Whose it is, and what for.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name
