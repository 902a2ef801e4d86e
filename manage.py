#!/usr/bin/env python
"""Django's command line: ``python manage.py help`` lists what there is."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name."""
    os.umask(0o077)  # database, key and histories are their owner's alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consistency_viz.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (a missing Django is explained)
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError as error:
        raise SystemExit("Django is not installed here. `make demo` makes .venv; then use .venv/bin/python.") from error
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A setting from the environment that cannot be used is the caller's to mend: one line, no traceback.
        sys.stderr.write(f"{error}\n")
        raise SystemExit(3) from None


if __name__ == "__main__":
    main()
