"""Which pages get which Content-Security-Policy: the strict one, but for the admin, which says why in ``settings``."""

from __future__ import annotations

from typing import Any, Final

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest

ADMIN: Final = "/admin/"


class PagePolicies(CSPMiddleware):
    """The policy of the settings, and under ``/admin/`` the same with two directives replaced."""

    def get_policy_parts(self, request: HttpRequest, response: Any, *given: Any, **named: Any) -> PolicyParts:
        """What the header is made of."""
        parts = super().get_policy_parts(request, response, *given, **named)
        if request.path_info.startswith(ADMIN):
            parts.replace = {**(parts.replace or {}), **settings.ADMIN_POLICY}
        return parts
