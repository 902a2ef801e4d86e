"""An experiment as one HTML file: no script, nothing from elsewhere, readable from a folder on a train.

The figures are those of its page, from the same module and template (``drawn``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from consistency_viz.experiments.results import drawn

BYTES_MAX: Final = 5_000_000
"""A report is sent by mail; one that would be larger is refused with what to do."""

STYLES: Final = ("css/tokens.css", "css/results.css", "css/series.css", "css/report.css")


class ReportTooLargeError(ValueError):
    """A report would be larger than ``BYTES_MAX``."""


def experiment(summary: Mapping[str, Any], points: Mapping[int, drawn.CellPoints]) -> str:
    """The report of a ``conclusion.summary_of``; raises ``ReportTooLargeError``."""
    asked = msgspec.to_builtins(summary["experiment"])
    context = {
        "title": asked["title"],
        "asked": asked,
        "runs": f"{summary['runs']:,}",
        "verdict": summary["verdict"],
        "yaml": yaml.safe_dump(asked, sort_keys=False, allow_unicode=True),
        **drawn.context(summary, points),
    }
    return page("results/report.html", context)


def page(template: str, context: Mapping[str, Any]) -> str:
    """A report from its template; raises ``ReportTooLargeError``."""
    text = render_to_string(template, {"css": styles(), **context})
    size = len(text.encode())
    if size > BYTES_MAX:
        raise ReportTooLargeError(
            f"the report would be {size:,} bytes, above {BYTES_MAX:,}; take fewer cells or checkers, or export a table"
        )
    return text


def styles() -> SafeString:
    """Our own style sheets, to be carried within a report."""
    found = [finders.find(name) for name in STYLES]
    return mark_safe("\n".join(Path(str(path)).read_text(encoding="utf-8") for path in found))  # noqa: S308 - our own files
