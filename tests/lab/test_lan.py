"""The laboratory for a room's network: the address, what the server is told, and what is not exposed."""

import ipaddress

import pytest

from consistency_viz.lab import lan
from consistency_viz.lab.errors import LabError


def test_addresses_that_others_may_reach_are_found_private_ones_first():
    found = lan.addresses()
    assert not any(ipaddress.ip_address(address).is_loopback for address in found)
    private = [ipaddress.ip_address(address).is_private for address in found]
    assert private == sorted(private, reverse=True)


def test_the_likeliest_address_is_taken_unless_one_is_named(monkeypatch):
    monkeypatch.setattr(lan, "addresses", lambda: ["192.168.1.7", "10.0.0.2"])
    assert lan.choose("auto") == "192.168.1.7"
    assert lan.choose("10.0.0.2") == "10.0.0.2"
    with pytest.raises(LabError, match=r"192\.168\.1\.9 is no address of this machine"):
        lan.choose("192.168.1.9")
    with pytest.raises(LabError, match="is no address of this machine"):
        lan.choose("0.0.0.0")


def test_without_a_network_it_is_said_what_to_do(monkeypatch):
    monkeypatch.setattr(lan, "addresses", list)
    with pytest.raises(LabError, match="hotspot"):
        lan.choose("auto")


def test_the_server_is_told_its_host_and_the_rooms_their_address(monkeypatch):
    monkeypatch.delenv("ALLOWED_HOSTS", raising=False)
    assert lan.environment("192.168.1.7", 8000) == {
        "ALLOWED_HOSTS": "192.168.1.7,localhost,127.0.0.1,[::1]",
        "CV_PUBLIC_URL": "http://192.168.1.7:8000",
    }


def test_the_code_in_the_terminal_is_drawn_with_blocks():
    drawn = lan.qr("http://192.168.1.7:8000/j/")
    assert len(drawn.splitlines()) > 10
    assert "█" in drawn
