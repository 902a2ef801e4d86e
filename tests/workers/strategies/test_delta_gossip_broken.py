from tests.workers.strategies.regions import ROUGH, check_wired, regions, shown, told
from tests.workers.support import final_values, simulate

DESIGN = "delta-gossip-broken"
STEADY = {"default": {"latency": {"kind": "constant", "ms": 20}}}
LATE_GOSSIP = {"gossip_ms": 3_000}
MILK_IS_LOST = [{"kind": "link", "source": "eu", "types": ["DeltaOnce"], "loss": 1.0, "at_s": 0.4, "for_s": 0.2}]
STORY = [
    (0.5, "ana", "eu", "add", "cart-1", "milk"),
    (1.0, "ana", "eu", "add", "cart-1", "bread"),
    (1.5, "ana", "eu", "read", "cart-1"),
]


def cart(design, type, faults=MILK_IS_LOST):
    history = told(
        design,
        STORY,
        entities={"cart": {"type": type}},
        network=STEADY,
        faults=faults,
        replication=LATE_GOSSIP,
        clients={"script": script(STORY), "quiet_ms": 8_000},
    )
    return shown(history, "cart-1")


def script(story):
    return [dict(zip(("at_s", "session", "region", "do", "key", "value"), line, strict=False)) for line in story]


def test_every_topic_is_declared_used_and_read():
    check_wired(DESIGN)


def test_a_lost_delta_and_a_full_gossip_delete_an_element_everywhere():
    assert cart(DESIGN, "compacted-or-set-broken") == [["bread"]] * 3


def test_without_the_loss_nobody_notices():
    assert cart(DESIGN, "compacted-or-set-broken", faults=[]) == [["bread", "milk"]] * 3


def test_contexts_with_gaps_let_the_full_gossip_heal_the_loss():
    assert cart(DESIGN, "or-set") == [["bread", "milk"]] * 3


def test_intervals_with_acknowledgements_leave_no_gap():
    assert cart("delta-gossip", "or-set") == [["bread", "milk"]] * 3


def test_on_a_lossy_network_acknowledged_elements_vanish_in_most_runs():
    lost = 0
    for seed in range(10):
        fields = regions(
            DESIGN,
            seed=seed,
            network=ROUGH,
            replication={"gossip_ms": 1_000},
            entities={"cart": {"type": "compacted-or-set-broken"}},
            clients={"removals": 0.0},
        )
        history = simulate(fields)
        added = {o.body.update for o in history if o.body.__struct_config__.tag == "applied" and "@eu" in o.body.update}
        values = final_values(history, ("eu", "us", "ap"))
        assert len(added) > 5
        all_added = {
            o.body.value["value"] for o in history if o.body.__struct_config__.tag == "invoked" and o.body.f == "add"
        }
        acknowledged = {
            o.body.op for o in history if o.body.__struct_config__.tag == "completed" and o.body.outcome == "ok"
        }
        known = {
            o.body.value["value"]
            for o in history
            if o.body.__struct_config__.tag == "invoked" and o.body.f == "add" and o.body.op in acknowledged
        }
        assert known <= all_added
        lost += bool(known - set(values["eu"]["cart-1"]))
    assert lost >= 7
