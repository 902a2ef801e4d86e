from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from consistency_viz.lab.errors import LabError
from tests.lab.helpers import child, gone, processes_of, until

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time; pid = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid; "
    "print('up', pid, flush=True); time.sleep(60)"
)
ORPHAN_MAKER = """\
import sys, time
from pathlib import Path
from tests.lab.helpers import child
orphan = child(Path(sys.argv[1]), kernel_leash=sys.argv[2] == "kernel")
orphan.start()
print(orphan.pid, flush=True)
time.sleep(60)
"""


def test_a_child_that_was_started_is_ready_and_one_that_was_stopped_is_gone(tmp_path: Path) -> None:
    sleeper = child(tmp_path)
    sleeper.start()
    pid = sleeper.pid
    assert (sleeper.ready, sleeper.alive, sleeper.starts) == (True, True, 1)
    sleeper.stop()
    sleeper.stop()
    assert gone(pid)
    assert (sleeper.alive, sleeper.exit_status) == (False, -signal.SIGTERM)


def test_starting_twice_starts_one_process(tmp_path: Path) -> None:
    sleeper = child(tmp_path)
    sleeper.start()
    pid = sleeper.pid
    sleeper.start()
    assert (sleeper.pid, sleeper.starts) == (pid, 1)
    sleeper.stop()


def test_a_child_that_dies_while_starting_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    failing = child(tmp_path, "print('no such module'); raise SystemExit(3)", remedy="Install it.")
    with pytest.raises(LabError) as caught:
        failing.start()
    assert caught.value.what == f"sleeper ended with status 3 while it was starting; see {tmp_path}/sleeper.log."
    assert caught.value.remedy == "Install it."
    assert caught.value.log_tail == "no such module"


def test_a_child_that_never_gets_ready_is_reported_and_can_be_stopped(tmp_path: Path) -> None:
    silent = child(tmp_path, "import time; time.sleep(60)", ready_timeout_s=0.1)
    with pytest.raises(LabError, match=r"was not ready within 0\.1 s"):
        silent.start()
    silent.stop()
    assert not silent.alive


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    deaf = child(tmp_path, DEAF, stop_timeout_s=0.2)
    deaf.start()
    deaf.stop()
    assert deaf.exit_status == -signal.SIGKILL


def test_a_paused_child_can_be_stopped_in_order(tmp_path: Path) -> None:
    sleeper = child(tmp_path)
    sleeper.start()
    sleeper.pause()
    sleeper.stop()
    assert sleeper.exit_status == -signal.SIGTERM


def test_stopping_a_child_stops_what_it_started(tmp_path: Path) -> None:
    parent = child(tmp_path, PARENT)
    parent.start()
    grandchild = int(parent.log.tail().split()[1])
    assert not gone(grandchild)
    parent.stop()
    assert until(lambda: gone(grandchild))


def test_a_terminals_ctrl_c_does_not_reach_a_child(tmp_path: Path) -> None:
    sleeper = child(tmp_path)
    sleeper.start()
    assert os.getpgid(sleeper.pid) == sleeper.pid != os.getpgrp()
    sleeper.stop()


@pytest.mark.parametrize("leash", ["kernel", "watchdog"])
def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path, leash: str) -> None:
    if leash == "kernel" and sys.platform != "linux":
        pytest.skip("PR_SET_PDEATHSIG is Linux's; elsewhere the watchdog does it")
    maker = subprocess.Popen([sys.executable, "-c", ORPHAN_MAKER, tmp_path, leash], stdout=subprocess.PIPE, text=True)
    with maker:
        assert maker.stdout is not None
        orphan = int(maker.stdout.readline())
        assert not gone(orphan)
        maker.kill()
    assert until(lambda: gone(orphan), timeout_s=3)


def test_the_watchdog_lets_go_of_a_child_that_ended(tmp_path: Path) -> None:
    sleeper = child(tmp_path, kernel_leash=False)
    sleeper.start()
    sleeper.stop()
    assert until(lambda: not processes_of(tmp_path))
