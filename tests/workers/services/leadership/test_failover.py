"""Monitor and regions, step by step."""

from tests.workers.support import after, context, message, observed, sends, timer
from workers.services.leadership.careful_region import CarefulRegion
from workers.services.leadership.monitor import Monitor
from workers.services.leadership.region import Region
from workers.services.leadership.region_records import NOTHING_THERE, accepted, copy_of, taken_in

REGIONS = ("eu", "us", "ap")
KEY = "account-1"


def change(op, **data):
    fields = {"op": op, "f": "write", "value": op, **data}
    return message("Change", KEY, fields, source="client", reply_topic="answers", reply_key="s1")


def started(kind, node="eu", now_us=0):
    region = kind(REGIONS, 600, 150)
    return region, after({}, region.start(context(node, now_us=now_us)))


def test_the_monitor_promotes_the_next_region_that_it_hears_when_the_primary_is_silent_for_a_lease():
    monitor = Monitor(REGIONS, 600, 150)
    state = after({}, monitor.start(context("monitor")))
    alive = message("Alive", "lane-0", {"region": "ap", "epoch": 1, "asked_us": 0})
    state = after(state, monitor.step(state, alive, context("monitor", now_us=300_000)))
    early = monitor.step(state, timer("Beat", "", {"number": 4}), context("monitor", now_us=599_999))
    late = monitor.step(state, timer("Beat", "", {"number": 5}), context("monitor", now_us=600_000))
    assert [s.data for s in sends(early)] == [{"primary": "eu", "epoch": 1}]
    assert [s.data for s in sends(late)] == [{"primary": "ap", "epoch": 2}]
    assert [body.effect for body in observed(late)] == ["promotes"]


def test_the_careless_primary_acknowledges_at_once_and_without_a_lease():
    region, state = started(Region)
    step = region.step(state, change("s1-1"), context("eu", now_us=9_000_000))
    assert [(s.type, s.data.get("outcome")) for s in sends(step)] == [("Replicated", None), ("Changed", "ok")]


def test_the_careful_primary_takes_nothing_after_its_lease_and_acknowledges_when_a_majority_has_it():
    region, state = started(CarefulRegion)
    [refusal] = sends(region.step(state, change("s1-1"), context("eu", now_us=1)))
    assert refusal.data["error"] == "unavailable: the lease of the primary has run out"
    lease = message("Lease", "lane-0", {"primary": "eu", "epoch": 1, "asked_us": 0})
    state = after(state, region.step(state, lease, context("eu", now_us=20)))
    step = region.step(state, change("s1-1"), context("eu", now_us=599_999))
    assert [s.type for s in sends(step)] == ["Replicated"]
    state = after(state, step)
    stored = message("Stored", KEY, {"epoch": 1, "stamp": [1, 1]}, source="us")
    step = region.step(state, stored, context("eu"))
    assert [(s.type, s.data["outcome"], s.data["update"]) for s in sends(step)] == [("Changed", "ok", f"{KEY}@eu.1")]
    assert region.step(after(state, step), stored, context("eu")).effects == []


def test_a_region_hears_an_earlier_primary_no_more():
    for kind in (Region, CarefulRegion):
        region, state = started(kind, "ap")
        told = message("Primary", "lane-0", {"primary": "us", "epoch": 2}, source="monitor")
        state = after(state, region.step(state, told, context("ap")))
        record, _ = accepted(KEY, NOTHING_THERE, "eu", 1, "s1-1", "s1-1")
        late = message("Replicated", KEY, {"epoch": 1, "copy": copy_of(record)}, source="eu")
        assert region.step(state, late, context("ap")).writes == {}


def test_a_promoted_region_asks_a_majority_before_it_takes_anything():
    region, state = started(CarefulRegion, "us")
    told = message("Primary", "lane-0", {"primary": "us", "epoch": 2}, source="monitor")
    step = region.step(state, told, context("us"))
    assert [s.type for s in sends(step)] == ["Report"]
    state = after(state, step)
    [refusal] = sends(region.step(state, change("s1-1"), context("us")))
    assert refusal.data["error"] == "unavailable: the primary is taking over"
    record, _ = accepted(KEY, NOTHING_THERE, "eu", 1, "s2-1", "s2-1")
    report = message("Reported", "lane-0", {"epoch": 2, "records": {KEY: copy_of(record)}}, source="ap")
    state = after(state, region.step(state, report, context("us")))
    assert (state["~group"]["ready"], state[KEY]["value"], state[KEY]["stamp"]) == (True, "s2-1", [2, 1])


def test_what_only_a_deposed_primary_had_is_taken_back_and_the_history_says_so():
    shared, _ = accepted(KEY, NOTHING_THERE, "eu", 1, "s1-1", "s1-1")
    alone, _ = accepted(KEY, shared, "eu", 1, "s1-2", "s1-2")
    new, _ = accepted(KEY, {**NOTHING_THERE, **copy_of(shared), "seen": shared["seen"]}, "us", 2, "s2-1", "s2-1")
    record, [applied] = taken_in(KEY, alone, copy_of(new))
    assert (record["value"], applied.body.update) == ("s2-1", f"{KEY}@us.1")
    assert applied.body.kept == [f"{KEY}@eu.1", f"{KEY}@us.1"]
    again, _ = accepted(KEY, record, "eu", 3, "s1-3", "s1-3")
    assert again["update"] == f"{KEY}@eu.3"


def test_a_register_that_only_a_deposed_primary_had_is_reported_until_it_is_taken_back_to_nothing():
    eu, record = CarefulRegion(REGIONS, 600, 150), accepted(KEY, NOTHING_THERE, "eu", 1, "s1-1", "s1-1")[0]
    group = {"primary": "us", "epoch": 2, "until_us": 0, "ready": True, "reports": []}
    deposed = {"~group": group, KEY: record}
    beat = timer("Beat", "", {"number": 9})
    [report] = [s for s in sends(eu.step(deposed, beat, context("eu"))) if s.type == "Reported"]
    assert (report.topic, report.data["epoch"], list(report.data["records"])) == ("commands.us", 2, [KEY])

    us, leads = CarefulRegion(REGIONS, 600, 150), {"~group": group}
    heard = message("Reported", "lane-0", report.data, source="eu")
    step = us.step(leads, heard, context("us"))
    [told] = sends(step)
    assert (told.type, told.key, told.data["copy"]["stamp"], told.data["copy"]["value"]) == (
        "Replicated",
        KEY,
        [2, 0],
        None,
    )
    assert step.writes[KEY]["lacking"] == ["eu", "ap"]
    assert us.step(after(leads, step), heard, context("us")).effects == ()

    replicated = message("Replicated", KEY, told.data, source="us")
    taken = eu.step(deposed, replicated, context("eu"))
    [applied] = observed(taken)
    assert (applied.update, applied.value, applied.kept) == (f"{KEY}@initial", None, [])
    assert [s for s in sends(eu.step(after(deposed, taken), beat, context("eu"))) if s.type == "Reported"] == []


def test_a_command_that_finds_no_primary_in_two_hops_fails():
    region, state = started(Region, "us")
    [passed] = sends(region.step(state, change("s1-1"), context("us")))
    assert (passed.topic, passed.data["hops"]) == ("commands.eu", 1)
    [refusal] = sends(region.step(state, change("s1-1", hops=2), context("us")))
    assert refusal.data["outcome"] == "fail"
