"""An experiment as a JUnit report, for what reads those: one suite a cell, one case an expectation. Pure."""

from __future__ import annotations

from typing import Any

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from consistency_viz.checkers.verdict import Verdict


def report(summary: dict[str, Any]) -> bytes:
    """The XML of a ``conclusion.summary_of``. What cannot be told is an error, so that nobody takes it for passed."""
    name = summary["experiment"]["name"]
    xml = JUnitXml(name)
    for cell in summary["cells"]:
        suite = TestSuite(_clean(f"{name}: {cell['name']}"))
        suite.add_property("design", cell["design"])
        for path, value in cell["point"].items():
            suite.add_property(_clean(path), _clean(value))
        for case in _cases(name, cell):
            suite.add_testcase(case)
        xml.add_testsuite(suite)
    xml.update_statistics()
    found: bytes = xml.tostring()
    return found


def _cases(experiment: str, cell: dict[str, Any]) -> list[TestCase]:
    found = cell["summary"]
    if found is None:
        case = TestCase("is played", _clean(f"{experiment}.{cell['name']}"))
        case.result = [Error("nothing was played", "unknown")]
        return [case]
    cases = []
    for item in found["expectations"]["items"]:
        case = TestCase(_clean(item["expected"]), _clean(f"{experiment}.{cell['name']}"))
        n = item["showed"] + item["not_shown"] + item["unknown"]
        text = _clean(f"showed in {item['showed']:,} of {n:,} runs. {item['reason']}")
        if item["verdict"] == Verdict.FAILED:
            seeds = ", ".join(str(seed) for seed in item["seeds_not_shown"])
            case.result = [Failure(text, "failed")]
            case.result[0].text = _clean(f"{item['because']}\nSeeds in which it did not show: {seeds}")
        elif item["verdict"] == Verdict.UNKNOWN:
            case.result = [Error(text, "unknown")]
        cases.append(case)
    return cases or [
        TestCase(f"played {found['n']:,} runs; nothing is expected", _clean(f"{experiment}.{cell['name']}"))
    ]


def _clean(value: object) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in str(value))
