from __future__ import annotations

from pathlib import Path

import pytest

from consistency_viz.lab.errors import LabError, without_password
from consistency_viz.lab.ports import free_port
from consistency_viz.lab.redis_check import answers, check_usable
from consistency_viz.lab.server import EmbeddedServer


def test_a_server_that_answers_is_usable(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        assert answers(server.url)
        check_usable(server.url)


def test_a_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    port = free_port()
    with pytest.raises(LabError) as caught:
        check_usable(f"redis://user:s3cret@127.0.0.1:{port}/0")
    assert str(caught.value) == (
        f"No Redis server can be used at redis://127.0.0.1:{port}/0 (ConnectionError within 2 s). "
        "Start one there, correct REDIS_URL, or unset it to use the embedded server."
    )


def test_a_wrong_password_is_named_as_the_reason(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        url = f"redis://:wr0ng@127.0.0.1:{server.port}/0"
        assert not answers(url)
        with pytest.raises(LabError, match="refuses the user or password") as caught:
            check_usable(url)
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:6379", "redis://:s3cret@127.0.0.1:port/0", "6379"])
def test_what_is_no_redis_url_is_refused_as_such(url: str) -> None:
    with pytest.raises(LabError, match=r"is not a Redis URL that can be used.*redis://\[:password@\]host") as caught:
        check_usable(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:p@h:1/0", "redis://h:1/0"),
        ("rediss://u:p@h/2", "rediss://h/2"),
        ("redis://:p@h:x/0", "redis://h:x/0"),
        ("sentinel://u:p@h:1,i:2/0?master=m&sentinel_password=s", "sentinel://h:1,i:2/0"),
        ("redis+cluster://:p@h:1,i:2", "redis+cluster://h:1,i:2"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
