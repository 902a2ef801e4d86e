"""What holds of an order: its money adds up, it has one verdict, and a rejected one does not go on."""

from __future__ import annotations

from typing import Any

from consistency_viz.checkers.divergence.prose import milliseconds, printable
from consistency_viz.checkers.findings import Findings
from consistency_viz.checkers.operations import Operation
from workers.model.observation import Applied, Effected, Observation, Sent

VALIDATED = "OrderValidated"
REJECTED = "OrderRejected"
MAILED = "OrderMailed"


class Money:
    """An order that is shown with its total is shown with total = net + tax."""

    def __init__(self, started_us: int) -> None:
        self.findings = Findings()
        self._started_us = started_us
        self._judged: set[str] = set()
        self._over = 0
        self._wrong: set[str] = set()

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Add up what is shown."""
        body = observation.body
        if not isinstance(body, Applied) or not isinstance(body.value, dict):
            return
        amounts = [body.value.get(name) for name in ("net_cents", "tax_cents", "total_cents")]
        net, tax, total = amounts
        if type(net) is not int or type(tax) is not int or type(total) is not int:
            return
        self._judged.add(body.key)
        if total == net + tax or body.key in self._wrong:
            return
        self._wrong.add(body.key)
        text = (
            f"{printable(observation.node)} showed {total} cents in total for {printable(body.key)} at "
            f"{milliseconds(observation.at_us - self._started_us)}, but {net} net and {tax} tax are {net + tax}"
        )
        self.findings.add(text, [observation.index], [body.key, body.update])

    def retire(self, key: str) -> None:
        """Put an order away."""
        self._over += key in self._judged
        self._judged.discard(key)
        self._wrong.discard(key)

    def finish(self) -> int:
        """The orders that were shown with a total."""
        return self._over + len(self._judged)


class OneVerdict:
    """An order is validated or rejected, never both, in what is applied and in what is announced."""

    def __init__(self, started_us: int) -> None:
        self.findings = Findings()
        self._started_us = started_us
        self._first: dict[str, dict[str, tuple[Observation, str]]] = {}
        self._over = 0

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Note the first of each verdict."""
        body = observation.body
        if isinstance(body, Applied):
            fact, update = body.update.removeprefix(f"{body.key}:"), body.update
        elif isinstance(body, Sent):
            fact, update = body.type, body.message
        else:
            return
        if fact not in {VALIDATED, REJECTED}:
            return
        seen = self._first.setdefault(body.key, {})
        if fact in seen:
            return
        seen[fact] = observation, update
        if len(seen) == 2:
            (one, (first, here)), (two, (second, there)) = seen.items()
            text = (
                f"order {printable(body.key)} has both verdicts: {one} at {printable(first.node)} at "
                f"{self._at(first.at_us)} and {two} at {printable(second.node)} at {self._at(second.at_us)}"
            )
            self.findings.add(text, [first.index, second.index], [body.key, here, there])

    def retire(self, key: str) -> None:
        """Put an order away."""
        self._over += self._first.pop(key, None) is not None

    def finish(self) -> int:
        """The orders with a verdict."""
        return self._over + len(self._first)

    def _at(self, at_us: int) -> str:
        return milliseconds(at_us - self._started_us)


class AfterRejection:
    """A rejected order is neither mailed after that nor shown as anything else by one that showed it rejected."""

    def __init__(self, started_us: int) -> None:
        self.findings = Findings()
        self._started_us = started_us
        self._rejected: dict[str, tuple[int, int]] = {}
        self._shown: dict[
            str, dict[str, tuple[int, int]]
        ] = {}  # by key the nodes that show it as rejected, to since when
        self._over = 0
        self._told: set[str] = set()

    def observe(self, observation: Observation, operation: Operation | None) -> None:
        """Follow the orders that were rejected."""
        body = observation.body
        if isinstance(body, Applied):
            fact: Any = body.update.removeprefix(f"{body.key}:")
            self._status(observation, body)
            if fact == MAILED:  # it tells of a mail that may have been sent before
                return
        elif isinstance(body, Sent) and body.type == REJECTED:
            fact = body.type
        elif isinstance(body, Effected) and body.effect == "email" and not _tells_rejection(body):
            fact = MAILED
        else:
            return
        if fact == REJECTED:
            self._rejected.setdefault(body.key, (observation.index, observation.at_us))
        elif fact == MAILED and body.key in self._rejected:
            self._tell(observation, body.key, self._rejected[body.key], f"was mailed by {printable(observation.node)}")

    def retire(self, key: str) -> None:
        """Put an order away."""
        rejected, shown = self._rejected.pop(key, None), self._shown.pop(key, None)
        self._over += rejected is not None or shown is not None
        self._told.discard(key)

    def finish(self) -> int:
        """The orders that were rejected, or shown as that."""
        return self._over + len(self._rejected.keys() | self._shown.keys())

    def _status(self, observation: Observation, body: Applied) -> None:
        status = body.value.get("status") if isinstance(body.value, dict) else None
        shown = self._shown.get(body.key)
        if status == "rejected":
            shown = self._shown.setdefault(body.key, {}) if shown is None else shown
            shown.setdefault(observation.node, (observation.index, observation.at_us))
        elif shown is not None and observation.node in shown:
            self._tell(
                observation,
                body.key,
                shown[observation.node],
                f"was shown as {status} by {printable(observation.node)}",
            )

    def _tell(self, observation: Observation, key: str, since: tuple[int, int], what: str) -> None:
        if key in self._told:
            return
        self._told.add(key)
        text = (
            f"order {printable(key)} went on after it was rejected at {milliseconds(since[1] - self._started_us)}: "
            f"it {what} at {milliseconds(observation.at_us - self._started_us)}"
        )
        self.findings.add(text, [since[0], observation.index], [key])


def _tells_rejection(mail: Effected) -> bool:
    """A mail that says that the order was rejected does not take it on."""
    claims = mail.detail.get("claims") if isinstance(mail.detail, dict) else None
    return isinstance(claims, list) and f"{mail.key}:{REJECTED}" in claims
