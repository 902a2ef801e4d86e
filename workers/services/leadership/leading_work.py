"""What a leader does with commands: for each key one after the other, read from the storage, decide, write.

A key's record has ``jobs``, the commands that wait, the first of which is in work, and ``ended``, the last commands
that were answered: the second copy of one is not done again.
"""

from __future__ import annotations

from typing import Any, Final

from workers.model.effects import CancelTimer, Effect, Send, SetTimer
from workers.model.message import Json, Message
from workers.model.node import NOTHING, Context, State, Step
from workers.services.leadership.register_store import STORAGE_REQUESTS

JOBS_MAX: Final = 64
ENDED_MAX: Final = 128
_NO_WORK: Final[Json] = {"jobs": [], "ended": []}
_WORK: Final = ("Got", "Taken", "Moved", "Fenced", "JobDue")


def storage_topic(candidate: str) -> str:
    """Where the storage answers a candidate."""
    return f"storage.{candidate}"


def is_work(message: Message) -> bool:
    """Whether a message is about a command in work."""
    return message.type in _WORK


def not_leader(command: Message, leader: str) -> Send:
    """The refusal of a command by a node that does not lead: it did not happen here."""
    data = {"op": command.data["op"], "attempt": command.data["attempt"], "leader": leader}
    return Send(command.reply_topic, "NotLeader", command.key, data, partition_key=command.reply_key)


def enqueue(state: State, command: Message, token: int, timeout_us: int, context: Context) -> Step:
    """Take a command, once; work on it at once if the key has no other."""
    key, data = command.key, command.data
    work = state.get(key, _NO_WORK)
    name = f"{data['op']}#{data['attempt']}"
    if name in work["ended"] or any(job["name"] == name for job in work["jobs"]):
        return NOTHING
    job: Json = {"name": name, **data, "reply_topic": command.reply_topic, "reply_key": command.reply_key}
    if len(work["jobs"]) >= JOBS_MAX:
        return Step({}, (_answer(key, job, "fail", f"busy: {JOBS_MAX} commands wait for {key}"),))
    if work["jobs"]:
        return Step({key: {**work, "jobs": [*work["jobs"], job]}})
    return begin_work(key, {**work, "jobs": [job]}, token, timeout_us, context)


def begin_work(key: str, work: Json, token: int, timeout_us: int, context: Context) -> Step:
    """Read for the first command that waits: the token is the one that was held when the work began."""
    first, *others = work["jobs"]
    job = {**first, "token": token, "phase": "read"}
    effects = (
        _request("Get", key, job, {}, context),
        SetTimer(f"job:{job['name']}", timeout_us, "JobDue", key, {"op": job["op"]}),
    )
    return Step({key: {**work, "jobs": [job, *others]}}, effects)


def proceed(state: State, lease: Json, message: Message, timeout_us: int, context: Context) -> Step:
    """Go on with the command in work: decide and write, or answer it and begin the next."""
    key = message.key
    work = state.get(key, _NO_WORK)
    job = work["jobs"][0] if work["jobs"] else None
    if job is None or job.get("op") != message.data["op"] or "phase" not in job:
        return NOTHING
    if message.type == "Got" and job["phase"] == "read":
        old = job["value"][0] if job["f"] == "cas" else None
        if job["f"] == "cas" and old != message.data["value"]:
            return _finish(key, work, lease, _refused(f"another value was there than {old}"), timeout_us, context)
        value = job["value"][1] if job["f"] == "cas" else job["value"]
        put = _request("Put", key, job, {"value": value, "base": message.data["base"]}, context)
        return Step({key: {**work, "jobs": [{**job, "phase": "write"}, *work["jobs"][1:]]}}, (put,))
    if message.type == "Moved" and job["phase"] == "write":
        return begin_work(key, work, job["token"], timeout_us, context)
    if message.type == "Taken":
        answer = {"outcome": "ok", "error": "", "update": message.data["update"], "after": message.data["after"]}
        return _finish(key, work, lease, answer, timeout_us, context)
    if message.type == "Fenced":
        why = f"fenced: token {job['token']} is below {message.data['largest']}"
        return _finish(key, work, lease, _refused(why), timeout_us, context)
    if message.type == "JobDue":
        unknown = {"outcome": "info", "error": f"the storage did not answer within {timeout_us // 1_000} ms"}
        return _finish(key, work, lease, unknown, timeout_us, context)
    return NOTHING


def refuse_waiting(state: State) -> tuple[dict[str, Json | None], tuple[Effect, ...]]:
    """Refuse every command that waits behind another: the writes and the refusals."""
    writes: dict[str, Json | None] = {}
    effects: list[Effect] = []
    for key, work in state.items():
        waiting = work.get("jobs", ())[1:]
        if waiting:
            writes[key] = {"jobs": work["jobs"][:1], "ended": _ended(work, *waiting)}
            effects.extend(_refusal(key, job) for job in waiting)
    return writes, tuple(effects)


def _finish(key: str, work: Json, lease: Json, answer: Json, timeout_us: int, context: Context) -> Step:
    """Answer the command in work; begin the next while this node leads, else refuse it and all others."""
    job, *waiting = work["jobs"]
    told: tuple[Effect, ...] = (
        CancelTimer(f"job:{job['name']}"),
        _answer(key, job, answer["outcome"], answer["error"], update=answer.get("update"), after=answer.get("after")),
    )
    if not lease["leading"]:
        done = {"jobs": [], "ended": _ended(work, job, *waiting)}
        return Step({key: done}, (*told, *(_refusal(key, other) for other in waiting)))
    left = {"jobs": waiting, "ended": _ended(work, job)}
    if not waiting:
        return Step({key: left}, told)
    following = begin_work(key, left, lease["token"], timeout_us, context)
    return Step(following.writes, (*told, *following.effects))


def _ended(work: Json, *jobs: Json) -> list[str]:
    return [*work["ended"], *(job["name"] for job in jobs)][-ENDED_MAX:]


def _refused(why: str) -> Json:
    return {"outcome": "fail", "error": why}


def _refusal(key: str, job: Json) -> Send:
    data = {"op": job["op"], "attempt": job["attempt"], "leader": ""}
    return Send(job["reply_topic"], "NotLeader", key, data, partition_key=job["reply_key"])


def _answer(key: str, job: Json, outcome: str, error: str, **more: Any) -> Send:
    data = {"op": job["op"], "outcome": outcome, "error": error, **more}
    return Send(job["reply_topic"], "Changed", key, data, partition_key=job["reply_key"])


def _request(type: str, key: str, job: Json, data: Json, context: Context) -> Send:
    asked = {"op": job["op"], "token": job["token"], **data}
    return Send(STORAGE_REQUESTS, type, key, asked, reply_topic=storage_topic(context.node), reply_key=key)
