import pytest

from tests.workers.strategies.regions import regions
from tests.workers.support import plan_of
from workers.cluster.plan import PlanError
from workers.services.regions.checks import ACTIONS, types_for
from workers.services.regions.delta_once import DeltaOnce
from workers.services.regions.forms import FORMS
from workers.services.regions.kinds import KINDS
from workers.services.regions.operation_broadcast import OperationBroadcast
from workers.services.regions.state_gossip import StateGossip


def refused(design="state-gossip", **fields):
    with pytest.raises(PlanError) as caught:
        plan_of(regions(design, **fields))
    return caught.value.field, caught.value.value, caught.value.remedy


def told(**line):
    given = {"at_s": 0.0, "session": "ana", "region": "eu", "do": "add", "key": "cart-1", "value": "milk", **line}
    return {"entities": {"cart": {"type": "or-set"}, "stock": {"type": "pn-counter"}}, "clients": {"script": [given]}}


def test_a_type_that_its_kind_cannot_have_is_refused_with_those_it_can():
    field, value, remedy = refused(entities={"cart": {"type": "bounded-counter"}})
    assert (field, value) == ("entities.cart.type", "bounded-counter")
    assert remedy == f"cart may be {', '.join(KINDS['cart'].types)}"


def test_a_type_without_operations_cannot_be_broadcast():
    field, value, remedy = refused("operation-broadcast", entities={"stock": {"type": "bounded-counter"}})
    assert (field, value) == ("entities.stock.type", "bounded-counter")
    assert remedy == (
        "bounded-counter has no operations to broadcast; under this design stock may be pn-counter, lww-register"
    )


def test_deltas_that_need_causal_order_cannot_be_fired_once():
    assert refused("delta-gossip-broken", entities={"stock": {"type": "bounded-counter"}})[0] == "entities.stock.type"


@pytest.mark.parametrize(
    ("entities", "field"),
    [
        ({}, "entities"),
        ({kind: {"type": "lww-register", "keys": 1_000} for kind in ("address", "cart", "stock")}, "entities"),
        ({"cart": {"type": "or-set", "initial": 3}}, "entities.cart.initial"),
        ({"cart": {"type": "or-set", "clock": "hlc"}}, "entities.cart.clock"),
        ({"address": {"type": "lww-register", "resolver": "pick"}}, "entities.address.resolver"),
    ],
)
def test_settings_that_mean_nothing_are_refused(entities, field):
    assert refused(entities=entities)[0] == field


def test_regions_are_named_once():
    assert refused(regions=["eu", "eu"])[0] == "regions"
    assert refused(regions=["eu", "client"])[0] == "regions"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"region": "mars"}, "region"),
        ({"key": "cart-9"}, "key"),
        ({"do": "buy"}, "do"),
        ({"value": 3}, "value"),
        ({"key": "stock-1", "do": "buy", "value": "one"}, "value"),
    ],
)
def test_a_script_names_what_there_is(line, field):
    assert refused(**told(**line))[0] == f"clients.script.0.{field}"


def test_every_form_belongs_to_a_kind_and_every_kind_has_actions():
    assert {name for kind in KINDS.values() for name in kind.types} == set(FORMS)
    assert ACTIONS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sound_type_under_every_protocol(kind):
    for protocol in (StateGossip, DeltaOnce, OperationBroadcast):
        assert [name for name in types_for(kind, protocol) if not name.endswith("-broken")]
