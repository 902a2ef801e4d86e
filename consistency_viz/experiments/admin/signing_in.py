"""The form by which people sign in to the admin, with a brake on guessing: failures count by name and address.

Counted in this web process. Whoever is refused is not told whether the password would have been right.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from unfold.forms import AuthenticationForm

FAILURES_BY_NAME: Final = parse("8/5 minutes")
FAILURES_BY_ADDRESS: Final = parse("60/5 minutes")
NAME_LENGTH_MAX: Final = 150
_limiter: Final = MovingWindowRateLimiter(MemoryStorage())


class BrakedForm(AuthenticationForm):
    """Name and password."""

    def clean(self) -> dict[str, Any]:
        """Try them, unless too many were tried. Raises ``ValidationError``."""
        address = self.request.META.get("REMOTE_ADDR", "") if self.request is not None else ""
        name = str(self.cleaned_data.get("username", ""))[:NAME_LENGTH_MAX].casefold()
        by_name, by_address = (FAILURES_BY_NAME, "sign in", name, address), (FAILURES_BY_ADDRESS, "sign in", address)
        if not (_limiter.test(*by_name) and _limiter.test(*by_address)):
            raise ValidationError("Too many passwords were tried. Wait five minutes.", code="too_many")
        try:
            return super().clean()
        except ValidationError:
            _limiter.hit(*by_name)
            _limiter.hit(*by_address)
            raise
