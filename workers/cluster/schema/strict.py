"""The base of everything a scenario is made of: what the schema means by a number and by a truth value."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

_SCALARS: Final = ("int", "float", "bool")
_INNER: Final = ("schema", "items_schema", "keys_schema", "values_schema")


def _make_strict(schema: Any) -> None:
    """Mark every number and truth value of a model's own fields; other models have marked theirs."""
    kind = schema.get("type")
    if kind in _SCALARS:
        schema["strict"] = True
    elif kind == "model-fields":
        for field in schema["fields"].values():
            _make_strict(field["schema"])
    for name in _INNER:
        inner = schema.get(name)
        for part in inner if isinstance(inner, list) else [inner]:
            if isinstance(part, dict):
                _make_strict(part)
    if kind == "union":
        for choice in schema["choices"]:
            _make_strict(choice[0] if isinstance(choice, tuple) else choice)


class Strict(BaseModel):
    """Unknown fields are errors, a loaded value does not change, and nothing is taken for what it is not.

    ``seed: true`` is not 1, ``"3"`` is not 3, ``ordered: 1`` is not true: so a file means here what it means to any
    other reader of the JSON Schema. Lists stay welcome where tuples are kept, which is why this is not pydantic's own
    strict mode.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _make_strict(schema)
        return schema
