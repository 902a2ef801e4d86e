"""Measure the lessons and write ``docs/course.md``.

``.venv/bin/python docs/course.py --runs 200`` holds each to so many seeds, ``--live`` plays each once on the stack;
both keep what they find in ``docs/course.measured.json``. Without either it only writes the page from that file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_suffix(".md")
MEASURED = Path(__file__).with_suffix(".measured.json")
ROOT = PAGE.parent.parent
sys.path.insert(0, str(ROOT))

from consistency_viz.experiments.course import lessons  # noqa: E402

LIVE = {0: "met", 1: "not met", 2: "cannot be told in one run"}
HEAD = """# The course

Twenty-two experiments, each a shipped scenario: start it on the page, or `manage.py simulate NAME --fix`. This page is
written by `docs/course.py` from `docs/course.measured.json`; measure anew with `make course` (200 seeds each) and
`docs/course.py --live` (the real stack).

"Showed in" counts runs in the simulator, with the 95 % Wilson interval. Seeds count up from the scenario's own. Live is
one run on the real stack with the scenario's seed: "met" if everything expected showed. Anomalies are usually rare:
what is common here was made so, by latencies and faults that are in the scenario.
"""


def manage(*arguments: str) -> tuple[int, Any]:
    """Exit status and JSON of a command."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, cwd=ROOT)  # noqa: S603 - our own command
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None


def lesson(number: int, scenario: Any, measured: dict[str, Any]) -> str:
    """One lesson's section."""
    rows = measured["held"].get(scenario.name, [])
    live = measured["live"].get(scenario.name)
    lines = [
        f"\n## {number}. {scenario.title}\n",
        f"`{scenario.name}`, design `{scenario.design}`. {scenario.summary}\n",
    ]
    for row in rows:
        fix = scenario.fix
        lines.append(
            f"**With the fix: {fix.title}.** {fix.price}\n" if row["fix"] else f"**{scenario.lesson.question}**\n"
        )
        lines += ["| expected | showed in | because |", "|---|---|---|"]
        for item in row["items"]:
            low, high = 100 * item["share"]["low"], 100 * item["share"]["high"]
            shown = f"{item['showed']} of {row['runs']} ({low:.0f}-{high:.0f} %)"
            lines.append(f"| {item['expected']} | {shown} | {item['because']} |")
        lines.append("")
    if live is not None:
        lines.append(f"Live: {LIVE.get(live['status'], 'did not run')}, {live['observations']:,} observations.\n")
    return "\n".join(lines)


def page(measured: dict[str, Any]) -> str:
    """The whole page."""
    return HEAD + "".join(lesson(number, scenario, measured) for number, scenario in lessons())


def main() -> None:
    """Measure what is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, help="hold each lesson and its fix to so many seeds")
    parser.add_argument("--live", action="store_true", help="play each lesson once on the real stack")
    parser.add_argument("names", nargs="*", help="only these lessons")
    options = parser.parse_args()
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {"held": {}, "live": {}}
    for _, scenario in lessons():
        if options.names and scenario.name not in options.names:
            continue
        if options.runs:
            _, measured["held"][scenario.name] = manage(
                "scenarios", "check", scenario.name, "--runs", str(options.runs)
            )
        if options.live:
            status, found = manage("run", scenario.name)
            about = {"status": status, "observations": (found or {}).get("observations", 0)}
            measured["live"][scenario.name] = about
            print(scenario.name, about, file=sys.stderr)
        MEASURED.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n")
    PAGE.write_text(page(measured), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consistency_viz.settings")
    main()
