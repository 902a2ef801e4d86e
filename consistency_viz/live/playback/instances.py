"""Which instances there were, by what the history says of them: live the control knows, of the past it does not."""

from __future__ import annotations

from consistency_viz.live.frames import InstanceView
from workers.cluster.plan import owners
from workers.model.observation import Changed, Faulted, Observation

_STATE_BY_FAULT = {"pause": "paused", "crash": "down"}


class InstanceTable:
    """The instances as of the last observation."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._known: dict[str, InstanceView] = {}
        self._troubled: dict[str, dict[str, str]] = {}

    def observe(self, observation: Observation) -> bool:
        """Take in the next observation; whether anything about instances changed."""
        body = observation.body
        if isinstance(body, Changed):
            if body.state == "down":
                self._known.pop(body.instance, None)
            else:
                state = "alive" if body.state == "up" else "dead"
                epoch = max(body.epoch, self._known[body.instance].epoch if body.instance in self._known else 0)
                if body.state != "fenced":  # one that was fenced has a successor under its own name
                    self._known[body.instance] = InstanceView(body.instance, observation.node, state, epoch, 0, [])
            return True
        if isinstance(body, Faulted) and body.what in _STATE_BY_FAULT:
            if body.state == "ended":
                self._troubled.pop(body.fault, None)
            else:
                self._troubled[body.fault] = dict.fromkeys(body.targets, _STATE_BY_FAULT[body.what])
            return True
        return False

    def views(self) -> list[InstanceView]:
        """Every instance, by name, with the partitions that are its own."""
        trouble = {node: state for fault in self._troubled.values() for node, state in fault.items()}
        shown = []
        for view in sorted(self._known.values(), key=lambda one: one.id):
            mates = tuple(one.id for one in self._known.values() if one.node == view.node and one.state == "alive")
            owned = [p for p, owner in enumerate(owners(self._partitions, mates)) if owner == view.id]
            state = trouble.get(view.node, view.state)
            shown.append(InstanceView(view.id, view.node, state, view.epoch, 0, owned))
        return shown
