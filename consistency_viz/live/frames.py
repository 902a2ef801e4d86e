"""The one wire schema between the server and the browser.

Two kinds of frame, JSON text, each a whole: a ``Snapshot`` says everything the page shows; a ``Delta`` says what
changed since the frame numbered one lower. ``static/js/store.js`` folds them with the same rules as
``workers``-independent tests here do: folding every delta onto a snapshot gives the next snapshot.

Rules
1. ``seq`` rises by exactly 1 from delta to delta of one run and one server process (``boot``). A client that holds
   ``(boot, seq)`` resumes there, or is sent a snapshot with ``reason`` saying why.
2. Times are recorder times in microseconds. ``at_us`` is the run's "now"; the page's zero is ``started_us``.
3. Everything is bounded: keys, windows, faults, sentences, samples. What was left out is counted, never hidden.
4. A key's ``values`` hold every replica that ever showed it. A replica not listed shows "absent".
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

KEYS_MAX = 120
WINDOWS_MAX = 600
SENTENCES_MAX = 120
MARKS_MAX = 200
LENGTHS_PER_DECADE = 6
SECONDS_MAX = 300
MESSAGES_MAX_PER_FRAME = 60
FAULTS_MAX = 100
TARGETS_MAX = 60

Scope = Literal["all", "live"]
View = Literal["value", "updates"]


class NodeView(msgspec.Struct, frozen=True):
    """A node as the map draws it. ``role``: client, service, view or store. ``replica``: it has a panel."""

    id: str
    role: str
    replica: bool
    subscribes: list[str]
    publishes: list[str]


class InstanceView(msgspec.Struct, frozen=True):
    """One running (or missing) instance. ``age_ms``: since its last sign of life.

    ``state``: alive, starting, dead; paused or down, although its process lives, while a fault of its node says so.
    """

    id: str
    node: str
    state: str
    epoch: int
    age_ms: int
    partitions: list[int]


class RunView(msgspec.Struct, frozen=True):
    """What the run is. ``state``: pending, running, draining, finished, stopped, failed; ``reason`` says why.

    ``subject``: what its keys are, ``order`` in the order flow and ``key`` in replicated regions.
    """

    id: str
    scenario: str
    title: str
    design: str
    summary: str
    seed: int
    partitions: int
    state: str
    reason: str
    started_us: int
    ended_us: int | None
    subject: str = "order"


class ReplicaValue(msgspec.Struct, frozen=True):
    """What one replica shows for one key: value (``None``: absent), number of updates applied, time of the last."""

    value: Any
    updates: int
    at_us: int


class KeyView(msgspec.Struct, frozen=True):
    """One key: first seen at ``born_us``; by replica what it shows; whether it is divergent now, in both views."""

    key: str
    born_us: int
    values: dict[str, ReplicaValue]
    diverged: bool
    diverged_updates: bool


class WindowView(msgspec.Struct, frozen=True):
    """A divergence window [from_us, to_us) of a key (scope "all"); ``to_us`` is ``None`` while it is open.

    ``replicas`` are those that differed from the majority, or all where there is none, when it opened.
    """

    key: str
    view: View
    from_us: int
    to_us: int | None
    replicas: list[str]


class TouchView(msgspec.Struct, frozen=True):
    """What a fault touched so far, in numbers.

    ``messages``: each once for each receiver; ``nodes``: at which they arrived late, twice or not at all;
    ``operations``: of clients, from which they follow.
    ``kinds``: messages by what happened to them, without zeros. ``note``: why it touched nothing, "" while it did.
    ``counted``: whether what this kind of fault touches can be counted at all.
    """

    messages: int = 0
    nodes: int = 0
    operations: int = 0
    kinds: dict[str, int] = {}
    note: str = ""
    counted: bool = True


class FaultView(msgspec.Struct, frozen=True):
    """A fault over [from_us, to_us); ``to_us`` is ``None`` while it lasts. ``what``: partition, link, pause, ...

    ``targets``: nodes, or links as ``eu>us``, at most ``TARGETS_MAX``. ``label`` says in words what is wrong and where,
    ``mark`` only what, in one or two words, for the place itself. ``touched`` grows while messages arrive.
    """

    id: str
    what: str
    targets: list[str]
    label: str
    mark: str
    from_us: int
    to_us: int | None
    touched: TouchView = TouchView()


class Totals(msgspec.Struct, frozen=True):
    """Counts since the run began. ``*_us`` are union lengths of global divergence, open windows counted to now.

    ``updates_*``: operations of clients that are no reads. ``keys_settled``: orders that came to their end at every
    replica; of other keys, those about which all replicas agree now.
    """

    updates_begun: int = 0
    updates_accepted: int = 0
    updates_failed: int = 0
    updates_unknown: int = 0
    keys_settled: int = 0
    emails: int = 0
    reads: int = 0
    messages_sent: int = 0
    messages_delivered: int = 0
    messages_dropped: int = 0
    observations: int = 0
    windows_closed: int = 0
    windows_open: int = 0
    diverged_us_all: int = 0
    diverged_us_live: int = 0
    window_ms_p50: float | None = None
    window_ms_p99: float | None = None


class Second(msgspec.Struct, frozen=True):
    """One second of the run, ``second`` counted from ``started_us``: rates and, per node, the worst lag.

    ``lag_ms``: by node, the largest time from a message's sending to its processing among those processed in this
    second. ``latency_ms_p50``/``p99``: of client operations completed in it, from their intended start. ``ok``: how
    many of the completed ones succeeded.
    """

    second: int
    placed: int
    completed: int
    sent: int
    delivered: int
    dropped: int
    diverged_keys: int
    latency_ms_p50: float | None
    latency_ms_p99: float | None
    lag_ms: dict[str, float]
    ok: int = 0


class Lengths(msgspec.Struct, frozen=True):
    """How long divergence windows were (values, all replicas), as of about a second ago.

    ``counts``: (bucket, windows) of the closed ones, rising; bucket b holds lengths from 10**(b / LENGTHS_PER_DECADE)
    us on, up to the next. Quantiles are Kaplan and Meier's, in which open windows are lower bounds.
    """

    counts: list[tuple[int, int]] = []
    ms_p50: float | None = None
    ms_p95: float | None = None
    ms_p99: float | None = None


class MessageView(msgspec.Struct, frozen=True):
    """One message that arrived, for the flow on the map. ``lost`` ones have no arrival."""

    id: str
    type: str
    key: str
    source: str
    target: str
    sent_us: int
    arrived_us: int | None


class Sentence(msgspec.Struct, frozen=True):
    """What just happened, in plain words. ``tone``: plain, good, warn, bad.

    ``mark``: what somebody would look for later: an operation that ``failed``, one of which nobody can tell
    (``unknown``), a read that found nothing (``missing``), an instance that is ``gone``; else empty.
    """

    at_us: int
    tone: str
    text: str
    key: str
    mark: str = ""


class Course(msgspec.Struct, frozen=True):
    """The whole run in steps of ``each_s`` seconds: the most keys that differed in each, the last one left out."""

    each_s: int = 1
    diverged: list[int] = []


class Delta(msgspec.Struct, frozen=True, tag_field="kind", tag="delta"):
    """What changed since frame ``seq - 1``.

    ``keys`` replace by key; ``closed`` windows replace the open one with the same (key, view, from_us); ``opened`` are
    added; ``seconds`` replace by ``second`` and ``faults`` by (id, from_us); ``instances``, ``run``, ``totals``,
    ``lengths`` and ``course`` replace whole where present.
    ``messages_skipped`` counts arrivals left out of ``messages`` to keep the frame small.
    """

    boot: str
    seq: int
    cursor: str
    at_us: int
    totals: Totals
    keys: list[KeyView] = []
    opened: list[WindowView] = []
    closed: list[WindowView] = []
    seconds: list[Second] = []
    messages: list[MessageView] = []
    messages_skipped: int = 0
    sentences: list[Sentence] = []
    instances: list[InstanceView] | None = None
    run: RunView | None = None
    faults: list[FaultView] = []
    lengths: Lengths | None = None
    course: Course | None = None


class Snapshot(msgspec.Struct, frozen=True, tag_field="kind", tag="snapshot"):
    """Everything the page shows, as of frame ``seq``. ``reason``: joined, gap, restarted, ended.

    ``marks``: the last ``MARKS_MAX`` sentences that have a mark.
    """

    boot: str
    seq: int
    cursor: str
    at_us: int
    reason: str
    run: RunView
    nodes: list[NodeView]
    replicas: list[str]
    instances: list[InstanceView]
    totals: Totals
    keys: list[KeyView]
    keys_dropped: int
    windows: list[WindowView]
    windows_dropped: int
    seconds: list[Second]
    sentences: list[Sentence]
    faults: list[FaultView] = []
    faults_dropped: int = 0
    lengths: Lengths = Lengths()
    marks: list[Sentence] = []
    course: Course = Course()


class Refusal(msgspec.Struct, frozen=True, tag_field="kind", tag="refusal"):
    """The server cannot show this run; ``text`` says why and ``remedy`` what to do. The socket closes after it."""

    text: str
    remedy: str


class Resume(msgspec.Struct, frozen=True, tag_field="kind", tag="resume"):
    """The only thing a viewer's socket sends: where it stopped. Sent first; ``seq`` -1 asks for a snapshot."""

    boot: str = ""
    seq: int = -1


Frame = Snapshot | Delta | Refusal

encode = msgspec.json.Encoder().encode
decode_resume = msgspec.json.Decoder(Resume).decode
