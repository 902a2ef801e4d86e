"""Runs in the admin, to look at and to delete; they are started from the page."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from consistency_viz.experiments.admin.parts import ReadOnly
from consistency_viz.experiments.models import Run

STATE_COLOURS = {"running": "info", "draining": "info", "finished": "success", "stopped": "warning", "failed": "danger"}


@admin.register(Run)
class RunAdmin(ReadOnly, ModelAdmin):
    """A list that can be searched; every field is a record of the past and so read-only."""

    list_display = ("id", "title", "design", "engine", "state_shown", "seed", "dashboard", "created_at")
    list_filter = ("state", "engine", "design")
    list_select_related = ("experiment",)
    search_fields = ("id", "title", "scenario")
    fields = (
        "dashboard", "id", "scenario", "title", "design", "summary", "seed", "engine", "state", "reason", "experiment",
        "cell", "history", "created_at", "started_at", "ended_at", "document",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="state", label=STATE_COLOURS)
    def state_shown(self, run: Run) -> str:
        return run.state

    @display(description="dashboard")
    def dashboard(self, run: Run) -> SafeString:
        return format_html('<a class="cv-link" href="{}">Open</a>', reverse("run", args=[run.id]))

    def delete_model(self, request: object, obj: Run) -> None:
        """Its history goes with it."""
        obj.history_path.unlink(missing_ok=True)
        obj.delete()
