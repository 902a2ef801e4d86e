"""What stands before Django: the limit of a body, and what starts and stops with the server."""

import pytest
from asgiref.testing import ApplicationCommunicator

from consistency_viz.live.supervision import Supervisor


def http(headers, path="/runs/start/"):
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    return {**scope, "http_version": "1.1", "scheme": "http", "root_path": "", "client": ("127.0.0.1", 1)}


@pytest.fixture
def application():
    from consistency_viz.asgi import application

    return application


async def test_a_body_that_says_it_is_too_large_is_refused_unread(application):
    request = ApplicationCommunicator(application, http([(b"content-length", b"65537")]))
    start = await request.receive_output(5)
    assert start["status"] == 413
    assert b"65536 bytes" in (await request.receive_output(5))["body"]


async def test_a_body_that_does_not_say_how_long_it_is_is_refused_when_it_is_over(application):
    request = ApplicationCommunicator(application, http([(b"host", b"localhost")]))
    for _ in range(5):
        await request.send_input({"type": "http.request", "body": b"x" * 20_000, "more_body": True})
    start = await request.receive_output(5)
    assert (start["type"], start["status"]) == ("http.response.start", 413)
    assert b"65536 bytes" in (await request.receive_output(5))["body"]
    await request.wait(5)
    assert await request.receive_nothing()


async def test_a_body_within_the_limit_passes_in_pieces():
    from consistency_viz.asgi import BodyLimit

    async def echo(scope, receive, send):
        pieces = [(await receive())["body"] for _ in range(2)]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"".join(pieces)})

    request = ApplicationCommunicator(BodyLimit(echo, 10), http([]))
    for _ in range(2):
        await request.send_input({"type": "http.request", "body": b"12345", "more_body": True})
    assert (await request.receive_output(5))["status"] == 200
    assert (await request.receive_output(5))["body"] == b"1234512345"


@pytest.mark.django_db(transaction=True)  # Channels closes old connections when a socket has gone
@pytest.mark.parametrize("path", ["/ws/", "/ws/runs/UPPER/", "/ws/runs/a/b/", "/"])
async def test_a_socket_to_an_unknown_path_is_denied(application, path):
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "subprotocols": []}
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(5))["type"] == "websocket.close"
    await socket.send_input({"type": "websocket.disconnect", "code": 1006})
    await socket.wait(5)


async def test_the_supervisor_starts_and_stops_with_the_server(application, monkeypatch):
    told = []

    async def stop(self):
        told.append("stopped")

    monkeypatch.setattr(Supervisor, "start", lambda self: told.append("started"))
    monkeypatch.setattr(Supervisor, "stop", stop)
    server = ApplicationCommunicator(application, {"type": "lifespan", "asgi": {}})
    await server.send_input({"type": "lifespan.startup"})
    assert await server.receive_output(5) == {"type": "lifespan.startup.complete"}
    await server.send_input({"type": "lifespan.shutdown"})
    assert await server.receive_output(5) == {"type": "lifespan.shutdown.complete"}
    assert told == ["started", "stopped"]


@pytest.mark.parametrize("constant", ["BODY_PIECE_WITHIN_S", "BODY_WITHIN_S"])
async def test_a_body_that_does_not_go_on_is_refused(application, monkeypatch, constant):
    monkeypatch.setattr(f"consistency_viz.asgi.{constant}", 0.05)
    request = ApplicationCommunicator(application, http([(b"host", b"localhost")]))
    await request.send_input({"type": "http.request", "body": b"x", "more_body": True})
    assert (await request.receive_output(5))["status"] == 408
    assert b"too slowly" in (await request.receive_output(5))["body"]
    await request.wait(5)
    assert await request.receive_nothing()


async def test_once_the_body_is_there_its_answer_may_take_longer(monkeypatch):
    from consistency_viz.asgi import BodyLimit

    async def slow(scope, receive, send):
        await receive()
        assert (await receive())["type"] == "http.disconnect"  # after a while
        await send({"type": "http.response.start", "status": 200, "headers": []})

    monkeypatch.setattr("consistency_viz.asgi.BODY_PIECE_WITHIN_S", 0.05)
    request = ApplicationCommunicator(BodyLimit(slow, 10), http([]))
    await request.send_input({"type": "http.request", "body": b"12345", "more_body": False})
    assert await request.receive_nothing(0.2)
    await request.send_input({"type": "http.disconnect"})
    assert (await request.receive_output(5))["status"] == 200
