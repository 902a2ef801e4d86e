"""Exports a recorded history to a file in a format that others read: whole or not at all."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from consistency_viz.observation.checking import BadRequestError
from consistency_viz.observation.formats.cloudevents import CloudEventsWriter
from consistency_viz.observation.formats.forms import Notation
from consistency_viz.observation.formats.jepsen_writer import JepsenWriter
from consistency_viz.observation.formats.shiviz import ShivizWriter, TooManyEventsError
from consistency_viz.observation.history import DEFAULT_LIMITS, HistoryReader, Limits
from workers.model.history import header_line, line

EXPORT_FORMATS: Final = ("native", "jepsen", "shiviz", "cloudevents")
GZIP_SUFFIX: Final = ".gz"
NOTATIONS: Final[dict[str, Notation]] = {".edn": "EDN", ".json": "JSON", ".jsonl": "JSON"}
"""Of a Jepsen history, by the ending of the file's name."""

GZIP_LEVEL: Final = 6


class Exported(msgspec.Struct, frozen=True):
    """What an export did. ``left_out``: how many observations of which kind have no place in the format."""

    file: str
    format: str
    observations: int
    lines: int
    left_out: dict[str, int]


def check_request(export_format: str, out: Path, *, force: bool) -> None:
    """Refuse what cannot be done, before anything is read. Raises ``BadRequestError``."""
    if export_format not in EXPORT_FORMATS:
        raise BadRequestError(f"format {export_format!r} is not known", f"use one of {', '.join(EXPORT_FORMATS)}")
    if export_format == "jepsen" and _ending(out) not in NOTATIONS:
        problem = f"{out}: the ending does not say how to write a Jepsen history"
        raise BadRequestError(
            problem, f"name the file {', '.join(f'*{e}' for e in NOTATIONS)}, perhaps with .gz after it"
        )
    if out.is_dir():
        raise BadRequestError(f"{out} is a folder", "name a file in it")
    if not out.parent.is_dir():
        raise BadRequestError(f"{out}: there is no folder {out.parent}", "make it first, or name another")
    if out.exists() and not force:
        raise BadRequestError(f"{out} exists already", "name another file, or replace it with --force")


def export_file(
    source: str | Path, export_format: str, out: Path, *, force: bool = False, limits: Limits = DEFAULT_LIMITS
) -> Exported:
    """Write the native history ``source`` to ``out``, packed with gzip if its name ends in ``.gz``.

    The file appears under its name when it is whole. Raises ``BadRequestError``, ``HistoryError`` for a bad source and
    ``OSError`` as the file system does; ``out`` is as it was then.
    """
    check_request(export_format, out, force=force)
    if out.exists() and Path(source).exists() and out.samefile(source):
        raise BadRequestError(f"{out} is the history itself", "name another file")
    part = out.with_name(f".{out.name[:100]}.{os.getpid()}.part")
    try:
        with HistoryReader(source, limits) as reader, part.open("wb") as raw:
            lines, left_out = _write(reader, export_format, out, raw)
            raw.flush()
            os.fsync(raw.fileno())
        if not force and out.exists():
            raise BadRequestError(f"{out} exists by now", "name another file, or replace it with --force")
        part.replace(out)
    except TooManyEventsError as error:
        raise BadRequestError(f"{error}, too many for ShiViz", "export a shorter run") from None
    finally:
        part.unlink(missing_ok=True)
    return Exported(str(out), export_format, reader.observations, lines, left_out)


def _write(reader: HistoryReader, export_format: str, out: Path, raw: BinaryIO) -> tuple[int, dict[str, int]]:
    """How many lines were written, and what was left out."""
    left_out: Counter[str] = Counter()
    if export_format == "native":
        lines = _native(reader)
    else:
        writer = _writer(reader, export_format, out)
        lines, left_out = writer.lines(reader), writer.left_out
    count = 0
    with ExitStack() as stack:
        target: BinaryIO | gzip.GzipFile = raw
        if out.suffix == GZIP_SUFFIX:  # without a name and a time in it: equal histories are equal files
            target = stack.enter_context(gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0))
        for one in lines:
            target.write(one)
            count += 1
    return count, dict(sorted(left_out.items()))


def _writer(reader: HistoryReader, export_format: str, out: Path) -> JepsenWriter | ShivizWriter | CloudEventsWriter:
    if export_format == "jepsen":
        return JepsenWriter(reader.header, NOTATIONS[_ending(out)])
    return ShivizWriter(reader.header) if export_format == "shiviz" else CloudEventsWriter()


def _native(reader: HistoryReader) -> Iterator[bytes]:
    yield header_line(reader.header) + b"\n"
    for observation in reader:
        yield line(observation) + b"\n"


def _ending(out: Path) -> str:
    """The ending that names the format, without ``.gz``."""
    return out.with_suffix("").suffix if out.suffix == GZIP_SUFFIX else out.suffix
