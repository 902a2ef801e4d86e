"""Where the server is: what is not an address that the workers can use is refused by name."""

from __future__ import annotations

import pytest

from workers.runtime.connection import redis_url


@pytest.mark.parametrize("url", ["redis://:pw@10.0.0.1:6379/0", "rediss://u:pw@h:6380/0", "unix:///run/redis.sock"])
def test_the_url_of_one_primary_is_taken_as_it_is(url, monkeypatch):
    monkeypatch.setenv("REDIS_URL", url)
    assert redis_url() == url


@pytest.mark.parametrize("scheme", ["sentinel", "redis-sentinel", "redis+cluster", "http"])
def test_another_scheme_is_refused_and_the_password_is_not_said(scheme, monkeypatch):
    monkeypatch.setenv("REDIS_URL", f"{scheme}://:secret@10.0.0.1:26379/mymaster")
    with pytest.raises(RuntimeError, match=r"^REDIS_URL begins with '.*'; use redis:// ") as refused:
        redis_url()
    assert scheme in str(refused.value)
    assert "secret" not in str(refused.value)
    monkeypatch.setenv("REDIS_URL", "")
    with pytest.raises(RuntimeError, match="REDIS_URL is not set"):
        redis_url()
