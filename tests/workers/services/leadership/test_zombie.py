"""A zombie by hand: leader a reads, is paused, b leads and writes, a wakes and writes. The order of steps is chosen."""

from tests.workers.support import after, context, message, observed, sends, timer
from workers.model.message import Message
from workers.services.leadership.candidate import Candidate
from workers.services.leadership.register_store import RegisterStore

KEY = "account-1"
WRITERS = {name: Candidate(place, 600, 150, 3_000) for place, name in enumerate(("writer-a", "writer-b"))}


class Hand:
    """Two writers and a storage; every message goes where and when the test says."""

    def __init__(self, *, fenced):
        self.store = RegisterStore("changes", fenced=fenced)
        self.states = {"writer-a": {}, "writer-b": {}, "storage": {}}
        self.observed = []

    def step(self, node, given, now_us=0):
        service = WRITERS.get(node, self.store)
        step = service.step(self.states[node], given, context(node, now_us=now_us, cause_id=given.id))
        self.states[node] = after(self.states[node], step)
        self.observed += observed(step)
        return [
            Message(
                f"{given.id}/{n}", s.topic, s.type, node, s.key, s.data, "", 0, given.id, s.reply_topic, s.reply_key
            )
            for n, s in enumerate(sends(step))
        ]

    def leads(self, writer, token, asked_us):
        self.step(writer, message("Granted", "lane-0", {"token": token, "asked_us": asked_us}), asked_us + 1)

    def asks(self, writer, op, now_us):
        data = {"op": op, "f": "write", "value": op, "attempt": 1}
        return self.step(writer, message("Change", KEY, data, reply_topic="answers", reply_key="s1"), now_us)

    def storage(self, request):
        return self.step("storage", request)[-1]

    @property
    def value(self):
        return self.states["storage"][KEY]["value"]


def zombie(*, fenced):
    """The hand, and what the zombie's client is told, after a has woken up in the middle of its work."""
    hand = Hand(fenced=fenced)
    hand.leads("writer-a", 1, 0)
    [get] = hand.asks("writer-a", "s1-1", 10)
    read = hand.storage(get)
    # Here a is paused past its lease.
    hand.leads("writer-b", 2, 700_000)
    [get] = hand.asks("writer-b", "s2-1", 700_010)
    [put] = hand.step("writer-b", hand.storage(get), 700_020)
    [told] = hand.step("writer-b", hand.storage(put), 700_030)
    assert (told.data["outcome"], hand.value) == ("ok", "s2-1")
    # It wakes; it has not looked at its clock since.
    [put] = hand.step("writer-a", read, 900_000)
    [told] = hand.step("writer-a", hand.storage(put), 900_010)
    return hand, told.data


def test_without_a_fence_the_zombie_overwrites_what_its_successor_has_acknowledged():
    hand, told = zombie(fenced=False)
    assert (told["outcome"], hand.value) == ("ok", "s1-1")
    assert hand.states["storage"][KEY]["kept"] == [f"{KEY}@writer-a.1"]


def test_with_a_fence_it_is_refused_steps_down_and_its_client_is_told():
    hand, told = zombie(fenced=True)
    assert (told["outcome"], told["error"], hand.value) == ("fail", "fenced: token 1 is below 2", "s2-1")
    effects = [body.effect for body in hand.observed if hasattr(body, "effect")]
    assert effects == ["leads", "leads", "fenced", "steps-down"]
    assert not hand.states["writer-a"]["~lease"]["leading"]


def test_a_later_leader_need_only_have_read_for_the_earlier_one_to_be_refused():
    hand = Hand(fenced=True)
    hand.leads("writer-a", 1, 0)
    [get] = hand.asks("writer-a", "s1-1", 10)
    [put] = hand.step("writer-a", hand.storage(get), 20)
    hand.leads("writer-b", 2, 700_000)
    [get] = hand.asks("writer-b", "s2-1", 700_010)
    assert hand.storage(get).type == "Got"
    assert hand.storage(put).type == "Fenced"


def test_a_write_that_was_taken_is_answered_again_and_taken_no_second_time():
    hand = Hand(fenced=True)
    hand.leads("writer-a", 1, 0)
    [get] = hand.asks("writer-a", "s1-1", 10)
    [put] = hand.step("writer-a", hand.storage(get), 20)
    first, again = hand.storage(put), hand.storage(put)
    assert (first.type, first.data) == (again.type, again.data) == ("Taken", first.data)
    assert hand.states["storage"][KEY]["version"] == 1


def test_a_leader_that_looks_sees_that_its_lease_has_run_out_and_refuses_what_waits():
    hand = Hand(fenced=True)
    hand.leads("writer-a", 1, 0)
    hand.asks("writer-a", "s1-1", 10)
    assert hand.asks("writer-a", "s2-1", 20) == []
    refusal, ask = hand.step("writer-a", timer("Look", "lane-0", {"number": 7}), 600_000)
    assert (refusal.type, refusal.data["op"], ask.type) == ("NotLeader", "s2-1", "Acquire")
    assert [m.type for m in hand.asks("writer-a", "s3-1", 600_010)] == ["NotLeader"]


def test_a_grant_counts_from_when_it_was_asked_for_and_one_that_is_over_already_is_none():
    hand = Hand(fenced=True)
    hand.step("writer-a", message("Granted", "lane-0", {"token": 1, "asked_us": 0}), 600_000)
    assert [m.type for m in hand.asks("writer-a", "s1-1", 600_010)] == ["NotLeader"]
