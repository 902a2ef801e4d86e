"""Old histories go, by age and by room, and nothing else does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from consistency_viz.experiments.models import Run
from tests.experiments.commands import manage

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(settings) -> dict[str, Run]:
    """Three runs that are over, of 1 MB each, and one that goes on; the oldest first."""
    settings.HISTORIES_DIR.mkdir(parents=True)
    made = {}
    for age_days, (name, state) in enumerate([("c", "finished"), ("b", "failed"), ("a", "stopped"), ("on", "running")]):
        run = Run.objects.create(id=name, scenario="s", title="S", design="d", document={}, seed=1, state=state)
        run.history = run.history_name
        run.save()
        Run.objects.filter(pk=name).update(created_at=timezone.now() - timedelta(days=10 * age_days, hours=1))
        run.history_path.write_bytes(b"x" * 1_000_000)
        made[name] = run
    return made


def there(runs: dict[str, Run]) -> list[str]:
    return sorted(name for name, run in runs.items() if run.history_path.exists())


def test_those_that_are_too_old_go_and_a_run_that_goes_on_stays(runs):
    status, out, _ = manage("prune_histories", "--days", "5")
    assert (status, there(runs)) == (0, ["c", "on"])
    assert out.startswith("2 histories went (2.0 MB); 1.0 MB stay.")
    assert Run.objects.count() == 4
    assert Run.objects.get(pk="a").history == ""


def test_the_oldest_go_until_the_rest_has_room(runs):
    manage("prune_histories", "--mb", "2")
    assert there(runs) == ["b", "c", "on"]


def test_a_dry_run_only_says_so(runs):
    assert "would go" in manage("prune_histories", "--days", "0", "--dry-run")[1]
    assert there(runs) == ["a", "b", "c", "on"]


@pytest.mark.parametrize("arguments", [(), ("--days", "-1"), ("--mb", "x")])
def test_what_cannot_be_is_refused(arguments):
    assert manage("prune_histories", *arguments)[0] == 3
