"""Which sections a design reads, found by watching it make its nodes."""

from __future__ import annotations

import pytest

from workers.cluster.catalogue import catalogue, load
from workers.cluster.fixing import fixed
from workers.cluster.reading import SECTIONS, examples, sections_read, unread, unread_of
from workers.cluster.scenario import Scenario
from workers.model.design import Options
from workers.simulation.world import World


def test_the_sections_are_fields_of_a_scenario_and_all_that_options_carry_apart_from_the_end() -> None:
    assert set(SECTIONS) <= set(Scenario.model_fields)
    assert {*SECTIONS, "client", "duration_ms"} - {"workload"} == set(Options._fields)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("likes", ("regions", "entities", "replication", "clients")),
        ("order-flow", ("workload", "views", "rpc_timeout_ms")),
        ("how-eventual", ("regions", "clients", "quorum")),
        ("zombie-writer", ("views", "rpc_timeout_ms", "clients", "leadership")),
        ("stampede", ("views", "rpc_timeout_ms", "clients", "hot_key")),
    ],
)
def test_a_design_reads_what_its_family_is_made_of(name: str, read: tuple[str, ...]) -> None:
    assert sections_read(load(name)) == read


def test_a_setting_in_a_section_that_is_not_read_is_told_with_what_is_read_instead() -> None:
    (told,) = unread_of([load("likes")], ["workload.orders=50", "clients.operations=50", "seed=3"])
    assert str(told) == (
        "workload.orders changes nothing: the design state-gossip does not read workload; it reads regions, entities, "
        "replication, clients (such as clients.operations: 240 and clients.operations_per_s: 12)"
    )


def test_a_setting_that_one_of_several_variants_reads_is_a_comparison() -> None:
    both = [load("likes"), load("order-flow")]
    assert unread(both, ["workload.orders", "clients.operations"]) == []
    assert [one.path for one in unread(both, ["quorum.read"])] == ["quorum.read"]


def test_no_shipped_scenario_sets_what_neither_it_nor_its_fix_reads() -> None:
    for scenario in catalogue():
        played = [scenario] if scenario.fix is None else [scenario, fixed(scenario)]
        assert unread(played, scenario.model_fields_set) == []


def test_examples_are_settings_with_the_scenarios_own_values_and_none_where_a_script_says_what_clients_do() -> None:
    assert examples(load("likes")) == ["clients.operations: 240", "clients.operations_per_s: 12"]
    assert examples(load("demo")) == ["workload.orders_per_s: 2.5"]
    assert examples(load("the-tie")) == []


def test_what_is_said_to_change_nothing_changes_nothing_and_what_is_read_does() -> None:
    def observed(*overrides: str) -> list[object]:
        from workers.cluster.plan import build

        seen: list[object] = []
        World(build(load("likes", ["duration_s=4", *overrides])), lambda at_us, turn: seen.append((at_us, turn))).run()
        return seen

    plain = observed()
    assert observed("workload.orders=3", "views=7", "quorum.read=2", "hot_key.keys=1") == plain
    assert observed("clients.operations=3") != plain
