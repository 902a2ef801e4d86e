import pytest
from pydantic import ValidationError

from tests.workers.support import scenario
from workers.cluster.scenario import Scenario
from workers.services.client import Workload


def test_a_scenario_does_not_change_after_it_was_read():
    loaded = Scenario.model_validate(scenario())
    with pytest.raises(ValidationError):
        loaded.seed = 5


def test_the_defaults_are_a_small_run():
    loaded = Scenario(name="a", title="T", design="synchronous")
    assert loaded.workload.workload(60_000) == Workload(4.0, 200, 8, 1, 20, 5_000, 0.05, 60_000)
    assert (loaded.seed, loaded.duration_s, loaded.drain_s, loaded.partitions, loaded.views) == (1, 60.0, 30.0, 4, 2)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_fits_into_63_bits(seed):
    with pytest.raises(ValidationError):
        Scenario.model_validate(scenario(seed=seed))


def test_an_endless_scenario_has_endless_orders():
    with pytest.raises(ValidationError):
        Scenario.model_validate(scenario(duration_s=None))
    assert Scenario.model_validate(scenario(duration_s=None, workload={"orders": None})).duration_s is None
