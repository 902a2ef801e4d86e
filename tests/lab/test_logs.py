from __future__ import annotations

from pathlib import Path

from consistency_viz.lab.logs import LINE_BYTES_MAX, TAIL_LINES, BoundedLog


def test_a_log_never_holds_more_than_twice_its_bound(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "worker.log", bytes_max=10_000)
    for number in range(2_000):
        log.write(b"line %d of many\n" % number)
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 20_000
    log.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["worker.log", "worker.log.1"]
    assert (tmp_path / "worker.log").read_text().endswith("line 1999 of many\n")


def test_a_log_that_is_opened_again_goes_on_where_it_ended(tmp_path: Path) -> None:
    for word in (b"first", b"second"):
        log = BoundedLog(tmp_path / "worker.log")
        log.write(word)
        log.close()
    assert (tmp_path / "worker.log").read_text() == "first\nsecond\n"


def test_a_line_without_an_end_is_cut(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "worker.log")
    log.write(b"x" * 100_000)
    log.close()
    assert (tmp_path / "worker.log").stat().st_size == LINE_BYTES_MAX


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "worker.log")
    for number in range(100):
        log.write(b"%d\n" % number)
    log.close()
    assert log.tail().splitlines() == [str(number) for number in range(100 - TAIL_LINES, 100)]
