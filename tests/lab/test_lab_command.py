from __future__ import annotations

import socket
from io import StringIO

import pytest
from rich.console import Console

from consistency_viz.lab import ports
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.management.commands import lab


@pytest.fixture
def console() -> Console:
    return Console(record=True, width=200, file=StringIO())


def test_a_port_that_was_asked_for_is_taken_at_its_word(console: Console) -> None:
    assert lab.choose_port(console, 8123) == 8123


@pytest.mark.parametrize("asked", [0, -1, 65_536])
def test_what_is_no_port_is_refused(console: Console, asked: int) -> None:
    with pytest.raises(LabError, match="is no port"):
        lab.choose_port(console, asked)


def test_without_a_wish_the_next_free_port_is_taken_and_told(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr(lab, "PORT_DEFAULT", taken)
        assert lab.choose_port(console, None) != taken
    assert f"Port {taken} is taken by another program, so this is port" in console.export_text()


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert not ports.is_free(other.getsockname()[1])
    assert ports.is_free(ports.free_port())


def test_a_browser_is_opened_only_where_it_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert lab.has_display()
    monkeypatch.delenv("DISPLAY")
    assert not lab.has_display()
