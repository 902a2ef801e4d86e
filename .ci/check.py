"""Everything that `make test` checks, in one order, with one summary.

Every step runs even if an earlier one failed. Tests run in three steps: pure ones; those that need the real stack,
three files at a time, since what a module has started is shared by its tests, and most of their time is waiting; the
browser's, on one laboratory, and apart, since Playwright's event loop and pytest-asyncio's cannot share a process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from browser import NoBrowserError, ensure_browser

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "var" / "reports"  # not test-results: Playwright empties that
BIN = Path(sys.executable).parent
NO_TESTS_COLLECTED = 5
JUNIT_COUNTS = ("tests", "failures", "errors", "skipped")


@dataclass(frozen=True)
class Step:
    """One command; its ``group`` decides whether `make lint` runs it."""

    name: str
    command: tuple[str, ...]
    group: str = "lint"


@dataclass
class Outcome:
    """How a step went: ``status`` is its exit status, or None if it was not run, for the reason in ``note``."""

    name: str
    status: int | None
    seconds: float = 0.0
    note: str = ""


def lint_steps() -> list[Step]:
    """Style, types, architecture, and the same for JavaScript."""

    def tool(name: str, *arguments: str) -> tuple[str, ...]:
        return (str(BIN / name), *arguments)

    steps = [
        Step("ruff format", tool("ruff", "format", "--check", "--quiet", ".")),
        Step("ruff check", tool("ruff", "check", "--quiet", ".")),
        Step("mypy", tool("mypy")),
        Step("import-linter", tool("lint-imports", "--no-logo")),
    ]
    if (ROOT / "deno.json").exists():
        steps += [
            Step("deno fmt", tool("deno", "fmt", "--check")),
            Step("deno lint", tool("deno", "lint")),
            Step("deno check", tool("deno", "task", "check")),
            Step("deno test", tool("deno", "task", "test"), "test"),
        ]
    return steps


def test_steps(arguments: list[str]) -> list[Step]:
    """The three pytest runs; ``arguments`` go to each of them."""

    def pytest(name: str, marks: str, *options: str) -> Step:
        report = f"--junitxml={REPORTS / name}.xml"
        return Step(f"pytest {name}", (str(BIN / "pytest"), "-q", "-m", marks, report, *options, *arguments), "test")

    return [
        pytest("pure", "not stack and not browser", "-n", "2", "--dist", "worksteal"),
        pytest("stack", "stack and not browser", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"),
        pytest("browser", "browser"),
    ]


def run(step: Step) -> Outcome:
    """Run one step, its output straight to ours."""
    print(f"\n=== {step.name}", flush=True)
    environment = {**os.environ, "DENO_NO_UPDATE_CHECK": "1", "DENO_DIR": str(ROOT / "var" / "deno"), "NO_COLOR": "1"}
    began = time.monotonic()
    done = subprocess.run(step.command, cwd=ROOT, env=environment, check=False)
    return Outcome(step.name, done.returncode, time.monotonic() - began)


def run_tests(steps: list[Step]) -> list[Outcome]:
    """Run the test steps; the browser's only if there is a browser, which CI insists on."""
    outcomes = []
    for step in steps:
        if step.name == "pytest browser":
            try:
                os.environ["CV_CHROMIUM"] = ensure_browser()
            except NoBrowserError as error:
                outcomes.append(Outcome(step.name, 1 if _in_ci() else None, note=f"NOT RUN, no browser: {error}"))
                continue
        outcome = run(step)
        if outcome.status == NO_TESTS_COLLECTED:
            outcome.status, outcome.note = 0, "no such tests"
        outcomes.append(outcome)
    return outcomes


def counts() -> dict[str, int]:
    """Passed, failed and skipped tests of all pytest runs, from their reports."""
    total = dict.fromkeys(JUNIT_COUNTS, 0)
    for report in REPORTS.glob("*.xml"):
        for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 (pytest has just written it)
            for name in JUNIT_COUNTS:
                total[name] += int(suite.get(name, 0))
    failed = total["failures"] + total["errors"]
    return {"passed": total["tests"] - failed - total["skipped"], "failed": failed, "skipped": total["skipped"]}


def summarise(outcomes: list[Outcome], *, tests: bool) -> int:
    """Print how everything went; returns the exit status."""
    print("\n=== Summary")
    for outcome in outcomes:
        word = {0: "ok", None: "NOT RUN"}.get(outcome.status, "FAILED")
        print(f"{word:8} {outcome.name:16} {outcome.seconds:6.1f} s  {outcome.note}".rstrip())
    failed = [outcome.name for outcome in outcomes if outcome.status]
    not_run = [outcome for outcome in outcomes if outcome.status is None]
    for outcome in not_run:
        print(f"\n!!! {outcome.name} could not run here: {outcome.note}")
    print(f"\nFailed: {', '.join(failed)}." if failed else "\nAll that ran is in order.")
    if tests:
        count = counts()
        print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
        if not count["passed"]:
            print("No test ran.")
            return 1
    return 1 if failed else 0


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def main(arguments: list[str]) -> int:
    """``--lint`` for the lint steps only; everything else goes to pytest."""
    only_lint = arguments == ["--lint"]
    REPORTS.mkdir(parents=True, exist_ok=True)
    for old in REPORTS.glob("*.xml"):
        old.unlink()
    steps = lint_steps()
    outcomes = [run(step) for step in steps if not only_lint or step.group == "lint"]
    if not only_lint:
        outcomes += run_tests(test_steps(arguments))
    return summarise(outcomes, tests=not only_lint)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
