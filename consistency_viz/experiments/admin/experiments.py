"""Experiments in the admin: ask, see what would be played, run, watch, compare, open."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from consistency_viz.experiments.admin.experiment_form import ExperimentForm, VariantForm, VariantFormSet
from consistency_viz.experiments.admin.parts import table
from consistency_viz.experiments.campaign import storing
from consistency_viz.experiments.campaign.comparison import compared
from consistency_viz.experiments.campaign.differences import differences
from consistency_viz.experiments.campaign.models import Experiment, Variant
from consistency_viz.experiments.campaign.progress import progress_of
from consistency_viz.experiments.campaign.unread import unread_settings
from consistency_viz.experiments.commands import CommandRefused
from workers.cluster.scenario_errors import ScenarioError

STATE_COLOURS: Final = {"running": "info", "finished": "success", "stopped": "warning", "failed": "danger"}
VERDICT_COLOURS: Final = {"passed": "success", "failed": "danger", "unknown": "warning"}
CELLS_SHOWN: Final = 24
DIFFERENCES_SHOWN: Final = 5
EXPORTED_MAX: Final = 100
ERRORS_SHOWN: Final = 4


class VariantInline(TabularInline):
    """The variants, one a line."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
    fields = ("name", "design", "fix", "settings", "position")
    extra = 0
    min_num = 1
    max_num = 32
    ordering_field = "position"
    hide_ordering_field = True
    verbose_name_plural = "Variants: what is compared"

    def _may_change(self, obj: Any) -> bool:
        return obj is None or obj.is_draft

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only while it is a draft."""
        return self._may_change(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only while it is a draft."""
        return self._may_change(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only while it is a draft."""
        return self._may_change(obj) and super().has_delete_permission(request, obj)


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    """A draft can be changed; one that has begun can be stopped, cloned, compared and looked at."""

    form = ExperimentForm
    inlines = (VariantInline,)
    list_display = ("title", "state_shown", "progress", "verdict_shown", "scenario", "engine_shown", "created_at")
    list_filter = ("state", "verdict", "engine")
    search_fields = ("name", "title", "question", "scenario")
    actions = ("run_now", "stop_now", "clone_now", "compare", "export_files")
    actions_submit_line = ("run_this", "stop_this", "clone_this")
    warn_unsaved_form = True
    asked: Final = (
        ("The question", {"fields": ("title", "name", "question")}),
        ("What is played", {"fields": ("scenario", "engine", "seeds", "settings", "sweep")}),
        ("What you expect", {"fields": ("expect",)}),
        ("Finer points", {"fields": ("first_seed", "checkers"), "classes": ("collapse",)}),
    )

    # --- the form ---

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is asked; of one that is there, also what would be or was played, and how far it is."""
        if obj is None:
            return self.asked
        if obj.is_draft:
            return (("What will be played", {"fields": ("overview",)}), *self.asked)
        said = ("question", "scenario", "engine", "seeds", "first_seed", "as_file")
        return (("How it stands", {"fields": ("overview",)}), ("What was asked", {"fields": said}))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """The name follows from the title."""
        return {"name": ("title",)} if obj is None else {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything, once it has begun: results must mean what is asked."""
        if obj is None:
            return ()
        if obj.is_draft:
            return ("overview",)
        return ("overview", "question", "scenario", "engine", "seeds", "first_seed", "as_file")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **given: Any) -> Any:  # noqa: FBT001, FBT002 - Django's
        """No field of it, once it has begun."""
        if obj is not None and not obj.is_draft:
            given["form"] = ModelForm
        return super().get_form(request, obj, change, **given)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Once it has begun, the file says what the variants are."""
        return self.inlines if obj is None or obj.is_draft else ()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Without the buttons that would save, where nothing can be changed any more."""
        begun = object_id is not None and Experiment.objects.filter(pk=object_id).exclude(state="draft").exists()
        hidden = ("show_save", "show_save_and_continue", "show_save_and_add_another") if begun else ()
        context = {**(extra_context or {}), **dict.fromkeys(hidden, False)}
        return super().changeform_view(request, object_id, form_url, context)

    def render_change_form(self, request: HttpRequest, context: Any, *given: Any, **named: Any) -> Any:
        """Say at the head what is wrong and where: the field may be far below."""
        form = context["adminform"].form
        for name, texts in list(form.errors.items())[:ERRORS_SHOWN] if request.method == "POST" else ():
            label = form.fields[name].label if name in form.fields else ""
            messages.error(request, f"{label or name}: {texts[0]}")
        return super().render_change_form(request, context, *given, **named)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:  # noqa: FBT001 - Django's
        """Let the formset of variants reach this form, for its errors."""
        obj = super().save_form(request, form, change)
        obj.asked_with = form
        return obj

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Note whose it is; one that has begun is not saved again, whatever was posted."""
        if not change:
            obj.created_by = request.user.get_username()
        if change and not obj.is_draft:
            for chosen in self.get_actions_submit_line(request, obj.pk):
                if chosen.action_name in request.POST:
                    chosen.method(request, obj)
            return
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """To its own page, where it can be started."""
        messages.success(request, "Saved. Below is what will be played; start it with “Run now”.")
        return HttpResponseRedirect(reverse("admin:experiments_experiment_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Carry out what a button asked for, now that the variants are saved too."""
        asked_for = getattr(request, "asked_for", "")
        if not asked_for:
            return super().response_change(request, obj)
        if asked_for == "start":
            self._try(request, storing.start, obj)
        elif asked_for == "stop":
            self._try(request, storing.stop, obj)
        elif asked_for == "clone":
            obj = storing.clone(obj, request.user.get_username())
            messages.success(request, f"This is the clone, {obj.name}. Change what you like, then run it.")
        return HttpResponseRedirect(reverse("admin:experiments_experiment_change", args=[obj.pk]))

    @action(description="Run now", permissions=["change"], icon="play_arrow")
    def run_this(self, request: HttpRequest, obj: Experiment) -> None:
        request.asked_for = "start"  # type: ignore[attr-defined]

    @action(description="Stop", permissions=["change"], icon="stop")
    def stop_this(self, request: HttpRequest, obj: Experiment) -> None:
        request.asked_for = "stop"  # type: ignore[attr-defined]

    def has_clone_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may add one may clone one."""
        return self.has_add_permission(request)

    @action(description="Clone", permissions=["clone"], icon="content_copy")
    def clone_this(self, request: HttpRequest, obj: Experiment) -> None:
        request.asked_for = "clone"  # type: ignore[attr-defined]

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Those that make sense as it stands."""
        found = super().get_actions_submit_line(request, object_id)
        experiment = Experiment.objects.filter(pk=object_id).first()
        if experiment is None:
            return found
        not_now = {"stop_this"} if experiment.state != Experiment.State.RUNNING else {"run_this"}
        if experiment.state in (Experiment.State.FINISHED, Experiment.State.FAILED):
            not_now.add("run_this")
        return [one for one in found if not any(one.action_name.endswith(name) for name in not_now)]

    # --- actions on those chosen in the list ---

    @admin.action(description="Run now", permissions=["change"])
    def run_now(self, request: HttpRequest, chosen: QuerySet[Experiment]) -> None:
        for experiment in chosen:
            self._try(request, storing.start, experiment)

    @admin.action(description="Stop", permissions=["change"])
    def stop_now(self, request: HttpRequest, chosen: QuerySet[Experiment]) -> None:
        for experiment in chosen:
            self._try(request, storing.stop, experiment)

    @admin.action(description="Clone", permissions=["add"])
    def clone_now(self, request: HttpRequest, chosen: QuerySet[Experiment]) -> None:
        for experiment in chosen[:EXPORTED_MAX]:
            cloned = storing.clone(experiment, request.user.get_username())
            messages.success(request, f"{experiment.name} was cloned as {cloned.name}.")

    @admin.action(description="Compare", permissions=["view"])
    def compare(self, request: HttpRequest, chosen: QuerySet[Experiment]) -> HttpResponse | None:
        finished = [one for one in chosen.order_by("created_at") if one.summary is not None]
        if not finished:
            messages.warning(request, "None of them is finished yet, so there is nothing to compare.")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Compare",
            "opts": self.opts,
            "experiments": finished,
            "comparison": compared([one.summary for one in finished if one.summary is not None]),
        }
        return TemplateResponse(request, "admin/experiments/compare.html", context)

    @admin.action(description="Export as files", permissions=["view"])
    def export_files(self, request: HttpRequest, chosen: QuerySet[Experiment]) -> HttpResponse:
        """The YAML of each, such as `manage.py experiment` plays; several in one archive."""
        files = {f"{one.name}.yaml": storing.as_yaml(one.specification()) for one in chosen[:EXPORTED_MAX]}
        if len(files) == 1:
            name, text = next(iter(files.items()))
            return _download(name, text.encode(), "application/yaml")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return _download("experiments.zip", packed.getvalue(), "application/zip")

    def _try(self, request: HttpRequest, command: Any, experiment: Experiment) -> None:
        try:
            messages.success(request, command(experiment))
        except CommandRefused as refused:
            messages.error(request, f"{refused.text} {refused.remedy}")

    # --- what is shown ---

    @display(description="state", label=STATE_COLOURS)
    def state_shown(self, experiment: Experiment) -> str:
        return experiment.state

    @display(description="expectations", label=VERDICT_COLOURS)
    def verdict_shown(self, experiment: Experiment) -> str:
        return experiment.verdict or "-"

    @display(description="engine")
    def engine_shown(self, experiment: Experiment) -> str:
        return experiment.engine

    @display(description="as a file")
    def as_file(self, experiment: Experiment) -> SafeString:
        """What `manage.py experiment` would play."""
        return format_html('<pre class="cv-code">{}</pre>', storing.as_yaml(experiment.specification()))

    @display(description="runs")
    def progress(self, experiment: Experiment) -> SafeString:
        return _bar(experiment)

    @display(description="")
    def overview(self, experiment: Experiment) -> SafeString:
        """A draft: its cells and what each changes. One that has begun: how far it is, and where to look."""
        if experiment.is_draft:
            return _preview(experiment)
        links = format_html(
            '<p class="cv-links"><a class="cv-link" href="{}">Figures, seeds and hunts</a> '
            '<a class="cv-link" href="{}?experiment__id__exact={}">Findings</a> '
            '<a class="cv-link" href="{}?cell__experiment__id__exact={}">All runs</a></p>',
            experiment.get_absolute_url(),
            reverse("admin:experiments_finding_changelist"),
            experiment.pk,
            reverse("admin:experiments_result_changelist"),
            experiment.pk,
        )
        prices = ""
        if experiment.summary is not None:
            found = compared([experiment.summary])
            prices = format_html(
                '<p class="cv-answer">{}</p>{}',
                experiment.summary.get("answer", ""), table(found.head, found.rows, "Nothing was measured."),
            )  # fmt: skip
        reason = format_html('<p class="cv-empty">{}</p>', experiment.reason) if experiment.reason else ""
        return format_html(
            '<div class="cv-overview" data-cv-progress="{}">{}{}</div>{}{}',
            experiment.state, _bar(experiment), reason, prices, links,
        )  # fmt: skip


def _bar(experiment: Experiment) -> SafeString:
    done, total = progress_of(experiment)
    if experiment.is_draft:
        return format_html("<span>{} runs asked for</span>", f"{total:,}")
    return format_html(
        '<span class="cv-progress"><progress max="{}" value="{}"></progress> {} of {}</span>',
        total, done, f"{done:,}", f"{total:,}",
    )  # fmt: skip


def _preview(experiment: Experiment) -> SafeString:
    try:
        planned = storing.plan_of(experiment)
    except ScenarioError as error:
        problem = error.problems[0]
        return format_html('<p class="cv-empty">It cannot be played: {}: {}</p>', problem.field, problem.remedy)
    base = planned.cells[0].scenario.model_dump(mode="json")
    known = storing.known(experiment.scenario)
    if known is not None:
        base = known.model_copy(update={"expect": (), "narration": (), "fix": None, "lesson": None}).model_dump(
            mode="json"
        )
    rows = []
    for cell in planned.cells[:CELLS_SHOWN]:
        found = differences(base, cell.scenario.model_dump(mode="json"))
        found = [d for d in found if not d.path.startswith(("expect", "anomaly"))]
        told = "; ".join(f"{d.path}: {d.before} → {d.after}" for d in found[:DIFFERENCES_SHOWN])
        more = f"; and {len(found) - DIFFERENCES_SHOWN} more" if len(found) > DIFFERENCES_SHOWN else ""
        rows.append((cell.name, cell.scenario.design, (told or "nothing: as it is") + more, len(cell.scenario.expect)))
    head = ("cell", "design", "what differs from the scenario", "expectations")
    cells = "1 cell" if len(planned.cells) == 1 else f"{len(planned.cells)} cells"
    runs = f"{planned.runs:,} runs: {cells} of {planned.experiment.seeds.count:,} seeds each."
    warned = format_html_join(
        "", '<p class="cv-warning">Warning: {}.</p>', ((one,) for one in unread_settings(planned))
    )
    more = f" The first {CELLS_SHOWN} cells:" if len(planned.cells) > CELLS_SHOWN else ""
    return format_html("<p>{}</p>{}{}", runs + more, warned, table(head, rows, "Nothing to play."))


def _download(name: str, content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
