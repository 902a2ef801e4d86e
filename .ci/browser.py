"""Find a Chromium for the browser tests, or install one. Run as a script it prints the path ("": Playwright's own)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
INSTALL_TIMEOUT_S = 300
PLAYWRIGHTS_OWN = ""


class NoBrowserError(Exception):
    """No browser could be found or installed; the message says what was tried."""


def ensure_browser() -> str:
    """The path of a Chromium that starts, or ``PLAYWRIGHTS_OWN``. Raises ``NoBrowserError``."""
    given = os.environ.get("CV_CHROMIUM")
    if given:
        if not _starts(given):
            raise NoBrowserError(f"CV_CHROMIUM={given} does not start")
        return given
    path = _on_path()
    if path:
        return path
    tried = [f"none of {', '.join(NAMES)} is installed"]
    if _apt(tried) and (path := _on_path()):
        return path
    if _run([sys.executable, "-m", "playwright", "install", "chromium"], tried):
        return PLAYWRIGHTS_OWN
    raise NoBrowserError("; ".join(tried))


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name)) and _starts(path)), None)


def _starts(path: str) -> bool:
    """Whether it runs at all: on some systems a command of that name only tells how to install it."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _apt(tried: list[str]) -> bool:
    if not shutil.which("apt-get"):
        tried.append("there is no apt-get")
        return False
    if os.geteuid() != 0:
        tried.append("apt-get install needs root")
        return False
    return _run(["apt-get", "update", "-qq"], tried) and _run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], tried
    )


def _run(command: Sequence[str], tried: list[str]) -> bool:
    print(f"Looking for a browser: {' '.join(command)}", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, stdout=sys.stderr, timeout=INSTALL_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        tried.append(f"{' '.join(command)}: {error}")
        return False
    if done.returncode:
        tried.append(f"{' '.join(command)} ended with status {done.returncode}")
    return done.returncode == 0


if __name__ == "__main__":
    try:
        print(ensure_browser())
    except NoBrowserError as error:
        sys.exit(f"No browser: {error}.")
