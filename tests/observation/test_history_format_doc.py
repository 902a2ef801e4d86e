"""``docs/history-format.md`` and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from consistency_viz.observation.exporting import EXPORT_FORMATS, NOTATIONS
from consistency_viz.observation.formats.jepsen_events import EXTRA
from consistency_viz.observation.formats.jepsen_keys import KNOWN
from consistency_viz.observation.history import DEFAULT_LIMITS, read_history
from workers.model.history import HISTORY_VERSION, Header, line, parse
from workers.model.observation import Body

DOC = (Path(__file__).parents[2] / "docs" / "history-format.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)
KINDS = {str(c.__struct_config__.tag): c for c in get_args(Body)}


def section(title: str) -> str:
    """The text of one section, up to the next heading."""
    found = re.search(rf"^#+ {re.escape(title)}.*?(?=^#+ |\Z)", DOC, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[0]


def named_fields(text: str) -> set[str]:
    """The fields in the first column of a section's table."""
    return {name for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


def test_the_examples_together_are_a_history_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text("".join(EXAMPLES), encoding="utf-8")
    header, observations = read_history(path)
    assert [str(o.body.__struct_config__.tag) for o in observations] == list(KINDS)
    assert header.history == HISTORY_VERSION


def test_the_examples_spell_every_field_out() -> None:
    for example in EXAMPLES[1:]:
        assert len(line(parse(example))) == len(example.strip())


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_is_documented_and_no_other(kind: str) -> None:
    assert named_fields(section(f"`{kind}`:")) == set(KINDS[kind].__struct_fields__)


def test_every_kind_has_its_section_and_no_other() -> None:
    assert re.findall(r"^### `(\w+)`", DOC, re.MULTILINE) == list(KINDS)


def test_every_field_of_the_header_and_of_all_lines_is_documented() -> None:
    assert named_fields(section("The header")) == set(Header.__struct_fields__)
    assert named_fields(section("What every observation says")) == {"index", "at_us", "node", "kind"}


def test_version_and_limits_are_those_of_the_code() -> None:
    assert f"now **{HISTORY_VERSION}**" in DOC
    limits = (
        f"{DEFAULT_LIMITS.file_bytes_max >> 30} GiB uncompressed, {DEFAULT_LIMITS.line_bytes_max >> 20} MiB a line, "
    )
    assert limits + f"{DEFAULT_LIMITS.lines_max // 1_000_000} million lines" in DOC


def test_every_state_and_outcome_is_documented() -> None:
    for state in ("up", "down", "lost", "fenced"):
        assert f"`{state}`" in section("`changed`:")
    for outcome in ("ok", "fail", "info"):
        assert f"`{outcome}`" in section("`completed`:")


def test_the_operations_of_jepsen_that_are_read_are_documented_and_no_others() -> None:
    rows = re.findall(r"^\| (`:.*?) \|", section("Reading Jepsen"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`:([\w-]+)`", row)}
    assert named == {"type", "process", "f", "value", "time", "index", "error", *KNOWN}


def test_the_endings_and_formats_of_exports_are_those_of_the_code() -> None:
    assert [f"`{ending}`" in section("Writing Jepsen") for ending in NOTATIONS] == [True] * len(NOTATIONS)
    assert f"--format {'|'.join(EXPORT_FORMATS)}|html|scenario --out FILE" in section("Other formats")
    assert EXTRA in section("Writing Jepsen")
