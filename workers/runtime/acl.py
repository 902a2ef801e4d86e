"""Who may write what, enforced by the server: each node of a run works as a Redis user of its own.

Rules
1. A node's user may append to the topics that the node publishes to, read those it subscribes to, and change its own
   shards. The scripts declare every stream that they write to as a key, and the server compares the keys with the
   user's rights before it runs anything: a commit with one forbidden message is refused whole, and the instance commits
   the rest.
2. Passwords are random, in a key of the run that no node's user may read, and are gone with the run, as the users are.
3. Users do not survive a restart of a server without an ACL file: the reconciler makes them again, and whoever was
   refused meanwhile tries again.
4. A server that does not let us manage users (a hosted one) leaves a run without them: its nodes work as we do, and the
   shards themselves keep to rule 1, as in the simulator.

Redis 7.0: key permissions (``%R~``) and subcommands in rules.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from typing import Any, Final

import redis

from workers.cluster.plan import Plan
from workers.cluster.shards import Outcome, refused
from workers.model.node import NodeSpec
from workers.model.observation import Body, Sent
from workers.runtime.keys import RunKeys
from workers.runtime.scripts import head_keys

log = logging.getLogger(__name__)

_COMMANDS: Final = (
    *("evalsha", "eval", "script|load", "select", "ping", "xread", "xrange", "hgetall", "hmget"),
    # Inside the scripts:
    *("time", "get", "set", "hget", "hset", "hdel", "hincrby", "exists", "xadd", "xlen", "hkeys", "del"),
)
_GLOB: Final = str.maketrans({character: f"\\{character}" for character in "\\*?["})


def passwords(plan: Plan) -> dict[str, str]:
    """A fresh password for each node."""
    return {node: secrets.token_urlsafe(24) for node in plan.nodes}


def user_of(keys: RunKeys, node: str) -> str:
    """The name of a node's user: it begins as the run's keys do."""
    return f"{keys.prefix}{node}"


def protect(client: redis.Redis, plan: Plan, keys: RunKeys, *, anew: bool = False) -> None:
    """Make the users of a run that the server does not have (``anew``: all); without the right to, give them up."""
    known: dict[bytes, bytes] = client.hgetall(keys.users)  # type: ignore[assignment]
    if not known:
        return
    try:
        present = set() if anew else set(_users(client))
        for node, password in known.items():
            user = user_of(keys, node.decode())
            if user not in present:
                client.execute_command(  # type: ignore[no-untyped-call]
                    "ACL", "SETUSER", user, *rules(plan.nodes[node.decode()], keys, password.decode())
                )
    except redis.ResponseError as error:
        log.warning("run %s: its nodes have no users of their own: %s", keys.run, error)
        client.delete(keys.users)


def rules(spec: NodeSpec, keys: RunKeys, password: str) -> list[str]:
    """What a node's user may do, as arguments of ``ACL SETUSER``."""

    def pattern(name: str) -> str:
        return name.translate(_GLOB)

    own = [f"~{pattern(name)}" for name in (*head_keys(keys), keys.faults)]
    own.append(f"~{pattern(f'{keys.prefix}shard:{spec.id}:')}*")
    written = [f"~{pattern(f'{keys.prefix}topic:{topic}:')}*" for topic in spec.publishes]
    read = [f"%R~{pattern(f'{keys.prefix}topic:{topic}:')}*" for topic in spec.subscribes]
    return ["reset", "on", f">{password}", *own, *written, *read, *(f"+{command}" for command in _COMMANDS)]


def become(client: redis.Redis, keys: RunKeys, node: str) -> bool:
    """Let ``client`` work as the node's user from now on; false, and nothing changes, if the run has no users."""
    password: bytes | None = client.hget(keys.users, node)  # type: ignore[assignment]
    if password is None:
        return False
    pool = client.connection_pool
    # Without the library's name: to tell it takes a command that Redis 7.0 does not know.
    pool.connection_kwargs.update(username=user_of(keys, node), password=password.decode(), driver_info=None)
    pool.disconnect()
    pool.reset()
    return True


def without_refused(outcome: Outcome, spec: NodeSpec, error: Exception) -> bool:
    """Take out of an outcome what its node may not send, and note that it was refused; false if there is nothing."""
    count = len(outcome.messages)
    outcome.messages = [(p, message) for p, message in outcome.messages if message.topic in spec.publishes]
    outcome.bodies = [_noted(body, spec, f"NOPERM: {error}") for body in outcome.bodies]
    return len(outcome.messages) < count


def remove(client: redis.Redis, keys: RunKeys) -> None:
    """Remove the users of a run; their connections end."""
    _delete(client, lambda user: user.startswith(keys.prefix))


def remove_orphans(client: redis.Redis, runs: Iterable[str]) -> None:
    """Remove the users of runs that are no more."""
    prefixes = tuple(RunKeys(run).prefix for run in runs)
    _delete(client, lambda user: user.startswith("cv:{") and not user.startswith(prefixes))


def _noted(body: Body, spec: NodeSpec, error: str) -> Body:
    if isinstance(body, Sent) and body.topic not in spec.publishes:
        return refused(body.topic, body.message, body.type, body.key, error)
    return body


def _users(client: redis.Redis) -> list[str]:
    listed: list[Any] = client.execute_command("ACL", "USERS")  # type: ignore[no-untyped-call]
    return [user.decode(errors="replace") if isinstance(user, bytes) else str(user) for user in listed]


def _delete(client: redis.Redis, condition: Any) -> None:
    try:
        users = [user for user in _users(client) if condition(user)]
        if users:
            client.execute_command("ACL", "DELUSER", *users)  # type: ignore[no-untyped-call]
    except redis.ResponseError:
        log.debug("this server does not let us manage users")
