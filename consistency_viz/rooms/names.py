"""What people call themselves, made fit to be shown: bounded, on one line, and without tricks of writing."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Collection
from typing import Final

NAME_LENGTH_MAX: Final = 24
NAME_BYTES_MAX: Final = 400
MARKS_MAX: Final = 2
"""So many combining marks may stand on one letter: enough for every language, too few to climb over the page."""

CODE_LENGTH: Final = 6
CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without what is misread on a projector: no 0 and O, no 1, I and L, no U beside V."""

_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def new_code() -> str:
    """A room's code: one of 7e8, drawn so that nobody can guess it."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def code_of(typed: str) -> str:
    """The code that somebody meant who typed this: case, blanks and dashes do not count."""
    return "".join(letter for letter in typed[:40].upper() if letter.isalnum())


def name_of(typed: str, taken: Collection[str] = (), stand_in: str = "Guest") -> str:
    """A name to be shown. Invisible and direction-changing characters go; a name that is taken gets a number.

    ``typed`` may be anything; at most ``NAME_LENGTH_MAX`` characters come back, never none.
    """
    text = unicodedata.normalize("NFKC", typed[:NAME_BYTES_MAX])
    seen = "".join(" " if letter.isspace() else letter for letter in text if _is_shown(letter))
    name = _with_few_marks(" ".join(seen.split()))[:NAME_LENGTH_MAX].strip() or stand_in
    folded = {other.casefold() for other in taken}
    if name.casefold() not in folded:
        return name
    number = 2
    while (numbered := f"{name[: NAME_LENGTH_MAX - len(str(number)) - 1]} {number}").casefold() in folded:
        number += 1
    return numbered


def _is_shown(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in _UNSEEN


def _with_few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MARKS_MAX:
            kept.append(letter)
    return "".join(kept)
