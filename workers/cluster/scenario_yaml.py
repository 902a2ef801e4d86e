"""YAML as scenarios are written in it: plain values, each place with its line, and nothing that surprises.

Limits come before parsing: size, then anchors, tags, depth and numbers of values, fields and entries as the tree is
built from events. A plain scalar means what YAML 1.2 says: only ``true`` and ``false`` are truth values (``on`` is a
word, ``seed: yes`` an error), ``1:30`` and ``010`` are texts, ``1e3`` is a number, a date is a text. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import yaml
from yaml.composer import Composer

from workers.cluster.scenario_errors import SHOWN_CHARS_MAX, Problem, ScenarioError

BYTES_MAX: Final = 64 * 1024
DEPTH_MAX: Final = 12
NODES_MAX: Final = 6_000
FIELDS_MAX: Final = 200
ENTRIES_MAX: Final = 500
"""Of one list, but for the samples of a latency, which the schema bounds: nothing that anybody writes has more."""
_LONG: Final = "samples_ms"
DIGITS_MAX: Final = 64

_INT: Final = "tag:yaml.org,2002:int"
_PLAIN: Final = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9_]*)|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        (
            r"[-+]?(?:[0-9][0-9_]*\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        list("-+0123456789."),
    ),
)


_Events: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""Who cuts the text in events: libyaml, many times as fast, where PyYAML has it; its words differ a little."""


class _Loader(Composer, _Events):  # type: ignore[misc]
    """Builds the tree of nodes, refusing on the way what a scenario does not hold."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012 - the library's own way

    def __init__(self, text: str, source: str) -> None:
        _Events.__init__(self, text)
        Composer.__init__(self)
        self._source = source
        self._depth = 0
        self._count = 0
        self._entries_max = ENTRIES_MAX

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()
        self._count += 1
        remedy = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            remedy = "anchors and aliases are not read; write it out"
        elif getattr(event, "tag", None):
            remedy = "tags are not read; leave it out"
        elif self._count > NODES_MAX:
            remedy = f"use at most {NODES_MAX:,} values"
        elif isinstance(parent, yaml.MappingNode) and len(parent.value) >= FIELDS_MAX:
            remedy = f"use at most {FIELDS_MAX} fields in one mapping"
        elif isinstance(parent, yaml.SequenceNode) and len(parent.value) >= self._entries_max:
            remedy = f"use at most {ENTRIES_MAX} entries in one list"
        nests = isinstance(event, yaml.CollectionStartEvent)
        if nests and self._depth == DEPTH_MAX:
            remedy = f"nest at most {DEPTH_MAX} levels"
        if remedy:
            raise ScenarioError(self._source, [Problem(event.start_mark.line + 1, "", "", remedy)])
        if not nests:
            return super().compose_node(parent, index)
        outer, self._entries_max = self._entries_max, _entries_max(index)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._entries_max = outer
        return node


def _entries_max(name: Any) -> int:
    """How many entries a list may have whose field has the node ``name`` (of an entry of a list: its number)."""
    return NODES_MAX if isinstance(name, yaml.ScalarNode) and name.value == _LONG else ENTRIES_MAX


for _name, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), _first)


def too_large(text: str) -> Problem | None:
    """What is wrong with a text of more than ``BYTES_MAX`` bytes."""
    size = len(text) if len(text) > BYTES_MAX and text.isascii() else len(text.encode(errors="replace"))
    if size <= BYTES_MAX:
        return None
    return Problem(0, "", f"{size:,} bytes", f"a scenario has at most {BYTES_MAX:,} bytes; shorten it")


def read(text: str, source: str) -> tuple[yaml.Node | None, Any]:
    """The node tree of a YAML text and its plain value; raises ``ScenarioError`` with ``source`` as the file."""
    try:
        loader = _Loader(text, source)
        root = loader.get_single_node()
        if root is None:
            return None, None
        _check_keys(root, source, ())
        return root, loader.construct_document(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 0 if mark is None else mark.line + 1
        said = [getattr(error, name, None) for name in ("context", "problem")]
        what = ", ".join(part for part in said if part) or str(error).splitlines()[0]
        if "while parsing a flow" in what:
            what += "; inside { } and [ ] quote a text that has one of , ? : # in it"
        raise ScenarioError(source, [Problem(line, "", "", f"this is not YAML: {what}")]) from error
    except ValueError as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError(source, [Problem(0, "", "", f"a value cannot be read: {error}")]) from error


def line_of(node: yaml.Node | None, path: Sequence[str]) -> int:
    """The line of the deepest place along ``path`` that the text has; 0 without a text."""
    if node is None:
        return 0
    line = node.start_mark.line + 1
    for step in path:
        following = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    line, following = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            following = node.value[int(step)]
            line = following.start_mark.line + 1
        if following is None:
            break
        node = following
    return line


def _check_keys(node: yaml.Node, source: str, path: tuple[str, ...]) -> None:
    """Refuse a field that stands twice in one mapping, where YAML silently takes the last, and keys of many parts."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _check_keys(item, source, (*path, str(index)))
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                remedy = "the name of a field is one plain word"
                raise ScenarioError(source, [Problem(line, ".".join(path), "", remedy)])
            place = (*path, key.value)
            if key.value in lines:
                remedy = f"line {lines[key.value]} has this field already; keep one of them"
                raise ScenarioError(source, [Problem(line, ".".join(place), "", remedy)])
            lines[key.value] = line
            _check_keys(value, source, place)
    elif node.tag == _INT and len(node.value) > DIGITS_MAX:
        line, value = node.start_mark.line + 1, f"{node.value[: SHOWN_CHARS_MAX // 2]}…"
        remedy = f"a number has at most {DIGITS_MAX} digits"
        raise ScenarioError(source, [Problem(line, ".".join(path), value, remedy)])
