"""The one kind of error that the laboratory reports to a person: what happened, and what to do about it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


class LabError(Exception):
    """The laboratory cannot go on. ``what`` names the thing and its value, ``remedy`` says what would help.

    ``log_tail`` holds the last lines that a child process wrote, when that is where the reason is.
    """

    def __init__(self, what: str, remedy: str, log_tail: str = "") -> None:
        super().__init__(what, remedy, log_tail)
        self.what = what
        self.remedy = remedy
        self.log_tail = log_tail

    def __str__(self) -> str:
        told = f"{self.what} {self.remedy}"
        return f"{told}\n\nThe last lines of its log:\n{self.log_tail}" if self.log_tail else told


def without_password(url: str) -> str:
    """``url`` as it may be shown: scheme, host, port and path, never a user or a password."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # a port that is no number, or several hosts
        return re.sub(r"//[^/]*@", "//", url).partition("?")[0]
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
