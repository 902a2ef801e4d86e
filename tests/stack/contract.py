"""What a run may rely on wherever its keys are: on one server, behind Sentinels, on a node of a cluster."""

from __future__ import annotations

from typing import NamedTuple

from tests.stack.account import Account
from tests.stack.support import all_alive, impatient, orders_of
from tests.workers.live import LiveRun
from tests.workers.support import plan_of
from workers.model.observation import Faulted
from workers.runtime import control
from workers.runtime.connection import connect, of_run
from workers.runtime.keys import RunKeys

CUTS = 5
FIELDS = {
    "changes": [{"at_s": 0.3, "node": "tax", "instances": 3}, {"at_s": 0.8, "node": "tax", "instances": 1}],
    "faults": [
        {"kind": "pause", "node": "view-1", "at_s": 0.3, "for_s": 0.5},
        {"kind": "crash", "node": "view-2", "at_s": 0.2, "for_s": 0.5, "disk": "kept"},
    ],
}


class Place(NamedTuple):
    """Where what runs share is, and where their keys are if that is elsewhere."""

    url: str
    runs_url: str = ""


def check_contract(place: Place, run: str) -> None:
    """Play a run with users, faults, scaling, orders from outside and connections that end; ask for everything."""
    fields = impatient(40, 40.0, **FIELDS)
    with LiveRun(place.url, fields, run=run, runs_url=place.runs_url) as live:
        shard = of_run(live.client, run)
        users = {user for user in shard.acl_users() if user.startswith(RunKeys(run).prefix)}
        assert users == {f"{RunKeys(run).prefix}{node}" for node in plan_of(fields).nodes}
        assert live.tick_until(lambda: all_alive(live.client, run))
        with Account(place.url, run, 40.0, runs_url=place.runs_url) as account:
            fault = control.inject_fault(live.client, run, '{"kind": "pause", "node": "email"}')
            for _ in range(CUTS):
                live.tick_until(lambda: False, 0.1)
                shard.client_kill_filter(_type="normal", skipme=True)
                live._reconciler._client.close()
            control.heal(live.client, run, fault)
        history = live.finish(30)
        assert (live.status.state, live.status.reason) == ("finished", "every message was processed")
        account.check(history, orders_of(40, 20))
        told = [(o.body.fault, o.body.state) for o in history if isinstance(o.body, Faulted)]
        assert {(fault, "began"), (fault, "ended"), ("f1", "began"), ("f2", "ended")} <= set(told)
    with connect(*place) as client:
        assert [user for user in of_run(client, run).acl_users() if user.startswith(RunKeys(run).prefix)] == []
        assert run not in control.active_runs(client)
