"""Recognises files that are certainly no history by their first bytes, to say what they are."""

from __future__ import annotations

from typing import Final

_BEGINS: Final = (
    (b"\x89PNG", "a picture (PNG)", "name the history file"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "name the history file"),
    (b"%PDF", "a PDF", "name the history file"),
    (b"SQLite format 3\x00", "an SQLite database", "name the history file"),
    (b"PAR1", "a Parquet file", "export the history as EDN or JSON"),
    (b"JEPSEN", "Jepsen's binary store", "use the history.edn beside it, or let Jepsen write one"),
    (b"PK\x03\x04", "a zip archive", "unpack it and name the history in it"),
    (b"BZh", "a file packed with bzip2", "unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "a file packed with xz", "unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "a file packed with zstd", "unpack it, or pack it with gzip"),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (b"\x00", "a binary file", "name the history file"),
)

LONGEST: Final = max(len(begin) for begin, _, _ in _BEGINS)
"""How many bytes are looked at."""


def no_text(first: bytes) -> tuple[str, str] | None:
    """The problem and the remedy if a file that begins with these bytes is no text in UTF-8."""
    found = next(((what, remedy) for begin, what, remedy in _BEGINS if first.startswith(begin)), None)
    return None if found is None else (f"this is {found[0]}, and no history", found[1])
