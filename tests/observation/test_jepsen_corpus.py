"""Jepsen histories with verdicts that follow from the definitions, each told in the file: ``; expect CHECKER VERDICT``.

A checker that a file does not name has nothing to judge in it, and must say so.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from consistency_viz.checkers.registry import CHECKERS
from consistency_viz.observation.checking import Report, check_file
from consistency_viz.observation.formats.edn import Keyword, plain, read_all
from consistency_viz.observation.history import HistoryError

FOLDER = Path(__file__).parent / "jepsen" / "good"
FILES = sorted(FOLDER.glob("*.edn"), key=lambda path: path.name)
REPORTS: dict[Path, Report] = {}


def checked(path: Path) -> Report:
    if path not in REPORTS:
        REPORTS[path] = check_file(path, history_format="jepsen")
    return REPORTS[path]


def expected(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^; expect (\S+) (\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE))


def found(report: Report) -> dict[str, str]:
    told = {result.checker: result.verdict.value for result in report.results if result.applicable}
    return told | {"overall": report.verdict.value}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verdicts_are_those_of_the_definitions(path: Path) -> None:
    assert found(checked(path)) == expected(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_failure_points_at_events_of_the_file(path: Path) -> None:
    events = len(re.findall(r":type ", path.read_text(encoding="utf-8")))
    for result in checked(path).results:
        assert bool(result.witnesses) == (result.verdict == "failed")
        for witness in result.witnesses:
            assert witness.indices
            assert set(witness.indices) <= set(range(events))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_named_checker_answers_as_it_does_among_all(path: Path) -> None:
    for name, verdict in expected(path).items():
        if name in CHECKERS:
            assert check_file(path, [name], "jepsen").verdict == verdict


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("notation", ["json lines", "json array", "edn vector"])
def test_the_notation_makes_no_difference(tmp_path: Path, path: Path, notation: str) -> None:
    text = path.read_text(encoding="utf-8")
    copy = tmp_path / "h"
    if notation == "edn vector":
        bare = text.strip().removesuffix("]").replace("[{:type", "{:type", 1) if path.stem == "in-one-vector" else text
        copy.write_text(f"; all in one\n[{bare}\n]", encoding="utf-8")
    else:
        values = read_all(text)
        lines = [json.dumps(without_colons(v)) for v in (values[0] if isinstance(values[0], list) else values)]
        copy.write_text("[" + ",\n".join(lines) + "]" if notation == "json array" else "\n".join(lines), "utf-8")
    assert found(check_file(copy, history_format="jepsen")) == expected(path)


def without_colons(event: dict[str, Any]) -> dict[str, Any]:
    """As Jepsen writes it in JSON: names of operations and types without their colon."""
    names = ("type", "f", "process")
    return {k: v.name if k in names and isinstance(v, Keyword) else plain(v) for k, v in event.items()}


def test_the_corpus_has_every_verdict_of_the_checkers_that_judge_operations() -> None:
    told = {(name, verdict) for path in FILES for name, verdict in expected(path).items()}
    both = ["linearizable-register", "staleness", "read-your-writes", "monotonic-reads", "monotonic-writes"]
    both += ["writes-follow-reads", "causal", "lost-updates", "set-full", "counter", "overall"]
    assert {(name, verdict) for name in both for verdict in ("passed", "failed")} <= told
    assert len(FILES) >= 79


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_who_forgets_the_format_is_told_of_it(tmp_path: Path, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    bare = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(";"))
    values = read_all(bare)
    lines = [json.dumps(without_colons(v)) for v in (values[0] if isinstance(values[0], list) else values)]
    for content in (text, bare, "\n".join(lines), f"[{lines[0]},\n{lines[1]}]", "[" + ",".join(lines) + "]"):
        copy = tmp_path / "h"
        copy.write_text(content, encoding="utf-8")
        with pytest.raises(HistoryError) as caught:
            check_file(copy)
        assert "--format jepsen" in caught.value.remedy
