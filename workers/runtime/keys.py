"""The Redis keys of a run. All of them share the hash tag ``{run}``, so a run lives on one shard of a Redis Cluster."""

from __future__ import annotations

from typing import Final, NamedTuple

RUNS: Final = "cv:runs"
"""Set of the ids of runs that have keys."""

WORKERS: Final = "cv:workers"
"""Hash: worker name to the time until which it counts as alive, in microseconds of the server's clock."""

RECONCILER: Final = "cv:reconciler"
"""Lock of the one reconciler that acts, among the workers."""


class RunKeys(NamedTuple):
    """Names of one run's keys; ``meta`` and the hashes beside it are described in ``scripts``."""

    run: str

    @property
    def prefix(self) -> str:
        """What every key of the run begins with."""
        return f"cv:{{{self.run}}}:"

    @property
    def meta(self) -> str:
        """Hash: scenario, state, reason, started_us, ended_us, epoch, version, changes (how many were applied).

        Of faults: ``faults`` (how many began), ``fault:<id>`` (began or ended), ``stopped:<node>`` (how many stop it),
        ``crashed:<node>`` (how many of these are crashes).
        """
        return f"{self.prefix}meta"

    @property
    def desired(self) -> str:
        """Hash: node to the number of instances wanted."""
        return f"{self.prefix}desired"

    @property
    def leases(self) -> str:
        """Hash: instance to ``<epoch> <expires_us>``."""
        return f"{self.prefix}leases"

    @property
    def owners(self) -> str:
        """Hash: ``<node>/<partition>`` to ``<instance> <epoch>``, the only one that may commit for that shard."""
        return f"{self.prefix}owners"

    @property
    def clock(self) -> str:
        """The recorder time of the last commit in microseconds: commits never share or turn back a time."""
        return f"{self.prefix}clock"

    @property
    def observations(self) -> str:
        """Stream of turns; an entry's id is its recorder time in microseconds."""
        return f"{self.prefix}obs"

    @property
    def faults(self) -> str:
        """Stream of faults that began or ended; an entry's id is the moment in microseconds."""
        return f"{self.prefix}faults"

    @property
    def users(self) -> str:
        """Hash: node to the password of its user; no node's user may read it (``acl``)."""
        return f"{self.prefix}users"

    def dispatch(self, instance: str) -> str:
        """Marker that an instance was dispatched a moment ago."""
        return f"{self.prefix}dispatch:{instance}"

    def topic(self, topic: str, partition: int) -> str:
        """Stream of one partition of a topic; an entry's id is its sending time in microseconds."""
        return f"{self.prefix}topic:{topic}:{partition}"

    def shard(self, node: str, partition: int) -> str:
        """Hash of one shard: ``r:`` records, ``t:`` timers, ``c:`` cursors, ``d:`` what is done beyond a cursor.

        ``e:`` is how many entries there were up to the cursor.

        Of faults: ``n:`` what those with a count took from a topic, ``l`` how often the disk was lost.
        """
        return f"{self.prefix}shard:{node}:{partition}"
