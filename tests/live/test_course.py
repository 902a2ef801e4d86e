"""The whole run in ever coarser steps."""

from consistency_viz.live.frames import Course
from consistency_viz.live.page.course import COURSE_MAX, CourseTable


def test_each_step_tells_the_most_keys_that_differed_and_the_one_that_goes_on_is_left_out():
    table = CourseTable()
    for second, diverged in [(0, 1), (0, 3), (0, 2), (1, 5), (3, 4)]:
        table.note(second, diverged)
    assert table.view == Course(1, [3, 5, 0])


def test_a_long_run_is_told_in_steps_twice_as_long():
    table = CourseTable()
    for second in range(2 * COURSE_MAX + 3):
        table.note(second, second)
    assert table.view.each_s == 4
    assert table.view.diverged == [4 * step + 3 for step in range(COURSE_MAX // 2)]


def test_nothing_new_is_said_until_a_step_is_complete():
    table = CourseTable()
    for second in range(5 * COURSE_MAX):
        table.note(second, 7)
    before = table.view
    table.note(5 * COURSE_MAX - 1, 9)
    assert table.view is before
    assert len(before.diverged) <= COURSE_MAX
