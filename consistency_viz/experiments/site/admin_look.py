"""How the admin looks and what its sidebar offers (django-unfold)."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _may(permission: str) -> Any:
    def may(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return may


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    link = reverse_lazy(f"admin:{model.replace('.', '_')}_changelist")
    app, _, name = model.partition(".")
    return {"title": title, "icon": icon, "link": link, "permission": _may(f"{app}.view_{name}")}


UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": "Consistency Viz",
    "SITE_HEADER": "Consistency Viz",
    "SITE_SUBHEADER": "Experiments",
    "SITE_URL": "/",
    "SITE_SYMBOL": "science",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "COLORS": {
        "primary": {
            "50": "#eff4ff", "100": "#dbe6fe", "200": "#bfd3fe", "300": "#93b4fd", "400": "#8db4ff", "500": "#4f82ee",
            "600": "#1f5fe0", "700": "#1a4fbc", "800": "#1c4396", "900": "#1c3a77", "950": "#142449",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Experiments",
                "items": [
                    _item("Experiments", "science", "experiments.experiment"),
                    _item("Findings", "fact_check", "experiments.finding"),
                    _item("Results", "table_rows", "experiments.result"),
                ],
            },
            {
                "title": "What is played",
                "items": [
                    _item("Scenarios", "description", "experiments.scenario"),
                    _item("Runs", "play_circle", "experiments.run"),
                ],
            },
            {
                "title": "Access",
                "items": [
                    _item("API tokens", "key", "experiments.apitoken"),
                    _item("People", "person", "auth.user"),
                    _item("Groups", "group", "auth.group"),
                ],
            },
        ],
    },
}  # fmt: skip
"""The sidebar, the colours of the pages (blue for links, since pink means divergence), our own sheet and script."""
