"""``docs/scenario-format.md``, ``docs/scenario.schema.json`` and the schema say the same."""

import importlib.util
import json
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from workers.cluster.catalogue import catalogue
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import parse
from workers.cluster.schema.story import PARTS

SCRIPT = Path(__file__).parents[3] / "docs" / "scenario_format.py"


def script():
    spec = importlib.util.spec_from_file_location("scenario_format_page", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = script()


def models(annotation, found):
    """Every model that a scenario is made of, by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            for field in annotation.model_fields.values():
                models(field.annotation, found)
    else:
        for part in get_args(annotation):
            models(part, found)
    return found


MODELS = models(Scenario, {})


def test_page_and_schema_are_what_the_code_says():
    assert MADE.PAGE.read_text(encoding="utf-8") == MADE.page(), "run docs/scenario_format.py"
    assert MADE.SCHEMA.read_text(encoding="utf-8") == MADE.schema_text(), "run docs/scenario_format.py"


@pytest.mark.parametrize("name", MODELS)
def test_every_field_is_on_the_page_and_no_other(name):
    page = MADE.page()
    section = re.search(rf"^## {name}\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(MODELS[name].model_fields)


def test_the_example_of_the_page_can_be_run_and_has_all_that_is_told():
    [example] = re.findall(r"```yaml\n(.*?)```", MADE.page(), re.DOTALL)
    scenario = parse(example, "scenario-format.md")
    assert all((scenario.expect, scenario.narration, scenario.fix, scenario.lesson, scenario.anomaly))


def test_every_part_that_a_narration_may_point_at_is_on_the_page_of_a_run_and_in_the_words():
    template = (SCRIPT.parents[1] / "templates" / "runs" / "detail.html").read_text(encoding="utf-8")
    words = MADE.HEAD.read_text(encoding="utf-8")
    for part in PARTS:
        assert f'id="{part}"' in template or f'aria-label="{part}' in template.lower(), part
        assert f"`{part}`" in words


def test_the_schema_is_of_the_dialect_it_says_and_every_reference_leads_somewhere():
    schema = json.loads(MADE.schema_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    references = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', MADE.schema_text()))
    assert references == set(schema["$defs"])


# A reader of the keywords that the schema uses: enough to hold it to the shipped scenarios, and to what is wrong.
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
KEYWORDS = {
    *(
        "$ref",
        "$schema",
        "$defs",
        "title",
        "description",
        "default",
        "examples",
        "discriminator",
        "type",
        "const",
        "enum",
    ),
    *(
        "anyOf",
        "oneOf",
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "items",
        "prefixItems",
        "pattern",
    ),
    *("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}


def accepts(schema, value, root):
    assert set(schema) <= KEYWORDS, f"this reader does not know {set(schema) - KEYWORDS}"
    if "$ref" in schema:
        return accepts(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root)
    for union, wanted in (("anyOf", lambda n: n >= 1), ("oneOf", lambda n: n == 1)):
        if union in schema:
            return wanted(sum(accepts(part, value, root) for part in schema[union]))
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    return _is_of_type(schema.get("type"), value) and _within(schema, value) and _parts_fit(schema, value, root)


def _is_of_type(kind, value):
    if kind in ("integer", "number"):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (kind == "number" or float(value).is_integer())
    return kind is None or isinstance(value, TYPES[kind])


def _within(schema, value):
    if isinstance(value, str | list | dict):
        kind = {str: "Length", list: "Items", dict: "Properties"}[type(value)]
        if not schema.get(f"min{kind}", 0) <= len(value) <= schema.get(f"max{kind}", len(value)):
            return False
        return not isinstance(value, str) or re.search(schema.get("pattern", ""), value) is not None
    if isinstance(value, bool) or value is None:
        return True
    above, below = schema.get("exclusiveMinimum", float("-inf")), schema.get("exclusiveMaximum", float("inf"))
    return schema.get("minimum", value) <= value <= schema.get("maximum", value) and above < value < below


def _parts_fit(schema, value, root):
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        return all(
            accepts(schema.get("items", {}) if i >= len(first) else first[i], v, root) for i, v in enumerate(value)
        )
    if not isinstance(value, dict):
        return True
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    if not set(schema.get("required", ())) <= set(value) or (others is False and set(value) - set(known)):
        return False
    names = all(accepts(schema.get("propertyNames", {}), key, root) for key in value)
    return names and all(
        accepts(known.get(k, {} if others is True else others or {}), v, root) for k, v in value.items()
    )


SCHEMA = MADE.json_schema()
GOOD = {"name": "a", "title": "T", "design": "synchronous"}


@pytest.mark.parametrize("scenario", catalogue(), ids=lambda scenario: scenario.name)
def test_the_schema_accepts_every_shipped_scenario(scenario):
    assert accepts(SCHEMA, scenario.model_dump(mode="json", exclude_unset=True), SCHEMA)
    assert accepts(SCHEMA, scenario.model_dump(mode="json"), SCHEMA)


@pytest.mark.parametrize(
    "fields",
    [
        {"design": "hope"},
        {"name": "A b"},
        {"sead": 1},
        {"seed": True},
        {"seed": "3"},
        {"views": 10},
        {"network": {"default": {"latency": {"kind": "constant", "ms": -1}}}},
        {"network": {"default": {"latency": {"kind": "warp", "ms": 1}}}},
        {"expect": [{"checker": "divergance", "verdict": "failed", "because": "So."}]},
        {"expect": [{"checker": "divergence", "verdict": "failed"}]},
        {"expect": [{"checker": "divergence", "metric": "work.x", "verdict": "failed", "because": "So."}]},
        {"narration": [{"at_s": 1}]},
        {"fix": {"title": "T", "price": "P.", "set": {}}},
    ],
)
def test_the_schema_refuses_what_is_wrong(fields):
    assert accepts(SCHEMA, GOOD, SCHEMA)
    assert not accepts(SCHEMA, GOOD | fields, SCHEMA)
