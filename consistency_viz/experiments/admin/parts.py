"""What the pages of the admin share: permissions, YAML in a form's field, small tables, dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from workers.cluster.scenario_errors import ScenarioError
from workers.cluster.scenario_yaml import read, too_large


class ReadOnly:
    """A model admin that shows records of the past: nobody adds or changes them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A row without anything behind it would be a lie."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What has happened is not changed."""
        return False


class YamlField(forms.CharField):
    """A few lines of YAML as plain values: a mapping, or a list where ``kind`` is ``list``."""

    def __init__(self, *, kind: type = dict, rows: int = 3, placeholder: str = "", **given: Any) -> None:
        self.kind = kind
        attributes = {"rows": rows, "class": "cv-code", "spellcheck": "false", "placeholder": placeholder}
        widget = UnfoldAdminTextareaWidget(attrs=attributes)
        super().__init__(widget=widget, required=False, **given)

    def prepare_value(self, value: Any) -> Any:
        """Plain values as YAML; what was typed stays as it was typed."""
        if isinstance(value, str):
            return value
        return as_yaml(value)

    def to_python(self, value: Any) -> Any:
        """What was typed as plain values; a ValidationError says which line cannot be read."""
        if isinstance(value, self.kind):
            return value
        text = str(value or "")
        problem = too_large(text)
        if problem is not None:
            raise ValidationError(problem.remedy)
        try:
            found = read(text, "line")[1]
        except ScenarioError as error:
            raise ValidationError([said(problem) for problem in error.problems]) from None
        if found is None:
            return self.kind()
        if not isinstance(found, self.kind):
            how = (
                "Write one `path: value` a line" if self.kind is dict else "Write a list, each item on a line with `- `"
            )
            example = str(self.widget.attrs.get("placeholder", "")).partition("\n")[0]
            raise ValidationError(f"{how}{f', such as: {example}' if example else ''}")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared by value."""
        try:
            return bool(self.to_python(data) != (initial or self.kind()))
        except ValidationError:
            return True


def as_yaml(value: Any) -> str:
    """Plain values for a text field; nothing for what is empty."""
    if not value:
        return ""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)


def said(problem: Any) -> str:
    """A problem in one line."""
    where = f"line {problem.line}: " if problem.line else ""
    value = f" = {problem.value}" if problem.value else ""
    return f"{where}{problem.field}{value}: {problem.remedy}" if problem.field else f"{where}{problem.remedy}"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> SafeString:
    """A small table; every value is escaped."""
    body = [(format_html_join("", "<td>{}</td>", ((value,) for value in row)),) for row in rows]
    if not body:
        return format_html('<p class="cv-empty">{}</p>', empty)
    return format_html(
        '<div class="cv-scroll"><table class="cv-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        format_html_join("", "<th>{}</th>", ((title,) for title in head)),
        format_html_join("", "<tr>{}</tr>", body),
    )
