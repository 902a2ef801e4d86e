"""The web server itself: who says nothing that can be answered is sent away, who does is not."""

import resource
import socket
from contextlib import closing

import pytest

from consistency_viz.lab.ports import free_port
from consistency_viz.lab.stack import Stack

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
SHORT = {"CV_HEAD_WITHIN_S": "0.5"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    port, folder = free_port(), tmp_path_factory.mktemp("web")
    app = "tests.lab.tiny_web_app:application"
    with Stack(data_dir=folder, redis_url="", workers=0, web_app=app, web_port=port, environment=SHORT) as stack:
        soft, hard = resource.prlimit(stack.web.pid, resource.RLIMIT_NOFILE)
        assert soft == min(hard, 65_536)
        yield "127.0.0.1", port


@pytest.fixture
def line(address):
    with closing(socket.create_connection(address, timeout=10)) as line:
        yield line


@pytest.mark.stack
@pytest.mark.parametrize("said", [b"", b"GET", HEAD])
def test_a_head_that_does_not_come_to_its_end_ends_the_connection(line, said):
    line.sendall(said)
    assert line.recv(1_000) == b""


@pytest.mark.stack
def test_a_second_head_on_the_same_connection_has_no_more_time_than_the_first(line):
    line.sendall(HEAD + b"\r\n")
    answer = b""
    while not answer.endswith(b"0\r\n\r\n"):
        answer += line.recv(1_000)
    assert answer.startswith(b"HTTP/1.1 200")
    line.sendall(HEAD)
    assert line.recv(1_000) == b""
