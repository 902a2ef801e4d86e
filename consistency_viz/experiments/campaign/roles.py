"""Who may do what in the admin: two groups, kept up by every ``migrate``, and the presenter's account.

| group | may |
|---|---|
| ``viewers`` | look at everything about scenarios, experiments, runs and findings |
| ``configurers`` | also make, change, start, stop and delete scenarios and experiments, and write notes on findings |

Neither sees accounts, groups or tokens. Accounts and tokens are a superuser's business (``manage.py createsuperuser``).

The presenter's one-time link signs the browser in as the account ``presenter``: staff, in ``configurers``, no
superuser, with a password that nobody has. So the link opens what the group may do, for as long as the session lasts.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth import login
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpRequest

from consistency_viz.experiments.commands import PRESENTER_ACCOUNT

VIEWERS: Final = "viewers"
CONFIGURERS: Final = "configurers"
LOOKED_AT: Final = ("run", "scenario", "scenarioversion", "experiment", "variant", "cell", "result", "finding", "hunt")
CONFIGURED: Final = ("scenario", "experiment", "variant")
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


def keep_groups(**_: Any) -> None:
    """Make the groups and give them their permissions; after every ``migrate``, when the permissions are there."""
    looking = [f"view_{model}" for model in LOOKED_AT]
    changing = [f"{verb}_{model}" for verb in ("add", "change", "delete") for model in CONFIGURED]
    configuring = [*looking, *changing, "change_finding", "delete_run"]
    for name, codenames in ((VIEWERS, looking), (CONFIGURERS, configuring)):
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set(Permission.objects.filter(content_type__app_label="experiments", codename__in=codenames))


def sign_in_presenter(request: HttpRequest) -> None:
    """Sign the browser in as the presenter's account, under a new session key. An account that was locked stays so."""
    account, made = User.objects.get_or_create(username=PRESENTER_ACCOUNT, defaults={"is_staff": True})
    if made:
        account.set_unusable_password()
        account.save(update_fields=["password"])
        group, _made = Group.objects.get_or_create(name=CONFIGURERS)
        account.groups.add(group)
    if account.is_active and not account.is_superuser and not account.has_usable_password():
        login(request, account, backend=BACKEND)
    else:
        request.session.cycle_key()
