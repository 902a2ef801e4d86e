import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.support import message, scenario, simulate
from workers.model.message import Message, cloudevent, partition_of
from workers.model.observation import Sent


@pytest.mark.parametrize(
    ("key", "partition"),
    [("s1-1", 0), ("s1-2", 2), ("s2-1", 1), ("", 0), ("the-one-state", 0), ("Zürich", 2)],
)
def test_the_partition_of_a_key_is_the_same_in_every_version(key, partition):
    assert partition_of(key, 4) == partition


@given(st.text(), st.integers(1, 16))
def test_a_partition_is_one_of_those_that_there_are(key, partitions):
    assert partition_of(key, partitions) in range(partitions)


def test_partitions_share_the_keys_evenly():
    shares = Counter(partition_of(f"s{s}-{n}", 4) for s in range(1, 11) for n in range(1, 101))
    assert sorted(shares) == [0, 1, 2, 3]
    assert all(200 <= share <= 300 for share in shares.values())


def test_a_partition_does_not_depend_on_the_hash_seed_of_the_process():
    code = "from workers.model.message import partition_of; print([partition_of(f'k{n}', 7) for n in range(50)])"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert outputs == {f"{[partition_of(f'k{n}', 7) for n in range(50)]}\n"}


def test_a_cloudevent_has_the_attributes_of_the_standard_and_no_others():
    event = Message("root/a.0", "placed", "OrderPlaced", "order", "o1", {"net_cents": 5}, sequence=1)
    assert cloudevent(event, "2024-05-06T07:08:09.000010Z") == {
        "id": "root/a.0",
        "source": "order",
        "specversion": "1.0",
        "type": "OrderPlaced",
        "subject": "o1",
        "time": "2024-05-06T07:08:09.000010Z",
        "sequence": "0000000001",
        "partitionkey": "o1",
        "traceparent": "00-96288781c92ea630ac90a2a06d8255cd-dc744c63047cfb0c-01",
        "datacontenttype": "application/json",
        "data": {"net_cents": 5},
    }


def test_a_cloudevent_names_the_partition_key_that_the_sender_chose():
    assert cloudevent(message("Commit", "o1", partition_key="the-one-state"), "")["partitionkey"] == "the-one-state"


def test_a_trace_is_shared_by_all_messages_of_one_cause_and_by_no_other():
    def trace(id):
        return cloudevent(message("T", id=id), "")["traceparent"].split("-")[1]

    def span(id):
        return cloudevent(message("T", id=id), "")["traceparent"].split("-")[2]

    assert trace("web-1/client.0") == trace("web-1/client.0/order.1") == trace("web-1")
    assert trace("web-1") != trace("web-2")
    assert span("web-1") != span("web-1/client.0")


def test_each_order_of_a_run_has_a_trace_of_its_own():
    history = simulate(scenario(workload={"orders": 12, "invalid_share": 0.0}))
    traces = {}
    for o in history:
        if isinstance(o.body, Sent) and o.body.type in ("PlaceOrder", "OrderPlaced", "OrderTaxed", "OrderMailed"):
            traceparent = cloudevent(message(o.body.type, o.body.key, id=o.body.message), "")["traceparent"]
            traces.setdefault(o.body.key, set()).add(traceparent.split("-")[1])
    assert [len(found) for found in traces.values()] == [1] * 12
    assert len(set.union(*traces.values())) == 12


def test_two_messages_of_a_run_never_share_an_id():
    noisy = {"default": {"duplicate": 0.5, "latency": {"kind": "uniform", "low_ms": 1, "high_ms": 30}}}
    for design in ("synchronous", "asynchronous-broadcast"):
        history = simulate(scenario(design=design, network=noisy))
        ids = Counter(o.body.message for o in history if isinstance(o.body, Sent))
        assert [message_id for message_id, count in ids.items() if count > 1] == []
