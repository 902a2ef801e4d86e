"""Runs in virtual time on the command line: what a script reads, what a person reads, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consistency_viz.checkers.registry import CHECKERS
from tests.experiments.commands import manage
from workers.cluster.catalogue import text_of

FEW = ("order-flow", "--set", "workload.orders=12")


def simulated(*arguments: str) -> dict[str, Any]:
    status, out, err = manage("simulate", *FEW, *arguments, "--json")
    assert (status, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_json_has_every_run_with_seed_verdicts_and_metrics_and_a_summary_with_intervals() -> None:
    found = simulated("--runs", "9", "--seed", "100")
    assert [run["seed"] for run in found["runs"]] == list(range(100, 109))
    for run in found["runs"]:
        assert (set(run["verdicts"]), run["verdicts"]["divergence"]) == (set(CHECKERS), "passed")
        assert run["metrics"]["work"]["operations"]["place"] == {"ok": 12}
    summary = found["summary"]
    assert (found["scenario"], summary["n"]) == ("order-flow", 9)
    verdict = summary["verdicts"]["divergence"]
    assert (verdict["passed"], verdict["failed"], verdict["unknown"]) == (9, 0, 0)
    assert verdict["failed_share"] == {"estimate": 0, "low": 0, "high": pytest.approx(0.2991, abs=5e-5)}
    assert verdict["note"] == "no failure was observed in 9 runs (95%: at most 29.9% fail)"

    median = summary["metrics"]["divergence.value.all.window_ms_p50"]
    medians = sorted(run["metrics"]["divergence"]["value"]["all"]["window_ms_p50"] for run in found["runs"])
    expected = {"n": 9, "estimate": medians[4], "low": medians[1], "high": medians[7]}
    extent = {"min": medians[0], "q25": medians[2], "q75": medians[6], "max": medians[8]}
    assert median == {**expected, **extent}


def test_too_few_runs_for_an_interval_have_none() -> None:
    metric = simulated("--runs", "3")["summary"]["metrics"]["divergence.value.all.union_ms"]
    assert (metric["n"], metric["low"], metric["high"]) == (3, None, None)


def test_runs_that_fail_are_counted_with_their_seeds_and_witnesses() -> None:
    found = simulated("--runs", "4", "--seed", "1", "--set", "network.default.loss=0.2")
    verdict = found["summary"]["verdicts"]["divergence"]
    failed = [run["seed"] for run in found["runs"] if run["verdicts"]["divergence"] == "failed"]
    assert (verdict["failed"], verdict["seeds_failed"], verdict["note"]) == (len(failed), failed, "")
    assert verdict["failed"] > 0
    witnesses = [witness for run in found["runs"] for witness in run["witnesses"] if run["verdict"] == "failed"]
    diverged = [witness for witness in witnesses if witness["checker"] == "divergence"]
    assert diverged
    assert all(witness["indices"] and "when the run ended" in witness["text"] for witness in diverged)


def test_the_same_seed_gives_the_same_output_and_another_seed_another() -> None:
    once, again, other = (manage("simulate", *FEW, "--json", "--seed", seed)[1] for seed in ("5", "5", "6"))
    assert once == again
    assert once != other


def test_settings_are_laid_over_the_scenario() -> None:
    found = simulated("--set", "workload.orders=3", "--set", "workload.reads_per_order=0")
    assert found["runs"][0]["metrics"]["work"]["operations"] == {"place": {"ok": 3}}


def test_a_named_checker_runs_alone() -> None:
    assert set(simulated("--checker", "divergence")["summary"]["verdicts"]) == {"divergence"}


def test_a_history_that_was_kept_gives_the_same_verdicts_and_figures_when_checked(tmp_path: Path) -> None:
    found = simulated("--runs", "2", "--seed", "3", "--history", str(tmp_path / "run-{seed}.jsonl"))
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["run-3.jsonl", "run-4.jsonl"]
    for run in found["runs"]:
        _, out, _ = manage("check_history", str(tmp_path / f"run-{run['seed']}.jsonl"), "--json")
        report = json.loads(out)
        assert (report["header"]["seed"], report["header"]["driver"]) == (run["seed"], "simulated")
        assert {result["checker"]: result["verdict"] for result in report["results"]} == run["verdicts"]
        assert {result["checker"]: result["metrics"] for result in report["results"]} == {
            name: metrics for name, metrics in run["metrics"].items() if name != "work"
        }


def test_a_person_reads_verdicts_and_figures() -> None:
    _, one, _ = manage("simulate", *FEW)
    assert "(order-flow, asynchronous-broadcast): seed 7" in one
    assert "orders accepted" in one
    assert "95% interval" not in one
    _, many, _ = manage("simulate", *FEW, "--runs", "7")
    assert "7 runs, seeds 7 to 13" in many
    assert "95% interval" in many
    assert "no failure was observed in 7 runs" in " ".join(many.split())


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("no-such",), "choose one of one-truth, pull-the-plug, where-is-my-order"),
        (("demo",), "add --set duration_s=60"),
        ((*FEW, "--runs", "0"), "use 1 to 100,000"),
        ((*FEW, "--runs", "many"), "invalid int value"),
        ((*FEW, "--seed", "-1"), "use 0 or more"),
        ((*FEW, "--set", "workload"), "write path=value"),
        ((*FEW, "--set", "workload.order=3"), "there is no such field here"),
        ((*FEW, "--set", "partitions=0"), "partitions = 0"),
        ((*FEW, "--checker", "divergance"), "use one of divergence"),
        ((*FEW, "--runs", "2", "--history", "x.jsonl"), "run-{seed}.jsonl"),
        ((*FEW, "--history", "no/such/folder/x.jsonl"), "cannot write it"),
        ((), "required: SCENARIO|FILE"),
    ],
)
def test_wrong_input_exits_with_3_and_says_what_would_be_right(arguments: tuple[str, ...], remedy: str) -> None:
    status, out, err = manage("simulate", *arguments)
    assert (status, out) == (3, "")
    assert remedy in err


STORY = """\
name: lossy
title: Lossy
design: asynchronous-broadcast
workload: {orders: 12, orders_per_s: 20}
network: {default: {loss: 0.2}}
expect:
  - {checker: divergence, verdict: failed, in_share_of_runs: {at_least: 0.5}, because: Views miss messages.}
fix:
  title: A better network
  price: Money.
  set: {network.default.loss: 0}
  expect:
    - {checker: divergence, verdict: passed, because: Nothing is lost.}
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "lossy.yaml"
    path.write_text(STORY)
    return path


def test_the_fix_runs_the_same_seeds_beside_the_broken_scenario(story: Path, tmp_path: Path) -> None:
    histories = str(tmp_path / "{fix}-{seed}.jsonl")
    arguments = ("--runs", "4", "--seed", "5", "--fix", "--history", histories, "--json")
    status, out, err = manage("simulate", str(story), *arguments)
    found = json.loads(out)
    assert (status, err) == (0, "")
    mended = found["fixed"]
    assert (found["title"], mended["title"]) == ("Lossy", "A better network")
    assert [run["seed"] for run in mended["runs"]] == [run["seed"] for run in found["runs"]] == [5, 6, 7, 8]
    assert {run["verdicts"]["divergence"] for run in mended["runs"]} == {"passed"}
    for one, reason in ((found, "divergence: failed"), (mended, "divergence: passed")):
        assert one["summary"]["expectations"]["verdict"] == "passed"
        assert one["runs"][0]["expectations"] == [
            {"verdict": "passed", "value": reason.partition(" ")[2], "reason": reason}
        ]
    assert found["summary"]["expectations"]["items"][0]["share"]["low"] == pytest.approx(0.5101, abs=5e-5)
    names = {f"{which}-{seed}.jsonl" for which in ("broken", "fixed") for seed in (5, 6, 7, 8)}
    assert {path.name for path in tmp_path.glob("*.jsonl")} == names


def test_the_broken_half_says_the_same_with_and_without_the_fix(story: Path) -> None:
    alone = json.loads(manage("simulate", str(story), "--runs", "3", "--json")[1])
    beside = json.loads(manage("simulate", str(story), "--runs", "3", "--json", "--fix")[1])
    assert {name: value for name, value in beside.items() if name != "fixed"} == alone


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 0, "what was expected was found"),
        (("--set", "network.default.loss=0", "--set", "fix=null"), 2, "too few to tell; run more seeds"),
        (("--set", "network.default.loss=0", "--runs", "9", "--fix"), 3, "the fix changes nothing"),
        (
            ("--set", "network.default.loss=0.01", "--set", "workload.orders=1", "--runs", "30"),
            1,
            "NOT what was expected",
        ),
        (("--set", "expect.0.checker=set-full"), 2, "set-full"),
        (("--set", "fix.expect.0.verdict=failed", "--fix"), 1, "Its price: Money."),
        (("--set", "expect=[]"), 0, "divergence"),
    ],
)
def test_the_exit_status_says_whether_the_expectations_are_met(
    story: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    found, out, err = manage("simulate", str(story), *arguments)
    assert (found, words in " ".join((out + err).split())) == (status, True)


def test_processes_make_no_difference_to_what_is_printed(story: Path) -> None:
    one, two = (manage("simulate", str(story), "--runs", "6", "--json", "--jobs", jobs) for jobs in ("1", "2"))
    assert one == two


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("--jobs", "0"), "--jobs 0: use 1 to 256"),
        (("--fix", "--history", "x.jsonl"), "with --fix it needs {fix} in the name"),
        (("--seed", str(2**63)), "use 0 or more, below 2^63"),
        (("--fix", "--set", "fix=null"), "scenario lossy has no fix; leave --fix out"),
        (("--fix", "--set", "fix.set={viws: 3}"), "a scenario has no field viws; did you mean views?"),
    ],
)
def test_wrong_options_of_a_story_are_refused(story: Path, arguments: tuple[str, ...], remedy: str) -> None:
    status, out, err = manage("simulate", str(story), *arguments)
    assert (status, out) == (3, "")
    assert remedy in err


def test_a_setting_that_the_scenario_does_not_read_is_warned_of_on_the_error_stream() -> None:
    status, out, err = manage("simulate", "likes", "--set", "workload.orders=50", "--set", "duration_s=3", "--json")
    assert (status in (0, 1), json.loads(out)["scenario"]) == (True, "likes")
    assert err.strip() == (
        "Warning: workload.orders changes nothing: the design state-gossip does not read workload; it reads regions, "
        "entities, replication, clients (such as clients.operations: 240 and clients.operations_per_s: 12)"
    )


def test_a_person_reads_that_a_failure_is_as_expected_its_evidence_first_and_idle_checkers_in_one_line() -> None:
    _, out, _ = manage("simulate", "likes")
    (row,) = [line for line in out.splitlines() if line.strip().startswith("lost-updates: failed, in every run")]
    assert row.split("in every run")[1].split("1 of 1")[0].strip() == "as expected"
    witnesses = [line for line in out.splitlines() if line.startswith("seed 18, ")]
    assert [line.split(": ")[0] for line in witnesses[:2]] == ["seed 18, lost-updates"] * 2
    assert "Nothing to judge: linearizable-register, single-writer, set-full, invariants, email-timeliness." in out
    assert "no e-mail in this history" not in out


def test_a_person_reads_not_where_an_expectation_did_not_show(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    lie = "  - {checker: lost-updates, verdict: passed, because: It cannot be.}\n"
    file.write_text(text_of("likes").replace("expect:\n", f"expect:\n{lie}", 1))
    status, out, _ = manage("simulate", str(file))
    row = next(line for line in out.splitlines() if "lost-updates: passed, in every run" in line)
    assert (status, row.split("in every run")[1].split()[0]) == (1, "NOT")
