"""What just happened, in plain words: one pure function for each kind of observation, and two for windows.

A sentence says who, what and about which key, and how long after an order was placed. Messages sent and delivered are
not told one by one: there are too many, and the map shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from consistency_viz.live.frames import FaultView, Sentence, WindowView
from consistency_viz.live.page import effect_words, fault_words
from consistency_viz.live.page.wording import DOING, argument, name, region_applied, shown, subject
from workers.model.observation import Applied, Changed, Completed, Dropped, Effected, Faulted, Invoked, Observation

NAMES_MAX = 3

_FACTS = {
    "OrderPlaced": "was placed",
    "OrderValidated": "was validated",
    "OrderRejected": "was rejected",
    "OrderTaxed": "was taxed",
    "OrderMailed": "was confirmed by e-mail",
}


class Told(NamedTuple):
    """An observation, and what its sentence needs to know beside it."""

    observation: Observation
    born_us: int | None = None
    latency_us: int | None = None
    fault: FaultView | None = None


def tell(told: Told) -> Sentence | None:
    """The sentence of an observation, ``None`` for one that is not told."""
    teller = _TELLERS.get(type(told.observation.body))
    return None if teller is None else teller(told, told.observation.body)


def is_told(body: object) -> bool:
    """Whether there is a sentence for this kind of observation."""
    return type(body) in _TELLERS


def applied(told: Told, body: Applied) -> Sentence:
    """A replica learned something: "view-2 learned that order s3-17 was taxed (4,711 ms after it was placed)"."""
    done = _FACTS.get(body.update.rpartition(":")[2])
    if done is None:
        return _say(told, "plain", region_applied(told.observation.node, body), body.key)
    after = "" if told.born_us is None else f" ({_ms(told.observation.at_us - told.born_us)} after it was placed)"
    return _say(told, "plain", f"{told.observation.node} learned that order {name(body.key)} {done}{after}", body.key)


def invoked(told: Told, body: Invoked) -> Sentence:
    """A client began something."""
    if body.f == "place":
        cents = body.value.get("net_cents") if isinstance(body.value, dict) else None
        worth = f" over {_money(cents)}" if isinstance(cents, int) else ""
        return _say(told, "plain", f"{name(body.session)} placed order {name(body.key)}{worth}", body.key)
    where = f" at {body.target}" if body.target else ""
    if body.f == "read":
        return _say(told, "plain", f"{name(body.session)} looks for {subject(body.key)}{where}", body.key)
    doing = DOING.get(body.f, "began " + name(body.f).replace("{", "{{").replace("}", "}}") + " of {key}")
    text = doing.format(what=shown(argument(body)), key=name(body.key))
    return _say(told, "plain", f"{name(body.session)} {text}{where}", body.key)


def completed(told: Told, body: Completed) -> Sentence:
    """A client was answered, refused, or left without an answer."""
    after = "" if told.latency_us is None else f" after {_ms(told.latency_us)}"
    why = f": {name(body.error)}" if body.error else ""
    if body.f == "read" and body.outcome == "ok":
        return _read(told, body, after)
    key = name(body.key)
    what = f"order {key}" if body.f == "place" else f"{name(body.session)}'s {name(body.f)} of {key}"
    if body.outcome == "ok":
        return _say(told, "good", f"{what} was accepted{after}", body.key)
    if body.outcome == "fail":
        return _say(told, "bad", f"{what} failed{after}{why}", body.key, "failed")
    return _say(told, "warn", f"nobody can tell what became of {what}{why}", body.key, "unknown")


def effected(told: Told, body: Effected) -> Sentence:
    """Something left the system that cannot be taken back."""
    node = told.observation.node
    if body.effect != "email":
        return _say(told, *effect_words.effect(node, body), body.key)
    after = "" if told.born_us is None else f" ({_ms(told.observation.at_us - told.born_us)} after it was placed)"
    return _say(told, "plain", f"{node} sent an e-mail about order {name(body.key)}{after}", body.key)


def dropped(told: Told, body: Dropped) -> Sentence:
    """The network lost a message."""
    text = f"{body.type} about {name(body.key)} from {body.source} never reached {told.observation.node}"
    return _say(told, "warn", f"{text}: {name(body.reason)}", body.key)


def changed(told: Told, body: Changed) -> Sentence:
    """An instance came or went."""
    why = f": {name(body.reason)}" if body.reason else ""
    tone, text = {
        "up": ("good", f"{body.instance} is up"),
        "down": ("plain", f"{body.instance} left in order{why}"),
        "lost": ("bad", f"{body.instance} is lost{why}"),
        "fenced": ("warn", f"{body.instance} came back too late and may not write{why}"),
    }[body.state]
    return _say(told, tone, text, "", "gone" if body.state in ("lost", "fenced") else "")


def faulted(told: Told, body: Faulted) -> Sentence:
    """A fault began, or is over and lasted so long."""
    if body.state == "began":
        return _say(told, "bad", f"fault: {fault_words.label(body)}", "")
    if told.fault is None:
        return _say(told, "good", f"{name(body.fault)} is over", "")
    lasted = _ms(told.observation.at_us - told.fault.from_us)
    return _say(told, "good", f"over after {lasted}: {told.fault.label}", "")


def window(view: WindowView, unheard: Sequence[str], everybody: int) -> Sentence | None:
    """Replicas began to differ, or agree again; told of values only, because that is what a reader could see.

    ``unheard``: the replicas that know nothing of the key while all others agree. There are ``everybody`` replicas.
    """
    if view.view != "value":
        return None
    key = subject(view.key)
    if view.to_us is not None:
        length = _ms(view.to_us - view.from_us)
        return Sentence(view.to_us, "good", f"all replicas agree about {key} again, after {length}", view.key)
    if unheard:
        text = f"{_names(unheard)} {'has' if len(unheard) == 1 else 'have'} not heard of {key} yet"
    elif len(view.replicas) == everybody:
        text = f"{_names(view.replicas)} show different states of {key}"
    elif len(view.replicas) == 1:
        text = f"{_names(view.replicas)} shows another state of {key} than the others"
    else:
        text = f"{_names(view.replicas)} show other states of {key} than the others"
    return Sentence(view.from_us, "warn", text, view.key)


def _read(told: Told, body: Completed, after: str) -> Sentence:
    found: Any = body.value.get("value", body.value) if isinstance(body.value, dict) else body.value
    who, key = name(body.session), subject(body.key)
    if found is None:
        return _say(told, "warn", f"{who} looked for {key} and found nothing{after}", body.key, "missing")
    status = found.get("status") if isinstance(found, dict) else None
    state = f" as {name(status)}" if isinstance(status, str) else f": {shown(found)}"
    return _say(told, "good", f"{who} found {key}{state}{after}", body.key)


def _say(told: Told, tone: str, text: str, key: str, mark: str = "") -> Sentence:
    return Sentence(told.observation.at_us, tone, text, key, mark)


def _names(names: Sequence[str]) -> str:
    """Up to three names, or how many there are."""
    if len(names) > NAMES_MAX:
        return f"{len(names)} replicas"
    *others, last = (name(one) for one in names)
    return f"{', '.join(others)} and {last}" if others else last


def _ms(us: int) -> str:
    return f"{us / 1_000:,.0f} ms" if us >= 10_000 else f"{us / 1_000:.1f} ms"


def _money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


_TELLERS: dict[type, Callable[[Told, Any], Sentence]] = {
    Applied: applied,
    Invoked: invoked,
    Completed: completed,
    Effected: effected,
    Dropped: dropped,
    Changed: changed,
    Faulted: faulted,
}
