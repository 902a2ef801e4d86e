import pytest

from workers.cluster.fixing import FixError, fixed
from workers.cluster.scenario_text import Problem, ScenarioError, parse

BROKEN = """\
name: a
title: Broken
design: synchronous
seed: 7
nodes: {store: {instances: 1}}
network: {links: [{target: view-1}, {target: view-2, loss: 0.5}]}
narration:
  - {on: start, say: Look., look_at: [view-2, matrix, "key:s1-1"]}
expect:
  - {checker: divergence, verdict: failed, because: Messages are lost.}
fix:
  title: Lose nothing
  price: A better network.
  set: SET
  expect:
    - {checker: divergence, verdict: passed, because: Nothing is lost.}
"""


def read(settings):
    return parse(BROKEN.replace("SET", settings), "a.yaml")


def refused(settings):
    with pytest.raises(ScenarioError) as caught:
        read(settings)
    return list(caught.value.problems)


def test_the_fixed_scenario_is_the_broken_one_with_the_settings_laid_over_it_and_the_fix_s_title_and_expectations():
    broken = read("{network.links.1.loss: 0, workload.orders: 5}")
    mended = fixed(broken)
    assert [link.loss for link in mended.network.links] == [None, 0]
    assert (mended.workload.orders, mended.title, mended.narration, mended.fix) == (5, "Lose nothing", (), None)
    assert [str(item) for item in mended.expect] == ["divergence: passed, in every run"]
    changed = {"network", "workload", "title", "narration", "fix", "expect"}
    assert mended.model_dump(exclude=changed) == broken.model_dump(exclude=changed)
    assert [link.loss for link in broken.network.links] == [None, 0.5]


def test_a_fix_keeps_the_seed_that_a_run_was_given():
    broken = read("{network.links.1.loss: 0}").model_copy(update={"seed": 99})
    assert fixed(broken).seed == 99


def test_a_fix_applies_to_a_scenario_that_was_stored_in_full_too():
    broken = read("{network.default.latency: {kind: constant, ms: 1}, network.links: [], views: 3}")
    stored = type(broken).model_validate(broken.model_dump(mode="json"))
    assert fixed(stored).model_dump() == fixed(broken).model_dump()


def test_a_scenario_without_a_fix_cannot_be_fixed():
    with pytest.raises(FixError, match="scenario a has no fix"):
        fixed(parse("name: a\ntitle: T\ndesign: synchronous\n", "a.yaml"))


INVALID = "with the fix this is no valid scenario: "
UNKNOWN = "extra inputs are not permitted; there is no such field here; remove it or check its spelling"


@pytest.mark.parametrize(
    ("laid", "problem"),
    [
        ("{views: 12}", Problem(14, "fix.set.views", "12", f"{INVALID}input should be less than or equal to 9")),
        (
            "\n    workload.order: 5",
            Problem(15, "fix.set.workload.order", "5", f"{INVALID}{UNKNOWN}"),
        ),
        (
            "{design: asynchronous-broadcast}",
            Problem(
                14,
                "fix.set.design",
                "'asynchronous-broadcast'",
                f"{INVALID}nodes.store = 'store': design asynchronous-broadcast has the nodes "
                "client, order, validation, tax, email, view-1, view-2",
            ),
        ),
        (
            "{network.links.1.target: view-9}",
            Problem(
                14,
                "fix.set.network.links.1.target",
                "'view-9'",
                f"{INVALID}design synchronous has the nodes client, order, validation, tax, email, store, view-1, "
                "view-2; * stands for all",
            ),
        ),
        (
            "{network.links.1: {target: view-2, loss: 2}}",
            Problem(
                14,
                "fix.set.network.links.1",
                "{'target': 'view-2', 'loss': 2}",
                f"{INVALID}network.links.1.loss = 2: input should be less than or equal to 1",
            ),
        ),
        (
            "{network.links.7.loss: 0}",
            Problem(14, "fix.set.network.links.7.loss", "0", "network.links has no place '7'"),
        ),
        ("{view: 3}", Problem(14, "fix.set.view", "3", "a scenario has no field view; did you mean views?")),
        ("{a..b: 3}", Problem(14, "fix.set.a..b", "3", "write a dotted path, such as workload.orders_per_s")),
        ("{seed: 3}", Problem(14, "fix.set.seed", "3", "a fix keeps seed; it changes the system alone")),
        ("{expect: []}", Problem(14, "fix.set.expect", "[]", "a fix keeps expect; it changes the system alone")),
        (
            "{network.links.1.loss: 0.5}",
            Problem(
                14,
                "fix.set.network.links.1.loss",
                "0.5",
                "the fix changes nothing; set what is different in the fixed system",
            ),
        ),
        (
            "{}",
            Problem(14, "fix.set", "{}", "dictionary should have at least 1 item after validation, not 0"),
        ),
    ],
)
def test_a_fix_that_does_not_apply_is_refused_when_the_scenario_is_read(laid, problem):
    assert refused(laid) == [problem]
