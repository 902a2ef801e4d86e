"""The same seed gives the same bytes, whatever the order in which Python hashes strings."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PLAY = """
import random
from hashlib import sha256
from tests.workers.crdts.worlds import DeltaWorld, LooseDeltaWorld, OperationWorld, StateWorld, Tape
from workers.crdts.canonical import canonical_bytes
from workers.crdts.registry import TYPES
from workers.model.codec import pack

total = sha256()
for kind in TYPES.values():
    for world_class in (StateWorld, LooseDeltaWorld, DeltaWorld, *([OperationWorld] if kind.operations else [])):
        chance = random.Random(7)
        world = world_class(kind, Tape([chance.randrange(1000) for _ in range(250)]))
        world.run()
        for replica in ("r1", "r2", "r3"):
            state = world.state(replica)
            total.update(pack(state.encode()) + canonical_bytes(state.value()))
            total.update(getattr(state, "to_bytes", bytes)())
        for raw in getattr(world, "log", {}).values():
            total.update(raw if isinstance(raw, bytes) else pack(raw))
print(total.hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_under_any_hash_seed():
    digests = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", PLAY]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1
