"""The same scenario and seed: the same findings to the byte, witnesses too, whatever the hash seed of the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from consistency_viz.experiments.simulations import simulate_once
from workers.cluster.catalogue import load

ROOT = Path(__file__).parents[2]
NAMES = ("mail-beats-page", "time-runs-backwards", "version-numbers")
"""Lessons in which several updates come in one instant, so that a witness has a choice."""

PRINT = "from tests.experiments.test_same_findings import findings; print(findings())"


def findings() -> str:
    """All results of one run of each scenario, as JSON."""
    return "\n".join(msgspec.json.encode(simulate_once(load(name), 3).results).decode() for name in NAMES)


def test_another_process_with_another_hash_seed_finds_the_same_with_the_same_witnesses() -> None:
    def elsewhere(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        environment.setdefault("DJANGO_SETTINGS_MODULE", "consistency_viz.settings")
        command = [sys.executable, "-c", PRINT]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert elsewhere("0") == elsewhere("1") == findings()
