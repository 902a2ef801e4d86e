"""``docs/course.md`` says what was measured, of every lesson as it is now."""

import importlib.util
import json
from pathlib import Path

from consistency_viz.experiments.course import lessons

SCRIPT = Path(__file__).parents[2] / "docs" / "course.py"


def script():
    spec = importlib.util.spec_from_file_location("course_page", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_course_is_what_was_measured():
    made = script()
    measured = json.loads(made.MEASURED.read_text(encoding="utf-8"))
    assert made.PAGE.read_text(encoding="utf-8") == made.page(measured), "run docs/course.py"


def test_every_lesson_was_held_to_200_seeds_and_played_live_as_it_is_now():
    measured = json.loads(script().MEASURED.read_text(encoding="utf-8"))
    for _, scenario in lessons():
        broken, mended = measured["held"][scenario.name]
        assert min(broken["runs"], mended["runs"]) >= 200
        assert [item["expected"] for item in broken["items"]] == [str(e) for e in scenario.expect]
        assert [item["expected"] for item in mended["items"]] == [str(e) for e in scenario.fix.expect]
        assert {broken["verdict"], mended["verdict"]} == {"passed"}
        assert measured["live"][scenario.name]["status"] in (0, 2)
