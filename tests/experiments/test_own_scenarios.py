"""A trainer's own scenarios: files beside those that are shipped, read when they change, and never in the way."""

import pytest

from consistency_viz.experiments import course_page, own_scenarios, stack
from workers.cluster.catalogue import text_of

OWN = text_of("likes").replace("title: Likes", "title: Claps").replace("name: likes", "name: claps")


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    own_scenarios.folder().mkdir()
    return own_scenarios.folder()


def titles():
    return {scenario.name: scenario.title for scenario in stack.catalogue()}


def test_without_a_folder_there_are_the_shipped_ones(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert stack.catalogue() == list(stack.shipped())


def test_a_file_is_a_lesson_of_the_course_as_soon_as_it_lies_there(folder):
    (folder / "claps.yaml").write_text(OWN)
    assert titles()["claps"] == "Claps"
    assert "Claps" in [entry.scenario.title for entry in course_page.course([])]
    (folder / "claps.yaml").write_text(OWN.replace("Claps", "Applause"))
    assert titles()["claps"] == "Applause"
    (folder / "claps.yaml").unlink()
    assert "claps" not in titles()


def test_a_copy_under_the_same_name_takes_the_shipped_ones_place(folder):
    (folder / "mine.yaml").write_text(OWN.replace("name: claps", "name: likes"))
    assert titles()["likes"] == "Claps"
    assert len(stack.catalogue()) == len(stack.shipped())


def test_a_file_that_cannot_be_used_is_named_and_nothing_else_suffers(folder):
    (folder / "a.yaml").write_text(OWN.replace("design: state-gossip", "design: state-gosip"))
    (folder / "b.yaml").write_text(OWN)
    (folder / "c.yaml").write_text(OWN)
    (folder / "notes.txt").write_text("not a scenario")
    found = own_scenarios.own()
    assert [scenario.name for scenario in found.scenarios] == ["claps"]
    wrong, twice = found.problems
    assert "a.yaml" in wrong
    assert "state-gosip" in wrong
    assert "another file here has this name" in twice


def test_no_more_files_are_read_than_a_course_can_have(folder, monkeypatch):
    monkeypatch.setattr(own_scenarios, "FILES_MAX", 1)
    (folder / "a.yaml").write_text(OWN)
    (folder / "b.yaml").write_text(OWN.replace("name: claps", "name: claps-2"))
    found = own_scenarios.own()
    assert (len(found.scenarios), len(found.problems)) == (1, 1)


def test_the_presenter_is_told_on_the_page_and_nobody_else(folder, presenter, client):
    (folder / "a.yaml").write_text("design: x")
    assert "cannot be used" in presenter.get("/").content.decode()
    assert "cannot be used" not in type(client)().get("/").content.decode()
