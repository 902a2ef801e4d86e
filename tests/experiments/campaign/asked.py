"""Experiments small enough for tests."""

from __future__ import annotations

from typing import Any


def asked(**fields: Any) -> dict[str, Any]:
    """An experiment of two variants and four seeds, a run of which takes some ten milliseconds."""
    return {
        "name": "which",
        "title": "Which design?",
        "scenario": "validation-meets-tax",
        "seeds": {"first": 3, "count": 4},
        "set": {"workload.orders": 4, "duration_s": 8, "faults": []},
        "variants": [{"name": "as it is"}, {"name": "chain", "design": "serial-chain"}],
        **fields,
    }
