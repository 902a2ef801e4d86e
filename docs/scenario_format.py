"""Write ``docs/scenario-format.md`` and ``docs/scenario.schema.json`` from the schema of scenarios.

``.venv/bin/python docs/scenario_format.py``. The words at the top of the page are in ``scenario-format.head.md``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PAGE = FOLDER / "scenario-format.md"
HEAD = FOLDER / "scenario-format.head.md"
SCHEMA = FOLDER / "scenario.schema.json"
sys.path.insert(0, str(FOLDER.parent))

from workers.cluster.json_schema import json_schema  # noqa: E402

UNITS = {
    "per_s": "per second",
    "ms": "ms",
    "s": "s",
    "ppm": "millionths",
    "share": "0 to 1",
    "of_runs": "",
}
EXAMPLES = {
    "name": "my-scenario",
    "title": "Where is my order?",
    "summary": "The view lags; the list is empty.",
    "anomaly": "read-your-writes",
    "design": "asynchronous-broadcast",
    "metric": "work.place_latency_ms_p99",
    "because": "The view has not heard of the order yet.",
    "say": "Now look at view 2.",
    "look_at": "[view-2, matrix]",
    "ask": '"Which of them is right?"',
    "price": "Every read waits for the view.",
    "set": "{workload.tokens: position}",
    "question": '"Where is my order?"',
    "in_share_of_runs": "{at_least: 0.3}",
    "lesson": "{number: 3, minutes: 2.5}",
    "nodes": "{tax: {instances: 2, service_ms: 40}}",
    "changes": "[{at_s: 20, node: tax, instances: 3}]",
    "alterations": "[{at_s: 20, set: {network.default.loss: 0.2}}]",
    "faults": "[{kind: pause, node: tax, at_s: 5, for_s: 3}]",
    "expect": "[{checker: divergence, verdict: passed, because: All agree.}]",
    "narration": "[{on: start, say: Watch view 2., look_at: [view-2]}]",
    "fix": "{title: Wait, price: Slower reads., set: {workload.tokens: position}}",
    "entities": "{cart: {type: or-set, keys: 3}}",
    "latency": "{kind: exponential, mean_ms: 20, floor_ms: 5}",
    "links": "[{source: order, target: view-2, loss: 0.1}]",
    "samples_ms": "[1.2, 1.9, 14]",
    "of": "[{weight: 9, latency: {kind: constant, ms: 1}}, {weight: 1, latency: {kind: constant, ms: 50}}]",
    "between": "[[eu], [us, ap]]",
    "types": "[OrderTaxed]",
    "node": "tax",
    "source": "order",
    "target": "view-2",
    "topic": "orders",
}


def _unit(name: str) -> str:
    return next((unit for end, unit in UNITS.items() if name == end or name.endswith(f"_{end}")), "")


def _reference(spec: dict[str, Any]) -> str:
    name = spec["$ref"].rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def _type(spec: dict[str, Any]) -> str:
    """A field's type in words, with its bounds."""
    if "$ref" in spec:
        return _reference(spec)
    for union in ("anyOf", "oneOf"):
        if union in spec:
            return " or ".join(_type(part) for part in spec[union])
    if "enum" in spec:
        return " or ".join(f"`{value}`" for value in spec["enum"])
    if "const" in spec:
        return f"`{spec['const']}`"
    kind = spec.get("type", "any value")
    if kind == "array":
        size = _range(spec, "minItems", "maxItems", " items")
        parts = spec.get("prefixItems")
        inner = " and ".join(_type(part) for part in parts) if parts else _type(spec.get("items", {}))
        return f"list of {inner}{size}"
    if kind == "object":
        size = _range(spec, "minProperties", "maxProperties", " entries")
        return f"mapping of {_type(spec.get('additionalProperties', {}))}{size}"
    if kind == "string":
        pattern = f" like `{spec['pattern']}`".replace("|", "\\|") if "pattern" in spec else ""
        return f"text{pattern}{_range(spec, 'minLength', 'maxLength', ' characters')}"
    words = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`", "null": "`null`"}
    return words.get(kind, kind) + _range(spec, "minimum", "maximum", "") + _beyond(spec)


def _range(spec: dict[str, Any], low: str, high: str, of: str) -> str:
    if low in spec and high in spec:
        return f", {_number(spec[low])} to {_number(spec[high])}{of}"
    if high in spec:
        return f", at most {_number(spec[high])}{of}"
    return f", at least {_number(spec[low])}{of}" if low in spec else ""


def _beyond(spec: dict[str, Any]) -> str:
    above = f", above {_number(spec['exclusiveMinimum'])}" if "exclusiveMinimum" in spec else ""
    return above + (f", below {_number(spec['exclusiveMaximum'])}" if "exclusiveMaximum" in spec else "")


def _number(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.2g}"


def _yaml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_yaml(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_yaml(item) for item in value)}]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "''" if value == "" else f"{value:g}" if isinstance(value, float) else str(value)


def _default(name: str, spec: dict[str, Any], required: set[str]) -> str:
    if name in required:
        return "required"
    if "default" not in spec:
        return "`{}`"
    shown = _yaml(spec["default"])
    return f"`{shown}`" if len(shown) <= 60 else "its defaults"


def _example(name: str, spec: dict[str, Any]) -> str:
    """Something that may stand there: from the list above, else the default, the only word, or the lower bound."""
    if name in EXAMPLES:
        return f"`{name}: {EXAMPLES[name]}`"
    choices = [spec, *spec.get("anyOf", ())]
    if spec.get("default") not in (None, "", [], {}) and not isinstance(spec.get("default"), dict):
        return f"`{name}: {_yaml(spec['default'])}`"
    for choice in choices:
        for key in ("const", "enum", "exclusiveMinimum", "minimum"):
            if key in choice:
                value = choice[key][0] if key == "enum" else choice[key]
                value = value + 1 if key == "exclusiveMinimum" else value
                return f"`{name}: {_yaml(value)}`"
    return f"`{name}: {{}}`" if "$ref" in spec or "$ref" in str(spec.get("anyOf")) else f"`{name}: text`"


def _rows(schema: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, spec in schema["properties"].items():
        cells = (f"`{name}`", _type(spec), _unit(name), _default(name, spec, required), _example(name, spec))
        yield f"| {' | '.join(cells)} |"


def _section(title: str, schema: dict[str, Any]) -> str:
    text = re.sub(r"``(.*?)``", r"`\1`", schema.get("description", ""))
    table = "\n".join(_rows(schema))
    return f"## {title}\n\n{text}\n\n| field | type | unit | default | example |\n|---|---|---|---|---|\n{table}\n"


def page() -> str:
    """The whole page: the words, then every part of the schema with its fields."""
    schema = json_schema()
    parts = [("Scenario", schema), *sorted(schema["$defs"].items())]
    sections = [_section(title, part) for title, part in parts if "properties" in part]
    return HEAD.read_text(encoding="utf-8") + "\n" + "\n".join(sections)


def schema_text() -> str:
    """The JSON Schema as it is committed."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
