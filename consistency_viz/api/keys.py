"""Who may do what how often: a token opens the operations of its scopes, so many times a minute.

The rate is counted in this web process; with several of them a token has the rate in each.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from ninja.security import HttpBearer

from consistency_viz.api.problems import ApiError, Wrong
from consistency_viz.experiments.campaign import tokens
from consistency_viz.experiments.campaign.models import ApiToken

_limiter: Final = MovingWindowRateLimiter(MemoryStorage())


class Scope(HttpBearer):
    """The holder of a token that has ``scope``; ``request.auth`` is the token."""

    openapi_description = "A token made by `manage.py token`, or in the admin."

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token, if it is valid; raises ``ApiError`` for too many requests, or a scope that it lacks."""
        found = tokens.find(token)
        if found is None:
            return None
        rate = _rate()
        if not _limiter.hit(rate, str(found.pk)):
            wait_s = max(1, int(rate.get_expiry()))
            raise ApiError(429, f"This token may ask {rate}.", retry_after_s=wait_s)
        if self.scope not in found.scopes:
            has = ", ".join(found.scopes)
            remedy = f"Make a token with the scope {self.scope}: {tokens.SCOPES[self.scope]}."
            raise ApiError(
                403, f"This token has the scopes {has} only.", [Wrong(field="scopes", value=has, remedy=remedy)]
            )
        return found


READ: Final = Scope("read")
CONFIGURE: Final = Scope("configure")
RUN: Final = Scope("run")
FAULTS: Final = Scope("faults")


def _rate() -> RateLimitItem:
    return parse(settings.API_RATE)


def author(request: Any) -> str:
    """The name that what a token makes is noted under."""
    return f"token {request.auth.name}"[:150]
