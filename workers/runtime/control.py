"""What may be done to a run from outside: create it, look at it, scale it, put a message in, end it, delete it."""

from __future__ import annotations

import uuid
from typing import Any, Literal, NamedTuple

import msgspec
import redis
from pydantic import ValidationError

from workers.cluster.plan import Plan, PlanError, build, check_fault, instance_ids
from workers.cluster.scenario import Scenario
from workers.cluster.schema.faults import one_fault
from workers.model.codec import pack
from workers.model.message import Json, Message, partition_of
from workers.runtime import acl
from workers.runtime.connection import Hub, of_hub, of_run
from workers.runtime.fault_feed import FaultFeed, read_all, tell
from workers.runtime.instance import LEASE_US
from workers.runtime.keys import RUNS, WORKERS, RunKeys
from workers.runtime.scripts import STREAM_ENTRIES_MAX, Scripts, head_keys

ACTIVE = ("running", "draining")


class RunRefusedError(ValueError):
    """The run cannot do what was asked; the text says why."""


InstanceState = Literal["alive", "paused", "down", "dead"]


class InstanceStatus(NamedTuple):
    """One instance that is wanted or alive. ``age_ms``: since its last sign of life, -1 if it has no lease.

    ``state``: ``dead`` without a lease that holds; else ``paused`` or ``down`` while a fault of its node says so,
    though its process lives; else ``alive``.
    """

    id: str
    node: str
    epoch: int
    age_ms: int
    alive: bool
    partitions: list[int]
    state: InstanceState


class Status(NamedTuple):
    """A run as the server knows it; times in microseconds of the server's clock."""

    state: str
    reason: str
    started_us: int
    ended_us: int | None
    now_us: int
    instances: list[InstanceStatus]
    workers: int


def create_run(client: redis.Redis, run: str, scenario: Json) -> None:
    """Make the run known; the reconciler of any worker starts its instances. Raises ``PlanError`` or a schema error."""
    plan = build(Scenario.model_validate(scenario))
    if plan.alterations:
        raise PlanError("alterations", len(plan.alterations), "settings change in virtual time only; simulate it")
    keys = RunKeys(run)
    now_us = server_time_us(of_run(client, run))
    meta: dict[str, bytes | str | int] = {
        "scenario": msgspec.json.encode(scenario),
        "state": "running",
        "reason": "",
        "started_us": now_us,
        "epoch": 0,
        "version": 1,
    }
    shard = of_run(client, run)
    with shard.pipeline(transaction=True) as pipe:
        pipe.hset(keys.meta, mapping=meta)  # type: ignore[arg-type]
        pipe.hset(keys.desired, mapping=dict(plan.instances))  # type: ignore[arg-type]
        pipe.hset(keys.users, mapping=acl.passwords(plan))  # type: ignore[arg-type]
        pipe.execute()
    scripts = Scripts(shard)
    for fault in plan.faults:
        if fault.begin_us == 0:
            tell(scripts, keys, plan, fault.id, fault.settings, begins=True)
    of_hub(client).sadd(RUNS, run)
    acl.protect(shard, plan, keys, anew=True)


def plan_of(client: redis.Redis, run: str) -> Plan | None:
    """The plan of a run; ``None`` if the run has no keys."""
    raw: bytes | None = of_run(client, run).hget(RunKeys(run).meta, "scenario")  # type: ignore[assignment]
    return None if raw is None else build(Scenario.model_validate_json(raw))


def active_runs(client: redis.Redis) -> list[str]:
    """The ids of all runs that have keys, ended ones that nobody has archived yet included, sorted."""
    members: set[bytes] = of_hub(client).smembers(RUNS)  # type: ignore[assignment]
    return sorted(run.decode() for run in members)


def run_status(client: redis.Redis, run: str) -> Status | None:
    """How a run is; ``None`` if it has no keys."""
    keys, shard = RunKeys(run), of_run(client, run)
    with shard.pipeline(transaction=True) as pipe:
        pipe.hmget(keys.meta, "state", "reason", "started_us", "ended_us", "faults")
        pipe.hgetall(keys.leases)
        pipe.hgetall(keys.owners)
        pipe.hgetall(keys.desired)
        pipe.time()
        meta, leases, owners, desired, (seconds, micros) = pipe.execute()
    if meta[0] is None:
        return None
    now_us = seconds * 1_000_000 + micros
    ended_us = None if meta[3] is None else int(meta[3])
    instances = _instances(leases, owners, desired, now_us)
    if meta[4] is not None:
        instances = _with_faults(shard, keys, instances)
    return Status(meta[0].decode(), meta[1].decode(), int(meta[2]), ended_us, now_us, instances, workers_alive(client))


def workers_alive(client: redis.Redis) -> int:
    """How many worker processes have given a sign of life lately."""
    now_us = server_time_us(of_hub(client))
    expiries: list[bytes] = of_hub(client).hvals(WORKERS)  # type: ignore[assignment]
    return sum(int(expires) > now_us for expires in expiries)


def scale(client: redis.Redis, run: str, node: str, instances: int) -> None:
    """Ask for ``instances`` instances of ``node``; raises ``RunRefusedError`` if that cannot be."""
    plan = _plan(client, run)
    if node not in plan.nodes:
        raise RunRefusedError(f"there is no node {node!r}; this run has {', '.join(plan.nodes)}")
    if not 0 <= instances <= plan.partitions:
        raise RunRefusedError(
            f"{instances} instances of {node}: this run has {plan.partitions} partitions, so 0 to {plan.partitions}"
        )
    keys = RunKeys(run)
    _expect_ok(run, Scripts(of_run(client, run)).scale(head_keys(keys), [node, instances, plan.partitions]))


def inject(client: redis.Redis, run: str, topic: str, type: str, key: str, data: Json, plan: Plan | None = None) -> str:
    """Put one message from outside on ``topic``; returns its id. Who has the run's plan gives it, and saves time."""
    plan = plan or _plan(client, run)
    if topic not in plan.subscribers:
        raise RunRefusedError(f"nobody subscribes to topic {topic!r}")
    message = Message(f"web-{uuid.uuid4().hex[:8]}", topic, type, "web", key, data)
    stream = RunKeys(run).topic(topic, partition_of(key, plan.partitions))
    names = [*head_keys(RunKeys(run)), stream]
    _expect_ok(run, Scripts(of_run(client, run)).inject(names, [pack(message), STREAM_ENTRIES_MAX]))
    return message.id


def inject_fault(client: redis.Redis, run: str, fault_json: str | bytes) -> str:
    """Let a fault begin now; returns its id. ``fault_json`` is an entry of a scenario's section ``faults``.

    Its ``at_s`` counts for nothing; ``for_s`` counts from now, without it the fault lasts until it is healed. Raises
    ``RunRefusedError`` saying which field, what it is, and what would be right.
    """
    plan = _plan(client, run)
    try:
        settings = one_fault.validate_json(fault_json)
        check_fault(plan, "fault", settings)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in first["loc"]) or "fault"
        message = str(first["msg"]).removeprefix("Value error, ")
        raise RunRefusedError(f"{field} = {str(first['input'])[:80]}: {message}") from error
    except PlanError as error:
        raise RunRefusedError(str(error)) from error
    keys, scripts = RunKeys(run), Scripts(of_run(client, run))
    fault_id, number = settings.name or "", len(plan.faults)
    while True:
        number += 1
        trial = fault_id or f"f{number}"
        taken = trial in {fault.id for fault in plan.faults}
        reply = [b"no"] if taken else tell(scripts, keys, plan, trial, settings, begins=True)
        if reply[0] == b"full":
            raise RunRefusedError(f"run {run} has had {reply[1].decode()} faults; that is as many as a run takes")
        if reply[0] == b"no":
            if fault_id:
                raise RunRefusedError(f"name = {fault_id}: this run has had a fault of this name; take another")
            continue
        _expect_ok(run, reply)
        return trial


def heal(client: redis.Redis, run: str, fault_id: str) -> None:
    """Let a fault end now; raises ``RunRefusedError`` if it does not hold."""
    plan = _plan(client, run)
    keys, shard = RunKeys(run), of_run(client, run)
    faults = read_all(shard, keys, FaultFeed(plan, 0)).faults
    if fault_id not in faults:
        begun = ", ".join(faults) or "none"
        raise RunRefusedError(f"there is no fault {fault_id!r} to heal; these have begun: {begun}")
    reply = tell(Scripts(shard), keys, plan, fault_id, faults[fault_id].settings, begins=False)
    if reply[0] == b"no":
        raise RunRefusedError(f"fault {fault_id} has ended already")
    _expect_ok(run, reply)


def stop_run(client: redis.Redis, run: str, reason: str = "stopped by hand") -> None:
    """End the run now: no commit is accepted after this. A run that has ended already stays as it is."""
    end_run(client, run, "stopped", reason)


def end_run(client: redis.Redis, run: str, state: str, reason: str) -> bool:
    """End the run in ``state``; false if it had ended before."""
    reply = Scripts(of_run(client, run)).end(head_keys(RunKeys(run)), [state, reason])
    return bool(reply[0] == b"ok")


def delete_run(client: redis.Redis, run: str) -> None:
    """Remove every key of the run: first what makes it one, so that whoever still works for it leaves."""
    of_hub(client).srem(RUNS, run)
    shard = of_run(client, run)
    shard.unlink(RunKeys(run).meta)
    pattern = RunKeys(run).prefix.replace("[", "\\[") + "*"
    batch: list[bytes] = []
    for key in shard.scan_iter(match=pattern, count=500):
        batch.append(key)
        if len(batch) == 500:
            shard.unlink(*batch)
            batch.clear()
    if batch:
        shard.unlink(*batch)
    acl.remove(shard, RunKeys(run))
    if isinstance(hub := of_hub(client), Hub):
        hub.forget(run)


def server_time_us(client: redis.Redis) -> int:
    """The server's clock in microseconds."""
    seconds, micros = client.time()
    return int(seconds) * 1_000_000 + int(micros)


def _plan(client: redis.Redis, run: str) -> Plan:
    plan = plan_of(client, run)
    if plan is None:
        raise RunRefusedError(f"run {run} has ended")
    return plan


def _expect_ok(run: str, reply: list[Any]) -> None:
    if reply[0] == b"ok":
        return
    detail = reply[1].decode() if len(reply) > 1 else ""
    if reply[0] == b"full":
        raise RunRefusedError(f"run {run} cannot keep up: {detail} is full; stop the run or add instances")
    raise RunRefusedError(f"run {run} has ended ({detail})")


def _instances(
    leases: dict[bytes, bytes], owners: dict[bytes, bytes], desired: dict[bytes, bytes], now_us: int
) -> list[InstanceStatus]:
    owned: dict[str, list[int]] = {}
    for field, owner in owners.items():
        owned.setdefault(owner.decode().split()[0], []).append(int(field.decode().rpartition("/")[2]))
    names = {i for node, count in desired.items() for i in instance_ids(node.decode(), int(count))}
    found: list[InstanceStatus] = []
    for name in sorted(names | {lease.decode() for lease in leases}):
        raw = leases.get(name.encode())
        epoch, expires_us = (0, 0) if raw is None else (int(part) for part in raw.split())
        age_ms = -1 if raw is None else max(0, (now_us - (expires_us - LEASE_US)) // 1_000)
        alive = raw is not None and expires_us > now_us
        state: InstanceState = "alive" if alive else "dead"
        partitions = sorted(owned.get(name, []))
        found.append(InstanceStatus(name, name.rpartition(".")[0], epoch, age_ms, alive, partitions, state))
    return found


def _with_faults(client: redis.Redis, keys: RunKeys, instances: list[InstanceStatus]) -> list[InstanceStatus]:
    """The instances with what faults do to their nodes; only a run that has had a fault pays for this."""
    nodes = sorted({instance.node for instance in instances})
    fields = [f"{what}:{node}" for node in nodes for what in ("crashed", "stopped")]
    if not fields:
        return instances
    counts = [int(count or 0) for count in client.hmget(keys.meta, fields)]
    states: dict[str, InstanceState] = {}
    for node, crashed, stopped in zip(nodes, counts[::2], counts[1::2], strict=True):
        if stopped:
            states[node] = "down" if crashed else "paused"
    return [i._replace(state=states.get(i.node, "alive")) if i.alive else i for i in instances]
