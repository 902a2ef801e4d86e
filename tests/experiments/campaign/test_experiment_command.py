"""``manage.py experiment``: what it prints, what it writes, how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from junitparser import Error, Failure, JUnitXml

from tests.experiments.campaign.asked import asked
from tests.experiments.commands import manage

MET = {"checker": "divergence", "verdict": "passed", "variants": ["chain"], "because": "It ends agreed."}
NOT_MET = {"metric": "work.messages.sent", "at_most": 1, "because": "It cannot be."}
NOT_TOLD = {"checker": "set-full", "verdict": "passed", "because": "Nothing is added to any set."}


def experiment(tmp_path: Path, *arguments: str, **fields):
    file = tmp_path / "e.yaml"
    file.write_text(yaml.safe_dump(asked(**fields)))
    return manage("experiment", str(file), "--jobs", "1", *arguments, app="consistency_viz.lab")


@pytest.mark.parametrize(("expect", "status"), [([], 0), ([MET], 0), ([MET, NOT_MET], 1), ([MET, NOT_TOLD], 2)])
def test_the_exit_status_is_what_the_expectations_come_to(tmp_path, expect, status):
    assert experiment(tmp_path, "--json", expect=expect)[0] == status


def test_bad_input_exits_with_3_and_names_file_line_field_value_and_remedy(tmp_path):
    status, out, err = experiment(tmp_path, variants=[{"name": "a", "design": "chains"}])
    assert (status, out) == (3, "")
    assert "e.yaml:" in err
    assert "variants.0.design = 'chains': there is no such design" in err


@pytest.mark.parametrize("arguments", [("--jobs", "0"), ("--seeds", "0"), ("--junit", "/nowhere/at/all.xml")])
def test_options_that_cannot_be_are_refused(tmp_path, arguments):
    assert experiment(tmp_path, *arguments)[0] == 3


def test_the_json_has_every_cell_with_its_summary(tmp_path):
    _, out, _ = experiment(tmp_path, "--json", "--seeds", "2", expect=[MET])
    found = json.loads(out)
    assert (found["runs"], found["verdict"], found["version"]) == (4, "passed", 1)
    assert [(cell["name"], cell["summary"]["n"]) for cell in found["cells"]] == [("as it is", 2), ("chain", 2)]


def test_the_junit_report_says_met_not_met_and_not_told_apart(tmp_path):
    out = tmp_path / "junit.xml"
    experiment(tmp_path, "--junit", str(out), expect=[MET, NOT_MET, NOT_TOLD])
    told = {
        (suite.name, case.name.partition(":")[0]): [type(result) for result in case.result]
        for suite in JUnitXml.fromfile(str(out))
        for case in suite
    }
    assert told == {
        ("which: as it is", "work.messages.sent"): [Failure],
        ("which: as it is", "set-full"): [Error],
        ("which: chain", "divergence"): [],
        ("which: chain", "work.messages.sent"): [Failure],
        ("which: chain", "set-full"): [Error],
    }


def test_for_people_it_prints_a_price_table_and_the_answer(tmp_path):
    _, out, _ = experiment(tmp_path, expect=[NOT_MET])
    assert "Which design? (which): 8 runs, simulated" in out
    assert "differed" in out
    assert "NOT what was expected" in " ".join(out.split())


def test_a_setting_that_no_variant_reads_is_warned_of_and_one_that_some_read_is_a_comparison(tmp_path):
    variants = [{"name": "as it is", "set": {"quorum.read": 1}}, {"name": "chain", "design": "serial-chain"}]
    settings = {"workload.orders": 4, "duration_s": 8, "faults": [], "clients.operations": 50}
    status, _, err = experiment(tmp_path, "--json", "--seeds", "2", variants=variants, set=settings)
    assert (status, [line.partition(" changes nothing: ")[0] for line in err.splitlines()]) == (
        0,
        ["Warning: clients.operations", "Warning: as it is: quorum.read"],
    )
