"""What is otherwise in a fork, in words: "All links: messages lost 20%, was 0%", "tax paused for 5 s"."""

from __future__ import annotations

from typing import Any

from consistency_viz.experiments import stack
from consistency_viz.experiments.forking.offer import instances_at, scenario_at, value_at
from consistency_viz.experiments.forking.words import group_of, label_of, said
from consistency_viz.experiments.models import Run


def told(run: Run) -> list[str]:
    """Each change of a fork as a clause; nothing of a run that is none."""
    if run.fork_at_us is None:
        return []
    at_s = run.fork_at_us / 1e6
    original = {} if run.fork_of is None else run.fork_of.document

    def new(section: str) -> list[dict[str, Any]]:
        old = original.get(section) or []
        return [one for one in run.document.get(section) or [] if one["at_s"] == at_s and one not in old]

    plan = stack.plan_of(run.document)
    before = scenario_at(plan, run.fork_at_us - 1)
    links = [link.model_dump(mode="json") for link in before.network.links]
    found = [_fault(one) for one in new("faults")]
    for one in new("alterations"):
        for path, value in one["set"].items():
            was = said(path, value_at(before, path))
            found.append(f"{group_of(path, links)}: {_small(label_of(path))} {said(path, value)}, was {was}")
    for one in new("changes"):
        count, was_count = one["instances"], instances_at(plan, one["node"], run.fork_at_us - 1)
        found.append(f"{one['node']}: {count} {'instance' if count == 1 else 'instances'}, was {was_count}")
    return found


def _small(text: str) -> str:
    return text if text[1:2] == ":" else f"{text[:1].lower()}{text[1:]}"


def _fault(entry: dict[str, Any]) -> str:
    for_s = entry.get("for_s")
    return f"{_what(entry)}{f' for {for_s:g} s' if for_s else ''}"


def _what(entry: dict[str, Any]) -> str:
    kind, node = entry["kind"], entry.get("node", "")
    if kind == "partition":
        first, second = (_ends(side) for side in entry["between"])
        held = "held up" if entry.get("mode") == "hold" else "cut"
        return f"{first} {'→' if entry.get('one_way') else '↔'} {second} {held}"
    if kind == "link":
        return f"{_ends([entry.get('source', '*')])} → {_ends([entry.get('target', '*')])}: {_trouble(entry)}"
    if kind == "slow":
        factor = entry.get("factor", 1)
        return f"{node} slow, {factor:g} times" if factor > 1 else f"{node} slow, +{entry.get('plus_ms', 0):g} ms"
    if kind == "clock":
        return f"clock of {node} {entry.get('offset_ms', 0) / 1_000:+,g} s"
    return f"{node} {'paused' if kind == 'pause' else 'crashed'}"


def _ends(nodes: list[str]) -> str:
    return "everybody else" if nodes == ["*"] else ", ".join(nodes)


def _trouble(entry: dict[str, Any]) -> str:
    names = {"latency": "on the way", "loss": "lost", "duplicate": "doubled"}
    given = [f"{said(name, entry[name])} {word}" for name, word in names.items() if entry.get(name) is not None]
    return ", ".join([*given, "reordered"] if entry.get("ordered") is False else given)
