"""The catalogue on the command line: what there is, what is in it, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.experiments.commands import manage
from workers.cluster.catalogue import catalogue, load, numbered, text_of
from workers.cluster.scenario_text import parse

GOOD = "name: mine\ntitle: Mine\ndesign: asynchronous-broadcast\nduration_s: 5\n"
STORY = """\
network: {default: {loss: 0.1}}
expect:
  - {checker: divergence, verdict: failed, in_share_of_runs: {at_least: 0.5}, because: Views miss messages.}
narration:
  - {on: start, say: "Look at [red] cells.", look_at: [view-2, matrix], ask: "Which one is right?"}
  - {at_s: 3, say: Here.}
fix:
  title: A better network
  price: Money.
  set: {network.default.loss: 0}
  expect:
    - {checker: divergence, verdict: passed, because: Nothing is lost.}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    return path


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_every_shipped_scenario_is_listed(arguments: tuple[str, ...]) -> None:
    status, out, err = manage("scenarios", *arguments)
    assert (status, err) == (0, "")
    for scenario in catalogue():
        assert scenario.name in out


def test_a_script_reads_the_list_as_json() -> None:
    _, out, _ = manage("scenarios", "list", "--json")
    rows = json.loads(out)
    assert [row["name"] for row in rows] == [scenario.name for scenario in catalogue()]
    assert [row["number"] for row in rows] == [number for number, _ in numbered()]
    described = ("name", "title", "design", "summary")
    assert all(set(row) == {"number", "anomaly", *described} and all(row[name] for name in described) for row in rows)


def test_a_scenario_is_shown_as_it_is_written() -> None:
    status, out, _ = manage("scenarios", "show", "order-flow", "--source")
    assert status == 0
    assert parse(out, "shown") == load("order-flow")


def test_a_file_is_shown_as_it_is_written_too(file: Path) -> None:
    assert manage("scenarios", "show", str(file), "--source") == (0, GOOD, "")


def test_a_person_reads_what_a_scenario_says_and_tells(file: Path) -> None:
    file.write_text(GOOD + STORY)
    status, out, err = manage("scenarios", "show", str(file))
    assert (status, err) == (0, "")
    shown = " ".join(out.split())
    for told in (
        "Mine",
        "duration_s 5",
        "network default: {loss: 0.1}",
        "divergence: failed, in at least 0.5 of the runs. Views miss messages.",
        "start Look at [red] cells. view-2, matrix Which one is right?",
        "3 s Here.",
        "Fix: A better network",
        "Its price: Money.",
        "network.default.loss = 0",
        "divergence: passed, in every run. Nothing is lost.",
    ):
        assert told in shown


def test_a_scenario_is_shown_in_full_as_json() -> None:
    _, out, _ = manage("scenarios", "show", "order-flow", "--json")
    assert json.loads(out) == load("order-flow").model_dump(mode="json")


def test_a_file_that_can_be_run_is_said_to_be(file: Path) -> None:
    assert manage("scenarios", "validate", str(file)) == (0, f"{file}: scenario mine can be run\n", "")


def test_a_file_that_cannot_be_run_is_refused_by_line_field_value_and_remedy(file: Path) -> None:
    file.write_text(f"{GOOD}partitions: many\nlatencies: 3\n")
    status, out, err = manage("scenarios", "validate", str(file))
    assert (status, out) == (3, "")
    first, second = err.removeprefix("CommandError: ").splitlines()
    assert first.startswith(f"{file}:5: partitions = 'many': ")
    assert first.endswith("write a whole number")
    assert second.startswith(f"{file}:6: latencies = 3: ")
    assert second.endswith("there is no such field here; remove it or check its spelling")


def test_a_script_reads_the_problems_as_json(file: Path) -> None:
    file.write_text(f"{GOOD}partitions: many\n")
    status, out, _ = manage("scenarios", "validate", str(file), "--json")
    found = json.loads(out)
    assert (status, found["source"]) == (3, str(file))
    (problem,) = found["problems"]
    assert (problem["line"], problem["field"], problem["value"]) == (5, "partitions", "'many'")
    assert "write a whole number" in problem["remedy"]


def test_the_schema_describes_what_a_file_may_hold() -> None:
    _, out, _ = manage("scenarios", "schema")
    schema = json.loads(out)
    assert set(yaml.safe_load(GOOD)) <= set(schema["properties"])


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("show",), "Name a scenario or a file"),
        (("validate",), "Name a scenario or a file"),
        (("show", "no-such"), "choose one of one-truth, pull-the-plug, where-is-my-order"),
        (("validate", "no-such.yaml"), "cannot read it"),
        (("praise",), "choose from"),
        (("list", "--yaml"), "unrecognized arguments"),
    ],
)
def test_wrong_input_exits_with_3_and_says_what_would_be_right(arguments: tuple[str, ...], remedy: str) -> None:
    status, out, err = manage("scenarios", *arguments)
    assert (status, out) == (3, "")
    assert remedy in err


def test_validate_warns_of_a_section_that_neither_the_scenario_nor_its_fix_reads(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text_of("likes") + "quorum: {read: 2}\n")
    status, out, err = manage("scenarios", "validate", str(file))
    assert (status, out.strip()) == (0, f"{file}: scenario likes can be run")
    assert err.startswith("Warning: quorum changes nothing: the design state-gossip does not read quorum; it reads ")
