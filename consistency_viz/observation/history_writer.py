"""Writes native histories to files (``docs/history-format.md``)."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from workers.model.history import Header, header_line, line
from workers.model.observation import Observation


class HistoryWriter:
    """Writes one history, observation by observation.

    The header is put in place atomically: a file at ``path`` begins with a whole header, or is not there. An existing
    file is replaced. Raises ``ValueError`` for an observation out of order; ``OSError`` as the file system does.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.observations = 0
        self.last_us = 0
        part = path.with_name(path.name + ".part")
        self._file = part.open("wb")
        try:
            self._file.write(header_line(header) + b"\n")
            self._file.flush()
            part.replace(path)
        except BaseException:
            self._file.close()
            part.unlink(missing_ok=True)
            raise

    def append(self, observation: Observation) -> None:
        """Add the next observation; it is on its way to the disk after ``flush``."""
        if observation.index != self.observations or observation.at_us < self.last_us:
            raise ValueError(
                f"{self.path}: observation {observation.index} at {observation.at_us} us cannot follow "
                f"{self.observations} lines up to {self.last_us} us; append in recorder order"
            )
        self._file.write(line(observation) + b"\n")
        self.observations += 1
        self.last_us = observation.at_us

    def flush(self) -> None:
        """Hand everything appended to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Flush and close; closing twice is no error."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
