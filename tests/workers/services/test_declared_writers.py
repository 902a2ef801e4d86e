from tests.workers.support import context, message
from workers.model.effects import Observe
from workers.model.node import NOTHING
from workers.model.observation import Effected
from workers.services.declared_writers import Declaring
from workers.services.order_writer import OrderWriter

OWNER = Declaring(OrderWriter("orders"), {"orders": {"OrderPlaced": ("order", "desk")}})


def test_the_first_shard_of_an_owner_declares_its_topics():
    declared = Effected("declares-writers", "orders", {"types": {"OrderPlaced": ["order", "desk"]}})
    assert OWNER.start(context("order", partitions=2)).effects == (Observe(declared),)
    assert OWNER.start(context("order", partition=1, partitions=2)) is NOTHING


def test_apart_from_that_it_does_what_its_service_does():
    command = message("PlaceOrder", data={"net_cents": 1}, reply_topic="replies", reply_key="s1")
    assert OWNER.step({}, command, context()) == OrderWriter("orders").step({}, command, context())
