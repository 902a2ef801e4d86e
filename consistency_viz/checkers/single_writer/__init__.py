"""The checker ``single-writer``: did only those write that the history itself declares as writers?

The declaration is the effect ``declares-writers`` of a topic (docs/history-format.md): for each type of message, which
is a transition of the entity, the nodes that may send it there. Every ``sent`` on a declared topic is held against it,
whether it came before or after the declaration. Without a declaration there is nothing to hold against: ``unknown``.

A declared writer may have several instances, and each partition is one instance's at a time (``lanes``): where the
history says who sent to which partition, instances that interleave there, or write under an epoch that is over, are
several writers too.

Leaders count as writers too: where leases have tokens (effects ``leads`` with a ``token``), leadership taken with a
token below one that was granted before for the same key is a second leader. What a storage refused (``fenced``) is
counted, no violation: that is fencing at work.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.divergence.prose import listed, milliseconds, printable
from consistency_viz.checkers.findings import Findings, in_words
from consistency_viz.checkers.single_writer.lanes import Interleaved, Lanes, TooLate
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Changed, Effected, Observation, Sent

DECLARES: Final = "declares-writers"
LEADS: Final = "leads"
FENCED: Final = "fenced"
WRITERS_MAX: Final = 10_000
"""Triples of topic, type and node that are told apart."""


class SingleWriter:
    """The registered checker. Memory is bounded by topics, types, partitions, nodes and their instances."""

    name: Final = "single-writer"
    kinds: Final = frozenset((Sent, Effected, Changed))

    def __init__(self, header: Header) -> None:
        self._started_us = header.started_us
        self._declared: dict[str, dict[str, set[str]]] = {}
        self._sent: dict[
            tuple[str, str, str], list[Any]
        ] = {}  # to how many, and the first: position, time, message, key
        self._leads: dict[str, tuple[int, str, int]] = {}  # key to the greatest token, its node, and its position
        self._lanes = Lanes()
        self._findings = Findings()
        self._lower_tokens = 0
        self._fenced = 0
        self._skipped = 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if isinstance(body, Sent):
            self._lanes.send(observation, body)
            writer = body.topic, body.type, observation.node
            seen = self._sent.get(writer)
            if seen is not None:
                seen[0] += 1
            elif len(self._sent) < WRITERS_MAX:
                self._sent[writer] = [1, observation.index, observation.at_us, body.message, body.key]
            else:
                self._skipped += 1
        elif isinstance(body, Effected):
            if body.effect == DECLARES:
                self._declare(body)
            elif body.effect == LEADS:
                self._lead(observation, body)
            elif body.effect == FENCED:
                self._fenced += 1
        elif isinstance(body, Changed):
            self._lanes.change(observation, body)
            self._fenced += body.state == "fenced"

    def finish(self, end_us: int) -> Result:
        """The verdict on the whole history."""
        messages = uninvited = 0
        observed: dict[str, dict[str, dict[str, int]]] = {}
        for (topic, type_, node), (count, index, at_us, message, key) in self._sent.items():
            types = self._declared.get(topic)
            if types is None:
                continue
            messages += count
            observed.setdefault(topic, {}).setdefault(type_, {})[node] = count
            allowed = types.get(type_)
            if allowed is not None and node in allowed:
                continue
            uninvited += count
            said = f"which only {listed(sorted(allowed))} may" if allowed else "which nobody is declared to"
            self._findings.add(
                f"{printable(node)} sent {in_words(count, 'message')} of type {printable(type_)} on {printable(topic)}"
                f", {said}, first {printable(message)} at {self._at(at_us)}",
                [index],
                [key, message],
            )
        interleaved = self._lane_findings()
        metrics = {
            "topics_n": len(self._declared),
            "messages_n": messages,
            "messages_uninvited": uninvited,
            "writers": observed,
            "transitions_shared": sum(len(nodes) > 1 for types in observed.values() for nodes in types.values()),
            "partitions": self._lanes.partitions(frozenset(self._declared)),
            "partition_violations": interleaved,
            "leaders_with_lower_token": self._lower_tokens,
            "fenced_n": self._fenced,
        }
        verdict, reason = self._verdict(messages)
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=bool(messages))

    def _verdict(self, messages: int) -> tuple[Verdict, str]:
        if self._findings.count:
            return (
                Verdict.FAILED,
                f"{in_words(self._findings.count, 'time')} somebody wrote undeclared, not entitled, or beside another",
            )
        if not self._declared:
            return Verdict.UNKNOWN, "no declaration of writers in this history"
        if not messages:
            return Verdict.UNKNOWN, "nothing was sent on a topic whose writers are declared"
        if self._skipped or self._lanes.skipped:
            return Verdict.UNKNOWN, f"more than {WRITERS_MAX:,} writers: not all were held against the declaration"
        return Verdict.PASSED, f"{in_words(messages, 'message')} came from declared writers only"

    def _lane_findings(self) -> int:
        """Tell of partitions with several writers at a time, on declared topics by declared nodes; how often."""
        total = 0
        for (topic, node), (count, first) in self._lanes.found.items():
            if any(node in nodes for nodes in self._declared.get(topic, {}).values()):
                total += count
                for one in first:
                    self._tell(one)
                self._findings.count += count - len(first)
        return total

    def _tell(self, one: Interleaved | TooLate) -> None:
        topic, partition, _ = one.place
        stream = f"partition {partition} of {printable(topic)}"
        if isinstance(one, TooLate):
            write, ended = one.write, one.ended
            how = f"{ended.state} ({printable(ended.reason)})" if ended.reason else ended.state
            if ended.state == "up":
                how = f"up again in epoch {ended.epoch}"
            self._findings.add(
                f"{printable(write.owner[0])} sent {printable(write.message)} to {stream} at {self._at(write.at_us)} "
                f"in epoch {write.owner[1]}, although it was {how} since {self._at(ended.at_us)}",
                [ended.index, write.index],
                [write.key, write.message],
            )
            return
        first, between, last = one.first, one.between, one.last
        self._findings.add(
            f"{printable(first.owner[0])} and {printable(between.owner[0])} both wrote to {stream}: "
            f"{printable(between.message)} at {self._at(between.at_us)} by the latter came between "
            f"{printable(first.message)} at {self._at(first.at_us)} and {printable(last.message)} at "
            f"{self._at(last.at_us)} by the former, and no instance had come or gone",
            [first.index, between.index, last.index],
            [first.key, between.key, last.key, first.message, between.message, last.message],
        )

    def _at(self, at_us: int) -> str:
        return milliseconds(at_us - self._started_us)

    def _declare(self, body: Effected) -> None:
        types = body.detail.get("types") if isinstance(body.detail, dict) else None
        if not isinstance(types, dict):
            return
        declared = self._declared.setdefault(body.key, {})
        for type_, nodes in types.items():
            if isinstance(nodes, list):
                declared.setdefault(type_, set()).update(node for node in nodes if isinstance(node, str))

    def _lead(self, observation: Observation, body: Effected) -> None:
        token = body.detail.get("token") if isinstance(body.detail, dict) else None
        if type(token) is not int:
            return
        greatest = self._leads.get(body.key)
        if greatest is None or token > greatest[0]:
            self._leads[body.key] = token, observation.node, observation.index
            return
        if token == greatest[0] and observation.node == greatest[1]:
            return
        self._lower_tokens += 1
        self._findings.add(
            f"{printable(observation.node)} took the lead of {printable(body.key)} with token {token} at "
            f"{self._at(observation.at_us)}, after {printable(greatest[1])} "
            f"had token {greatest[0]}",
            [greatest[2], observation.index],
            [body.key],
        )
