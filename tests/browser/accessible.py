"""What axe finds on a page: rules of WCAG 2.2 A and AA, and good practice."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

HELP_LENGTH_MAX = 200


def violations(page: Page, state: str = "") -> list[str]:
    """What axe finds, by rule and the first element; ``state`` says of what."""
    found = Axe().run(page).response["violations"]
    return [f"{state} {one['id']}: {_where(one['nodes'])}" for one in found]


def _where(nodes: list[dict[str, object]]) -> str:
    first = nodes[0]
    return f"{len(nodes)} of {first['target']} {str(first['failureSummary'])[:HELP_LENGTH_MAX]}"
