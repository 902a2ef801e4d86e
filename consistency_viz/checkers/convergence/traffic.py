"""Whether a message about a key may still arrive at a replica: counts of what was sent, delivered and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from workers.model.observation import Delivered, Dropped, Observation, Sent


class Traffic:
    """Counts messages by key and topic, and at replicas those that came or were lost; without the network's copies."""

    def __init__(self, replicas: Iterable[str]) -> None:
        self._replicas = frozenset(replicas)
        self._sent: dict[str, Counter[str]] = {}
        self._ended: dict[str, dict[str, Counter[str]]] = {}
        self._follows: dict[str, set[str]] = {}

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if isinstance(body, Sent):
            self._sent.setdefault(body.key, Counter())[body.topic] += 1
        elif isinstance(body, Delivered | Dropped) and observation.node in self._replicas:
            self.overhear(observation)
            if isinstance(body, Dropped) or not body.copy:
                self._ended.setdefault(body.key, {}).setdefault(observation.node, Counter())[body.topic] += 1

    def overhear(self, observation: Observation) -> None:
        """Note only which topics a replica follows."""
        body = observation.body
        if isinstance(body, Delivered | Dropped) and observation.node in self._replicas:
            self._follows.setdefault(observation.node, set()).add(body.topic)

    def forget(self, key: str) -> None:
        """Keep nothing of a key (``live``)."""
        self._sent.pop(key, None)
        self._ended.pop(key, None)

    def may_arrive(self, key: str, replicas: Iterable[str]) -> bool:
        """Whether a message about ``key`` is under way to one of ``replicas``, or the history does not tell."""
        sent = self._sent.get(key)
        if not sent:
            return True
        for replica in replicas:
            topics = self._follows.get(replica, set()) & sent.keys()
            if not topics:
                return True
            ended = self._ended.get(key, {}).get(replica, Counter())
            if any(sent[topic] > ended[topic] for topic in topics):
                return True
        return False
