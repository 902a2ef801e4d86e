import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.crdts.causal_buffer import BufferFullError, CausalBuffer, CausalMessage
from workers.model.codec import pack, unpack


def received(buffer, *messages):
    bodies = []
    for message in messages:
        buffer, ready = buffer.receive(message)
        bodies += [found.body for found in ready]
    return buffer, bodies


def conversation():
    """r1 asks, r2 has heard it and answers, r1 has heard that and thanks."""
    one, question = CausalBuffer().broadcast("r1", "question")
    two, _ = received(CausalBuffer(), question)
    two, answer = two.broadcast("r2", "answer")
    one, _ = received(one, answer)
    _, thanks = one.broadcast("r1", "thanks")
    return question, answer, thanks


def test_an_answer_waits_for_its_question():
    question, answer, thanks = conversation()
    buffer, bodies = received(CausalBuffer(), thanks, answer)
    assert bodies == []
    assert buffer.missing() == [("r1", 1)]
    assert received(buffer, question)[1] == ["question", "answer", "thanks"]


def test_a_message_is_delivered_once_however_often_it_comes():
    question, answer, thanks = conversation()
    buffer, bodies = received(CausalBuffer(), answer, answer, question, question, answer, thanks, thanks)
    assert bodies == ["question", "answer", "thanks"]
    assert buffer == CausalBuffer({"r1": 2, "r2": 1})


def test_a_full_buffer_says_what_to_fetch():
    messages = [CausalMessage("r1", number, {}, None) for number in (3, 4, 5)]
    buffer, _ = received(CausalBuffer(limit=2), *messages[:2])
    with pytest.raises(BufferFullError, match=r"2 messages wait already, first of all for \[\('r1', 1\)") as full:
        buffer.receive(messages[2])
    assert full.value.missing == [("r1", 1), ("r1", 2)]


def test_a_buffer_survives_a_restart():
    question, answer, thanks = conversation()
    buffer, _ = received(CausalBuffer(), answer, thanks)
    buffer = CausalBuffer.decode(unpack(pack(buffer.encode())))
    assert received(buffer, question)[1] == ["question", "answer", "thanks"]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_whatever_the_order_of_arrival_delivery_follows_causality(data):
    buffers = {replica: CausalBuffer() for replica in ("r1", "r2", "r3")}
    past, sent = {replica: frozenset() for replica in buffers}, []
    for number in range(data.draw(st.integers(1, 10))):
        replica = data.draw(st.sampled_from(sorted(buffers)))
        for message, _ in data.draw(st.permutations(sent)):
            if data.draw(st.booleans()):
                buffers[replica], ready = buffers[replica].receive(message)
                past[replica] |= {found.body for found in ready}
        buffers[replica], message = buffers[replica].broadcast(replica, number)
        sent.append((message, past[replica]))
        past[replica] |= {number}
    before = {message.body: seen for message, seen in sent}
    arrivals = data.draw(st.permutations([message for message, _ in sent] * 2))
    buffer, bodies = received(CausalBuffer(), *arrivals)
    assert sorted(bodies) == sorted(before)
    assert buffer.waiting == {}
    for place, body in enumerate(bodies):
        assert before[body] <= set(bodies[:place])
