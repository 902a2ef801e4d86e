"""API tokens: made here or by ``manage.py token``; the text is shown once, then nobody can read it."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from consistency_viz.experiments.campaign import tokens
from consistency_viz.experiments.campaign.models import ApiToken

STATE_COLOURS: Final = {"valid": "success", "expired": "warning", "revoked": "danger"}


class TokenForm(forms.ModelForm):
    """Whose it is, what it opens, for how long."""

    name = forms.CharField(
        max_length=80, widget=UnfoldAdminTextInputWidget(), help_text="Whose it is, and what for: nightly build."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {about}") for scope, about in tokens.SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        initial=["read"],
        help_text="Give as few as will do.",
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=tokens.DAYS_MAX,
        initial=tokens.DAYS_DEFAULT,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="After so many days it opens nothing any more.",
    )

    class Meta:
        model = ApiToken
        fields = ("name", "scopes")


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    """Made and revoked, never changed."""

    form = TokenForm
    list_display = ("name", "scopes_shown", "state", "expires_at", "last_used_at", "created_by")
    actions = ("revoke",)
    fields = ("name", "scopes", "days")

    @display(description="scopes")
    def scopes_shown(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @display(description="state", label=STATE_COLOURS)
    def state(self, token: ApiToken) -> str:
        if token.revoked_at is not None:
            return "revoked"
        return "valid" if token.expires_at > timezone.now() else "expired"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token that could be changed would open what nobody meant it to."""
        return obj is None and super().has_change_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of one that is there, what is known of it."""
        return self.fields if obj is None else ("name", "scopes_shown", "state", "expires_at", "last_used_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """None in the form for a new one."""
        return () if obj is None else self.get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Issue it, and say its text for the first and last time."""
        made, text = tokens.issue(obj.name, form.cleaned_data["scopes"], form.cleaned_data["days"], request.user)
        obj.pk = made.pk
        obj.__dict__.update({k: v for k, v in made.__dict__.items() if not k.startswith("_")})
        messages.success(request, f"The token is {text}. Copy it now: it cannot be shown again.")

    @admin.action(description="Revoke those chosen", permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        count = chosen.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(request, f"{count} {'token opens' if count == 1 else 'tokens open'} nothing any more.")
