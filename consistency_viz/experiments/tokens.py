"""One-time presenter tokens: issued on the command line, redeemed once by a browser.

Redeeming is one conditional UPDATE, so that of any number of browsers that follow the link at once exactly one gets in.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from consistency_viz.experiments.models import PresenterToken

LIFETIME = timedelta(hours=1)
TOKEN_LENGTH_MAX = 64


def issue(lifetime: timedelta = LIFETIME) -> str:
    """A new token; it is shown once and cannot be read back."""
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    PresenterToken.objects.filter(expires_at__lt=now - timedelta(days=7)).delete()
    PresenterToken.objects.create(digest=_digest(token), expires_at=now + lifetime)
    return token


def redeem(token: str) -> bool:
    """Whether ``token`` is valid, unexpired and unused; it is used from now on."""
    if len(token) > TOKEN_LENGTH_MAX:
        return False
    now = timezone.now()
    unused = PresenterToken.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=now)
    return unused.update(used_at=now) == 1


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
