"""The matrix: its cells, how a run is judged, the same bytes under any hash seed, and a handful of seeds a cell."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from consistency_viz.benches.matrix import Count, by_row, counts, figures, mark, notes, scenario_text, tables
from consistency_viz.benches.matrix_cells import BROKEN, COLUMNS, LOST, WIPED, cells
from consistency_viz.benches.matrix_play import Player
from consistency_viz.benches.matrix_rows import PROTOCOLS, rows
from consistency_viz.checkers.verdict import Verdict
from consistency_viz.experiments.simulations import header_of, simulate_once
from workers.cluster.plan import build
from workers.cluster.scenario import Scenario
from workers.cluster.scenario_text import parse
from workers.model.history import expand, line
from workers.model.observation import Turn
from workers.services.regions.checks import types_for
from workers.services.regions.kinds import KINDS
from workers.simulation.world import World
from workers.strategies.registry import DESIGNS

ROOT = Path(__file__).parents[2]
CELLS = list(cells())
RARE_SEEDS = 120
"""So many seeds a cell show everything planted; the rarest, a lost delta, shows in about one run in fifteen."""


def cell_of(row: str, column: str):
    return next(cell for cell in CELLS if (cell.row.name, cell.column) == (row, column))


def history_digest(row_number: int, row: str) -> str:
    """The SHA-256 of the history of one run of a row, each row under another kind of fault."""
    plan = Player(cell_of(row, list(COLUMNS)[row_number % len(COLUMNS)])).plan(5)
    turns: list[tuple[int, Turn]] = []
    World(plan, lambda at_us, turn: turns.append((at_us, turn))).run()
    total = sha256(msgspec.json.encode(header_of(plan, "simulated")))
    for observation in expand(turns):
        total.update(line(observation))
    return total.hexdigest()


# -- rows, columns, promises


def test_every_design_has_a_row_and_every_region_design_one_for_each_type_it_can_have():
    named = [row.name for row in rows()]
    assert len(named) == len(set(named))
    assert {row.design for row in rows()} == set(DESIGNS)
    for design in ("state-gossip", "delta-gossip", "operation-broadcast", "operation-broadcast-broken"):
        sound = {t for kind in KINDS for t in types_for(kind, PROTOCOLS[design]) if not t.endswith("-broken")}
        assert {row.type for row in rows() if row.design == design and not row.type.endswith("-broken")} == sound
    broken = {t for kind in KINDS.values() for t in kind.types if t.endswith("-broken")}
    assert {row.type for row in rows() if row.type.endswith("-broken")} == broken


def test_whatever_is_called_broken_says_by_what_it_is_caught():
    sound_types = {row.name for row in rows() if row.design.endswith("-broken") and row.convergent and row.type}
    broken = {row.name for row in rows() if row.name.endswith("-broken") or row.design.endswith("-broken")}
    planted = {row.name for row in rows() if row.planted is not None}
    assert broken - sound_types <= planted
    assert planted - broken == {"collisions"}


def test_a_design_that_sends_nothing_again_promises_nothing_where_messages_are_lost():
    assert cell_of("asynchronous-broadcast", "loss").reason == LOST
    assert cell_of("asynchronous-broadcast", "partition-drop").reason == LOST
    assert cell_of("asynchronous-broadcast", "partition-hold").reason == ""
    assert cell_of("state-gossip or-set", "loss").reason == ""
    assert cell_of("state-gossip or-set", "crash-disk-lost").reason == WIPED
    assert cell_of("operation-broadcast-broken or-set", "none").reason == BROKEN
    assert cell_of("operation-broadcast-broken pn-counter", "reordering").reason == ""


def test_every_fault_is_over_before_the_clients_time_and_the_drain_are():
    for cell in CELLS:
        ends_s = [fault.at_s + fault.for_s for fault in cell.scenario.faults]
        assert all(end_s <= cell.scenario.duration_s + cell.scenario.drain_s - 0.5 for end_s in ends_s), cell.name
        assert bool(ends_s) == (cell.column != "none"), cell.name


# -- how a run is judged


def test_the_quick_judge_says_what_the_checkers_divergence_and_convergence_say():
    """Up to the one thing that it knows better: an update counts as had where what is shown descends from it."""
    judged = {Verdict.PASSED: 0, Verdict.FAILED: 0}
    for place, cell in enumerate(CELLS):
        if cell.row.name in ("synchronous", "failover-fenced", "quorum dvv-set") or place % 3:
            continue
        kept = Player(cell).play(2).kept
        if kept is Verdict.UNKNOWN:
            continue
        found = simulate_once(cell.scenario, 2, checkers=("divergence", "convergence"))
        says = set(found.verdicts.values()) == {Verdict.PASSED}
        assert (kept is Verdict.PASSED) == says, cell.name
        judged[kept] += 1
    assert min(judged.values()) > 20


def test_an_update_that_never_came_counts_where_its_successor_is_shown():
    cell = cell_of("quorum dvv-set", "partition-hold")
    assert simulate_once(cell.scenario, 680, checkers=["divergence"]).verdict is Verdict.FAILED
    assert Player(cell).play(680).kept is Verdict.PASSED


def test_a_run_of_a_player_is_the_run_of_its_scenario_and_its_seed():
    cell = cell_of("state-gossip or-map", "crash")
    player = Player(cell)
    player.play(3)
    for seed in (3, 4):
        shared, fresh = player.plan(seed), build(cell.scenario.model_copy(update={"seed": seed}))
        made: list[list[tuple[int, Turn]]] = [[], []]
        for turns, plan in zip(made, (shared, fresh), strict=True):
            World(plan, lambda at_us, turn, turns=turns: turns.append((at_us, turn))).run()
        assert [line(o) for o in expand(made[0])] == [line(o) for o in expand(made[1])]


def test_the_printed_scenario_of_a_cell_is_the_cell():
    for row, column in (("leader-fenced", "pause"), ("state-gossip lww-by-arrival-broken", "none")):
        assert parse(scenario_text(row, column), "cell.yaml") == cell_of(row, column).scenario
    with pytest.raises(KeyError, match="rows: synchronous"):
        scenario_text("state-gossip", "none")


# -- counting and showing


def test_a_promise_broken_once_is_counted_shown_and_named_with_its_seed():
    sound = Count("a", "none", "", False, runs=2_000, failed=1, failed_seeds=[17])
    lossy = Count("a", "loss", LOST, False, runs=2_000, failed=2_000, failed_seeds=[1])
    planted = Count("b", "none", BROKEN, True, runs=2_000)
    found = [sound, lossy, planted]
    promised, caught, _ = figures(found, 2_000)
    assert (promised.measured, promised.against, promised.met) == (1_999, 2_000, False)
    assert (caught.measured, caught.against, caught.met) == (0, 1, False)
    assert [mark(one) for one in found] == [">99.9", "0*", "100*"]
    told = notes(found, 2_000, 1.0)
    assert (told["broken promises"], told["not caught"]) == ({"a / none": [17]}, ["b"])
    said = [part for part in tables(told) if isinstance(part, str)]
    assert "broken promise: a / none, first with the seeds 17" in said
    assert "not caught: b" in said


def test_the_page_names_every_row_every_column_and_the_number_of_seeds():
    spec = importlib.util.spec_from_file_location("matrix_page", ROOT / "docs" / "matrix.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.FILE.read_text(encoding="utf-8")
    assert all(f"\n| {row.name} | " in page for row in rows())
    assert all(f"\n- *{column}*: {meaning}.\n" in page for column, meaning in COLUMNS.items())
    assert " seeds each**" in page
    assert "## Broken promises" not in page


# -- the same bytes, and every cell


def test_one_run_of_each_row_has_the_same_bytes_under_any_hash_seed():
    code = (
        "from tests.benches.test_matrix import history_digest, rows\n"
        "print([history_digest(number, row.name) for number, row in enumerate(rows())])"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert len(set(msgspec.json.decode(printed[0].replace("'", '"')))) > len(DESIGNS)


def test_what_is_promised_is_kept_in_every_cell_with_a_handful_of_seeds():
    found = counts(3)
    assert [(one.row, one.column) for one in found] == [(cell.row.name, cell.column) for cell in CELLS]
    assert {one.name: one.failed_seeds for one in found if one.failed and not one.reason} == {}
    assert {one.runs for one in found} == {3}
    assert sum(one.applied_nothing for one in found if not one.reason) < 20
    assert len(by_row(found)) == len(list(rows()))


@pytest.mark.parametrize("row", [row.name for row in rows() if row.planted is not None])
def test_what_is_broken_on_purpose_is_caught(row: str):
    for seed in range(1, RARE_SEEDS):
        if any(player.play(seed).caught for player in PLAYERS[row]):
            return
    pytest.fail(f"{row}: not caught with seeds below {RARE_SEEDS}")


PLAYERS = {
    row.name: [Player(cell) for cell in CELLS if cell.row == row and cell.column != "crash-disk-lost"]
    for row in rows()
    if row.planted is not None
}


SOUND = {
    "mail-too-early-broken": ("asynchronous-broadcast", ""),
    "mail-without-key-broken": ("asynchronous-broadcast", ""),
    "collisions": ("crdt-order", ""),
    "collisions-merged-by-hand-broken": ("collisions-merged-by-hand", ""),
    "aggregator-broken": ("aggregator", ""),
    "leader-unfenced-broken": ("leader-fenced", ""),
    "state-gossip lww-by-arrival-broken": ("state-gossip", "lww-register"),
    "state-gossip sibling-explosion-broken": ("state-gossip", "dvv-set"),
    "state-gossip false-dominance-broken": ("state-gossip", "dvv-set"),
    "state-gossip union-cart-broken": ("state-gossip", "or-set"),
    "delta-gossip-broken compacted-or-set-broken": ("delta-gossip-broken", "or-set"),
    "operation-broadcast-broken mv-register": ("operation-broadcast", "mv-register"),
    "operation-broadcast-broken or-set": ("operation-broadcast", "or-set"),
    "operation-broadcast-broken rw-set": ("operation-broadcast", "rw-set"),
    "operation-broadcast-broken or-map": ("operation-broadcast", "or-map"),
    "operation-broadcast-broken g-set": ("operation-broadcast", "g-set"),
}
"""What does the same right, by the row that does it wrong."""


@pytest.mark.parametrize("row", SOUND)
def test_what_does_the_same_right_is_not_caught_with_the_same_workload(row: str):
    design, type_ = SOUND[row]
    for player in PLAYERS[row]:
        document = player.cell.scenario.model_dump(mode="json") | {"design": design}
        for entity in document["entities"].values():
            entity["type"] = type_
        sound = Player(player.cell._replace(scenario=Scenario.model_validate(document)))
        assert [seed for seed in range(1, 4) if sound.play(seed).caught] == [], player.cell.name


def test_a_register_that_only_a_deposed_primary_had_is_not_kept_by_it_for_ever():
    """Found by the matrix: nobody told the old primary that there was nothing."""
    assert Player(cell_of("failover-fenced", "partition-hold")).play(43).kept is Verdict.PASSED
    assert Player(cell_of("failover-fenced", "partition-drop")).play(18).kept is Verdict.PASSED
