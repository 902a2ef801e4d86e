"""``manage.py token``: makes, lists and revokes keys to the API."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from consistency_viz.experiments.management.strict import StrictCommand, bad_input


class Command(StrictCommand):
    """A token's text is printed once, when it is made."""

    help = "Make a token for the API, list those there are, or revoke one. Exit status 3 for bad input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("make", "list", "revoke"))
        parser.add_argument("name", nargs="?", help="make: whose it is, and what for; revoke: all of this name")
        parser.add_argument(
            "--scope", action="append", default=[], help="read, configure, run or faults; repeat it (read)"
        )
        parser.add_argument("--days", type=int, default=30, help="how long it is valid (30; at most 365)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        from django.utils import timezone

        from consistency_viz.experiments.campaign import tokens
        from consistency_viz.experiments.models import ApiToken

        action, name = options["action"], options["name"]
        if action == "list":
            rows = [_row(token) for token in ApiToken.objects.all()]
            text = "\n".join(f"{row['name']}: {', '.join(row['scopes'])}; {row['state']}" for row in rows)
            self.stdout.write(json.dumps(rows) if options["json"] else text or "There are no tokens.")
            return
        if not name:
            raise bad_input(f"{action} whose? Name the token, such as `token {action} nightly-build`.")
        if action == "revoke":
            valid = ApiToken.objects.filter(name=name, revoked_at=None)
            if not valid.update(revoked_at=timezone.now()):
                raise bad_input(f"there is no valid token of the name {name!r}; `token list` shows them")
            self.stdout.write(f"{name} opens nothing any more.")
            return
        try:
            token, text = tokens.issue(name, options["scope"] or ["read"], options["days"])
        except ValueError as error:
            raise bad_input(str(error)) from None
        made = {"token": text, **_row(token)}
        self.stdout.write(json.dumps(made) if options["json"] else text)


def _row(token: Any) -> dict[str, Any]:
    from django.utils import timezone

    state = f"valid until {token.expires_at:%Y-%m-%d}" if token.expires_at > timezone.now() else "expired"
    if token.revoked_at is not None:
        state = "revoked"
    return {"name": token.name, "scopes": token.scopes, "state": state, "expires_at": token.expires_at.isoformat()}
