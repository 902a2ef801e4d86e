"""docs/experiments.md: its example can be played, and it names every field, scope and metric."""

from __future__ import annotations

from pathlib import Path

import pytest

from consistency_viz.experiments.campaign.cells import parse_experiment
from consistency_viz.experiments.campaign.specification import Experiment, Variant
from consistency_viz.experiments.campaign.tokens import SCOPES

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXT = (DOCS / "experiments.md").read_text()


@pytest.mark.parametrize("file", sorted((DOCS / "examples").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_example_can_be_played(file: Path) -> None:
    assert parse_experiment(file.read_text(), file.name).runs > 0


def test_every_field_of_an_experiment_and_every_scope_is_told() -> None:
    names = [*Experiment.model_fields, *Variant.model_fields, *SCOPES]
    assert [name for name in names if f"`{name}" not in TEXT] == []
