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
    client_options,
    cluster,
)

SENTINELS = "sentinel://us%20er:p%40ss@10.0.0.1,10.0.0.2:5000,[::1]:26380/3?master=lab&sentinel_password=own"


@pytest.mark.parametrize("url", ["redis://:pw@10.0.0.1:6379/0", "rediss://u:pw@h:6380/0", "unix:///run/redis.sock"])
def test_the_url_of_one_primary_is_taken_as_it_is_everywhere(url):
    assert address(url) == One(url)
    assert celery_broker(url) == (url, {}, None)
    assert channel_layer_host(url) == {"address": url, "socket_timeout": None}


def test_sentinels_are_read_with_their_ports_both_passwords_and_the_database():
    hosts = (("10.0.0.1", 26379), ("10.0.0.2", 5000), ("::1", 26380))
    login = {"username": "us er", "password": "p@ss"}
    assert address(SENTINELS) == Sentinels(hosts, "lab", 3, login, {"password": "own"})
    assert address("sentinel://h/?master=m") == Sentinels((("h", 26379),), "m", 0, {}, {})


def test_sentinels_are_told_to_celery_and_to_channels_as_these_take_them():
    broker, options, tls = celery_broker(SENTINELS)
    login = "sentinel://us%20er:p%40ss@"
    assert broker == f"{login}10.0.0.1:26379/3;{login}10.0.0.2:5000/3;{login}[::1]:26380/3"
    assert options == {"master_name": "lab", "sentinel_kwargs": {"password": "own", "socket_timeout": 1.0}}
    assert tls is None
    assert channel_layer_host(SENTINELS) == {
        "sentinels": [("10.0.0.1", 26379), ("10.0.0.2", 5000), ("::1", 26380)],
        "master_name": "lab",
        "sentinel_kwargs": {"password": "own", "socket_timeout": 1.0},
        "db": 3,
        "username": "us er",
        "password": "p@ss",
        "socket_timeout": None,
    }


def test_with_tls_sentinels_and_cluster_say_what_is_trusted_to_each_who_connects():
    url = f"rediss+{SENTINELS}&ssl_ca_certs=/ca.pem&ssl_check_hostname=False"
    tls = {"ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False}
    plain = address(SENTINELS)
    assert isinstance(plain, Sentinels)
    assert address(url) == plain._replace(tls=tls)
    broker, options, use_ssl = celery_broker(url)
    assert broker == celery_broker(SENTINELS)[0]
    assert options["sentinel_kwargs"] == {"password": "own", "socket_timeout": 1.0, "ssl": True, **tls}
    assert use_ssl == {"ssl_cert_reqs": "required", **tls}
    layer = channel_layer_host(url)
    assert layer == {**channel_layer_host(SENTINELS), "ssl": True, **tls, "sentinel_kwargs": options["sentinel_kwargs"]}
    assert cluster("rediss+cluster://:pw@a:7000?ssl_certfile=/c&ssl_keyfile=/k") == Cluster(
        (("a", 7000),), {"password": "pw"}, {"ssl_certfile": "/c", "ssl_keyfile": "/k"}
    )


def test_without_fields_tls_trusts_what_the_machine_trusts_and_none_looks_at_no_name_either():
    assert cluster("rediss+cluster://a").tls == {}
    assert celery_broker("rediss+sentinel://h/0?master=m")[2] == {"ssl_cert_reqs": "required"}
    none = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    assert cluster("rediss+cluster://a?ssl_cert_reqs=none").tls == none
    assert client_options(None) == {}
    assert client_options(none) == {"ssl": True, **none}


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
        (
            "sentinel://:secret@h/0?master=m&ssl_ca_certs=x",
            r"^sentinel:// does not know 'ssl_ca_certs'; it takes master",
        ),
        (
            "rediss+sentinel://:secret@h/0?master=m&ssl_ca=x",
            r"^rediss\+sentinel:// does not know 'ssl_ca'; .*ssl_ca_certs",
        ),
        ("rediss+sentinel://:secret@h/0?master=m&ssl_cert_reqs=maybe", "'maybe'; use required, optional or none"),
        ("rediss+sentinel://:secret@h/0?master=m&ssl_check_hostname=0", "'0'; use true or false"),
        ("rediss+cluster://:secret@h:1", "set REDIS_RUNS_URL to it, and REDIS_URL to a server"),
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
        ("redis+cluster://:secret@h:1?ssl_ca_certs=x", "no databases and no options"),
        ("rediss+cluster://:secret@h:1?master=m", "no databases and no options"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_refused_likewise(url, says):
    with pytest.raises(AddressError, match=says) as refused:
        cluster(url)
    assert "secret" not in str(refused.value)
