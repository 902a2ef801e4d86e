"""Results and findings: to look at, to export, to open as a dashboard; people may add what they make of a finding."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.resources import ModelResource
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import display

from consistency_viz.experiments.admin.parts import ReadOnly, table
from consistency_viz.experiments.campaign.dashboards import open_seed
from consistency_viz.experiments.campaign.models import Finding, Result
from consistency_viz.experiments.campaign.results import unpack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.expectations import numbers

VERDICT_COLOURS = {"passed": "success", "failed": "danger", "unknown": "warning"}
_LETTERS = {"p": "passed", "f": "failed", "u": "unknown"}


class ResultResource(ModelResource):
    """A result as a row of a spreadsheet; all figures as one JSON column (the report's exports have one each)."""

    experiment = Field("cell__experiment__name")
    cell_name = Field("cell__name", column_name="cell")
    figures = Field()

    class Meta:
        model = Result
        fields = ("experiment", "cell_name", "seed", "verdicts", "shown", "end_ms", "error", "figures")
        export_order = fields

    def dehydrate_figures(self, result: Result) -> dict[str, Any]:
        """The figures by name."""
        return dict(numbers("", unpack(result, result.layout, 0).metrics))


class FindingResource(ModelResource):
    """A finding as a row of a spreadsheet."""

    experiment = Field("experiment__name")
    cell = Field("cell__name")

    class Meta:
        model = Finding
        fields = ("experiment", "cell", "kind", "title", "because", "verdict", "reason", "evidence", "note")
        export_order = fields


class CanOpen:
    """The action that opens a dashboard; a POST with a token, since it makes a run."""

    @admin.action(description="Open the dashboard of the first one chosen", permissions=["open"])
    def open_dashboard(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        """Play the seed again as a run that can be looked at, and go there."""
        row = chosen.first()
        if row is None:
            return None
        if isinstance(row, Finding) and row.kind == Finding.Kind.HUNT:
            hunt = row.experiment.hunts.filter(pk=row.evidence.get("hunt")).first()
            return HttpResponseRedirect((hunt or row.experiment).get_absolute_url())
        seeds = row.evidence.get("seeds_not_shown", []) if isinstance(row, Finding) else [row.seed]
        if row.cell is None or not (seeds or row.cell.results.exists()):
            messages.warning(request, "There is no run behind this one.")
            return None
        try:
            run = open_seed(row.cell, seeds[0] if seeds else row.cell.results.order_by("seed").first().seed)
        except CommandRefused as refused:
            messages.error(request, f"{refused.text} {refused.remedy}")
            return None
        return HttpResponseRedirect(reverse("run", args=[run.id]))

    def has_open_permission(self, request: HttpRequest) -> bool:
        """It plays a run: who may only look may not."""
        return bool(request.user.has_perm("experiments.change_experiment"))


@admin.register(Result)
class ResultAdmin(CanOpen, ReadOnly, ExportMixin, ModelAdmin):
    """Every run of every experiment, with what it showed."""

    resource_classes = (ResultResource,)
    export_form_class = ExportForm
    list_display = ("seed", "cell", "expectations", "failed", "end_ms")
    list_filter = (("cell__experiment", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("cell", "layout")
    search_fields = ("=seed", "cell__name")
    show_full_result_count = False
    actions = ("open_dashboard",)
    fields = ("cell", "seed", "end_ms", "error", "expectations", "failed", "reasons", "all_figures")
    readonly_fields = fields

    @display(description="expectations", label={"all shown": "success", "none asked": "info"})
    def expectations(self, result: Result) -> str:
        if not result.shown:
            return "none asked"
        missing = len(result.shown) - result.shown.count("p")
        return f"{missing} of {len(result.shown)} not shown" if missing else "all shown"

    @display(description="checkers that failed")
    def failed(self, result: Result) -> str:
        names = result.layout.checkers if result.layout is not None else []
        return ", ".join(n for n, letter in zip(names, result.verdicts, strict=False) if letter == "f") or "-"

    @display(description="figures")
    def all_figures(self, result: Result) -> Any:
        found = numbers("", unpack(result, result.layout, 0).metrics)
        return table(("figure", "value"), ((name, f"{value:,.6g}") for name, value in sorted(found)), "No figures.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go with their experiment, or not at all: a sample with holes would mislead."""
        return False


@admin.register(Finding)
class FindingAdmin(CanOpen, ExportMixin, ModelAdmin):
    """What experiments showed, with the evidence, and a note by people."""

    resource_classes = (FindingResource,)
    export_form_class = ExportForm
    list_display = ("title", "experiment", "cell", "verdict_shown", "share")
    list_filter = ("verdict", "kind", ("experiment", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("experiment", "cell")
    search_fields = ("title", "note", "experiment__name")
    actions = ("open_dashboard",)
    fields = ("title", "experiment", "cell", "verdict_shown", "because", "reason", "share", "seeds", "note")
    readonly_fields = fields[:-1]

    @display(description="verdict", label=VERDICT_COLOURS)
    def verdict_shown(self, finding: Finding) -> str:
        return finding.verdict

    @display(description="showed in")
    def share(self, finding: Finding) -> str:
        found = finding.evidence
        if "share" not in found:
            return "-"
        n, share = found["showed"] + found["not_shown"] + found["unknown"], found["share"]
        return f"{found['showed']:,} of {n:,} runs ({share['low']:.0%} to {share['high']:.0%})"

    @display(description="seeds in which it did not show")
    def seeds(self, finding: Finding) -> str:
        seeds = finding.evidence.get("seeds_not_shown", [finding.evidence.get("seed", "-")])
        return ", ".join(str(seed) for seed in seeds) or "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Findings come from runs."""
        return False
