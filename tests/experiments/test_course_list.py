"""The list of lessons and scenarios: everything once, in its order, and what goes on now is one click away."""

import re

import pytest

from consistency_viz.experiments import course_page, stack


def test_the_lessons_stand_in_their_order_and_everything_else_once_after_them():
    lessons = [entry.scenario for entry in course_page.course([])]
    assert [scenario.lesson.number for scenario in lessons] == list(range(1, 23))
    others = [entry.scenario for _, entries in course_page.further([]) for entry in entries]
    assert {scenario.name for scenario in stack.catalogue()} == {scenario.name for scenario in lessons + others}
    assert len(stack.catalogue()) == len(lessons + others)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("one-writer", "orders"),
        ("regions-by-deltas", "regions"),
        ("quorum-dial", "quorums"),
        ("zombie-fenced", "leaders"),
    ],
)
def test_a_scenario_stands_where_its_nodes_belong(name, group):
    (scenario,) = [scenario for scenario in stack.catalogue() if scenario.name == name]
    assert course_page.group_of(scenario) == group


def test_a_lesson_tells_its_number_question_anomaly_and_minutes(client, db):
    page = client.get("/").content.decode()
    entry = re.search(r'<li class="entry" id="scenario-likes".*?</details>', page, re.DOTALL).group(0)
    words = " ".join(re.sub(r"<[^>]+>", " ", entry).split())
    assert words.startswith("18 Likes 300 people press like in three regions. What does the page say?")
    assert "lost increments 3 min" in words
    assert "<form" not in entry


def test_a_run_that_goes_on_is_offered_beside_its_scenario_and_one_that_is_over_below(client, make_run):
    on, over = make_run(), make_run(state="finished")
    page = client.get("/")
    assert ([run.id for run in page.context["active"]], [run.id for run in page.context["past"]]) == (
        [on.id],
        [over.id],
    )
    assert [entry.run.id for entry in page.context["course"] if entry.run] == [on.id]
    assert f'<a class="button" href="/runs/{on.id}/"' in page.content.decode()
