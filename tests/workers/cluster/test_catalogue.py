import pytest

from workers.cluster.catalogue import catalogue, load, names, numbered, text_of
from workers.cluster.scenario_text import BYTES_MAX, Problem, ScenarioError


def refusal(name):
    with pytest.raises(ScenarioError) as caught:
        load(str(name))
    return list(caught.value.problems)


def test_every_shipped_scenario_is_valid_and_named_after_its_file():
    assert [scenario.name for scenario in catalogue()] == list(names())
    assert {"one-truth", "order-flow", "demo"} <= set(names())


def test_an_unknown_name_is_answered_with_those_that_there_are():
    [problem] = refusal("no-truth")
    assert problem.remedy.startswith("there is no such scenario; choose one of one-truth, ")


def test_a_file_is_read_by_its_path(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(text_of("one-truth"), encoding="utf-8")
    assert load(str(path)) == load("one-truth")
    assert load(str(path), ["seed=77"]).seed == 77


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    assert refusal(tmp_path / "absent.yaml") == [Problem(0, "", "", "cannot read it: No such file or directory")]
    assert refusal(tmp_path / "") == [Problem(0, "", "", "cannot read it: Is a directory")]
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: \xe9\n")
    assert refusal(latin) == [Problem(0, "", "", "it is not UTF-8 text; save it as UTF-8")]


def test_a_file_of_ten_megabytes_is_refused_by_its_first_bytes(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_bytes(b"a" * 10_000_000)
    [problem] = refusal(big)
    assert (problem.value, problem.remedy) == (
        f"{BYTES_MAX + 1:,} bytes",
        "a scenario has at most 65,536 bytes; shorten it",
    )


def test_a_file_cut_inside_a_letter_by_the_limit_is_refused_for_its_size(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_bytes("é".encode() * BYTES_MAX)
    [problem] = refusal(big)
    assert problem.remedy == "a scenario has at most 65,536 bytes; shorten it"


def test_the_numbers_of_the_files_are_those_of_the_course():
    found = numbered()
    assert [scenario.name for _, scenario in found] == list(names())
    assert [number for number, _ in found] == sorted({number for number, _ in found})
    assert [(number, s.lesson.number) for number, s in found if s.lesson and s.lesson.number != number] == []
