from tests.workers.support import ORDER, after, context, message, sends
from workers.model.effects import Send
from workers.model.node import NOTHING
from workers.services.orders import FACTS
from workers.services.transitions import STREAM_OF, WRITERS, TransitionWriter, written_by
from workers.services.whole_orders import mailing, taxation

TAX = {"tax_cents": 2_278, "total_cents": 14_268}
PLACED = message("OrderPlaced", data=ORDER)
OTHERS = (message("OrderTaxed", data=TAX), message("OrderValidated", data={}))


def test_every_transition_stands_on_one_stream_and_has_one_writer():
    assert list(STREAM_OF) == list(FACTS)
    assert {len(nodes) for types in WRITERS.values() for nodes in types.values()} == {1}


def test_a_service_owns_the_streams_that_it_writes_and_no_others():
    assert written_by("tax") == {"orders.taxed": {"OrderTaxed": ("tax",)}}
    assert written_by("view-1") == {}


def test_a_transition_is_written_once_as_soon_as_the_facts_allow_it():
    writer = TransitionWriter(taxation)
    step = writer.step({}, PLACED, context())
    assert sends(step) == [Send("orders.taxed", "OrderTaxed", "o1", TAX, sequence=4)]
    assert writer.step(after({}, step), PLACED, context()) is NOTHING


def test_facts_from_several_streams_are_joined_in_whatever_order_they_come():
    for given in ((PLACED, *OTHERS), (*OTHERS, PLACED), (OTHERS[0], PLACED, OTHERS[1])):
        state, said = {}, []
        for fact in given:
            step = TransitionWriter(mailing).step(state, fact, context())
            state, said = after(state, step), [*said, *sends(step)]
        assert said == [Send("orders.mailed", "OrderMailed", "o1", {"to": ORDER["email"]}, sequence=5)]
