"""The engine asks of a server nothing newer than Redis 7.0."""

from __future__ import annotations

import pytest

from tests.stack.support import steady
from tests.workers.live import LiveRun

pytestmark = pytest.mark.stack


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def since_of(client, name: str) -> str:
    """The release that brought a command, as the server documents it (the client's own parser of this is not used)."""
    connection = client.connection_pool.get_connection()
    try:
        connection.send_command("COMMAND", "DOCS", name)
        reply = connection.read_response()
    finally:
        client.connection_pool.release(connection)
    [doc] = reply.values() if isinstance(reply, dict) else reply[1::2]
    fields = doc if isinstance(doc, dict) else dict(zip(doc[::2], doc[1::2], strict=True))
    return fields[b"since"].decode()


def test_no_command_of_a_run_is_newer_than_redis_7_0(redis_client, server):
    redis_client.config_resetstat()
    with LiveRun(server.url, steady(20, 100)) as live:
        assert live.finish()
    used = [name.removeprefix("cmdstat_").replace("|", " ") for name in redis_client.info("commandstats")]
    since = {name: since_of(redis_client, name.split()[0]) for name in used}
    assert "evalsha" in used
    assert "xread" in used
    assert {name: text for name, text in since.items() if version(text) > (7, 0, 0)} == {}
