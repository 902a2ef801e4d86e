"""Drawing on a management command's output: rich where it is a terminal, plain and 120 wide where it is not."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType

WIDTH_PLAIN = 120


def draw(parts: Iterable[RenderableType], stdout: Any, *, no_color: bool = False) -> Console:
    """Write ``parts`` to a command's ``stdout``; returns the console, which has recorded them for ``export_html``."""
    terminal = stdout.isatty() and not no_color
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=None if terminal else WIDTH_PLAIN, record=True)
    for part in parts:
        console.print(part)
    stdout.write(file.getvalue())
    return console
