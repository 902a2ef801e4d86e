"""Scenarios of one's own: begin with a shipped one, change what matters, see what differs, keep every version."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.resources import ModelResource
from unfold.admin import ModelAdmin
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from consistency_viz.experiments.admin.parts import said, table
from consistency_viz.experiments.campaign import scenarios
from consistency_viz.experiments.campaign.differences import differences
from consistency_viz.experiments.campaign.models import Scenario
from consistency_viz.experiments.stack import catalogue
from workers.cluster.catalogue import names, text_of
from workers.cluster.scenario_errors import ScenarioError
from workers.cluster.scenario_yaml import BYTES_MAX

VERSIONS_SHOWN = 20


class ScenarioForm(forms.ModelForm):
    """The text is checked as a whole; every error stands at the text with its line, field, value and remedy."""

    based_on = forms.ChoiceField(
        required=False,
        label="Made from",
        choices=lambda: [
            ("", "nothing: written from scratch"),
            *((s.name, f"{s.name}: {s.title}") for s in catalogue()),
        ],
        widget=UnfoldAdminSelectWidget(),
        help_text="Differences are shown against this one.",
    )
    text = forms.CharField(
        strip=False,
        max_length=BYTES_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 28, "class": "cv-code", "spellcheck": "false", "wrap": "off"}),
        help_text="YAML. Give it a name of its own in the first line. Every error is told with its line when you save.",
    )
    note = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text="What this version changes, for those who come after you.",
    )

    class Meta:
        model = Scenario
        fields = ("based_on",)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        newest = self.instance.latest if self.instance.pk else None
        if newest is not None:
            self.initial["text"] = newest.text

    def clean(self) -> dict[str, Any]:
        """Read the text as ``scenarios validate`` does, without keeping it."""
        cleaned = super().clean() or {}
        text = cleaned.get("text")
        if text is not None:
            try:
                scenarios.check(text, self.instance.name if self.instance.pk else None)
            except ScenarioError as error:
                for problem in error.problems:
                    self.add_error("text", said(problem))
        return cleaned


class ScenarioResource(ModelResource):
    """A scenario as a row: its newest text."""

    text = Field()
    version = Field()

    class Meta:
        model = Scenario
        fields = ("name", "title", "design", "based_on", "version", "text")
        export_order = fields

    def dehydrate_text(self, scenario: Scenario) -> str:
        """The YAML of the newest version."""
        return scenario.latest.text if scenario.latest is not None else ""

    def dehydrate_version(self, scenario: Scenario) -> int:
        """The number of the newest version."""
        return scenario.latest.number if scenario.latest is not None else 0


@admin.register(Scenario)
class ScenarioAdmin(ExportMixin, ModelAdmin):
    """A form with the text and two tables: what differs from the shipped one, and the versions."""

    form = ScenarioForm
    resource_classes = (ScenarioResource,)
    export_form_class = ExportForm
    list_display = ("name", "title", "design", "based_on", "version", "updated_at")
    list_filter = ("design",)
    search_fields = ("name", "title")
    readonly_fields = ("begin_with", "changes", "history_of_versions")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new one begins with a shipped one; one that is there shows what became of it."""
        if obj is None:
            return ((None, {"fields": ("begin_with", "based_on", "text", "note")}),)
        return (
            (None, {"fields": ("based_on", "text", "note")}),
            ("What differs from the shipped one", {"fields": ("changes",)}),
            ("Versions", {"fields": ("history_of_versions",)}),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """``?based_on=NAME``: the text of that one, under another name."""
        name = request.GET.get("based_on", "")
        if name not in names():
            return {}
        return {"based_on": name, "text": text_of(name).replace(f"name: {name}\n", f"name: my-{name}\n", 1)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """A new version, if the text is another."""
        given = form.cleaned_data
        saved = scenarios.save(
            given["text"],
            based_on=given["based_on"],
            note=given["note"],
            created_by=request.user.get_username(),
            name=obj.name if change else None,
        )
        obj.__dict__.update({k: v for k, v in saved.__dict__.items() if not k.startswith("_")})

    @display(description="version")
    def version(self, scenario: Scenario) -> str:
        newest = scenario.latest
        return str(newest.number) if newest is not None else "-"

    @display(description="begin with")
    def begin_with(self, _: Scenario) -> SafeString:
        address = reverse("admin:experiments_scenario_add")
        links = ((f"{address}?based_on={s.name}", s.title, s.name) for s in catalogue())
        items = format_html_join("", '<a class="cv-chip" href="{}" title="{}">{}</a>', links)
        return format_html('<div class="cv-chips">{}</div>', items)

    @display(description="changes")
    def changes(self, scenario: Scenario) -> SafeString:
        found = scenarios.against_default(scenario)
        empty = "Nothing differs." if scenario.based_on else "It was made from nothing, so there is nothing to compare."
        return table(("setting", scenario.based_on or "shipped", "here"), found, empty)

    @display(description="versions")
    def history_of_versions(self, scenario: Scenario) -> SafeString:
        versions = list(scenario.versions.all()[: VERSIONS_SHOWN + 1])
        rows = []
        for index, version in enumerate(versions[:VERSIONS_SHOWN]):
            earlier = versions[index + 1] if index + 1 < len(versions) else None
            found = differences(earlier.document, version.document) if earlier is not None else []
            told = "; ".join(f"{d.path}: {d.before} → {d.after}" for d in found[:4]) + ("; …" if len(found) > 4 else "")
            made = f"{version.created_at:%Y-%m-%d %H:%M}"
            rows.append((version.number, made, version.created_by or "-", version.note or "-", told or "-"))
        return table(("version", "when", "who", "note", "changed"), rows, "No version yet.")
