"""Same scenario, same seed: byte-identical history, whatever process and hash seed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from workers.cluster.catalogue import load
from workers.cluster.plan import build
from workers.model.history import expand, line
from workers.simulation.world import World

NOISE = (
    "workload.orders=120",
    "network.default.loss=0.05",
    "network.default.duplicate=0.1",
    "nodes.tax.instances=2",
    "nodes.tax.service_ms=5",
    "workload.timeout_ms=900",
)
SCHEDULE = """[
  {kind: partition, between: [[order], ['*']], at_s: 1, for_s: 2, mode: hold},
  {kind: partition, between: [['*'], [client]], at_s: 4, for_s: 1, one_way: true},
  {kind: link, latency: {kind: exponential, mean_ms: 60}, ordered: false, duplicate: 0.2, at_s: 2, for_s: 3},
  {kind: link, target: order, loss: 1, count: 3, at_s: 6},
  {kind: pause, node: client, at_s: 3, for_s: 1},
  {kind: crash, node: tax, disk: lost, at_s: 5, for_s: 1},
  {kind: crash, node: order, at_s: 7, for_s: 0.5},
  {kind: slow, node: validation, plus_ms: 9, at_s: 4, for_s: 4},
  {kind: clock, node: order, offset_ms: -5000, drift_ppm: 300, at_s: 2}
]"""
FAULTS = (*NOISE, "faults=" + SCHEDULE.replace("\n", " "))
ROOT = Path(__file__).parents[3]
DIGEST = """
from tests.workers.simulation.test_determinism import digest
print(digest({name!r}, {seed}))
"""


def digest(name: str, seed: int) -> str:
    """A hash of every byte of the history of a shipped scenario with faults."""
    hashed = hashlib.sha256()
    turns: list[object] = []
    World(build(load(name, [*FAULTS, f"seed={seed}"])), lambda at_us, turn: turns.append((at_us, turn))).run()
    for observation in expand(turns):
        hashed.update(line(observation))
    return hashed.hexdigest()


@cache
def elsewhere(name: str, seed: int, hash_seed: str) -> str:
    """The same, computed by another process."""
    command = [sys.executable, "-c", DIGEST.format(name=name, seed=seed)]
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("name", ["one-truth", "order-flow"])
@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_another_process_with_another_hash_seed_writes_the_same_bytes(name, hash_seed):
    assert elsewhere(name, 7, hash_seed) == digest(name, 7) == digest(name, 7)


@pytest.mark.parametrize("name", ["one-truth", "order-flow"])
def test_another_seed_is_another_history(name):
    assert len({digest(name, seed) for seed in range(5)}) == 5
