"""Where servers are, by URL: what can be used is read whole, anything else is refused by what is wrong with it."""

from __future__ import annotations

import pytest

from workers.runtime.address import (
    AddressError,
    Cluster,
    One,
    Sentinels,
    address,
    celery_broker,
    channel_layer_host,
    cluster,
)

SENTINELS = "sentinel://us%20er:p%40ss@10.0.0.1,10.0.0.2:5000,[::1]:26380/3?master=lab&sentinel_password=own"


@pytest.mark.parametrize("url", ["redis://:pw@10.0.0.1:6379/0", "rediss://u:pw@h:6380/0", "unix:///run/redis.sock"])
def test_the_url_of_one_primary_is_taken_as_it_is_everywhere(url):
    assert address(url) == One(url)
    assert celery_broker(url) == (url, {})
    assert channel_layer_host(url) == {"address": url, "socket_timeout": None}


def test_sentinels_are_read_with_their_ports_both_passwords_and_the_database():
    hosts = (("10.0.0.1", 26379), ("10.0.0.2", 5000), ("::1", 26380))
    login = {"username": "us er", "password": "p@ss"}
    assert address(SENTINELS) == Sentinels(hosts, "lab", 3, login, {"password": "own"})
    assert address("sentinel://h/?master=m") == Sentinels((("h", 26379),), "m", 0, {}, {})


def test_sentinels_are_told_to_celery_and_to_channels_as_these_take_them():
    broker, options = celery_broker(SENTINELS)
    login = "sentinel://us%20er:p%40ss@"
    assert broker == f"{login}10.0.0.1:26379/3;{login}10.0.0.2:5000/3;{login}[::1]:26380/3"
    assert options == {"master_name": "lab", "sentinel_kwargs": {"password": "own", "socket_timeout": 1.0}}
    assert channel_layer_host(SENTINELS) == {
        "sentinels": [("10.0.0.1", 26379), ("10.0.0.2", 5000), ("::1", 26380)],
        "master_name": "lab",
        "sentinel_kwargs": {"password": "own", "socket_timeout": 1.0},
        "db": 3,
        "username": "us er",
        "password": "p@ss",
        "socket_timeout": None,
    }


def test_a_cluster_is_read_with_what_is_good_on_all_of_its_nodes():
    assert cluster("redis+cluster://:pw@a:7000,b") == Cluster((("a", 7000), ("b", 6379)), {"password": "pw"})
    assert cluster("redis+cluster://a:7000/") == Cluster((("a", 7000),), {})


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://h:1", r"^it begins with 'http'; use redis://host:port/0, .* or sentinel://"),
        ("redis://", r"^it begins with 'redis'; use "),
        ("localhost:6379", r"^it begins with 'localhost:6379'; use "),
        ("redis+cluster://:secret@h:1", "set REDIS_RUNS_URL to it, and REDIS_URL to a server"),
        ("sentinel://:secret@h:1/0", r"names no primary; add \?master=NAME"),
        ("sentinel://:secret@h:1/mymaster?master=m", "'mymaster' is no database; write a number"),
        ("sentinel://:secret@h:1/0?master=m&masterr=x", "does not know 'masterr'; it takes master, sentinel_username"),
        ("sentinel://:secret@h:x/0?master=m", "'h:x' is no host; write host:port"),
        ("sentinel://:secret@h:1,/0?master=m", "'' is no host; write host:port, several with commas"),
        ("sentinel:///0?master=m", "'' is no host"),
    ],
)
def test_what_cannot_be_used_is_refused_by_what_is_wrong_and_without_the_password(url, says):
    with pytest.raises(AddressError, match=says) as refused:
        address(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis://:secret@h:1", r"^it begins with 'redis'; use redis\+cluster://"),
        ("redis+cluster://:secret@h:1/2", "no databases and no options"),
        ("redis+cluster://:secret@h:1?a=b", "no databases and no options"),
        ("redis+cluster://:secret@", "'' is no host"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_refused_likewise(url, says):
    with pytest.raises(AddressError, match=says) as refused:
        cluster(url)
    assert "secret" not in str(refused.value)
