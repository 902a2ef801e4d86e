"""Runs in the admin, to look at and to delete; they are started from the page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from consistency_viz.experiments.models import Run

FIELDS = (
    "id",
    "scenario",
    "title",
    "design",
    "summary",
    "document",
    "seed",
    "engine",
    "state",
    "reason",
    "history",
    "created_at",
    "started_at",
    "ended_at",
)


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    """A list that can be searched; every field is a record of the past and so read-only."""

    list_display = ("id", "title", "design", "engine", "state", "seed", "created_at")
    list_filter = ("state", "engine", "design")
    search_fields = ("id", "title", "scenario")
    readonly_fields = FIELDS

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A row without a run behind it would be a lie."""
        return False
