"""Calls a management command as ``manage.py`` does."""

from __future__ import annotations

import io

import pytest
from django.core.management import load_command_class
from django.core.management.base import CommandError
from django.db import connections


def manage(command: str, *arguments: str, app: str = "consistency_viz.experiments") -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    called = load_command_class(app, command)
    called.stdout._out, called.stderr._out = out, err
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", err)
        patch.setattr(connections, "close_all", lambda: None)  # a test goes on with its database
        try:
            called.run_from_argv(["manage.py", command, *arguments])
        except SystemExit as exit_:
            return int(exit_.code or 0), out.getvalue(), err.getvalue()
        except CommandError as error:
            return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    return 0, out.getvalue(), err.getvalue()
