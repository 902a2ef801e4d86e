from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from consistency_viz.lab import processes
from consistency_viz.lab.errors import LabError
from consistency_viz.lab.processes import Supervisor
from tests.lab.helpers import SLEEPER, child, gone, until

DIARIST = (
    "import signal, sys, time; "
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(open({0!r}, 'a').write({1!r}))); " + SLEEPER
)
SHORT_LIVED = "print('up', flush=True); raise SystemExit(7)"


@pytest.fixture
def told() -> list[str]:
    return []


def test_a_killed_child_is_started_again(tmp_path: Path, told: list[str]) -> None:
    with Supervisor(tell=told.append) as supervisor:
        sleeper = supervisor.add(child(tmp_path))
        sleeper.start()
        supervisor.watch()
        first_pid = sleeper.pid
        sleeper.kill()
        assert until(lambda: sleeper.pid != first_pid and sleeper.ready)
        assert sleeper.starts == 2
    assert told == [f"sleeper was killed by SIGKILL; see {tmp_path}/sleeper.log. Starting it again in 0.1 s."]
    assert gone(sleeper.pid)


@pytest.mark.parametrize("on_purpose", ["stop", "kill"])
def test_a_child_that_was_stopped_on_purpose_stays_down_until_it_is_started(tmp_path: Path, on_purpose: str) -> None:
    with Supervisor() as supervisor:
        sleeper = supervisor.add(child(tmp_path))
        sleeper.start()
        supervisor.watch()
        if on_purpose == "stop":
            sleeper.stop()
        else:
            sleeper.kill(revive=False)
        time.sleep(0.3)
        assert not sleeper.alive
        sleeper.start()
        assert sleeper.alive


def test_a_child_that_keeps_dying_ends_the_laboratory_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "BACK_OFF_S_FIRST", 0.01)
    with Supervisor(restarts_max=2) as supervisor:
        steady = supervisor.add(child(tmp_path, name="steady"))
        steady.start()
        fickle = supervisor.add(child(tmp_path, SHORT_LIVED, name="fickle"))
        fickle.start(wait=False)
        supervisor.watch()
        with pytest.raises(LabError, match=r"^fickle died 3 times in a row, so the laboratory ends\. .*status 7"):
            supervisor.wait(timeout_s=10)
    assert (steady.alive, fickle.alive, fickle.starts) == (False, False, 3)


def test_children_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    note = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(open({0!r}, 'a').write({1!r})));"
    )
    diary = str(tmp_path / "diary")
    with Supervisor() as supervisor:
        for name in ("server", "worker", "web"):
            supervisor.add(child(tmp_path, note.format(diary, name + " ") + SLEEPER, name=name)).start()
    assert Path(diary).read_text() == "web worker server "


def test_stopping_twice_is_stopping_once(tmp_path: Path) -> None:
    supervisor = Supervisor()
    sleeper = supervisor.add(child(tmp_path))
    sleeper.start()
    supervisor.watch()
    supervisor.stop()
    supervisor.stop()
    assert supervisor.wait() is True
    assert sleeper.exit_status == -signal.SIGTERM


def test_killing_all_does_not_wait(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        sleeper = supervisor.add(child(tmp_path))
        sleeper.start()
        supervisor.kill_all()
        assert until(lambda: not sleeper.alive)
        assert supervisor.wait() is True
    assert sleeper.exit_status == -signal.SIGKILL
