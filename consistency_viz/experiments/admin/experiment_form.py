"""The form of an experiment: choices instead of spellings, and every error at the field that it comes from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from consistency_viz.experiments.admin.parts import YamlField, said
from consistency_viz.experiments.campaign import storing
from consistency_viz.experiments.campaign.cells import plan
from consistency_viz.experiments.campaign.models import Experiment, Scenario, Variant
from consistency_viz.experiments.campaign.scenario_asks import expectations_by_default
from consistency_viz.experiments.stack import catalogue
from workers.cluster.reading import examples, sections_read
from workers.cluster.scenario_errors import ScenarioError
from workers.cluster.schema.story import CHECKERS
from workers.strategies.registry import DESIGNS

FIELDS = {
    "set": "settings", "seeds.count": "seeds", "seeds.first": "first_seed", "seeds": "seeds",
}  # fmt: skip
SETTINGS_HELP = (
    "One `path: value` a line, as in a scenario: network.default.latency.mean_ms: 80; where clients order, "
    "workload.orders: 50; where regions are replicated, such as in Likes, clients.operations: 50."
)


def scenario_choices() -> list[Any]:
    """The scenarios of one's own, the lessons and the other shipped ones."""
    own = [(scenario.name, f"{scenario.name}: {scenario.title}") for scenario in Scenario.objects.all()[:200]]
    shipped = [s for s in catalogue() if s.duration_s is not None]
    lessons = [(s.name, f"{s.lesson.number}. {s.title}") for s in shipped if s.lesson is not None]
    others = [(s.name, s.title) for s in shipped if s.lesson is None]
    groups = [("Your own", own), ("Lessons", lessons), ("Others", others)]
    return [("", "Choose one"), *(group for group in groups if group[1])]


class ExperimentForm(forms.ModelForm):
    """What is asked. The variants are in a formset, and all of it is checked together there."""

    scenario = forms.ChoiceField(
        choices=scenario_choices, widget=UnfoldAdminSelectWidget(), help_text="What is played. The variants change it."
    )
    question = forms.CharField(
        required=False,
        max_length=600,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="What do you want to know? It stands at the head of the report.",
    )
    settings = YamlField(
        label="Settings for all variants",
        help_text=SETTINGS_HELP,
        placeholder="network.default.latency.mean_ms: 80",
    )
    sweep = YamlField(
        label="Sweep",
        help_text="Settings that take several values; each variant is played at each of them. Empty: no sweep.",
        placeholder="network.default.latency.mean_ms: {from: 5, to: 500, count: 5, scale: log}\nviews: [1, 2, 4]",
    )
    expect = YamlField(
        kind=list,
        rows=6,
        label="Expectations",
        help_text=(
            "What you believe, held to every run. `variants: [...]` limits one to some variants, "
            "`in_share_of_runs: {at_least: 0.9}` makes it softer. Left empty in a new experiment, those of the "
            "scenario and of its fix are filled in, for you to change. Emptied after that: just measure."
        ),
        placeholder=(
            "- {checker: lost-updates, verdict: passed, because: Nobody may lose a write.}\n"
            "- {metric: work.place_latency_ms_p99, at_most: 500, because: Customers leave after half a second.}"
        ),
    )
    checkers = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in CHECKERS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="None chosen: all of them. A few are faster.",
    )

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        chosen = storing.known(self.instance.scenario) if self.instance.pk else None
        if chosen is not None and "settings" in self.fields:
            lines = [*examples(chosen), "network.default.latency.mean_ms: 80"]
            self.fields["settings"].help_text = format_html(
                "One `path: value` a line. {} reads {}: for example {}.",
                chosen.title, ", ".join(sections_read(chosen)), "; ".join(lines),
            )  # fmt: skip
            self.fields["settings"].widget.attrs["placeholder"] = "\n".join(lines)

    class Meta:
        model = Experiment
        fields = (
            "name", "title", "question", "scenario", "engine", "first_seed", "seeds", "settings", "sweep", "checkers",
            "expect",
        )  # fmt: skip


class VariantForm(forms.ModelForm):
    """One variant in one line."""

    design = forms.ChoiceField(
        required=False,
        choices=[("", "the scenario's own"), *((name, f"{design.title} ({name})") for name, design in DESIGNS.items())],
        widget=UnfoldAdminSelectWidget(),
    )
    settings = YamlField(rows=2, help_text="One `path: value` a line; it wins over the settings for all variants.")

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        if not self.instance.pk and self.prefix == "variants-0":
            self.initial.setdefault("name", "as it is")

    def has_changed(self) -> bool:
        """A line with a name is a variant, though it be the one that was suggested."""
        return super().has_changed() or bool(self.data.get(self.add_prefix("name")))

    class Meta:
        model = Variant
        fields = ("name", "design", "fix", "settings", "position")


class VariantFormSet(forms.BaseInlineFormSet):
    """Checks the experiment as a whole, once all of it is known, and puts every error where it belongs."""

    def clean(self) -> None:
        """Plan the experiment as it would be saved."""
        super().clean()
        form: forms.ModelForm | None = getattr(self.instance, "asked_with", None)
        if form is None or any(self.errors):
            return
        kept = [f for f in self.forms if f.cleaned_data.get("name") and not f.cleaned_data.get("DELETE")]
        kept.sort(key=lambda f: f.cleaned_data.get("position") or 0)
        if not kept:
            raise ValidationError("Add at least one variant, such as the scenario as it is.")
        self._fill_in_expectations([f.instance.specification() for f in kept])
        fields = self.instance.specification(variants=[f.instance.specification() for f in kept])
        try:
            plan(fields, self.instance.name, storing.known)
        except ScenarioError as error:
            for problem in error.problems:
                self._tell(problem, form, kept)
            raise ValidationError("It cannot be played like this; the fields in question say why.") from None

    def _fill_in_expectations(self, variants: list[dict[str, Any]]) -> None:
        """The scenario's own, where a new experiment has none: they can be seen and changed in the draft."""
        experiment = self.instance
        if experiment.pk is None and not experiment.expect:
            scenario = storing.known(experiment.scenario)
            if scenario is not None:
                experiment.expect = expectations_by_default(scenario, variants, is_swept=bool(experiment.sweep))

    def _tell(self, problem: Any, form: forms.ModelForm, kept: list[Any]) -> None:
        first, _, rest = problem.field.partition(".")
        text = said(problem._replace(line=0))
        if first == "variants" and rest.partition(".")[0].isdigit():
            number, _, field = rest.partition(".")
            place = {"set": "settings"}.get(field.partition(".")[0], field.partition(".")[0])
            variant = kept[int(number)]
            variant.add_error(place if place in variant.fields else None, text)
            return
        place = FIELDS.get(problem.field) or FIELDS.get(first, first)
        form.add_error(place if place in form.fields else None, text)
