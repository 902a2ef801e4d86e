"""How the web server and the simulator log: one line for people, or one JSON object (``CV_LOG_FORMAT=json``).

Everything goes through the standard library's logging, so that Django's and Celery's lines look the same; structlog
renders it. What a ``logger.info("...", extra={...})`` adds becomes fields of the object.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Final

import structlog

FORMATS: Final = ("line", "json")
_ENTER: Final = re.compile(r"/enter/[^/\s'\"]+")


class WithoutTokens(logging.Filter):
    """Takes presenters' tokens out of what is logged: they stand in the path, and a refused request is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let it pass, without the token."""
        said = record.getMessage()
        if _ENTER.search(said):
            record.msg, record.args = _ENTER.sub("/enter/…", said), ()
        request = getattr(record, "request", None)
        if request is not None:
            record.request = _ENTER.sub("/enter/…", str(request))
        return True


def logging_config(kind: str, levels: dict[str, str]) -> dict[str, Any]:
    """A configuration for ``logging.config.dictConfig``; ``kind`` is one of ``FORMATS``."""
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    prepared: list[Any] = [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, stamp]
    prepared.append(structlog.stdlib.ExtraAdder())
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    structured = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": prepared,
        "processors": [*last, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
    }
    line = {"format": "{asctime} {levelname} {name} {message}", "style": "{"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line, "json": structured},
        "filters": {"without_tokens": {"()": WithoutTokens}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": kind, "filters": ["without_tokens"]}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": level} for name, level in levels.items()},
    }
