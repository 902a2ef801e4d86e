"""Those who look: a few threads of their own, a bounded queue, and nobody else's thread."""

import asyncio
import threading

import pytest
from django.test import RequestFactory

from consistency_viz.experiments import lookers
from consistency_viz.experiments.commands import CommandRefused, refusal
from consistency_viz.experiments.lookers import look


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def asked_from(address):
    return RequestFactory().get("/", REMOTE_ADDR=address)


def waiting_at(gate, count, address, shared=""):
    return [asyncio.create_task(look(asked_from(address), shared, gate.wait, 20)) for _ in range(count)]


async def test_one_address_cannot_take_all_places_and_is_told_to_come_again(gate):
    tasks = waiting_at(gate, lookers.IN_HAND_MAX_PER_ADDRESS, "10.0.0.1")
    await asyncio.sleep(0)
    with pytest.raises(CommandRefused) as refused:
        await look(asked_from("10.0.0.1"), "", int)
    answer = refusal(refused.value)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    other = asyncio.create_task(look(asked_from("10.0.0.2"), "", int))
    gate.set()
    assert await other == 0
    assert await asyncio.gather(*tasks) == [True] * len(tasks)
    assert not lookers._in_hand


async def test_many_addresses_together_have_an_end_too(gate):
    each = lookers.IN_HAND_MAX_PER_ADDRESS
    tasks = [task for n in range(lookers.IN_HAND_MAX // each) for task in waiting_at(gate, each, f"10.0.1.{n}")]
    await asyncio.sleep(0)
    with pytest.raises(CommandRefused):
        await look(asked_from("10.0.2.1"), "", int)
    assert await asyncio.to_thread(lambda: "the loop's own threads are free") == "the loop's own threads are free"
    gate.set()
    await asyncio.gather(*tasks)


async def test_a_whole_room_that_asks_the_same_waits_for_one_answer(gate):
    tasks = waiting_at(gate, 300, "10.0.0.1", "findings of one run")
    await asyncio.sleep(0)
    assert lookers._in_hand == {"10.0.0.1": 1}
    tasks[0].cancel()  # who asked first and leaves takes nothing from the others
    gate.set()
    assert await asyncio.gather(*tasks[1:]) == [True] * 299
    assert not lookers._shared


async def test_who_leaves_the_queue_makes_room(gate):
    tasks = waiting_at(gate, lookers.IN_HAND_MAX_PER_ADDRESS, "10.0.0.1")
    await asyncio.sleep(0)
    tasks[-1].cancel()
    await asyncio.gather(tasks[-1], return_exceptions=True)
    assert lookers._in_hand == {"10.0.0.1": lookers.IN_HAND_MAX_PER_ADDRESS - 1}
    gate.set()
    await asyncio.gather(*tasks[:-1])


async def test_a_question_that_fails_fails_for_who_asked():
    with pytest.raises(ZeroDivisionError):
        await look(asked_from("10.0.0.1"), "", lambda: 1 // 0)
    assert not lookers._in_hand
