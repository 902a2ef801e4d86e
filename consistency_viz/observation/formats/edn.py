"""A strict reader of EDN, the notation of Clojure's data (github.com/edn-format/edn), as far as histories need it.

What becomes of a value
- nil, true, false, integers (also with the suffix N, and hexadecimal, as Clojure prints addresses) and floats (also
  with M): as in Python; strings: text;
- keywords: ``Keyword``, a text that keeps its colon, so that ``:a`` and ``"a"`` stay two values;
- symbols and characters: text;
- vectors and lists: lists; sets: ``EdnSet``, a list;
- maps: dictionaries by text. A keyword is named without its colon there, any other key as JSON writes it. In
  ``#:space{...}`` keywords without a name space have that one;
- a tagged value: the value. What follows ``#_`` is read and thrown away.

Everything is bounded: the text by the caller, the depth by ``DEPTH_MAX``, integers by ``DIGITS_MAX``.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

DEPTH_MAX: Final = 64
DIGITS_MAX: Final = 1_000

_SPACE: Final = re.compile(r"(?:[\s,]+|;[^\n]*)*")
_ATOM: Final = re.compile(r'[^\s,"\[\](){};\\]+')
_INTEGER: Final = re.compile(r"[+-]?(?:0|[1-9]\d*)N?", re.ASCII)
_HEX: Final = re.compile(r"[+-]?0[xX][0-9a-fA-F]+N?", re.ASCII)
_RATIO: Final = re.compile(r"[+-]?\d+/\d+", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?M?", re.ASCII)
_NAME: Final = re.compile(r"(?:[^\W\d]|[.*+!\-?$%&=<>|'])[\w.*+!\-?$%&=<>:#|']*(?:/[\w.*+!\-?$%&=<>:#|']+)?|/")
_KEYWORD: Final = re.compile(r":[\w.*+!\-?$%&=<>#|'][\w.*+!\-?$%&=<>:#|'/]*")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CHARACTER: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|[a-z]+|.)", re.DOTALL)
_ESCAPES: Final = {"t": "\t", "r": "\r", "n": "\n", "b": "\b", "f": "\f", '"': '"', "\\": "\\"}
_CHARACTERS: Final = {"newline": "\n", "return": "\r", "space": " ", "tab": "\t", "formfeed": "\f", "backspace": "\b"}
_CONSTANTS: Final = {"nil": None, "true": True, "false": False}
_CLOSING: Final = {"[": "]", "(": ")", "{": "}"}


class Keyword(str):
    """A keyword with its colon; ``name`` without."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self[1:]


class EdnSet(list[Any]):
    """A set: its elements as they were written, no two alike."""

    __slots__ = ()


class EdnError(ValueError):
    """What cannot be read, and at which offset of the text."""

    def __init__(self, problem: str, offset: int) -> None:
        self.problem = problem
        self.offset = offset
        super().__init__(problem)


class _Nothing:
    """What a closing bracket, a discarded value or the end stands for."""


_NOTHING: Final = _Nothing()


def read_all(text: str) -> list[Any]:
    """Every value of a text. Raises ``EdnError``."""
    reader = _Reader(text)
    found = []
    while (value := reader.value(0)) is not _NOTHING:
        found.append(value)
    if reader.place < len(text):
        raise reader.error(f"{text[reader.place]!r} closes nothing")
    return found


class _Reader:
    """``place`` is where the reading stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def error(self, problem: str, place: int | None = None) -> EdnError:
        return EdnError(problem, self.place if place is None else place)

    def value(self, depth: int) -> Any:
        """The next value, or ``_NOTHING`` before a closing bracket and at the end."""
        while True:
            self._pass(_SPACE)
            char = self.text[self.place : self.place + 1]
            if not char or char in ")]}":
                return _NOTHING
            if depth > DEPTH_MAX:
                raise self.error(f"nested more than {DEPTH_MAX} deep")
            if char != "#":
                return self._plain(char, depth)
            after = self.text[self.place + 1 : self.place + 2]
            if after == "_":
                self._after(2, depth, "#_ discards nothing")
            elif after == "{":
                return self._set(depth)
            elif after == "#":
                return self._symbolic()
            elif after == ":":
                return self._spaced(depth)
            else:
                return self._tagged(depth)

    def _plain(self, char: str, depth: int) -> Any:
        if char == '"':
            return self._string()
        if char == "\\":
            return self._character()
        if char in "[(":
            self.place += 1
            return self._until(_CLOSING[char], depth)
        if char == "{":
            return self._map(depth)
        found = _ATOM.match(self.text, self.place)
        assert found is not None  # noqa: S101 - whatever else can begin here is an atom
        value = self._atom(found[0])
        self.place = found.end()
        return value

    def _pass(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.place)
        self.place = found.end() if found is not None else self.place

    def _after(self, length: int, depth: int, problem: str) -> Any:
        """The value after a prefix of some length."""
        begun = self.place
        self.place += length
        value = self.value(depth + 1)
        if value is _NOTHING:
            raise self.error(problem, begun)
        return value

    def _tagged(self, depth: int) -> Any:
        found = _NAME.match(self.text, self.place + 1)
        if found is None:
            raise self.error("a tag has a name, as in #inst")
        return self._after(found.end() - self.place, depth, f"the tag #{found[0]} has no value")

    def _spaced(self, depth: int) -> dict[str, Any]:
        begun = self.place
        found = _KEYWORD.match(self.text, begun + 1)
        self.place = begun + 1 if found is None else found.end()
        self._pass(_SPACE)
        if found is None or "/" in found[0] or not self.text.startswith("{", self.place):
            raise self.error("#: begins a map of a name space, as in #:space{:a 1}", begun)
        return self._map(depth, Keyword(found[0]).name)

    def _symbolic(self) -> float:
        for text, value in (("##Inf", "inf"), ("##-Inf", "-inf"), ("##NaN", "nan")):
            if self.text.startswith(text, self.place):
                self.place += len(text)
                return float(value)
        raise self.error("only ##Inf, ##-Inf and ##NaN begin with ##")

    def _until(self, closing: str, depth: int) -> list[Any]:
        """The values up to a closing bracket; the opening one has been passed."""
        begun = self.place - 1
        found: list[Any] = []
        while (value := self.value(depth + 1)) is not _NOTHING:
            found.append(value)
        char = self.text[self.place : self.place + 1]
        if char != closing:
            raise self.error(
                f"{char!r} where {closing!r} was due" if char else f"{closing!r} is missing", None if char else begun
            )
        self.place += 1
        return found

    def _set(self, depth: int) -> EdnSet:
        begun = self.place
        self.place += 2
        found = EdnSet(self._until("}", depth))
        if len({identity(value) for value in found}) < len(found):
            raise self.error("a set has an element twice", begun)
        return found

    def _map(self, depth: int, space: str = "") -> dict[str, Any]:
        begun = self.place
        self.place += 1
        parts = self._until("}", depth)
        if len(parts) % 2:
            raise self.error("a map has a key without a value", begun)
        found = {}
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            name = _key(key, space)
            if name in found:
                raise self.error(f"a map has the key {name!r} twice", begun)
            found[name] = value
        return found

    def _string(self) -> str:
        found = _STRING.match(self.text, self.place)
        if found is None:
            raise self.error("a string is not closed")
        text = found[1]
        if "\\" in text:
            text = _ESCAPE.sub(self._escape, text)
            try:
                text = text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise self.error("a string has half of a surrogate pair") from None
        self.place = found.end()
        return text

    def _escape(self, found: re.Match[str]) -> str:
        what = found[1]
        if len(what) == 5:
            return chr(int(what[1:], 16))
        if what not in _ESCAPES:
            raise self.error(f"\\{what} is no escape in a string")
        return _ESCAPES[what]

    def _character(self) -> str:
        found = _CHARACTER.match(self.text, self.place)
        if found is None:
            raise self.error("a character is missing after \\")
        name = found[1]
        if len(name) == 5 and name[0] == "u":
            char = chr(int(name[1:], 16))
            if "\ud800" <= char <= "\udfff":
                raise self.error("a character is half of a surrogate pair")
        elif len(name) == 1:
            char = name
        elif name in _CHARACTERS:
            char = _CHARACTERS[name]
        else:
            raise self.error(f"\\{name} is no character")
        self.place = found.end()
        return char

    def _atom(self, text: str) -> Any:
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        first = text[0]
        if first == ":":
            if _KEYWORD.fullmatch(text) is None:
                raise self.error(f"{_short(text)} is no keyword")
            return Keyword(text)
        if first.isdigit() or (first in "+-" and text[1:2].isdigit()):
            return self._number(text)
        if _NAME.fullmatch(text) is None:
            raise self.error(f"{_short(text)} is nothing that EDN knows")
        return text

    def _number(self, text: str) -> int | float:
        if len(text) > DIGITS_MAX:
            raise self.error(f"a number longer than {DIGITS_MAX:,} digits")
        if _INTEGER.fullmatch(text):
            return int(text.rstrip("N"))
        if _HEX.fullmatch(text):
            return int(text.rstrip("N"), 16)
        if _FLOAT.fullmatch(text):
            return float(text.rstrip("M"))
        if _RATIO.fullmatch(text):
            raise self.error(f"{_short(text)} is a ratio, and a history has whole numbers")
        raise self.error(f"{_short(text)} is no number")


def plain(value: Any) -> Any:
    """A value as JSON has it: keywords as text with their colon, sets as sorted lists."""
    kind = type(value)
    if kind is Keyword:
        return str(value)
    if kind is list:
        return [plain(entry) for entry in value]
    if kind is EdnSet:
        entries = [plain(entry) for entry in value]
        return sorted(entries) if all(type(entry) is int for entry in entries) else sorted(entries, key=_encoded)
    if kind is dict:
        return {name: plain(entry) for name, entry in value.items()}
    return value


def identity(value: Any) -> bytes:
    """Equal bytes for equal values."""
    return _encoded(plain(value))


def _encoded(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _key(key: Any, space: str) -> str:
    if isinstance(key, Keyword):
        if not space or "/" in key:
            return key.name.removeprefix("_/") if space else key.name
        return f"{space}/{key.name}"
    return key if isinstance(key, str) else identity(key).decode()


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "\u2026")
