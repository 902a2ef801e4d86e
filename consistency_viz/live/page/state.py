"""Everything that the page of one run shows, as of the last observation; makes its snapshots and deltas.

Rules
1. ``observe`` takes observations in recorder order. ``settle`` says that everything at the last time has been seen, so
   that windows can be judged; nobody says it in the middle of a turn.
2. A frame is made by ``delta``, which folds what changed into the tables. ``snapshot`` shows the tables as of the last
   ``delta``, so a page that holds frame n and one that gets a snapshot as of n show the same.
3. A change that is too large for one frame gives no delta: its pages are sent a snapshot.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from consistency_viz.checkers.divergence.tracker import WindowTracker
from consistency_viz.live.frames import (
    MARKS_MAX,
    MESSAGES_MAX_PER_FRAME,
    SENTENCES_MAX,
    Course,
    Delta,
    FaultView,
    InstanceView,
    KeyView,
    Lengths,
    MessageView,
    NodeView,
    RunView,
    Second,
    Sentence,
    Snapshot,
    Totals,
    WindowView,
)
from consistency_viz.live.page import sentences
from consistency_viz.live.page.counts import Counts, SecondTable
from consistency_viz.live.page.course import CourseTable
from consistency_viz.live.page.faults import FaultTable
from consistency_viz.live.page.keys import KeyTable
from consistency_viz.live.page.lengths import lengths_of
from consistency_viz.live.page.settled import SettledOrders, is_final
from consistency_viz.live.page.windows import WindowTable
from workers.model.history import Header
from workers.model.observation import Applied, Completed, Delivered, Dropped, Faulted, Invoked, Observation

LENGTHS_EVERY_US = 1_000_000

KEYS_FOLLOWED_MAX = 2_000
"""Keys followed in full once they have settled: five times as many are kept put away, and then forgotten.

At 50 new keys a second all of that is full within five minutes, and from then on nothing here grows.
"""


@dataclass
class _Changes:
    """What one frame tells."""

    keys: list[KeyView]
    opened: list[WindowView]
    closed: list[WindowView]
    seconds: list[Second]
    messages: list[MessageView]
    messages_skipped: int
    sentences: list[Sentence]
    instances: list[InstanceView] | None
    run: RunView | None
    faults: list[FaultView]
    lengths: Lengths | None
    course: Course | None


class _Shown(NamedTuple):
    """What the last frame said of everything that is replaced whole."""

    at_us: int
    totals: Totals
    run: RunView
    instances: list[InstanceView]
    lengths: Lengths
    course: Course


@dataclass
class _Sample:
    """The messages of the next frame."""

    messages: list[MessageView] = field(default_factory=list)
    skipped: int = 0

    def add(self, observation: Observation, body: Delivered | Dropped) -> None:
        if len(self.messages) >= MESSAGES_MAX_PER_FRAME:
            self.skipped += 1
            return
        arrived_us = observation.at_us if isinstance(body, Delivered) else None
        place = (body.message, body.type, body.key, body.source, observation.node)
        self.messages.append(MessageView(*place, body.sent_us, arrived_us))


class PageState:
    """The page of one run. ``header`` says which replicas are in scope."""

    def __init__(self, header: Header, run: RunView, nodes: list[NodeView]) -> None:
        self.run = run
        self.nodes = nodes
        self.replicas = list(header.replicas)
        self.instances: list[InstanceView] = []
        self.at_us = run.started_us
        self.observations = 0
        self._observed_us = 0
        self.is_dirty = True
        self._tracker = WindowTracker(header, watch=True, keys_max=KEYS_FOLLOWED_MAX)
        self._values = self._tracker.ledger("value", "all")
        self._counts = Counts()
        self._seconds = SecondTable(run.started_us)
        self._keys = KeyTable()
        self._windows = WindowTable()
        self._faults = FaultTable()
        self._settled = SettledOrders()
        self._sentences: deque[Sentence] = deque(maxlen=SENTENCES_MAX)
        self._marks: deque[Sentence] = deque(maxlen=MARKS_MAX)
        self._told: deque[sentences.Told] = deque(maxlen=SENTENCES_MAX)
        self._sample = _Sample()
        self._lengths = Lengths()
        self._lengths_due_us = 0
        self._skipped = 0
        self._course = CourseTable()
        self._shown = _Shown(self.at_us, Totals(), run, self.instances, self._lengths, self._course.view)

    def observe(self, observation: Observation) -> None:
        """Take in the next observation."""
        body = observation.body
        self.is_dirty = True
        self.observations += 1
        self._observed_us = max(self._observed_us, observation.at_us)
        self.at_us = max(self.at_us, observation.at_us)
        before_us = self._tracker.now_us
        self._tracker.observe(observation)
        self._seconds.differ(before_us, self._values.open)
        if isinstance(body, Applied):
            self._keys.applied(observation.node, body, observation.at_us)
            self._settled.touch(body.key)
        elif isinstance(body, Invoked) and body.f == "place":
            self._keys.born(body.key, observation.at_us)
            self._settled.placed(body.key)
        elif isinstance(body, Completed) and body.f == "place":
            self._settled.answered(body.key, body.outcome)
        elif isinstance(body, Delivered | Dropped):
            self._sample.add(observation, body)
        if sentences.is_told(body):
            latency_us = self._seconds.latency_us(body, observation.at_us) if isinstance(body, Completed) else None
            key = getattr(body, "key", "")
            fault = self._faults.observe(body, observation.at_us) if isinstance(body, Faulted) else None
            self._told.append(sentences.Told(observation, self._keys.born_us(key), latency_us, fault))
        self._faults.count(observation)
        self._counts.apply(observation)
        self._seconds.apply(observation)

    def settle(self) -> None:
        """Everything at the time of the last observation has been seen."""
        if self.observations:
            before_us = self._tracker.now_us
            self._tracker.advance(before_us + 1)
            self._seconds.differ(before_us, self._values.open)

    def reach(self, now_us: int) -> None:
        """It is ``now_us`` by the recorder's clock; a run that has ended has no later time than its end."""
        end_us = self.run.ended_us
        self.at_us = max(self.at_us, now_us if end_us is None else min(now_us, end_us))
        self._seconds.reach(self.at_us)

    def set_run(self, run: RunView) -> None:
        """The run is another one now, for example finished: the time that was guessed beyond its end is taken back."""
        if run == self.run:
            return
        self.run, self.is_dirty = run, True
        if run.ended_us is not None:
            self.at_us = min(self.at_us, max(run.ended_us, self._observed_us))
            self._course.end(self._seconds.end(self.at_us))

    def set_instances(self, instances: list[InstanceView]) -> None:
        """So the instances are now."""
        if instances != self.instances:
            self.instances, self.is_dirty = instances, True

    def delta(self, boot: str, seq: int, cursor: str) -> Delta | None:
        """What changed since the last frame; ``None`` if that is too much for a frame (the tables have it all)."""
        changes = self._fold()
        if changes is None:
            return None
        return Delta(boot, seq, cursor, self._shown.at_us, self._shown.totals, **vars(changes))

    def snapshot(self, boot: str, seq: int, cursor: str, reason: str) -> Snapshot:
        """Everything, as of the last ``delta``."""
        return Snapshot(
            boot,
            seq,
            cursor,
            self._shown.at_us,
            reason,
            self._shown.run,
            self.nodes,
            self.replicas,
            self._shown.instances,
            self._shown.totals,
            self._keys.views(),
            self._keys.dropped,
            self._windows.views(),
            self._windows.dropped,
            self._seconds.views(),
            list(self._sentences),
            self._faults.views(),
            self._faults.dropped,
            self._shown.lengths,
            list(self._marks),
            self._shown.course,
        )

    def _fold(self) -> _Changes | None:
        """Lay everything that changed over the tables."""
        told = [sentence for told in self._told if (sentence := sentences.tell(told))]
        changed_keys: set[str] = set()
        for window in self._tracker.changes():
            changed_keys.add(window.key)
            if window.scope == "all":
                view = WindowView(window.key, window.view, window.from_us, window.to_us, window.replicas)
                self._windows.change(view)
                if sentence := sentences.window(view, window.unheard, len(self.replicas)):
                    told.append(sentence)
        self._keys.touch(changed_keys)
        self._settled.judge(self._is_settled)
        told = sorted(told, key=lambda sentence: sentence.at_us)[-SENTENCES_MAX:]
        self._sentences.extend(told)
        self._marks.extend(sentence for sentence in told if sentence.mark)
        self._told.clear()
        keys, windows = self._keys.fold(self._divergence_of), self._windows.fold()
        faults = self._faults.fold()
        sample, self._sample = self._sample, _Sample()
        self._measure()
        seconds = self._seconds.fold()
        for second in seconds:
            self._course.note(second.second, second.diverged_keys)
        before = self._shown
        course = self._course.view
        self._shown = _Shown(self.at_us, self._totals(), self.run, self.instances, self._lengths, course)
        instances = None if self.instances is before.instances else self.instances
        run = None if self.run is before.run else self.run
        lengths = None if self._lengths is before.lengths else self._lengths
        self.is_dirty = False
        skipped, self._skipped = self._skipped, self._tracker.changes_skipped
        if keys is None or not windows.fits or skipped != self._skipped:
            return None
        lists = (keys, windows.opened, windows.closed, seconds, sample.messages, sample.skipped)
        return _Changes(*lists, told, instances, run, faults, lengths, None if course is before.course else course)

    def _divergence_of(self, key: str) -> tuple[bool, bool]:
        return self._tracker.is_diverged(key, "value"), self._tracker.is_diverged(key, "updates")

    def _is_settled(self, key: str) -> bool:
        """Every replica shows the same final state for it, having applied the same."""
        known = self._tracker.keys.get(key)
        if known is None or key in self._tracker.open_keys:
            return False
        return all(shown is not None and is_final(_value(shown)) for shown in known.shown)

    def _settled_keys(self) -> int:
        if self.run.subject == "order":
            return self._settled.count
        return self._tracker.keys_n - len(self._tracker.open_keys)

    def _measure(self) -> None:
        """How long windows were, about once a second, for it costs milliseconds; another object only if it is other."""
        now_us = max(self.at_us, self._tracker.now_us)
        if now_us < self._lengths_due_us and self.run.ended_us is None:
            return
        self._lengths_due_us = now_us - now_us % LENGTHS_EVERY_US + LENGTHS_EVERY_US
        lengths = lengths_of(self._tracker, now_us)
        if lengths != self._lengths:
            self._lengths = lengths

    def _totals(self) -> Totals:
        counts, values = self._counts, self._values
        now_us = max(self.at_us, self._tracker.now_us)
        return Totals(
            updates_begun=counts.updates,
            updates_accepted=counts.outcomes["ok"],
            updates_failed=counts.outcomes["fail"],
            updates_unknown=counts.outcomes["info"],
            keys_settled=self._settled_keys(),
            emails=counts.emails,
            reads=counts.reads,
            messages_sent=counts.sent,
            messages_delivered=counts.delivered,
            messages_dropped=counts.dropped,
            observations=counts.observations,
            windows_closed=values.closed_us.total,
            windows_open=values.open,
            diverged_us_all=values.union_us(now_us),
            diverged_us_live=self._tracker.ledger("value", "live").union_us(now_us),
            window_ms_p50=self._lengths.ms_p50,
            window_ms_p99=self._lengths.ms_p99,
        )


def _value(shown: Observation) -> Any:
    return shown.body.value if isinstance(shown.body, Applied) else None
