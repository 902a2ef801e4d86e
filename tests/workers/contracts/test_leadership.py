"""What leaders, hot keys and fail-over promise they promise on both drivers."""

import pytest

from tests.workers.strategies.registers import (
    away,
    differing,
    effects,
    ended,
    lost,
    registers,
    steps_without_reason,
)
from tests.workers.support import final_values, of_kind
from workers.model.observation import Applied

SHORT = {"duration_s": 1.6, "drain_s": 0.9, "clients": {"operations": 80, "sessions": 6, "timeout_ms": 500}}
LEASE = {"lease_ms": 400, "renew_ms": 100}


def test_a_fenced_leader_that_was_away_past_its_lease_loses_nothing(driver):
    fields = registers("leader-fenced", changes=away("writer-a", 0.5, 1.3), leadership=LEASE, **SHORT)
    history = driver.run(fields)
    assert lost(history, "storage") == set()
    assert steps_without_reason(history, "storage") == []
    assert differing(history, ("storage", "view-1", "view-2")) == []
    assert {b.detail["token"] for b in effects(history, "leads")} >= {1, 2}
    assert any(b.outcome == "ok" for b in ended(history, "write", "cas"))


@pytest.mark.parametrize(("design", "owner"), [("hot-key-optimistic", "storage"), ("hot-key-single-writer", "writer")])
def test_versions_of_a_hot_key_are_gapless_and_every_replica_shows_the_last(driver, design, owner):
    clients = {**SHORT["clients"], "operations": 40, "operations_per_s": 50, "timeout_ms": 20_000}
    history = driver.run(registers(design, **{**SHORT, "clients": clients}))
    applied = [o.body for o in history if isinstance(o.body, Applied) and o.node == owner]
    assert [b.version for b in applied] == list(range(1, len(applied) + 1))
    shown = final_values(history, (owner, "view-1", "view-2"))
    assert shown[owner] == shown["view-1"] == shown["view-2"]
    assert lost(history, owner) == set()
    assert {b.outcome for b in ended(history, "increment")} <= {"ok", "fail"}


def test_a_primary_region_that_was_away_past_its_lease_is_replaced_and_nothing_is_lost(driver):
    fields = registers("failover-fenced", changes=away("eu", 0.5, 1.3), leadership=LEASE, **SHORT)
    history = driver.run(fields)
    assert effects(history, "promotes")
    assert differing(history, ("eu", "us", "ap")) == []
    assert [lost(history, region) for region in ("eu", "us", "ap")] == [set()] * 3
    assert len(of_kind(history, Applied)) > 0
