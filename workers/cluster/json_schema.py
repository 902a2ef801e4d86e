"""The JSON Schema (draft 2020-12) of a scenario, for editors and for those who write scenarios by program."""

from __future__ import annotations

from typing import Any, Final

from workers.cluster.scenario import Scenario
from workers.cluster.schema.common import NAME
from workers.strategies.registry import DESIGNS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """What a file may say, field by field. What fields mean together is not in it."""
    schema = Scenario.model_json_schema()
    schema["properties"]["design"]["enum"] = list(DESIGNS)
    schema["properties"]["name"]["pattern"] = f"^{NAME.pattern}$"
    return {"$schema": DIALECT, **schema}
