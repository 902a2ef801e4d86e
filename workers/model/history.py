"""Native history: a header line, then one JSON object a line, one per observation, in recorder order.

The format is documented in ``docs/history-format.md``. This module only writes and parses single lines; reading whole
files with limits and good errors is the observer's (``consistency_viz.observation.history``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Union, cast, get_args, get_type_hints

import msgspec

from workers.model.message import Json
from workers.model.observation import Body, Observation, Turn

HISTORY_VERSION = 3
"""What is written. Version 1 had no ``kept`` and no ``faulted``, 2 did not say which instance sent to which partition;
a reader of this version reads both."""

VERSIONS_READ = (1, 2, 3)

_encode = msgspec.json.Encoder(order="deterministic").encode


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a history: what ran, so that it can be run again. ``replicas`` lists the nodes in scope."""

    scenario: str
    design: str
    seed: int
    driver: str
    replicas: list[str]
    nodes: list[str] = []
    run: str = ""
    started_us: int = 0
    plan: Json = {}
    history: int = HISTORY_VERSION


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every line but the first says beside its body."""

    index: int
    at_us: int
    node: str


def _line_class(body_class: type[msgspec.Struct]) -> type[_Line]:
    """The keyed shape of one kind of line: on the wire bodies are positional, in a file every field has its name."""
    hints = get_type_hints(body_class)
    names = body_class.__struct_fields__
    required = len(names) - len(body_class.__struct_defaults__)
    fields: list[Any] = [(name, hints[name]) for name in names[:required]]
    fields += [(n, hints[n], d) for n, d in zip(names[required:], body_class.__struct_defaults__, strict=True)]
    tag = body_class.__struct_config__.tag
    name = f"{body_class.__name__}Line"
    line_class = msgspec.defstruct(name, fields, bases=(_Line,), frozen=True, kw_only=True, tag=tag, tag_field="kind")
    return cast("type[_Line]", line_class)


_BODY_BY_LINE_CLASS: dict[type[_Line], tuple[Any, tuple[str, ...]]] = {
    _line_class(c): (c, c.__struct_fields__) for c in get_args(Body)
}
_decode_line = msgspec.json.Decoder[Any](Union[tuple(_BODY_BY_LINE_CLASS)]).decode  # noqa: UP007 - the members are data
_decode_header = msgspec.json.Decoder(Header).decode


def expand(turns: Iterable[tuple[int, Turn]], first_index: int = 0) -> Iterator[Observation]:
    """The observations of ``turns`` (time in microseconds, turn), numbered from ``first_index``."""
    index = first_index
    for at_us, turn in turns:
        node = turn.node
        for body in turn.bodies:
            yield Observation(index, at_us, node, body)
            index += 1


def line(observation: Observation) -> bytes:
    """One observation as a JSON line without its newline; keys are sorted, so equal observations are equal bytes."""
    body = observation.body
    fields: dict[str, Any] = {name: getattr(body, name) for name in body.__struct_fields__}
    if fields.get("kept", fields) is None:
        del fields["kept"]  # the usual case, in millions of lines
    elif not fields.get("epoch", 1) and "topic" in fields:
        del fields["epoch"]  # virtual time knows none
    fields["index"] = observation.index
    fields["at_us"] = observation.at_us
    fields["node"] = observation.node
    fields["kind"] = body.__struct_config__.tag
    return _encode(fields)


def header_line(header: Header) -> bytes:
    """The header as a JSON line without its newline."""
    return _encode(header)


def parse(raw: bytes | str) -> Observation:
    """The observation of one line; raises ``msgspec.DecodeError`` (or its ``ValidationError``) saying what is wrong."""
    keyed = _decode_line(raw)
    body_class, names = _BODY_BY_LINE_CLASS[type(keyed)]
    body = body_class(*[getattr(keyed, name) for name in names])
    return Observation(keyed.index, keyed.at_us, keyed.node, body)


def parse_header(raw: bytes | str) -> Header:
    """The header of a first line; raises like ``parse``. Whether we know its version is the caller's question."""
    return _decode_header(raw)
