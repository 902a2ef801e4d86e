"""Faults of a run that goes on: one begins, one is healed, and which there are. For the page, the command and the API.

Rules
1. An entry is one of a scenario's section ``faults``, and is checked as a part of that scenario before anything is
   sent. A refusal names the field, its value, and what would be right.
2. When it begins is the server's business: what comes back is the fault as it was recorded, under its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec
import redis

from consistency_viz.checkers.fault_touch import FaultTouch
from consistency_viz.experiments import stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Run, microseconds
from consistency_viz.experiments.runs import check_active
from consistency_viz.observation.archive import ArchiveReader
from workers.cluster.faults import targets_of
from workers.cluster.scenario_errors import ScenarioError
from workers.cluster.scenario_text import check
from workers.cluster.schema.faults import one_fault

ENTRY_BYTES_MAX: Final = 4_096
VALUE_CHARS_MAX: Final = 80
WHAT_AN_ENTRY_IS: Final = (
    'Send one entry of a scenario\'s section "faults", such as {"kind": "pause", "node": "tax", "for_s": 5}.'
)
CONFIRM: Final = "Say that you mean it: the option --yes, or the field confirmed=yes."
PIECE: Final = 5_000


class FaultRefused(CommandRefused):
    """A fault that cannot be: ``field`` of its entry, the ``value`` there, and what would be right."""

    def __init__(self, field: str, value: str, remedy: str, status: int = 400) -> None:
        where = f"{field or 'The fault'} = {value}" if value else field or "The fault"
        super().__init__(f"{where} cannot be used.", f"{remedy[:1].upper()}{remedy[1:].rstrip('.')}.", status)
        self.where = {"field": field, "value": value}


class Injected(NamedTuple):
    """A fault that has begun: its id in the history, its entry as it was understood, and the nodes or links it is at.

    A fault without ``targets`` touches nothing: nothing is ever sent on such a link.
    """

    id: str
    entry: dict[str, Any]
    targets: list[str]

    @property
    def text(self) -> str:
        """What to say of it."""
        warning = "" if self.targets else " It touches nothing: nothing is ever sent on this link."
        return f"{self.id} has begun.{warning}"


def read_entry(raw: str | bytes) -> dict[str, Any]:
    """An entry that comes as JSON, not checked yet."""
    if len(raw) > ENTRY_BYTES_MAX:
        raise FaultRefused("", "", f"use at most {ENTRY_BYTES_MAX:,} bytes")
    try:
        entry = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise FaultRefused("", _shown(raw), WHAT_AN_ENTRY_IS) from error
    if not isinstance(entry, dict):
        raise FaultRefused("", _shown(raw), WHAT_AN_ENTRY_IS)
    return entry


def inject(run: Run, entry: Mapping[str, Any]) -> Injected:
    """Let a fault begin now; ``for_s`` counts from now, without it the fault lasts until it is healed."""
    _check_live(run)
    settings = _checked(run, {name: value for name, value in entry.items() if name != "at_s"})
    plain = settings.model_dump(mode="json", exclude={"at_s"}, exclude_none=True)
    fault_id = str(_call("inject_fault", run, msgspec.json.encode(plain)))
    plan = stack.plan_of(run.document)
    return Injected(fault_id, {**plain, "name": fault_id}, targets_of(settings, plan.subscribers, plan.publishes))


def heal(run: Run, fault_id: str) -> str:
    """Let a fault end now, also a scheduled one; says so."""
    _check_live(run)
    if not fault_id:
        raise FaultRefused("fault", "", "name the fault to heal by its id")
    _call("heal", run, fault_id)
    return f"{fault_id} is healed."


def faults_of(run: Run) -> list[dict[str, Any]]:
    """Every fault of a run that has begun, and what it touched up to what is archived; times from the run's start.

    Blocking, in the length of the history: callers on an event loop use a thread.
    """
    touch, started_us = FaultTouch(), 0
    with suppress(FileNotFoundError), ArchiveReader(run.history_path) as reader:
        while piece := reader.read(PIECE):
            for observation in piece:
                touch.observe(observation)
    if run.engine == Run.Engine.LIVE:
        started_us = microseconds(run.started_at)
    found = []
    for one in touch.report():
        told = one.to_json()
        ended_us = None if one.ended_us is None else one.ended_us - started_us
        found.append({**told, "began_us": one.began_us - started_us, "ended_us": ended_us})
    return found


def do_really(run: Run, how: str, *, confirmed: bool) -> str:
    """A real fault (``stack.real_faults``) to what plays the run; says what was done, once it is over.

    What destroys runs is refused unless it was ``confirmed``. Blocking for seconds.
    """
    _check_live(run)
    known = stack.real_faults().get(how)
    if known is None:
        raise FaultRefused("how", _shown(how), f"choose one of {', '.join(stack.real_faults())}")
    if known.destroys and not confirmed:
        raise CommandRefused(f"{how} was not confirmed: {known.what}.", CONFIRM, status=409)
    fault_id = _guarded(lambda: stack.do_real_fault(run.id, how))
    return f"{fault_id}: {known.what}."


def _check_live(run: Run) -> None:
    check_active(run)
    if run.engine != Run.Engine.LIVE:
        raise CommandRefused(f"Run {run.id} is simulated: it is over before it can be broken.", "Fork it instead.")


def _checked(run: Run, entry: dict[str, Any]) -> Any:
    """The entry, checked as the only fault of the run's scenario."""
    plain: dict[str, Any] = {
        name: value for name, value in run.document.items() if name not in ("faults", "fix", "narration")
    }
    try:
        check({**plain, "faults": [entry]}, "fault")
    except ScenarioError as error:
        first = next((one for one in error.problems if one.field.startswith("faults")), error.problems[0])
        raise FaultRefused(first.field.removeprefix("faults.0").removeprefix("."), first.value, first.remedy) from error
    return one_fault.validate_python(entry)


def _call(command: str, run: Run, *arguments: Any) -> Any:
    return _guarded(lambda: getattr(stack.control(), command)(stack.client(), run.id, *arguments))


def _guarded(call: Callable[[], Any]) -> Any:
    """What the system under observation refuses, and a server that is away, become refusals."""
    try:
        return call()
    except redis.RedisError as error:
        raise CommandRefused(stack.SERVER_AWAY, stack.HOW_TO_RETURN, status=503) from error
    except ValueError as error:
        text, _, remedy = str(error).partition("; ")
        remedy = remedy or "Look at the list of faults of this run."
        raise CommandRefused(f"{_upper(text)}.", f"{_upper(remedy).rstrip('.')}.", status=409) from error


def _upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _shown(raw: str | bytes) -> str:
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else raw
    return repr(text[:VALUE_CHARS_MAX]) if text else ""
