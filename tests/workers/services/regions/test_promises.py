"""What the checkers find in many runs of regions: the anomaly where there is one, and nothing where there is a cure."""

from consistency_viz.checkers.registry import check, create
from consistency_viz.checkers.verdict import Verdict
from tests.workers.strategies.regions import CUT, REGIONS, ROUGH, regions
from tests.workers.support import simulate
from workers.model.history import Header
from workers.model.observation import Applied, Completed

SEEDS = range(12)


def failures(checker, design="state-gossip", seeds=SEEDS, **fields):
    """In how many runs a checker fails."""
    found = 0
    for seed in seeds:
        history = simulate(regions(design, seed=seed, **{"network": ROUGH, "faults": CUT, **fields}))
        header = Header("test", design, seed, "simulated", list(REGIONS))
        [result] = check(create(header, [checker]), history)
        found += result.verdict == Verdict.FAILED
    return found


def test_tokens_let_roaming_sessions_read_what_they_wrote_and_nothing_older_than_before():
    roaming = {"affinity": "roaming", "operations": 100}
    for checker in ("read-your-writes", "monotonic-reads"):
        assert failures(checker, clients=roaming) > 3
        assert failures(checker, clients={**roaming, "tokens": True}) == 0


def test_likes_by_reading_and_writing_lose_increments_and_counters_do_not():
    clients = {"operations": 100}
    assert failures("lost-updates", entities={"likes": {"type": "lww-register"}}, clients=clients) == len(SEEDS)
    assert failures("lost-updates", entities={"likes": {"type": "g-counter"}}, clients=clients) == 0


def test_only_a_store_that_takes_the_clients_context_loses_no_address_that_was_changed_after_a_read():
    def lost(name):
        clients = {"operations": 100, "blind": 0.0}
        return failures("lost-updates", entities={"address": {"type": name}}, clients=clients)

    assert lost("lww-register") == lost("mv-register") == len(SEEDS)
    assert lost("false-dominance-broken") > 3
    assert lost("dvv-set") == 0


def stock(type, seed, design):
    history = simulate(
        regions(
            design,
            seed=seed,
            network=ROUGH,
            faults=CUT,
            entities={"stock": {"type": type, "initial": 15}},
            clients={"operations": 100, "reads": 0.2, "restocks": 0.0},
        )
    )
    least = min(o.body.value for o in history if isinstance(o.body, Applied))
    refused = sum(o.body.error.startswith("refused") for o in history if isinstance(o.body, Completed))
    return least, refused


def test_escrow_never_oversells_and_refuses_instead_where_a_counter_oversells():
    for design in ("state-gossip", "delta-gossip"):
        escrow = [stock("bounded-counter", seed, design) for seed in SEEDS]
        assert min(least for least, _ in escrow) == 0
        assert sum(refused for _, refused in escrow) > 0
        counter = [stock("pn-counter", seed, design) for seed in SEEDS]
        assert sum(least < 0 for least, _ in counter) > 2
        assert sum(refused for _, refused in counter) == 0
