from tests.workers.support import message
from workers.cluster.shards import BLANK_DELIVERED, BLANK_SENT, Outcome, Shard, Timer
from workers.model.effects import CancelTimer, Observe, Send, SetTimer
from workers.model.message import TIMER_TOPIC, Message
from workers.model.node import NOTHING, NodeSpec, Step
from workers.model.observation import Changed, Delivered, Sent


class Scripted:
    """A service that does what a test says, and keeps what it was shown."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.seen = []

    def start(self, context):
        self.seen.append(context)
        return self.steps.pop(0)

    def step(self, state, message, context):
        self.seen.append((dict(state), message, context))
        return self.steps.pop(0)


def shard(*steps, partition=2, partitions=4, records_max=10):
    service = Scripted(*steps)
    return Shard(NodeSpec("tax", service, ("validated",), ("taxed",)), partition, partitions, 7, records_max), service


NOTE = Changed("tax.1", "up", 1)


def test_effects_become_messages_timers_and_observations_in_their_order():
    effects = (
        Observe(NOTE),
        Send("taxed", "T", "o1", {"b": 2}, 3, reply_topic="r", reply_key="k"),
        SetTimer("later", 50, "Wake", "o1", {}),
        Send("taxed", "T", "o2", {}, partition_key="p"),
    )
    step = Step({"o1": {"a": 1}}, effects)
    one, _ = shard(step)
    outcome = Outcome()
    one.execute(message("V", "o1", id="m1", topic="validated", source="validation"), 90, 100, outcome)
    first = Message("m1/tax.0", "taxed", "T", "tax", "o1", {"b": 2}, "", 3, "m1", "r", "k")
    second = Message("m1/tax.1", "taxed", "T", "tax", "o2", {}, "p", 0, "m1")
    assert outcome.messages == [(1, first), (1, second)]
    assert outcome.bodies == [
        Delivered("m1", "validated", "V", "o1", "validation", 90, 0),
        NOTE,
        Sent("m1/tax.0", "taxed", "T", "o1", "m1", 1),
        Sent("m1/tax.1", "taxed", "T", "o2", "m1", 1),
    ]
    assert outcome.timers == [(2, "later", Timer("later", 150, "Wake", "o1", {}))]
    assert outcome.writes == {(2, "o1"): {"a": 1}}
    assert one.records == {"o1": {"a": 1}}


def test_the_partition_of_a_message_follows_its_partition_key():
    one, _ = shard(
        Step({}, (Send("taxed", "T", "o1", {}), Send("taxed", "T", "o1", {}, partition_key="the-one-state")))
    )
    outcome = Outcome()
    one.execute(message("V"), 0, 0, outcome)
    assert [partition for partition, _ in outcome.messages] == [1, 0]


def test_a_step_is_shown_its_state_its_place_and_its_clock():
    one, service = shard(Step({"o1": {"a": 1}}), NOTHING)
    one.execute(message("V", id="m1"), 5, 6, Outcome())
    one.execute(message("V", id="m2"), 7, 8, Outcome())
    state, _, context = service.seen[1]
    assert state == {"o1": {"a": 1}}
    assert (context.node, context.partition, context.partitions, context.seed) == ("tax", 2, 4, 7)
    assert (context.now_us, context.sent_us, context.cause_id) == (8, 7, "m2")


def test_what_a_duplicate_sends_has_an_id_of_its_own_and_the_same_cause():
    send = Step({}, (Send("taxed", "T", "o1", {}),))
    one, _ = shard(send, send)
    outcome = Outcome()
    one.execute(message("V", id="m1"), 0, 0, outcome, copy=0)
    one.execute(message("V", id="m1"), 0, 0, outcome, copy=1)
    assert [(m.id, m.cause) for _, m in outcome.messages] == [("m1/tax.0", "m1"), ("m1/tax.0*1", "m1")]
    assert [b.copy for b in outcome.bodies if isinstance(b, Delivered)] == [0, 1]


def test_a_timer_brings_what_it_was_set_with_and_is_gone_before_its_step():
    one, service = shard(
        Step({}, (SetTimer("t", 10, "Wake", "o1", {"x": 1}),)), Step({}, (SetTimer("t", 5, "Wake", "o1", {}),))
    )
    outcome = Outcome()
    one.execute(message("V"), 0, 100, outcome)
    one.fire("t", 115, outcome)
    _, woken, context = service.seen[1]
    assert woken == Message("tax.2~t", TIMER_TOPIC, "Wake", "tax", "o1", {"x": 1})
    assert context.sent_us == 110
    assert outcome.timers == [
        (2, "t", Timer("t", 110, "Wake", "o1", {"x": 1})),
        (2, "t", None),
        (2, "t", Timer("t", 120, "Wake", "o1", {})),
    ]
    assert one.timers == {"t": Timer("t", 120, "Wake", "o1", {})}
    assert [b for b in outcome.bodies if isinstance(b, Delivered)] == [
        Delivered("m1", "t", "V", "o1", "somebody", 0, 0)
    ]


def test_cancelling_a_timer_that_is_not_set_does_nothing():
    one, _ = shard(Step({}, (CancelTimer("t"), SetTimer("u", 1, "Wake", "o1", {}), CancelTimer("u"))))
    outcome = Outcome()
    one.execute(message("V"), 0, 0, outcome)
    assert outcome.timers == [(2, "u", Timer("u", 1, "Wake", "o1", {})), (2, "u", None)]
    assert one.timers == {}


def test_the_first_step_of_a_shard_is_named_after_the_shard():
    one, _ = shard(Step({}, (Send("taxed", "T", "o1", {}),)))
    outcome = Outcome()
    one.start(4, outcome)
    assert [m.id for _, m in outcome.messages] == ["tax.2/tax.0"]


def test_beyond_its_bound_a_shard_forgets_its_oldest_record():
    one, _ = shard(Step({"a": {}, "b": {}}), Step({"a": {"new": 1}}), Step({"c": {}}), Step({"b": None}), records_max=2)
    outcome = Outcome()
    for name in ("m1", "m2", "m3"):
        one.execute(message("V", id=name), 0, 0, outcome)
    assert one.records == {"b": {}, "c": {}}
    assert outcome.writes == {(2, "a"): None, (2, "b"): {}, (2, "c"): {}}
    one.execute(message("V", id="m4"), 0, 0, outcome)
    assert one.records == {"c": {}}
    assert outcome.writes[2, "b"] is None


def test_a_driver_that_keeps_no_writes_and_notes_no_messages_is_handed_none():
    one, _ = shard(Step({"o1": {}}, (Observe(NOTE), Send("taxed", "T", "o1", {}))))
    outcome = Outcome(writes_wanted=False, messages_noted=False)
    one.execute(message("V"), 0, 0, outcome)
    assert (outcome.writes, outcome.bodies, len(outcome.messages)) == ({}, [NOTE], 1)


def test_blanks_stand_in_the_places_of_messages_that_are_not_noted():
    one, _ = shard(Step({"o1": {}}, (Observe(NOTE), Send("taxed", "T", "o1", {}))))
    outcome = Outcome(messages_noted=False, blanks=True)
    one.execute(message("V"), 0, 0, outcome)
    assert outcome.bodies == [BLANK_DELIVERED, NOTE, BLANK_SENT]


def test_after_each_loss_of_everything_a_shard_starts_from_nothing_and_its_messages_have_ids_of_their_own():
    start = Step({"o1": {}}, (Send("taxed", "T", "o1", {}), SetTimer("wake", 5, "Wake", "o1", {})))
    woken = Step(effects=(Send("taxed", "T", "o1", {}),))
    one, service = shard(start, woken, start, woken, start, woken)
    outcome = Outcome()
    for losses in range(3):
        if losses:
            one.wipe(losses)
        assert (one.records, one.timers) == ({}, {}) or losses == 0
        one.start(0, outcome)
        one.fire("wake", 5, outcome)
    assert [message.id for _, message in outcome.messages] == [
        f"tax.2{mark}{timer}/tax.0" for mark in ("", "+1", "+2") for timer in ("", "~wake")
    ]
    assert service.seen[2].now_us == 0


def test_a_wrong_clock_is_seen_by_the_protocol_and_by_nothing_else():
    step = Step(effects=(SetTimer("later", 50, "Wake", "o1", {}),))
    one, service = shard(step, step)
    one.clock = lambda now_us: now_us + 1_000
    outcome = Outcome()
    one.start(7, outcome)
    one.execute(message("T"), 8, 20, outcome)
    assert [service.seen[0].now_us, service.seen[1][2].now_us, service.seen[1][2].sent_us] == [1_007, 1_020, 8]
    assert [timer.due_us for _, _, timer in outcome.timers] == [57, 70]
