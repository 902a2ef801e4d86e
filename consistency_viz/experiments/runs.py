"""What a presenter can do to a run: start, stop, scale, and place an order by hand.

Rules
1. Everything is checked before anything is sent, and a refusal says what would have been right.
2. A run's row is written before its keys, and taken back if they could not be: nothing is half-created.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from consistency_viz.experiments import stack
from consistency_viz.experiments.commands import CommandRefused
from consistency_viz.experiments.models import Cell, Experiment, Run
from workers.cluster.fixing import FixError, fixed
from workers.cluster.scenario import Scenario

RUNS_ACTIVE_MAX = 4
LINES_MAX = 5
QUANTITY_MAX = 1_000
EMAIL_LENGTH_MAX = 100
SEED_LIMIT = 2**63
BY_HAND_TOPIC = "by-hand"
BY_HAND_TYPE = "PlaceByHand"
EMAIL_BY_HAND = "hand@example.org"


def start_run(scenario_name: str, seed: int | None = None) -> Run:
    """Start a shipped scenario live, with its own seed or another."""
    scenario = shipped(scenario_name)
    if seed is not None:
        if not 0 <= seed < SEED_LIMIT:
            raise CommandRefused(f"The seed {seed} is out of range.", f"Use a whole number from 0 to {SEED_LIMIT - 1}.")
        scenario = scenario.model_copy(update={"seed": seed})
    return start(scenario)


def start_fix(broken: Run) -> Run:
    """Start what mends a run's scenario, as it ran, with the same seed."""
    try:
        return start(fixed(Scenario.model_validate(broken.document)), fix_of=broken)
    except FixError as error:
        raise no_fix(broken) from error


def start(
    scenario: Scenario, fix_of: Run | None = None, experiment: Experiment | None = None, cell: Cell | None = None
) -> Run:
    """Start a scenario live, as it is; ``fix_of`` is the run that it mends, ``cell`` the part of an experiment.

    Raises ``IntegrityError`` if that cell has a run of this seed.
    """
    if Run.objects.exclude(state__in=Run.ENDED).count() >= RUNS_ACTIVE_MAX:
        raise CommandRefused(f"{RUNS_ACTIVE_MAX} runs are active already.", "Stop one of them first.", status=409)
    document = scenario.model_dump(mode="json")
    client = stack.client()
    run = Run.objects.create(
        scenario=scenario.name,
        title=scenario.title,
        design=scenario.design,
        summary=scenario.summary,
        document=document,
        seed=scenario.seed,
        fix_of=fix_of,
        experiment=experiment,
        cell=cell,
    )
    try:
        stack.control().create_run(client, run.id, document)
    except redis.RedisError as error:
        run.delete()
        raise CommandRefused(stack.SERVER_AWAY, stack.HOW_TO_RETURN, status=503) from error
    except ValueError as error:
        run.delete()
        raise CommandRefused(f"The scenario cannot be played: {error}", "Mend the scenario, then start it.") from error
    return run


def stop_run(run: Run) -> str:
    """Ask a run to stop; it is over when its row says so."""
    check_active(run)
    _call("stop_run", run, "stopped from the page")
    return f"Run {run.id} is stopping."


def scale(run: Run, node: str, instances: int) -> str:
    """Give a node more or fewer instances."""
    check_active(run)
    plan = stack.plan_of(run.document)
    if node not in plan.nodes:
        raise CommandRefused("This run has no such service.", f"Choose one of {', '.join(plan.nodes)}.")
    if not 0 <= instances <= plan.partitions:
        remedy = f"Use 0 to {plan.partitions}: an instance owns at least one of the {plan.partitions} partitions."
        raise CommandRefused(f"{node} cannot have {instances} instances.", remedy)
    _call("scale", run, node, instances)
    return f"{node} is asked to run as {instances} {'instance' if instances == 1 else 'instances'}."


def place_order(run: Run, fields: Mapping[str, Any], session: str = "hand") -> str:
    """Place one order by hand in the name of ``session``; the answer names the order as the client service will.

    ``fields``: ``lines`` (a list of ``sku`` and ``quantity``), ``country`` and, if wanted, ``email``.
    """
    check_active(run)
    given = fields.get("lines", [])
    if not given:
        raise CommandRefused("An order needs lines.", f"Choose 1 to {LINES_MAX} articles.")
    if len(given) > LINES_MAX:
        raise CommandRefused(f"An order has at most {LINES_MAX} lines.", "Place the rest as another order.")
    lines = [_line(line) for line in given]
    country = fields.get("country")
    if country not in stack.countries():
        raise CommandRefused("This country is not served.", f"Choose one of {', '.join(stack.countries())}.")
    order = {"lines": lines, "country": country, "email": _email(fields.get("email"))}
    message_id = str(_call("inject", run, BY_HAND_TOPIC, BY_HAND_TYPE, session, order))
    return f"Order {session}-{message_id.rpartition('-')[2]} placed."


def check_active(run: Run) -> None:
    """Refuses whatever is asked of a run that is over."""
    if run.ended:
        text = f"Run {run.id} is over ({run.state})."
        raise CommandRefused(text, "Start it again from the list of runs.", status=409)


def no_fix(broken: Run) -> CommandRefused:
    """What is answered to whoever wants the fix of a run that has none."""
    remedy = "Choose a run of a lesson: those have fixes."
    return CommandRefused(f"{broken.title} has no fix that can be run.", remedy, status=404)


def shipped(name: str) -> Scenario:
    """A shipped scenario by name; raises ``CommandRefused`` if there is none."""
    known = {scenario.name: scenario for scenario in stack.catalogue()}
    if name not in known:
        raise CommandRefused("There is no such scenario.", f"Choose one of {', '.join(sorted(known))}.", status=404)
    return known[name]


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    prices = stack.prices()
    sku, quantity = line.get("sku"), line.get("quantity")
    if sku not in prices:
        raise CommandRefused("This article is not sold here.", f"Choose one of {', '.join(prices)}.")
    if not isinstance(quantity, int) or not 1 <= quantity <= QUANTITY_MAX:
        raise CommandRefused("The quantity cannot be used.", f"Use a whole number from 1 to {QUANTITY_MAX}.")
    return {"sku": sku, "quantity": quantity, "unit_cents": prices[str(sku)]}


def _email(given: Any) -> str:
    if not given:
        return EMAIL_BY_HAND
    remedy = f"Use an address such as you@example.org, of at most {EMAIL_LENGTH_MAX} characters, or leave it empty."
    if not isinstance(given, str) or len(given) > EMAIL_LENGTH_MAX:
        raise CommandRefused("The e-mail address is too long.", remedy)
    try:
        validate_email(given)
    except ValidationError as error:
        raise CommandRefused("This is no e-mail address.", remedy) from error
    return given


def _call(command: str, run: Run, *arguments: Any) -> Any:
    """One call of the remote control; what it refuses, and a server that is away, become refusals."""
    try:
        return getattr(stack.control(), command)(stack.client(), run.id, *arguments)
    except redis.RedisError as error:
        raise CommandRefused(stack.SERVER_AWAY, stack.HOW_TO_RETURN, status=503) from error
    except ValueError as error:
        raise CommandRefused(str(error), "Reload the page to see how the run stands.") from error
