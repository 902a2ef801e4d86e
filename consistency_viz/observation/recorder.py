"""The one recorder of a run: from the observation stream to the history file, and the run's keys away at the end.

Rules
1. Of several recorders of a run one holds the lease; the others try again. A recorder that lost it without noticing is
   stopped by the file itself (``archive`` rule 2).
2. It may be killed between any two steps: the next one goes on from the last complete line of the file. The stream is
   trimmed only behind what has been brought to the disk, so nothing is lost; known bodies are passed over, so nothing
   is doubled.
3. The stream keeps its last seconds even when they are on disk, for those who follow the run without recording it.
4. The end: everything on disk, then ``on_ended``, then the keys go. Killed in between, the next recorder does it again,
   so ``on_ended`` must be idempotent.
5. A run that cannot go on ends as failed and says why: its keys or its server are gone, nobody works, or somebody
   removed turns before they were recorded (``completeness``).

It knows neither Django nor the workers: the control of runs and what to do at the end are passed in.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import redis

from consistency_viz.observation.archive import ArchiveWriter, WriterReplacedError
from consistency_viz.observation.completeness import Completeness
from consistency_viz.observation.position import Numbering, Position
from consistency_viz.observation.stream import RawEntry, entry_at_us, lease_key, observations_key, raw_entries
from workers.model.codec import unpack_turn
from workers.model.history import Header

log = logging.getLogger(__name__)

LEASE_MS = 5_000
RENEW_S = 1.0
STATUS_S = 0.25
SAVE_S = 0.5
BLOCK_MS = 100
BATCH_ENTRIES = 1_000
KEEP_US = 5_000_000
STREAM_ENTRIES_COMFORTABLE = 50_000
GONE_AFTER_S = 3.0
NOBODY_AFTER_S = 60.0
AWAY_AFTER_S = 60.0
BACKOFF_S_MAX = 2.0
ENDED = ("finished", "stopped", "failed")

_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end
if holder then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Status(Protocol):
    """What the control says about a run."""

    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def started_us(self) -> Any: ...
    @property
    def ended_us(self) -> Any: ...
    @property
    def workers(self) -> int: ...


class Control(Protocol):
    """The part of ``workers.runtime.control`` that a recorder needs."""

    def run_status(self, client: Any, run_id: str) -> Any:
        """The status of a run, ``None`` if it has no keys."""

    def end_run(self, client: Any, run_id: str, state: str, reason: str) -> Any:
        """End a run, unless it has ended."""

    def delete_run(self, client: Any, run_id: str) -> Any:
        """Delete all keys of a run."""


class Ending(NamedTuple):
    """How a run ended, and what of it is on disk. ``path`` is ``None`` if nothing was recorded."""

    run_id: str
    state: str
    reason: str
    started_us: int
    ended_us: int
    path: Path | None
    observations: int


class Progress(Enum):
    """What one step did."""

    IDLE = "nothing new"
    RECORDED = "appended some"
    ENDED = "the run is over and archived"
    REPLACED = "another recorder has the lease"


class Recorder:
    """Records one run. ``header_of`` makes the first line of the file, once the run has started."""

    def __init__(
        self,
        client: redis.Redis,
        run_id: str,
        path: Path,
        control: Control,
        header_of: Callable[[Any], Header],
        on_ended: Callable[[Ending], None],
    ) -> None:
        self.run_id = run_id
        self.path = path
        self._client = client
        self._control = control
        self._header_of = header_of
        self._on_ended = on_ended
        self._owner = secrets.token_hex(8)
        self._writer: ArchiveWriter | None = None
        self._numbering = Numbering(Position())
        self._cursor = "0-0"
        self._saved = Position()
        self._status: Any = None
        self._due_s = {"renew": 0.0, "status": 0.0, "save": 0.0}
        self._gone_since_s: float | None = None
        self._nobody_since_s: float | None = None
        self._completeness: Completeness | None = None
        self._incomplete = ""

    def lead(self) -> bool:
        """Take the lease or renew it; whether this recorder has it now."""
        script = self._client.eval(_RENEW, 1, lease_key(self.run_id), self._owner, LEASE_MS)
        return bool(script)

    def run(self, should_stop: Callable[[], bool]) -> Progress:
        """Record until the run is over, another recorder took over, or ``should_stop``; outlives a server restart."""
        away_since_s: float | None = None
        backoff_s = 0.1
        try:
            while not should_stop():
                try:
                    progress = self.step()
                    away_since_s, backoff_s = None, 0.1
                except (redis.ConnectionError, redis.TimeoutError):
                    away_since_s = away_since_s or time.monotonic()
                    if time.monotonic() - away_since_s > AWAY_AFTER_S:
                        self._lost(f"the Redis-compatible server has not answered for {AWAY_AFTER_S:.0f} s")
                        return Progress.ENDED
                    time.sleep(backoff_s)
                    backoff_s = min(2 * backoff_s, BACKOFF_S_MAX)
                    continue
                if progress in (Progress.ENDED, Progress.REPLACED):
                    return progress
            self.save()
            return Progress.IDLE
        finally:
            self.close()

    def step(self, block_ms: int = BLOCK_MS) -> Progress:
        """Read one batch and append it; save now and then; end the run once it is over and read to its end."""
        if self._is_due("renew"):
            if not self.lead():
                return Progress.REPLACED
            self._done("renew", RENEW_S)
        status = self._look()
        if status is None:
            return self._missing()
        self._gone_since_s = None
        self._look_for_workers(status)
        if self._writer is None and not self._open(status):
            time.sleep(block_ms / 1e3)
            return Progress.IDLE
        try:
            appended = self._append(self._read(block_ms))
        except WriterReplacedError as error:
            log.warning("run %s: %s", self.run_id, error)
            return Progress.REPLACED
        if self._is_due("save"):
            self.save()
            self._look_for_gaps(ended=False)
            self._done("save", SAVE_S)
        if appended:
            return Progress.RECORDED
        if status.state in ENDED:
            self._end(status)
            return Progress.ENDED
        return Progress.IDLE

    def save(self) -> None:
        """Bring the file to the disk, then let the stream go up to there, less what followers may still want."""
        if self._writer is None or self._writer.position == self._saved:
            return
        self._saved = self._writer.sync()
        self.trim()

    def trim(self) -> None:
        """Trim the stream behind what is safe; the entries of the last safe moment stay, to go on from."""
        key = observations_key(self.run_id)
        keep_us = KEEP_US if self._client.xlen(key) < STREAM_ENTRIES_COMFORTABLE else 0
        oldest_us = self._saved.at_us - keep_us
        if oldest_us > 0:
            self._client.xtrim(key, minid=str(oldest_us), approximate=False)

    def close(self) -> None:
        """Close the file and give the lease back, if the server is there to take it."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        try:
            self._client.eval(_RELEASE, 1, lease_key(self.run_id), self._owner)
        except redis.RedisError as error:
            log.info("run %s: the recorder's lease is left to run out (%s)", self.run_id, error)

    def _look(self) -> Any:
        """The run's status, at most as old as ``STATUS_S``. A terminal one, once seen, stays."""
        if self._status is None or (self._status.state not in ENDED and self._is_due("status")):
            self._status = self._control.run_status(self._client, self.run_id)
            self._done("status", STATUS_S)
        return self._status

    def _missing(self) -> Progress:
        """The run has no keys: give them a moment (a restarting server may be loading), then call the run lost."""
        now_s = time.monotonic()
        self._gone_since_s = self._gone_since_s or now_s
        if now_s - self._gone_since_s < GONE_AFTER_S:
            time.sleep(BLOCK_MS / 1e3)
            return Progress.IDLE
        self._lost("its keys are gone from the Redis-compatible server: flushed, or restarted without persistence")
        return Progress.ENDED

    def _look_for_workers(self, status: Any) -> None:
        """Nobody works and nobody comes: end the run instead of letting it wait for ever."""
        now_s = time.monotonic()
        if status.workers or status.state in ENDED:
            self._nobody_since_s = None
            return
        self._nobody_since_s = self._nobody_since_s or now_s
        if now_s - self._nobody_since_s > NOBODY_AFTER_S:
            log.error("run %s is given up: there is no worker", self.run_id)
            reason = f"no worker has given a sign of life for {NOBODY_AFTER_S:.0f} s; start one, and the run again"
            self._control.end_run(self._client, self.run_id, "failed", reason)
            self._nobody_since_s = None

    def _look_for_gaps(self, *, ended: bool) -> None:
        """A history with a hole must not pass for a whole one."""
        if self._completeness is None or self._incomplete:
            return
        missing = self._completeness.missing(self._cursor, ended=ended)
        if missing:
            told = "after a fail-over to a replica without"
            turns = "1 turn" if abs(missing) == 1 else f"{abs(missing)} turns"
            was, it = ("was", "it") if abs(missing) == 1 else ("were", "them")
            key = observations_key(self.run_id)
            self._incomplete = (
                f"{turns} {was} removed from {key} by somebody before the recorder had read {it}"
                if missing > 0
                else f"{turns} that {was} recorded {was} lost by the server: {told} {it}?"
            )
            log.error("run %s: %s", self.run_id, self._incomplete)
            self._control.end_run(self._client, self.run_id, "failed", self._incomplete)

    def _open(self, status: Any) -> bool:
        """Open the file once there is something to record; go on where it ends."""
        if status.state == "pending" and not self._client.exists(observations_key(self.run_id)):
            return False
        self._writer = ArchiveWriter(self.path, self._header_of(status))
        self._numbering = Numbering(self._writer.position)
        self._cursor = self._writer.position.read_after
        key, is_new = observations_key(self.run_id), self._writer.position.count == 0
        self._completeness = Completeness(self._client, key, from_start=is_new)
        return True

    def _read(self, block_ms: int) -> list[RawEntry]:
        streams: Any = {observations_key(self.run_id): self._cursor}
        answer: Any = self._client.xread(streams, count=BATCH_ENTRIES, block=block_ms)
        return raw_entries(answer)

    def _append(self, entries: list[RawEntry]) -> int:
        if not entries or self._writer is None:
            return 0
        taken = [o for id_, f in entries for o in self._numbering.take(entry_at_us(id_), unpack_turn(f[b"b"]))]
        self._writer.append(taken)
        self._cursor = entries[-1][0].decode()
        if self._completeness is not None:
            self._completeness.read(len(entries))
        return len(entries)

    def _end(self, status: Any) -> None:
        assert self._writer is not None  # noqa: S101 - step opens it before it gets here
        count = self._writer.sync().count
        self._look_for_gaps(ended=True)
        started_us, ended_us = int(status.started_us or 0), int(status.ended_us or 0)
        state, reason = ("failed", self._incomplete) if self._incomplete else (status.state, status.reason)
        self._on_ended(Ending(self.run_id, state, reason, started_us, ended_us, self.path, count))
        self._control.delete_run(self._client, self.run_id)

    def _lost(self, reason: str) -> None:
        """The run can never end in order: keep what there is and say so."""
        log.error("run %s is lost: %s", self.run_id, reason)
        position = self._writer.sync() if self._writer is not None else Position()
        path = self.path if self.path.exists() else None
        self._on_ended(Ending(self.run_id, "failed", reason, 0, max(0, position.at_us), path, position.count))

    def _is_due(self, what: str) -> bool:
        return time.monotonic() >= self._due_s[what]

    def _done(self, what: str, every_s: float) -> None:
        """It succeeded, so it is due again in a while; what failed stays due."""
        self._due_s[what] = time.monotonic() + every_s
