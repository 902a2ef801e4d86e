"""What a scenario's leaderless quorum should do, predicted from the latencies of its own links."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from consistency_viz.checkers.pbs import SAMPLES, Legs, Prediction, Sampler
from consistency_viz.checkers.pbs import predict as predict_paths
from workers.cluster.latency import Constant, Latency, sampler
from workers.cluster.plan import link_settings
from workers.cluster.scenario import Scenario
from workers.services.quorum.settings import (
    READS,
    RESULTS,
    WRITES,
    acks_topic,
    coordinator_of,
    operations_topic,
    responses_topic,
)

QUORUM = "quorum"


class Predicted(NamedTuple):
    """A prediction, the quorum that it is for, and what the scenario has that the model leaves out, in words."""

    read: int
    write: int
    prediction: Prediction
    left_out: tuple[str, ...]

    def curve(self, times_us: Sequence[int]) -> list[float]:
        """The share of reads that is fresh ``t`` after the commit, for each t of ``times_us``."""
        return [self.prediction.fresh_share(t_us) for t_us in times_us]


def predict(scenario: Scenario, samples: int = SAMPLES) -> Predicted:
    """The prediction for the scenario's own R and W. ValueError if its design is no quorum."""
    if scenario.design != QUORUM:
        raise ValueError(f"design {scenario.design!r} is no leaderless quorum; name a scenario of design {QUORUM!r}")
    majority = len(scenario.regions) // 2 + 1
    read, write = scenario.quorum.read or majority, scenario.quorum.write or majority
    found = predict_paths(paths_of(scenario), [(read, write)], samples, scenario.seed)
    return Predicted(read, write, found[read, write], left_out(scenario))


def paths_of(scenario: Scenario) -> list[list[Legs]]:
    """The legs between each region's coordinator and each region's replica."""

    @cache
    def sampled(latency: Latency) -> Sampler:
        return sampler(latency)

    def leg(source: str, target: str, topic: str) -> Sampler:
        return sampled(link_settings(scenario, source, target, topic).latency)

    return [
        [
            Legs(
                leg(coordinator_of(here), there, WRITES),
                leg(there, coordinator_of(here), acks_topic(here)),
                leg(coordinator_of(here), there, READS),
                leg(there, coordinator_of(here), responses_topic(here)),
            )
            for there in scenario.regions
        ]
        for here in scenario.regions
    ]


def left_out(scenario: Scenario) -> tuple[str, ...]:
    """Everything by which the scenario departs from the model."""
    pairs = [(coordinator_of(here), there, here) for here in scenario.regions for there in scenario.regions]
    between = [
        link_settings(scenario, *leg)
        for coordinator, replica, here in pairs
        for leg in (
            (coordinator, replica, WRITES),
            (replica, coordinator, acks_topic(here)),
            (coordinator, replica, READS),
            (replica, coordinator, responses_topic(here)),
        )
    ]
    to_clients = [
        link_settings(scenario, *leg).latency
        for here in scenario.regions
        for leg in (
            ("client", coordinator_of(here), operations_topic(here)),
            (coordinator_of(here), "client", RESULTS),
        )
    ]
    found = {
        "messages are lost": any(settings.loss for settings in between),
        "links keep their order, so a slow message holds back those behind it": any(s.ordered for s in between),
        "clients are not next to their coordinator": any(
            not isinstance(latency, Constant) or latency.ms for latency in to_clients
        ),
        "messages keep an instance busy": any(settings.service_ms for settings in scenario.nodes.values()),
        "reads repair what they find old": scenario.quorum.read_repair,
        "faults are scheduled": bool(scenario.faults),
    }
    return tuple(words for words, holds in found.items() if holds)
