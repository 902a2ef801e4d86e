"""The checker ``single-writer``: did only those write that the history itself declares as writers?

The declaration is the effect ``declares-writers`` of a topic (docs/history-format.md): for each type of message, which
is a transition of the entity, the nodes that may send it there. Every ``sent`` on a declared topic is held against it,
whether it came before or after the declaration. Without a declaration there is nothing to hold against: ``unknown``.

Leaders count as writers too: where leases have tokens (effects ``leads`` with a ``token``), leadership taken with a
token below one that was granted before for the same key is a second leader. What a storage refused (``fenced``) is
counted, no violation: that is fencing at work.
"""

from __future__ import annotations

from typing import Any, Final

from consistency_viz.checkers.divergence.prose import listed, milliseconds, printable
from consistency_viz.checkers.findings import Findings, in_words
from consistency_viz.checkers.verdict import Result, Verdict
from workers.model.history import Header
from workers.model.observation import Changed, Effected, Observation, Sent

DECLARES: Final = "declares-writers"
LEADS: Final = "leads"
FENCED: Final = "fenced"
WRITERS_MAX: Final = 10_000
"""Triples of topic, type and node that are told apart."""


class SingleWriter:
    """The registered checker. Memory is bounded by topics, types and nodes."""

    name: Final = "single-writer"

    def __init__(self, header: Header) -> None:
        self._started_us = header.started_us
        self._declared: dict[str, dict[str, set[str]]] = {}
        self._sent: dict[
            tuple[str, str, str], list[Any]
        ] = {}  # to how many, and the first: position, time, message, key
        self._leads: dict[str, tuple[int, str, int]] = {}  # key to the greatest token, its node, and its position
        self._findings = Findings()
        self._lower_tokens = 0
        self._fenced = 0
        self._skipped = 0

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        if isinstance(body, Sent):
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
        elif isinstance(body, Changed) and body.state == "fenced":
            self._fenced += 1

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
                f", {said}, first {printable(message)} at {milliseconds(at_us - self._started_us)}",
                [index],
                [key, message],
            )
        metrics = {
            "topics_n": len(self._declared),
            "messages_n": messages,
            "messages_uninvited": uninvited,
            "writers": observed,
            "transitions_shared": sum(len(nodes) > 1 for types in observed.values() for nodes in types.values()),
            "leaders_with_lower_token": self._lower_tokens,
            "fenced_n": self._fenced,
        }
        verdict, reason = self._verdict(messages)
        return self._findings.result(self.name, verdict, reason, metrics, had_evidence=bool(messages))

    def _verdict(self, messages: int) -> tuple[Verdict, str]:
        if self._findings.count:
            return (
                Verdict.FAILED,
                f"{in_words(self._findings.count, 'writer')} wrote without being declared or entitled",
            )
        if not self._declared:
            return Verdict.UNKNOWN, "no declaration of writers in this history"
        if not messages:
            return Verdict.UNKNOWN, "nothing was sent on a topic whose writers are declared"
        if self._skipped:
            return Verdict.UNKNOWN, f"more than {WRITERS_MAX:,} writers: not all were held against the declaration"
        return Verdict.PASSED, f"{in_words(messages, 'message')} came from declared writers only"

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
            f"{milliseconds(observation.at_us - self._started_us)}, after {printable(greatest[1])} "
            f"had token {greatest[0]}",
            [greatest[2], observation.index],
            [body.key],
        )
