"""``bench refusals``: how long a wrong scenario takes to be refused, beside the 100 ms that it may take.

From the file to the message, as ``manage.py scenarios validate`` does it, in this process: wall-clock time, the worst
of many rounds, while every other core is kept busy. CPU is noted beside it: where the machine has more to do than that,
the clock tells about the machine. Each input must be refused with a remedy.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from consistency_viz.benches.measure import Figure, figure
from workers.cluster.catalogue import load
from workers.cluster.scenario_text import NODES_MAX, ScenarioError
from workers.cluster.scenario_yaml import ENTRIES_MAX

ALLOWED_MS: Final = 100.0
ROUNDS: Final = 15
_HEAD: Final = "name: wrong\ntitle: Wrong\ndesign: asynchronous-broadcast\n"
_SHELF: Final = "name: wrong\ntitle: Wrong\ndesign: state-gossip\nregions: [eu, us]\n"
_VALUES: Final = NODES_MAX - 12
_FEW: Final = "1.5e3," * 400


def _bomb() -> str:
    """Nine references to nine references to ...: a billion values, if aliases were read."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for name, last in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]")
    return "\n".join(lines)


def _fix(settings: str) -> str:
    expected = "[{checker: divergence, verdict: passed, because: C}]"
    return f"fix: {{title: A, price: B, set: {settings}, expect: {expected}}}\n"


def _script(entries: int) -> str:
    entry = "    - {at_s: 1, session: ana, region: eu, do: add, key: cart-1, value: milk}\n"
    return f"{_SHELF}entities: {{cart: {{type: or-set, keys: 1}}}}\nclients:\n  script:\n{entry * entries}"


INPUTS: Final[Mapping[str, str]] = {
    "unknown design": _HEAD.replace("asynchronous-broadcast", "asynchronous-broadcats"),
    "impossible combination": f"{_SHELF}entities: {{cart: {{type: pn-counter, keys: 1}}}}\n",
    "negative latency": f"{_HEAD}network: {{default: {{latency: {{kind: constant, ms: -5}}}}}}\n",
    "fix that does not apply": _HEAD + _fix("{workload.ordres_per_s: 3}"),
    "fix that makes it wrong, 400 entries": _script(400) + _fix("{entities.cart.type: pn-counter}"),
    "10 MB of YAML": f"{_HEAD}changes: [{'1,' * 5_000_000}]",
    "alias bomb": _bomb(),
    "20,000 values": f"{_HEAD}changes: [{'1,' * 20_000}]",
    "as many values as are read": f"{_HEAD}changes: [{f'[{_FEW}], ' * (_VALUES // 401)}]",
    "as many wrong entries as are read": f"{_HEAD}changes: [{'1.5e3,' * ENTRIES_MAX}]",
    "changes of unknown nodes": f"{_HEAD}changes: [{'{at_s: 1, node: n, instances: 1}, ' * 200}]",
    "8,000 unknown fields": _HEAD + "".join(f"f{number}:\n" for number in range(8_000)),
    "one text of 60 KB": _HEAD + 'summary: "' + "\\x41" * 15_000 + '"',
    "60,000 open brackets": f"{_HEAD}nodes: {'[' * 60_000}",
    "a file of zeros": "\0" * 60_000,
}
"""Wrong scenarios by name: those that people write, and the largest that get past the first look."""


def run(rounds: int = ROUNDS, busy: int | None = None) -> tuple[list[Figure], dict[str, object]]:
    """The slowest refusal of each input beside ``busy`` busy processes (``None``: one for each other core)."""
    neighbours = max(1, (os.cpu_count() or 1) - 1) if busy is None else busy
    figures, said = [], {}
    with tempfile.TemporaryDirectory() as folder, _busy(neighbours):
        for name, text in INPUTS.items():
            file = Path(folder) / "wrong.yaml"
            file.write_text(text, encoding="utf-8")
            taken = [_refused(file) for _ in range(rounds)]
            slowest_ms, cpu_ms = max(ms for ms, _, _ in taken), max(ms for _, ms, _ in taken)
            figures.append(figure(name, "ms, slowest", [(slowest_ms, ALLOWED_MS)], 1, at_most=True))
            said[f"{name}: {len(text):,} characters, at most {cpu_ms:.1f} ms of CPU"] = taken[0][2]
    return figures, {"busy processes beside this one": neighbours, **said}


def _refused(file: Path) -> tuple[float, float, str]:
    """Milliseconds until the message is there, those of CPU, and the first line of it."""
    started_s, cpu_s = time.perf_counter(), time.process_time()
    try:
        load(str(file))
    except ScenarioError as error:
        message = error.lines()[0]
        taken_ms, cpu_ms = (time.perf_counter() - started_s) * 1e3, (time.process_time() - cpu_s) * 1e3
        return taken_ms, cpu_ms, message.removeprefix(f"{file}:")
    raise RuntimeError(f"{file.read_text(encoding='utf-8')[:200]!r} is not refused")


def _count(stop: Any) -> None:
    while not stop.is_set():
        sum(range(20_000))


@contextmanager
def _busy(processes: int) -> Iterator[None]:
    """So many processes that leave no core idle, until the end."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    children = [context.Process(target=_count, args=(stop,), daemon=True) for _ in range(processes)]
    for child in children:
        child.start()
    try:
        yield
    finally:
        stop.set()
        for child in children:
            child.join()
