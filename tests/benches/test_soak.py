"""What a soak says of its rows. A soak itself: ``tests/stack/test_soak.py``."""

from __future__ import annotations

import msgspec

from consistency_viz.benches.soak import Held, grew, rates

ROW = Held(1.0, 100.0, 20.0, 60.0, 90.0, 80, 40, 20, 60, 500, 3, 600, 9_000)


def rows(**last: float) -> list[Held]:
    return [ROW, ROW, msgspec.structs.replace(ROW, **last)]


def test_what_grew_is_told_with_its_rate_and_what_only_moves_is_not() -> None:
    assert grew(rows(worker_mb=109.0, entries=900, pending=40, keys=63)) == []
    assert grew(rows(worker_mb=160.0, orders=1_200)) == ["worker_mb from 100.0 to 160.0: 100,000 bytes an order"]
    assert grew(rows(connections=24)) == ["connections from 20 to 24"]
    assert grew([ROW, ROW]) == []


def test_a_rate_is_the_median_slope_since_it_is_warm_and_one_odd_row_moves_it_little() -> None:
    flat = [msgspec.structs.replace(ROW, minute=float(m), worker_mb=500.0 + m / 6) for m in range(1, 31)]
    flat[2] = msgspec.structs.replace(flat[2], page_mb=10.0)
    flat[20] = msgspec.structs.replace(flat[20], page_mb=400.0)
    assert rates(flat) == {"worker_mb": 10.0, "server_mb": 0.0, "web_mb": 0.0, "page_mb": 0.0}
    assert rates(flat[:11]) == {}
    assert rates(flat[:3], warm_minutes=0.0)["page_mb"] < 0
