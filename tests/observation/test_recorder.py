"""The recorder against a real server: stopped between any two steps it loses nothing and doubles nothing."""

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from consistency_viz.observation import recorder as module
from consistency_viz.observation.archive import ArchiveReader
from consistency_viz.observation.recorder import Ending, Progress, Recorder
from consistency_viz.observation.stream import entry_at_us, lease_key, observations_key
from tests.observation.support import FakeControl, FakeStatus, applied, header, put

RUN = "r1"


@pytest.fixture
def control():
    return FakeControl()


@pytest.fixture
def make(redis_client, control, tmp_path):
    """Makes recorders of one run; ``make.endings`` collects what they reported."""

    def make() -> Recorder:
        return Recorder(redis_client, RUN, tmp_path / "r1.jsonl", control, header, make.endings.append)

    make.endings = []
    return make


def recorded(path):
    reader = ArchiveReader(path)
    try:
        return [(o.index, o.at_us, o.body.update) for o in reader.read(100_000)]
    finally:
        reader.close()


def expected(count, at_us=lambda n: 10_000 + n):
    return [(n, at_us(n), f"u{n}") for n in range(count)]


def test_a_run_is_recorded_to_its_end_then_reported_then_deleted(redis_client, control, make, tmp_path):
    for number in range(5):
        put(redis_client, RUN, 10_000 + number, applied(number))
    recorder = make()
    assert recorder.step(1) == Progress.RECORDED
    assert recorder.step(1) == Progress.IDLE
    control.status = FakeStatus("finished", "all orders are done", 1_000, 99_000)
    put(redis_client, RUN, 10_005, applied(5))
    assert recorder.run(lambda: False) == Progress.ENDED
    path = tmp_path / "r1.jsonl"
    assert recorded(path) == expected(6)
    assert make.endings == [Ending(RUN, "finished", "all orders are done", 1_000, 99_000, path, 6)]
    assert control.deleted == [RUN]
    assert redis_client.keys("*") == []


def test_only_one_of_two_recorders_leads_and_the_other_takes_over_when_the_lease_is_free(redis_client, make):
    first, second = make(), make()
    assert [first.lead(), second.lead(), first.lead()] == [True, False, True]
    assert second.step(1) == Progress.REPLACED
    assert 0 < redis_client.pttl(lease_key(RUN)) <= module.LEASE_MS
    first.close()
    assert second.lead()
    second.close()


class Killed(BaseException):
    """Stands for kill -9: no handler of the code under test may see to anything."""


STEPS = ("lead", "_look", "_open", "_read", "_append", "save", "trim", "_end", "delete_run", "on_ended")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_before_or_after_any_step_the_next_recorder_loses_and_doubles_nothing(
    redis_client, control, make, tmp_path, monkeypatch, step, moment
):
    monkeypatch.setattr(module, "SAVE_S", 0.0)
    monkeypatch.setattr(module, "KEEP_US", 0)
    monkeypatch.setattr(module, "BATCH_ENTRIES", 3)
    for number in range(10):  # three turns share each time, and every turn has two bodies
        put(redis_client, RUN, 10_000 + number // 3, applied(2 * number), applied(2 * number + 1))
    for kill_at in (1, 2, 3):
        victim = make()
        target = control if step == "delete_run" else victim
        name = "_on_ended" if step == "on_ended" else step
        original, calls = getattr(target, name), []

        def dying(*args, original=original, calls=calls, kill_at=kill_at):
            calls.append(1)
            if moment == "before" and len(calls) == kill_at:
                raise Killed
            result = original(*args)
            if moment == "after" and len(calls) == kill_at:
                raise Killed
            return result

        monkeypatch.setattr(target, name, dying)
        try:
            for _ in range(8):
                if victim.step(1) == Progress.IDLE:
                    control.status = FakeStatus("finished", "", 1_000, 99_000)
        except Killed:
            pass
        monkeypatch.setattr(target, name, original)
        redis_client.delete(lease_key(RUN))
        if control.deleted:
            break
    control.status = FakeStatus("finished", "", 1_000, 99_000)
    make().run(lambda: False)
    assert recorded(tmp_path / "r1.jsonl") == expected(20, lambda n: 10_000 + n // 6)
    assert {ending.observations for ending in make.endings} == {20}


def test_what_was_recorded_is_brought_to_the_disk_also_when_nothing_more_comes(redis_client, make, monkeypatch):
    recorder = make()
    put(redis_client, RUN, 10_000, applied(0))
    recorder.step(1)
    put(redis_client, RUN, 10_001, applied(1))
    recorder.step(1)
    monkeypatch.setitem(recorder._due_s, "save", 0.0)
    assert recorder.step(1) == Progress.IDLE
    assert recorder._saved.count == 2
    recorder.close()


def test_trimming_never_passes_what_is_not_on_disk(redis_client, control, make, monkeypatch):
    monkeypatch.setattr(module, "KEEP_US", 0)
    recorder = make()
    for number in range(5):
        put(redis_client, RUN, 10_000 + number, applied(number))
    recorder.step(1)
    for number in range(5, 9):
        put(redis_client, RUN, 10_000 + number, applied(number))
    recorder.save()
    kept = [entry_at_us(id_) for id_, _ in redis_client.xrange(observations_key(RUN))]
    assert kept == [10_004, 10_005, 10_006, 10_007, 10_008]
    recorder.close()


def test_the_stream_keeps_its_last_seconds_for_followers(redis_client, make):
    recorder = make()
    for second in range(8):
        put(redis_client, RUN, 10_000_000 + second * 1_000_000, applied(second))
    recorder.step(1)
    recorder.save()
    kept = [entry_at_us(id_) // 1_000_000 for id_, _ in redis_client.xrange(observations_key(RUN))]
    assert kept == [12, 13, 14, 15, 16, 17]
    recorder.close()


def test_a_recorder_that_was_paused_past_its_lease_is_stopped_by_the_file(redis_client, make, tmp_path):
    paused, successor = make(), make()
    put(redis_client, RUN, 10_000, applied(0))
    assert paused.step(1) == Progress.RECORDED
    redis_client.delete(lease_key(RUN))
    assert successor.lead()
    put(redis_client, RUN, 10_001, applied(1))
    assert successor.step(1) == Progress.RECORDED
    paused._due_s["renew"] = float("inf")  # it does not know yet that its lease ran out
    assert paused.step(1) == Progress.REPLACED
    assert recorded(tmp_path / "r1.jsonl") == expected(2)


def test_a_run_whose_keys_vanish_is_reported_as_failed_with_what_was_recorded(
    redis_client, control, make, monkeypatch, tmp_path
):
    monkeypatch.setattr(module, "GONE_AFTER_S", 0.0)
    put(redis_client, RUN, 10_000, applied(0))
    recorder = make()
    recorder.step(1)
    control.status = None
    recorder._due_s["status"] = 0.0
    assert recorder.run(lambda: False) == Progress.ENDED
    [ending] = make.endings
    assert (ending.state, ending.observations, ending.path) == ("failed", 1, tmp_path / "r1.jsonl")
    assert "keys are gone" in ending.reason


def test_a_server_that_stays_away_fails_the_run_after_a_while(make, control, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "AWAY_AFTER_S", 0.2)
    nowhere = redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    recorder = Recorder(nowhere, RUN, tmp_path / "r1.jsonl", control, header, make.endings.append)
    assert recorder.run(lambda: False) == Progress.ENDED
    [ending] = make.endings
    assert (ending.state, ending.path, ending.observations) == ("failed", None, 0)
    assert "has not answered" in ending.reason


def test_a_restarted_server_is_waited_for_and_nothing_is_missing(server, redis_client, control, make, tmp_path):
    put(redis_client, RUN, 10_000, applied(0))
    recorder = make()
    assert recorder.step(1) == Progress.RECORDED
    server.kill()
    with pytest.raises(redis.ConnectionError):
        redis_client.ping()
    server.start()
    put(redis_client, RUN, 10_001, applied(1))
    control.status = FakeStatus("finished", "", 1_000, 99_000)
    assert recorder.run(lambda: False) == Progress.ENDED
    assert recorded(tmp_path / "r1.jsonl") == expected(2)


def test_a_run_that_nobody_works_for_is_failed_after_a_while_and_not_before(redis_client, control, make, monkeypatch):
    control.status.workers = 0
    recorder = make()
    put(redis_client, RUN, 10_000, applied(0))
    assert [recorder.step(1), recorder.step(1)] == [Progress.RECORDED, Progress.IDLE]
    control.status.workers = 1
    monkeypatch.setattr(module, "NOBODY_AFTER_S", -1.0)
    assert recorder.step(1) == Progress.IDLE
    control.status.workers = 0
    recorder._due_s["status"] = 0.0
    assert recorder.run(lambda: False) == Progress.ENDED
    [ending] = make.endings
    assert (ending.state, ending.observations) == ("failed", 1)
    assert ending.reason == "no worker has given a sign of life for -1 s; start one, and the run again"


@pytest.mark.parametrize("seen_before", [0, 3])
@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("goes_on", [False, True])
def test_turns_that_somebody_removes_before_they_are_recorded_fail_the_run(
    redis_client, control, make, seen_before, restarted, goes_on
):
    recorder = make()
    for number in range(seen_before):
        put(redis_client, RUN, 10_000 + number, applied(number))
    recorder.step(1)
    if restarted:
        recorder.save()
        recorder.close()
        recorder = make()
        recorder.step(1)
        recorder._due_s["save"] = 0.0
        recorder.step(1)
    for number in range(5):
        put(redis_client, RUN, 20_000 + number, applied(number))
    redis_client.xtrim(observations_key(RUN), maxlen=2 if goes_on else 0, approximate=False)
    control.status = FakeStatus("finished", "all orders are done", 1_000, 99_000)
    recorder._due_s["status"] = 0.0
    assert recorder.run(lambda: False) == Progress.ENDED
    [ending] = make.endings
    missing = 3 if goes_on else 5
    reason = f"{missing} turns were removed from {observations_key(RUN)} by somebody before the recorder had read them"
    assert (ending.state, ending.reason) == ("failed", reason)


def test_turns_that_are_removed_during_a_run_end_it_at_once(redis_client, control, make):
    recorder = make()
    put(redis_client, RUN, 10_000, applied(0))
    recorder.step(1)
    for number in range(1, 5):
        put(redis_client, RUN, 10_000 + number, applied(number))
    redis_client.xdel(observations_key(RUN), "10002-0")
    recorder._due_s["save"] = 0.0
    recorder.step(1)
    assert control.status.state == "failed"
    assert control.status.reason.startswith("1 turn was removed from ")


@pytest.mark.parametrize("ended", [False, True])
def test_a_server_that_was_turned_back_behind_what_was_recorded_fails_the_run(redis_client, control, make, ended):
    """As a fail-over to a replica that lacked the last two turns does it; two later ones are there."""
    recorder = make()
    for number in range(5):
        put(redis_client, RUN, 10_000 + number, applied(number))
    recorder.step(1)
    redis_client.delete(observations_key(RUN))
    for number in (0, 1, 2, 13, 14):
        put(redis_client, RUN, 10_000 + number, applied(number))
    if ended:
        control.status = FakeStatus("finished", "all orders are done", 1_000, 99_000)
        recorder._due_s["status"] = 0.0
        assert recorder.run(lambda: False) == Progress.ENDED
        told = (make.endings[0].state, make.endings[0].reason)
    else:
        recorder._due_s["save"] = 0.0
        recorder.step(1)
        told = (control.status.state, control.status.reason)
    reason = "2 turns that were recorded were lost by the server: after a fail-over to a replica without them?"
    assert told == ("failed", reason)
