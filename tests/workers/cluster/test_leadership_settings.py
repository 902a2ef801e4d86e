import pytest
from pydantic import ValidationError

from workers.cluster.schema.leadership import HotKeySettings, LeadershipSettings


def test_a_lease_that_would_run_out_before_it_is_renewed_is_refused_with_what_would_do():
    with pytest.raises(ValidationError, match=r"renew_ms 301: .* use at most half of lease_ms, 300"):
        LeadershipSettings(lease_ms=600, renew_ms=301)
    assert LeadershipSettings(lease_ms=600, renew_ms=300).renew_ms == 300


@pytest.mark.parametrize(
    "given", [{"candidates": 1}, {"candidates": 4}, {"keys": 0}, {"reads": "cache"}, {"cas_share": 2}]
)
def test_what_makes_no_sense_of_a_leader_is_refused(given):
    with pytest.raises(ValidationError):
        LeadershipSettings.model_validate(given)


def test_a_writer_tries_at_least_once():
    with pytest.raises(ValidationError):
        HotKeySettings(attempts_max=0)
