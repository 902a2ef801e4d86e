"""Keys to the API: issued once, kept as a digest, limited in what they open and for how long."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from consistency_viz.experiments.campaign.models import ApiToken

SCOPES: Final = {
    "read": "look at scenarios, experiments, runs and findings, and export them",
    "configure": "make and change scenarios and experiments",
    "run": "start and stop experiments and runs",
    "faults": "inject and heal faults of runs",
}
PREFIX: Final = "cv_"
TOKEN_LENGTH_MAX: Final = 80
DAYS_MAX: Final = 365
DAYS_DEFAULT: Final = 30
USED_NOTED_EVERY: Final = timedelta(minutes=1)


def issue(name: str, scopes: Sequence[str], days: int = DAYS_DEFAULT, created_by: Any = None) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown once and cannot be read back. Raises ValueError saying what is wrong."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValueError(f"scopes = {', '.join(unknown) or 'none'}: choose of {', '.join(SCOPES)}")
    if not 1 <= days <= DAYS_MAX:
        raise ValueError(f"days = {days}: use 1 to {DAYS_MAX}")
    if not name.strip() or len(name) > 80:
        raise ValueError(f"name = {name[:20]!r}: say in 1 to 80 characters whose it is, and what for")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name.strip(),
        digest=_digest(text),
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_by=created_by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    return token, text


def find(text: str) -> ApiToken | None:
    """The token of a text, if it may still be used."""
    if not text.startswith(PREFIX) or len(text) > TOKEN_LENGTH_MAX:
        return None
    now = timezone.now()
    valid = ApiToken.objects.filter(digest=_digest(text), revoked_at=None, expires_at__gt=now)
    token = valid.select_related("created_by").first()
    if token is None or (token.created_by is not None and not token.created_by.is_active):
        return None
    if token.last_used_at is None or now - token.last_used_at > USED_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
